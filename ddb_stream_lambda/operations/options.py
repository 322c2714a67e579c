"""The options that the commands share."""

from __future__ import annotations

import argparse
from pathlib import Path


def non_empty(value: str) -> str:
    """Return the text of an option, as argparse's `type`. An empty text is mostly a variable that is not set."""
    if not value.strip():
        raise argparse.ArgumentTypeError(f"{value!r} must not be empty")
    return value


def file_path(value: str) -> Path:
    """Return the path of an option, as argparse's `type`."""
    return Path(non_empty(value))


def add_account_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the account, the Region and the endpoint (`aws.Connection`)."""
    account = parser.add_argument_group("account")
    account.add_argument(
        "--region",
        type=non_empty,
        metavar="REGION",
        help="the Region (default: that of the environment or the profile)",
    )
    account.add_argument("--profile", type=non_empty, metavar="PROFILE", help="a profile of AWS's configuration files")
    account.add_argument(
        "--endpoint-url", type=non_empty, metavar="URL", help="the endpoint of all services, such as an emulator's"
    )


def account_arguments(options: argparse.Namespace) -> list[str]:
    """Return the arguments that give another command the same account, Region and endpoint."""
    given = {"--region": options.region, "--profile": options.profile, "--endpoint-url": options.endpoint_url}
    return [argument for name, value in given.items() if value for argument in (name, value)]

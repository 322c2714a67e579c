"""The options that the commands share."""

from __future__ import annotations

import argparse


def add_account_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the account, the Region and the endpoint (`aws.Connection`)."""
    account = parser.add_argument_group("account")
    account.add_argument("--region", help="the Region (default: that of the environment or the profile)")
    account.add_argument("--profile", help="a profile of AWS's configuration files")
    account.add_argument("--endpoint-url", metavar="URL", help="the endpoint of all services, such as an emulator's")

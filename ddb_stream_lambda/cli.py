"""The console script ``ddb-stream-lambda``.

Each subcommand adds its own parser, with a default ``run``: a function that takes the parsed options and returns the
exit code.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from .handoff import command as handoff

PROGRAM = "ddb-stream-lambda"
DISTRIBUTION = "ddb-stream-lambda"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: the arguments of the program; those of the process by default.

    Returns:
        The exit code.
    """
    try:
        version = package_version()
    except metadata.PackageNotFoundError:
        print(
            f"{PROGRAM}: its version is unknown, because the package is not installed; run: pip install {DISTRIBUTION}",
            file=sys.stderr,
        )
        return 1
    options = build_parser(version).parse_args(arguments)
    return int(options.run(options))


def build_parser(version: str) -> argparse.ArgumentParser:
    """Build the program's parser.

    Args:
        version: the version of this package.
    """
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Commands for stacks that use the construct library ddb_stream_lambda."
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    handoff.add_command(commands, version)
    return parser


def package_version() -> str:
    """Return the version of this package.

    A source checkout has it in its pyproject.toml. That file comes first, because the installed metadata may describe
    another copy of the package.

    Raises:
        importlib.metadata.PackageNotFoundError: if the package is not installed and not in a checkout.
    """
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    if pyproject.is_file():
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == DISTRIBUTION:
            return str(project["version"])
    return metadata.version(DISTRIBUTION)

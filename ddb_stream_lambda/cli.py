"""The console script ``ddb-stream-lambda``.

Each subcommand adds its own parser, with a default ``run``: a function that takes the parsed options and returns the
exit code. The subcommands are imported in functions, so that `main` also handles an interruption during these imports,
which take most of the time of a start.
"""

from __future__ import annotations

import argparse
import io
import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Never

from .operations.errors import ExitCode, OperationError

PROGRAM = "ddb-stream-lambda"
DISTRIBUTION = "ddb-stream-lambda"
JSON_OPTION = "--json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: the arguments of the program; those of the process by default.

    Returns:
        The exit code.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # before or after the part of a command that handles it, such as during its imports
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
    except OperationError as error:  # the result could not be printed
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return int(error.exit_code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        version = package_version()
    except metadata.PackageNotFoundError:
        print(
            f"{PROGRAM}: its version is unknown, because the package is not installed; run: pip install {DISTRIBUTION}",
            file=sys.stderr,
        )
        return 1
    _write_utf8()
    options = build_parser(version).parse_args(arguments)
    return int(options.run(options))


class Parser(argparse.ArgumentParser):
    """A parser that also reports errors of usage as JSON, if the user wants the result as JSON."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments, and remember whether they have the option ``--json`` or the start of its name."""
        arguments = list(sys.argv[1:] if args is None else args)
        options = arguments[: arguments.index("--")] if "--" in arguments else arguments
        self._is_json = any(len(option) > len("--") and JSON_OPTION.startswith(option) for option in options)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> Never:
        """Report an error of usage, and end the process."""
        from .handoff import command as handoff
        from .handoff.errors import UsageError

        self.print_usage(sys.stderr)
        command = self.prog.rpartition(" ")[2]  # the program's own name if it has no subcommand
        sys.exit(handoff.report_error(UsageError(message), as_json=self._is_json, command=command))


def _write_utf8() -> None:
    """Write text in UTF-8 in any locale, so that names of files are right for the reader."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def build_parser(version: str) -> argparse.ArgumentParser:
    """Build the program's parser.

    Args:
        version: the version of this package.
    """
    from .handoff import command as handoff
    from .operations.backfilling import command as backfill
    from .operations.redriving import command as redrive

    parser = Parser(prog=PROGRAM, description="Commands for stacks that use the construct library ddb_stream_lambda.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    handoff.add_command(commands, version)
    redrive.add_command(commands)
    backfill.add_command(commands)
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

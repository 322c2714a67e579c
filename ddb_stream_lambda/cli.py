"""The command line: ``ddb-stream-lambda handoff``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .handoff.command import main as handoff

USAGE = "usage: ddb-stream-lambda handoff [OPTION ...]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the first argument names."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] != ["handoff"]:
        print(USAGE, file=sys.stderr)
        return 2
    return handoff(given[1:])

"""Checks that the installed distribution of this package belongs to the tool of the program.

Two distributions of one source are both imported as ``ddb_stream_lambda``:
``ddb-stream-lambda`` is for cdktf and ``ddb-stream-lambda-cdktn`` for cdktn, its maintained fork.
The wrong one would end in an error of the engine that does not name the reason. The check takes about a millisecond: it
lists folders and imports nothing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from importlib.util import find_spec

# The tool of this distribution. tools/rename_to_cdktn.py replaces names only in lines that name one of the two tools.
TOOL = "cdktf"
DISTRIBUTIONS = {"cdktf": "ddb-stream-lambda", "cdktn": "ddb-stream-lambda-cdktn"}
BINDINGS = {"cdktf": "cdktf-cdktf-provider-aws", "cdktn": "cdktn-provider-aws"}
(OTHER_TOOL,) = DISTRIBUTIONS.keys() - {TOOL}

# The environment variable that allows an environment with both tools: "1".
BOTH_TOOLS = "DDB_STREAM_LAMBDA_BOTH_TOOLS"

INSTALLED = re.compile(r"(ddb_stream_lambda(?:_cdktn)?)-[^-]+\.dist-info", re.IGNORECASE)


def check_installation() -> None:
    """Raise ImportError if both distributions are installed, or if the program uses the other tool.

    A program that imported both tools, or imports this one later, is allowed with ``DDB_STREAM_LAMBDA_BOTH_TOOLS=1``.
    """
    if find_installed(sys.path) >= set(DISTRIBUTIONS.values()):
        _refuse(
            f"{' and '.join(DISTRIBUTIONS.values())} are both installed, and each overwrites the files of the other. "
            f"Uninstall both, then install one: {_uninstall(*DISTRIBUTIONS.values())}, then "
            + ", or ".join(f"pip install {name} for an app on {tool}" for tool, name in DISTRIBUTIONS.items())
        )
    if not is_installed(OTHER_TOOL):
        return
    this, other = DISTRIBUTIONS[TOOL], DISTRIBUTIONS[OTHER_TOOL]
    replace = f"{_uninstall(this)}, then pip install {other}"
    if not is_installed(TOOL):
        _refuse(f"{this} is for {TOOL}, which is not installed; {OTHER_TOOL} is. Install {other}: {replace}")
    if os.environ.get(BOTH_TOOLS) == "1":
        return
    on_purpose = f"To use both tools on purpose, set {BOTH_TOOLS}=1 in the environment"
    if OTHER_TOOL in sys.modules:
        _refuse(f"{this} is for {TOOL}, but the program imported {OTHER_TOOL}. Replace it: {replace}. {on_purpose}")
    if TOOL not in sys.modules:
        _refuse(
            f"{this} is for {TOOL}, but {OTHER_TOOL} is installed as well. For an app on {OTHER_TOOL}: {replace}. "
            f"For an app on {TOOL}: {_uninstall(OTHER_TOOL, BINDINGS[OTHER_TOOL])}. {on_purpose}, or import {TOOL} "
            "before ddb_stream_lambda"
        )


def find_installed(folders: Iterable[str]) -> set[str]:
    """Return which of the two distributions are installed in the folders.

    `importlib.metadata` would find the same, but importing it takes longer than all other imports of this package.
    """
    found: set[str] = set()
    for folder in dict.fromkeys(folders):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  # iterdir takes ten times as long
        except OSError:  # no folder, such as a zip archive
            continue
        installed = filter(None, map(INSTALLED.fullmatch, names))
        found.update(match[1].lower().replace("_", "-") for match in installed)
    return found


def is_installed(tool: str) -> bool:
    """Return whether a tool can be imported. A folder of that name, without `__init__.py`, is no tool."""
    if tool in sys.modules:
        return True
    spec = find_spec(tool)
    return spec is not None and spec.origin is not None


def is_of_other_tool(value: object) -> bool:
    """Return whether a class of the other tool made the value, such as its `TerraformStack`."""
    return any(kind.__module__.split(".")[0] == OTHER_TOOL for kind in type(value).__mro__)


def _uninstall(*distributions: str) -> str:
    return f"pip uninstall -y {' '.join(distributions)}"


def _refuse(message: str) -> None:
    raise ImportError(message, name=__name__.partition(".")[0])

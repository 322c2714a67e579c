"""The app that cdktf synthesized: its stacks in ``cdktf.out``. Runs the app first, if the user wants that."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SynthesisError, UsageError
from ..filenames import to_name, to_path
from .app_files import app_files

PYTHONS = ("python", "python3")
MANIFEST, STACKS, STACK_FILE = "manifest.json", "stacks", "cdk.tf.json"
PROJECT_FILE = "cdktf.json"
DEFAULT_OUTPUT = "cdktf.out"
# Variables for Terraform, which cdktf does not pass to the app either.
TERRAFORM_VARIABLE = "TF_VAR_"


@dataclass(frozen=True)
class SynthesizedApp:
    """The output of a synthesis.

    Attributes:
        cdktf_version: the version of cdktf that wrote it.
        stacks: the path of each stack's ``cdk.tf.json``, by the stack's name.
        leftovers: the stacks of an earlier synthesis, whose folders are still there.
    """

    cdktf_version: str
    stacks: Mapping[str, Path]
    leftovers: tuple[str, ...] = ()

    def select(self, names: Sequence[str]) -> list[str]:
        """Return the names of the stacks to hand over, each once: those given, or all if none is given.

        Raises:
            UsageError: if a name is not the name of a stack. The message lists the stacks.
        """
        unknown = [name for name in names if name not in self.stacks]
        if unknown:
            known = ", ".join(sorted(self.stacks))
            old = [name for name in unknown if name in self.leftovers]
            reason = (
                f"; {', '.join(old)} is from an earlier synthesis, and the app does not create it now" if old else ""
            )
            raise UsageError(f"unknown stack {', '.join(unknown)}; the stacks are: {known}{reason}")
        return list(dict.fromkeys(names)) or sorted(self.stacks)


def output_of_project(project: Path) -> Path:
    """Return the folder that cdktf writes to: the one that cdktf.json names, or ``cdktf.out``."""
    output = _project_settings(project).get("output")
    return project / (output if isinstance(output, str) and output else DEFAULT_OUTPUT)


def is_synthesized(output: Path) -> bool:
    """Return whether the folder holds the output of a synthesis."""
    return (output / MANIFEST).is_file()


def check_output(output: Path, project: Path, *, will_be_written: bool) -> None:
    """Check a folder that the user named as the output of cdktf.

    Args:
        output: the folder.
        project: the folder of the app.
        will_be_written: whether the app writes to the folder before it is read.

    Raises:
        UsageError: if the folder must be read and holds no output, or must be written and holds other files. The
            message lists the folders that hold output.
    """
    if will_be_written:
        if output.is_dir() and not is_synthesized(output) and {path.name for path in output.iterdir()} - {STACKS}:
            raise UsageError(f"{output} has files that cdktf did not write, so the app does not write there")
        return
    if is_synthesized(output):
        return
    candidates = sorted({path for folder in (output.parent, project) for path in _synthesized_folders(folder)})
    found = f"these folders do: {', '.join(map(str, candidates))}" if candidates else "run with --synth"
    raise UsageError(f"{output} holds no synthesized stacks; {found}")


def run_app(project: Path, output: Path) -> None:
    """Run the app that the project's cdktf.json names, in the way of the command line of cdktf.

    Args:
        project: the folder of cdktf.json.
        output: the folder that cdktf writes to.

    Raises:
        SynthesisError: if the app cannot be run or fails. The app prints its own error to standard error.
    """
    try:
        settings = json.loads((project / PROJECT_FILE).read_text(encoding="utf-8"))
        command = shlex.split(settings["app"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SynthesisError(
            f"cdktf.json in {project} names no app to run: {error}; run the command in the project's folder"
        ) from error
    if command and command[0] in PYTHONS:
        command[0] = sys.executable
    environment = {name: value for name, value in os.environ.items() if not name.startswith(TERRAFORM_VARIABLE)}
    environment["CDKTF_OUTDIR"] = str(output)
    environment["CDKTF_CONTEXT_JSON"] = json.dumps(_context(settings))
    # Standard output is only for the result of this command, so the app's output goes to standard error.
    stdout = subprocess.DEVNULL if sys.stderr is None else sys.stderr.fileno()
    try:
        run = subprocess.run(command, cwd=project, env=environment, stdout=stdout, check=False)  # noqa: S603 - the user's own command
    except (OSError, IndexError) as error:
        raise SynthesisError(f"the app could not be run: {error}; correct `app` in cdktf.json") from error
    if run.returncode:
        raise SynthesisError(f"the app ended with exit code {run.returncode}; see its output above")


def read_app(output: Path) -> SynthesizedApp:
    """Read which stacks cdktf wrote.

    Args:
        output: the folder that cdktf wrote to.

    Raises:
        UsageError: if there are no stacks, or if a stack's file is missing or outside the folder.
    """
    try:
        manifest = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
        stacks = {name: output / to_path(entry["synthesizedStackPath"]) for name, entry in manifest["stacks"].items()}
        version = str(manifest["version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{output} holds no synthesized stacks: {error}; run with --synth") from error
    for name, path in stacks.items():
        is_name = Path(name).name == name and "\\" not in name and name.isprintable()
        if not is_name or not path.resolve().is_relative_to(output.resolve()):
            raise UsageError(f"{output}/manifest.json names a stack outside the folder: {name!r}; run with --synth")
        if not path.is_file():
            raise UsageError(
                f"{output}/manifest.json names the stack {name}, but {path.relative_to(output)} is missing; "
                "run with --synth"
            )
    if not stacks:
        raise UsageError(f"{output} holds no synthesized stacks; check that the app creates one")
    leftovers = {to_name(path.parent.name) for path in output.glob(f"{STACKS}/*/{STACK_FILE}")} - stacks.keys()
    return SynthesizedApp(version, stacks, tuple(sorted(leftovers)))


def newer_files(project: Path, output: Path) -> list[str]:
    """Return the files of the app that changed after the synthesis.

    Reads which files the app imports. Files that it does not import, such as tests, are not considered.
    """
    try:
        synthesized = (output / MANIFEST).stat().st_mtime_ns
        settings = _project_settings(project)
        command = shlex.split(settings.get("app", ""))
    except (OSError, ValueError, AttributeError, TypeError):
        return []
    files = [project / PROJECT_FILE, *app_files(project, command)] if settings else []
    return sorted(
        os.path.relpath(file, project) for file in files if file.is_file() and file.stat().st_mtime_ns > synthesized
    )


def _project_settings(project: Path) -> dict[str, Any]:
    try:
        settings = json.loads((project / PROJECT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _context(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context of the app. cdktf needs to know the local modules to copy them."""
    context = json.loads(os.environ.get("CDKTF_CONTEXT_JSON") or "{}")
    modules = settings.get("terraformModules") or []
    sources = [module.get("source", "") if isinstance(module, dict) else str(module) for module in modules]
    return {**context, "cdktfRelativeModules": [source for source in sources if source.startswith(("./", "../"))]}


def _synthesized_folders(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in sorted(folder.iterdir()) if is_synthesized(path))
    except OSError:  # missing, or not readable
        return

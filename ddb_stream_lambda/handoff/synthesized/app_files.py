"""The files of an app in Python: the file that its command runs, and what that file imports from the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

SUFFIX = ".py"


def app_files(project: Path, command: Sequence[str]) -> set[Path]:
    """Return the files of the app, read without running it.

    Args:
        project: the folder of the app.
        command: the command that runs the app, such as ``python main.py``.
    """
    found: set[Path] = set()
    waiting = list(_files_of_command(project, command))
    while waiting:
        file = waiting.pop()
        if file not in found and file.is_file():
            found.add(file)
            waiting += _imported_files(project, file)
    return found


def _files_of_command(project: Path, command: Sequence[str]) -> Iterator[Path]:
    for previous, argument in zip(("", *command), command, strict=False):
        if previous == "-m":
            yield from _files_of_module(project, argument)
        elif argument.endswith(SUFFIX):
            yield project / argument


def _imported_files(project: Path, file: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of_module(project, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = file.parents[node.level - 1] if node.level and node.level <= len(file.parents) else project
            module = node.module or ""
            for name in (module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)):
                yield from _files_of_module(base, name)


def _files_of_module(folder: Path, module: str) -> Iterator[Path]:
    """Yield the file of a module, and the ``__init__.py`` of each package around it."""
    path = folder
    for part in filter(None, module.split(".")):
        path = path / part
        yield path / f"__init__{SUFFIX}"
        yield path.with_name(path.name + SUFFIX)
        yield path / f"__main__{SUFFIX}"

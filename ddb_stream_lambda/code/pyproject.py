"""The dependencies in `pyproject.toml`, from the lock file next to it or pinned in the file itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import PackingError
from .requirements import Requirements, read_pins
from .specifiers import Requirement, normalize_name
from .toml_files import read_toml
from .uv_lock import FILE_NAME as LOCK_NAME
from .uv_lock import read_uv_lock

FILE_NAME = "pyproject.toml"
EXPORT = 'write a lock file with "uv lock", or a requirements file with pinned versions, and give that'


def read_pyproject(
    path: Path, *, directory: Path, extras: Collection[str], environment: Mapping[str, str]
) -> Requirements:
    """Return the pinned dependencies of a project.

    They are those of ``uv.lock`` in the same folder if there is one. Otherwise every dependency in the file must be
    pinned, also the dependencies of dependencies.

    Args:
        path: The ``pyproject.toml``.
        directory: The packed directory.
        extras: The extras of the project to include.
        environment: The target's values of the marker variables.

    Raises:
        PackingError: If a file cannot be read, the dependencies are not in the file, or one is not pinned.
    """
    lock = path.parent / LOCK_NAME
    if lock.is_file():
        return read_uv_lock(lock, directory=directory, extras=extras, environment=environment)
    content = read_toml(path)
    project = content.get("project")
    if not isinstance(project, dict):
        raise PackingError(f"{path} has no table [project] (https://peps.python.org/pep-0621/); {EXPORT}")
    dynamic = {"dependencies", "optional-dependencies"} & set(project.get("dynamic", ()))
    if dynamic:
        raise PackingError(f"{path} lists {' and '.join(sorted(dynamic))} as dynamic; {EXPORT}")
    texts = list(_dependencies_of(project, extras, path))
    _check_sources(texts, content.get("tool", {}).get("uv", {}).get("sources", {}), path)
    return Requirements(read_pins([(f"{path.name} ({text})", text) for text in texts], environment))


def _dependencies_of(project: Mapping[str, Any], extras: Collection[str], path: Path) -> Iterator[str]:
    """Yield the dependencies of the project and of its extras; an extra can include another one of the project."""
    optional = {normalize_name(name): texts for name, texts in project.get("optional-dependencies", {}).items()}
    waiting = [normalize_name(extra) for extra in extras]
    unknown = ", ".join(sorted(set(waiting) - optional.keys()))
    if unknown:
        names = f"give some of {', '.join(sorted(optional))}" if optional else "remove extras"
        raise PackingError(f"{path.name} has no extra {unknown}; {names}")
    yield from project.get("dependencies", ())
    included: set[str] = set()
    while waiting:
        extra = waiting.pop(0)
        if extra in included:
            continue
        included.add(extra)
        for text in optional.get(extra, ()):
            requirement = Requirement.parse(text)
            if requirement is not None and requirement.name == normalize_name(str(project.get("name"))):
                waiting += sorted(requirement.extras)
            else:
                yield text


def _check_sources(texts: Collection[str], sources: Mapping[str, Any], path: Path) -> None:
    """Raise an error if uv would take a dependency from a folder, a repository or a URL."""
    needed = {requirement.name for text in texts if (requirement := Requirement.parse(text)) is not None}
    for name, source in sources.items():
        kinds = {kind for entry in (source if isinstance(source, list) else [source]) for kind in entry}
        if normalize_name(name) in needed and kinds & {"git", "path", "url", "workspace"}:
            raise PackingError(
                f"{path.name}: tool.uv.sources takes {name} from {source}, and only distributions of a package index "
                "can be packed; build its wheel, and give a requirements file with its version and the wheel's folder "
                "(--find-links)"
            )

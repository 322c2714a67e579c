"""The lock file of uv: the pinned dependencies of a project, for one target.

The file is described in https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile. It holds the versions for all
platforms and Python versions together, so this module follows the dependencies from the project, with the markers of
the target.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import PackingError
from .markers import MarkerError, evaluate_marker
from .requirements import Requirements
from .specifiers import Requirement, normalize_name
from .toml_files import read_toml

FILE_NAME = "uv.lock"
# Newer revisions of the same version can be read: https://docs.astral.sh/uv/concepts/resolution/#lockfile-versioning
SUPPORTED_VERSION = 1
# The sources of packages in a folder; a project is one of these.
FOLDER_SOURCES = ("virtual", "editable", "directory")
# uv writes a marker such as extra == 'extra-6-orders-speed' for extras that exclude each other
# (https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies).
EXTRA_COMPARISON = re.compile(r"extra\s*(==|!=)\s*['\"]([^'\"]*)['\"]")
CLAUSE = re.compile(r"\s*(===|[<>=!~]=|[<>])\s*([\w.*+!-]+)\s*")

Package = dict[str, Any]


def read_uv_lock(
    path: Path, *, directory: Path, extras: Collection[str], environment: Mapping[str, str]
) -> Requirements:
    """Return the pinned dependencies of a project, without its dependency groups.

    Args:
        path: The lock file.
        directory: The packed directory. It belongs to the project whose folder contains it.
        extras: The extras of the project to include.
        environment: The target's values of the marker variables.

    Raises:
        PackingError: If the file cannot be read, is for other Python versions, or has a dependency that is not from a
            package index. The message names all such dependencies.
    """
    lock = read_toml(path)
    if lock.get("version") != SUPPORTED_VERSION:
        raise PackingError(
            f"{path.name} has version {lock.get('version')}, and only version {SUPPORTED_VERSION} can be read; "
            'write a requirements file with "uv export --no-emit-project" and give that'
        )
    _check_target(lock, path, environment)
    reader = _Reader(lock, path, environment)
    project = reader.find_project(directory)
    reader.check_up_to_date(project)
    reader.follow(project, _check_extras(project, extras, path))
    if reader.problems:
        raise PackingError("; ".join(reader.problems))
    return Requirements(reader.pins, is_resolved=True)


class _Reader:
    """Follows the dependencies in a lock file.

    Attributes:
        pins: The pinned distributions that were found.
        problems: The dependencies that cannot be packed, each with the fix.
    """

    def __init__(self, lock: Mapping[str, Any], path: Path, environment: Mapping[str, str]) -> None:
        self.pins: dict[str, Requirement] = {}
        self.problems: list[str] = []
        self._path = path
        self._environment = environment
        self._packages: list[Package] = lock.get("package", [])

    def find_project(self, directory: Path) -> Package:
        """Return the project that the directory belongs to; the lock file of a workspace has several."""
        folders = {folder: package for package in self._packages for folder in self._folders_of(package)}
        packed = directory.resolve()
        containing = [folder for folder in folders if packed.is_relative_to(folder)]
        # A directory elsewhere belongs to the project of the lock file's own folder.
        folder = max(containing, key=lambda folder: len(folder.parts), default=self._path.parent.resolve())
        if folder not in folders:
            raise PackingError(f"{self._path} has no project that contains {directory}; give the project's lock file")
        return folders[folder]

    def check_up_to_date(self, project: Package) -> None:
        """Raise an error if the project's ``pyproject.toml`` has other dependencies than the lock file."""
        file = next(self._folders_of(project), self._path.parent) / "pyproject.toml"
        table = read_toml(file).get("project", {}) if file.is_file() else {}
        if "dependencies" not in table:
            return
        parsed = (Requirement.parse(text) for text in table["dependencies"])
        required = {requirement.name for requirement in parsed if requirement is not None}
        locked = {
            normalize_name(entry["name"])
            for entry in project.get("metadata", {}).get("requires-dist", ())
            if "extra ==" not in entry.get("marker", "")
        }
        if required != locked:
            differing = ", ".join(sorted(required ^ locked))
            raise PackingError(f'{self._path} is out of date with {file} (differing: {differing}); run "uv lock"')

    def follow(self, project: Package, extras: frozenset[str]) -> None:
        """Collect the dependencies of the project and of its extras."""
        name = normalize_name(str(project["name"]))
        active = frozenset(f"extra-{len(name)}-{name}-{extra}" for extra in extras) | extras
        dependencies = deque(_dependencies_of(project, ("", *sorted(extras))))
        followed: set[tuple[int, str]] = set()
        while dependencies:
            dependency = dependencies.popleft()
            if not self._applies(dependency, active):
                continue
            package = self._find_package(dependency)
            if package is None:
                continue
            if package is not project:
                self._pin(package)
            wanted = [extra for extra in ("", *dependency.get("extra", ())) if (id(package), extra) not in followed]
            followed.update((id(package), extra) for extra in wanted)
            if package is project:
                wanted = [extra for extra in wanted if extra]
            dependencies.extend(_dependencies_of(package, wanted))

    def _folders_of(self, package: Package) -> Iterator[Path]:
        source = package.get("source", {})
        for kind in FOLDER_SOURCES:
            if kind in source:
                yield (self._path.parent / source[kind]).resolve()

    def _applies(self, dependency: Mapping[str, Any], active: frozenset[str]) -> bool:
        marker = EXTRA_COMPARISON.sub(
            lambda comparison: f"'{comparison[2] in active}' {comparison[1]} 'True'", dependency.get("marker", "")
        )
        try:
            return evaluate_marker(marker, self._environment)
        except MarkerError as error:
            self.problems.append(f"{self._path.name}: {dependency['name']}: {error}")
            return False

    def _find_package(self, dependency: Mapping[str, Any]) -> Package | None:
        """Return the package that a dependency names; with a version and a source where there are several."""
        found = [
            package
            for package in self._packages
            if all(package.get(key) == dependency[key] for key in ("name", "version", "source") if key in dependency)
        ]
        if len(found) == 1:
            return found[0]
        problem = f'{self._path.name} has {len(found)} packages for {dependency["name"]}; write it again with "uv lock"'
        self.problems.append(problem)
        return None

    def _pin(self, package: Package) -> None:
        name, source = normalize_name(str(package["name"])), package.get("source", {})
        if "registry" not in source:
            kind = ", ".join(f"{kind} {value}" for kind, value in source.items())
            self.problems.append(
                f"{name} comes from {kind}, and only distributions of a package index can be packed; build its wheel, "
                "and give a requirements file with its version and the wheel's folder (--find-links)"
            )
            return
        if not package.get("wheels"):
            self.problems.append(
                f"{name} {package['version']} has no wheel, and nothing is built; choose a version that has one"
            )
            return
        hashes = sorted(wheel["hash"] for wheel in package["wheels"] if "hash" in wheel)
        pin = Requirement(name, f"=={package['version']}", hashes=tuple(hashes))
        if self.pins.setdefault(name, pin) != pin:
            versions = f"{self.pins[name].version[2:]} and {package['version']}"
            self.problems.append(f"{name} is needed in the versions {versions}; choose extras that fit together")


def _check_target(lock: Mapping[str, Any], path: Path, environment: Mapping[str, str]) -> None:
    """Raise an error if the lock file is not for the target: its markers leave out what it is for."""
    clauses = [CLAUSE.fullmatch(clause) for clause in str(lock.get("requires-python", "")).split(",") if clause.strip()]
    markers = [f"python_full_version {clause[1]} '{clause[2]}'" for clause in clauses if clause is not None]
    if not all(evaluate_marker(marker, environment) for marker in markers):
        raise PackingError(
            f"{path.name} is for Python {lock['requires-python']}, and the runtime has "
            f"{environment['python_version']}; choose another runtime, or change requires-python in pyproject.toml and "
            'run "uv lock"'
        )
    supported = lock.get("supported-markers", [])
    if supported and not any(evaluate_marker(marker, environment) for marker in supported):
        raise PackingError(
            f"{path.name} is only for the environments {', '.join(supported)}; add Linux on "
            f'{environment["platform_machine"]} to tool.uv.environments in pyproject.toml and run "uv lock"'
        )


def _check_extras(project: Package, extras: Collection[str], path: Path) -> frozenset[str]:
    """Return the normalized names of the extras."""
    known = {normalize_name(extra) for extra in project.get("metadata", {}).get("provides-extras", ())}
    known |= project.get("optional-dependencies", {}).keys()
    given = frozenset(normalize_name(extra) for extra in extras)
    unknown = ", ".join(sorted(given - known))
    if unknown:
        names = f"give some of {', '.join(sorted(known))}" if known else "remove extras"
        raise PackingError(f"{path.name} has no extra {unknown} of {project['name']}; {names}")
    return given


def _dependencies_of(package: Package, extras: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the dependencies of a package with extras; an empty name is the package without extras."""
    for extra in extras:
        yield from package.get("optional-dependencies", {}).get(extra, ()) if extra else package.get("dependencies", ())

"""Resolve the dependencies of pyproject.toml into requirements files with hashes, which pip installs.

    python tools/lock.py              write the files, keeping the versions that still fit
    python tools/lock.py --upgrade    write the files with the newest versions that fit
    python tools/lock.py --check      report where the files and pyproject.toml disagree; needs no network

uv resolves each file for every Python version that this project supports. The files name no package index, so that pip
takes the one that the machine is configured with.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
ENTRY = re.compile(r"^(?P<requirement>[A-Za-z0-9][^#\\]*?) *\\?$", re.MULTILINE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)
DIRECT = re.compile(r"^    # +(?:via )?(?:ddb-stream-lambda \(pyproject\.toml|-r )", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """A generated requirements file.

    Attributes:
        path: the file, relative to the project's root.
        groups: the groups of pyproject.toml that it resolves.
        project: whether it also resolves the package's own dependencies.
        sources: further requirements files that it resolves.
        constraints: lock files whose versions it takes.
        python: the oldest Python version that it is for.
        universal: whether it is for every platform and every later Python version; otherwise for Linux only.
    """

    path: str
    groups: tuple[str, ...] = ()
    project: bool = False
    sources: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    python: str = "3.11"
    universal: bool = True


# A file's constraints come before it.
LOCKS = (
    Lock("requirements-dev.txt", groups=("dev",), project=True, sources=("function/requirements.txt",)),
    Lock("requirements.txt", project=True, constraints=("requirements-dev.txt",)),
    Lock("requirements-cdktn.txt", groups=("cdktn",)),
    Lock("requirements-docs.txt", groups=("docs",)),
    Lock("requirements-checkov.txt", groups=("checkov",)),
    # Universal resolution fails: a dependency of the emulator excludes Python 3.14.
    Lock("tests/e2e/requirements.txt", groups=("emulator",), python="3.12", universal=False),
    Lock("benchmarks/requirements-cdk.txt", groups=("benchmark",)),
)


@dataclass(frozen=True)
class Entry:
    """One pinned requirement of a lock file.

    Attributes:
        requirement: the requirement, with its version and marker.
        hashes: how many hashes it has.
        direct: whether the file's inputs require it; otherwise only another package requires it.
    """

    requirement: Requirement
    hashes: int
    direct: bool

    @property
    def version(self) -> str:
        """The pinned version, or "" if it has no exact version."""
        pins = [specifier.version for specifier in self.requirement.specifier if specifier.operator == "=="]
        return pins[0] if len(pins) == 1 else ""


def write(lock: Lock, root: Path, options: Sequence[str]) -> None:
    """Resolve one file with uv."""
    command = ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url"]
    command += ["--custom-compile-command", "make lock", "--python-version", lock.python]
    command += ["--universal", "--fork-strategy", "fewest"] if lock.universal else ["--python-platform", "linux"]
    command += [option for group in lock.groups for option in ("--group", group)]
    command += [option for path in lock.constraints for option in ("--constraints", path)]
    command += ["pyproject.toml"] if lock.project else []
    command += [*lock.sources, "--output-file", lock.path, *options]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)


def entries_of(text: str) -> dict[str, list[Entry]]:
    """Return the entries of a lock file by the package's normalized name."""
    entries: dict[str, list[Entry]] = {}
    starts = list(ENTRY.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for match, end in zip(starts, ends, strict=True):
        body = text[match.end() : end]
        requirement = Requirement(match["requirement"])
        entry = Entry(requirement, len(HASH.findall(body)), bool(DIRECT.search(body)))
        entries.setdefault(canonicalize_name(requirement.name), []).append(entry)
    return entries


def inputs_of(lock: Lock, root: Path) -> list[Requirement]:
    """Return the requirements that a file resolves."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    texts = list(project["project"]["dependencies"]) if lock.project else []
    for group in lock.groups:
        texts += members_of(group, project["dependency-groups"])
    for source in lock.sources:
        texts += [match["requirement"] for match in ENTRY.finditer((root / source).read_text())]
    return [Requirement(text) for text in texts]


def members_of(group: str, groups: Mapping[str, Sequence[str | Mapping[str, str]]]) -> list[str]:
    """Return the requirements of a dependency group and of the groups that it includes (PEP 735)."""
    members: list[str] = []
    for member in groups[group]:
        members += [member] if isinstance(member, str) else members_of(member["include-group"], groups)
    return members


def problems_of(lock: Lock, root: Path) -> Iterator[str]:
    """Yield each difference between a file and its inputs."""
    path = root / lock.path
    if not path.is_file():
        yield f"{lock.path}: does not exist"
        return
    text = path.read_text()
    entries = entries_of(text)
    inputs = inputs_of(lock, root)
    for requirement in inputs:
        pinned = entries.get(canonicalize_name(requirement.name), [])
        if not pinned:
            yield f"{lock.path}: lacks {requirement}"
        for entry in pinned:
            if not requirement.specifier.contains(entry.version or "0", prereleases=True):
                yield f"{lock.path}: pins {entry.requirement}, but {requirement} is required"
    required = {canonicalize_name(requirement.name) for requirement in inputs}
    for name, pinned in entries.items():
        for entry in pinned:
            if not entry.version:
                yield f"{lock.path}: {entry.requirement} has no exact version"
            if not entry.hashes:
                yield f"{lock.path}: {entry.requirement} has no hash"
            if entry.direct and name not in required:
                yield f"{lock.path}: pins {entry.requirement}, which is no longer required"
        for constraint in lock.constraints:
            versions = {entry.version for entry in entries_of((root / constraint).read_text()).get(name, [])}
            if not {entry.version for entry in pinned} <= versions:
                yield f"{lock.path}: pins {pinned[0].requirement}, but {constraint} does not"
    for line in text.splitlines():
        if "://" in line or line.startswith("-"):
            yield f"{lock.path}: names an index or an option: {line}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="report differences, and write nothing")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args(arguments)
    if options.check:
        problems = [problem for lock in LOCKS for problem in problems_of(lock, ROOT)]
        for problem in problems:
            print(f"{problem}; run `make lock`", file=sys.stderr)
        return 1 if problems else 0
    for lock in LOCKS:
        print(lock.path, flush=True)
        write(lock, ROOT, ["--upgrade"] if options.upgrade else [])
    return 0


if __name__ == "__main__":
    sys.exit(main())

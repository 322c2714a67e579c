"""The output folders: all bundles of a run replace the earlier ones, or none does. What a team added always stays.

A new bundle is written next to the earlier one. When all bundles are complete, each takes the place of the earlier one.
Files that someone added to a bundle, such as the state, variables or the selected workspace in ``.terraform``, move to
the new one. A folder that is not a bundle, or a bundle with changed files, is never replaced.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import checksums
from .documents.manifest import is_bundle
from .errors import ConfigurationError, OutputError
from .filenames import to_name, to_path

# Terraform writes this file, and may change it.
LOCK_FILE = ".terraform.lock.hcl"
# Terraform creates such a file while it changes a state in this folder.
STATE_LOCK = ".lock.info"
# Windows has fewer signals.
STOP_SIGNALS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
EXECUTABLE, READABLE = 0o755, 0o644

Contents = Mapping[str, str | Path]


@dataclass
class _Replacement:
    """The replacement of one folder.

    Attributes:
        target: the folder.
        contents: its new contents.
        is_in_place: whether the new bundle is in the target folder.
        moved: the added files and folders of the earlier bundle that are in the new one.
    """

    target: Path
    contents: Contents
    is_in_place: bool = False
    moved: list[str] = field(default_factory=list)

    @property
    def partial(self) -> Path:
        """The folder that the new bundle is written to."""
        return self.target.with_name(f".{self.target.name}.partial")

    @property
    def previous(self) -> Path:
        """The folder that holds the earlier bundle while the new one replaces it."""
        return self.target.with_name(f".{self.target.name}.previous")


def replace(bundles: Mapping[Path, Contents]) -> Mapping[Path, Sequence[str]]:
    """Give each target folder its contents: all of them, or none.

    Args:
        bundles: for each folder, the text or the file to copy by the path of each file in it. A folder in
            place of a file is an empty folder. The target may be missing, or a bundle of an earlier run.

    Returns:
        For each folder, the added files and folders that it kept.

    Raises:
        OutputError: if a target must not be replaced, or if it cannot be written.
        ConfigurationError: if a file to copy is missing.
    """
    replacements = [_Replacement(target, contents) for target, contents in bundles.items()]
    try:
        with ExitStack() as locks:
            for parent in sorted({target.parent for target in bundles}):
                parent.mkdir(parents=True, exist_ok=True)
                locks.enter_context(_locked(parent))
            _replace_locked(replacements)
    except OSError as error:
        names = ", ".join(str(target) for target in bundles)
        raise OutputError(f"{names} could not be written and has not changed: {error}") from error
    return {replacement.target: tuple(replacement.moved) for replacement in replacements}


def check_replaceable(target: Path, contents: Contents | None = None) -> list[str]:
    """Check that the target is missing, is empty, or is a bundle without changed files.

    Args:
        target: the folder.
        contents: its new contents, which must not contain the name of an added file.

    Returns:
        The added files and folders.

    Raises:
        OutputError: if it is something else. The message lists the changed files of a bundle.
    """
    if not os.path.lexists(target):
        return []
    if target.is_symlink() or not target.is_dir() or (any(target.iterdir()) and not is_bundle(target)):
        raise OutputError(
            f"{target} exists and is not a bundle of this command, so it is not replaced; use another --out"
        )
    expected = checksums.read_checksums(target)
    # Terraform may change its lock file. It is kept, unless the new bundle has its own.
    changed = [name for name, checksum in expected.items() if name != LOCK_FILE and _is_changed(target, name, checksum)]
    if changed:
        raise OutputError(
            f"{target} has files that were changed after it was made:\n  "
            + "\n  ".join(changed)
            + "\nMove these files elsewhere, or use another --out"
        )
    added = list(_added_entries(target, {*expected, checksums.FILE}, contents or {}))
    locks = [name for name in added if name.endswith(STATE_LOCK)]
    if locks:
        raise OutputError(
            f"{target} is in use by Terraform, or Terraform was stopped there: it has the lock {locks[0]}; wait for "
            "Terraform to end, or release the lock with terraform force-unlock"
        )
    conflicts = [name for name in added if contents and name != LOCK_FILE and not _is_free(target, name, contents)]
    if conflicts:
        raise OutputError(
            f"{target} has files that were added, and the new bundle has other files with these names:\n  "
            + "\n  ".join(conflicts)
            + "\nMove these files elsewhere, or use another --out"
        )
    return [name for name in added if contents is None or name not in contents]


def _replace_locked(replacements: Sequence[_Replacement]) -> None:
    for replacement in replacements:
        _recover(replacement)
        check_replaceable(replacement.target, replacement.contents)
    try:
        for replacement in replacements:
            _write(replacement.partial, replacement.contents)
        _swap_all(replacements)
        # Only now, because each has the files that someone added until they are in the new bundle.
        for replacement in replacements:
            shutil.rmtree(replacement.previous, ignore_errors=True)
    finally:
        for replacement in replacements:
            shutil.rmtree(replacement.partial, ignore_errors=True)


def _is_changed(target: Path, name: str, checksum: str) -> bool:
    path = target / to_path(name)
    if not os.path.lexists(path):
        return False
    return path.is_symlink() or not path.is_file() or checksums.checksum(path) != checksum


def _added_entries(target: Path, expected: set[str], contents: Contents, folder: str = "") -> Iterator[str]:
    """Yield the files that the bundle did not have. A folder in which no file is expected is one entry."""
    known = {*expected, *contents}
    for path in sorted((target / to_path(folder)).iterdir()):
        name = folder + to_name(path.name)
        if path.is_symlink() or not path.is_dir():
            if name not in expected or (name == LOCK_FILE and name not in contents):
                yield name
        elif any(other.startswith(f"{name}/") for other in known):
            yield from _added_entries(target, expected, contents, f"{name}/")
        elif _has_files(path):
            yield name


def _has_files(folder: Path) -> bool:
    return any(path.is_symlink() or not path.is_dir() or _has_files(path) for path in folder.iterdir())


def _is_free(target: Path, name: str, contents: Contents) -> bool:
    """Return whether the new bundle has no other file in the place of an added one."""
    if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in contents):
        return False
    if name not in contents:
        return True
    content, path = contents[name], target / to_path(name)
    if isinstance(content, Path):
        return _is_same_file(path, content)
    return not path.is_symlink() and path.is_file() and path.read_bytes() == content.encode("utf-8")


def _is_same_file(path: Path, other: Path) -> bool:
    files = not path.is_symlink() and path.is_file() and other.is_file()
    return files and filecmp.cmp(path, other, shallow=False)


def _write(folder: Path, contents: Contents) -> None:
    folder.mkdir()
    for name, content in sorted(contents.items()):
        path = folder / to_path(name)
        if isinstance(content, Path) and content.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = READABLE
        if isinstance(content, Path):
            if not content.is_file():
                raise ConfigurationError(f"{name} is missing in the stack's folder; synthesize the stack again")
            shutil.copyfile(content, path)
            mode = EXECUTABLE if content.stat().st_mode & 0o100 else READABLE
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
        path.chmod(mode)
    sums = folder / checksums.FILE
    sums.write_text(checksums.checksums(folder), encoding="utf-8", newline="\n")
    sums.chmod(READABLE)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(EXECUTABLE)  # whatever the umask of this user is
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _swap_all(replacements: Sequence[_Replacement]) -> None:
    # Signals wait until all folders are replaced. After a power failure, `_recover` completes or undoes each of them.
    with _signals_blocked():
        try:
            for replacement in replacements:
                _swap(replacement)
        except (OSError, OutputError) as error:
            _undo_all(replacements, error)
            raise


def _swap(replacement: _Replacement) -> None:
    target, partial, previous = replacement.target, replacement.partial, replacement.previous
    if target.exists():
        target.rename(previous)
    partial.rename(target)
    replacement.is_in_place = True
    # Someone may have added files since the first check.
    for name in check_replaceable(previous, replacement.contents):
        _move(previous, target, name)
        replacement.moved.append(name)


def _undo_all(replacements: Sequence[_Replacement], cause: Exception) -> None:
    """Move the earlier bundles back.

    Raises:
        OutputError: if that fails too. The message names the place of each bundle.
    """
    states = []
    for replacement in reversed(replacements):
        target, partial, previous = replacement.target, replacement.partial, replacement.previous
        try:
            if replacement.is_in_place:
                while replacement.moved:
                    _move(target, previous, replacement.moved[-1])
                    replacement.moved.pop()
                target.rename(partial)
                replacement.is_in_place = False
            if previous.exists() and not target.exists():
                previous.rename(target)
        except OSError as error:
            bundle = "the new bundle" if replacement.is_in_place else "missing"
            states.append(f"{target} is {bundle}, and the earlier bundle is {previous}: {error}")
    if states:
        raise OutputError(
            f"the bundles could not be replaced: {cause}; the earlier ones could not all be moved back:\n  "
            + "\n  ".join(states)
            + "\nRun the command again to complete this"
        ) from cause


def _move(source: Path, target: Path, name: str) -> None:
    destination = target / to_path(name)
    if os.path.lexists(destination):
        raise FileExistsError(f"{destination} exists")
    destination.parent.mkdir(parents=True, exist_ok=True)
    (source / to_path(name)).rename(destination)


def _recover(replacement: _Replacement) -> None:
    """Complete or undo the replacement of a run that was killed, and remove the folders that it left."""
    target, previous = replacement.target, replacement.previous
    if previous.exists():
        if not target.exists():
            previous.rename(target)
        else:
            # The new bundle is in its place. Files that someone added may still be in the earlier one.
            for name in check_replaceable(previous):
                if not _is_same_file(previous / to_path(name), target / to_path(name)):
                    _move(previous, target, name)
            shutil.rmtree(previous)
    shutil.rmtree(replacement.partial, ignore_errors=True)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for other runs that write to the folder, and then hold its lock."""
    if sys.platform == "win32":
        import msvcrt

        # Windows locks only files. It releases the lock when the file is closed.
        with (folder / ".handoff.lock").open("w") as file:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

"""The output folder: written next to its final path and then renamed. A folder of someone else is never replaced."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import checksums
from .documents.manifest import is_bundle
from .errors import ConfigurationError, OutputError

# Terraform writes these into the folder. The cache can be created again; the lock file is kept.
CACHE = ".terraform"
LOCK_FILE = ".terraform.lock.hcl"
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def replace(target: Path, contents: Mapping[str, str | Path]) -> None:
    """Give the target folder these contents, completely or not at all.

    Args:
        target: the folder. It may be missing, or a bundle of an earlier run that nobody changed.
        contents: the text or the file to copy, by the path of each file in the folder.

    Raises:
        OutputError: if the target must not be replaced, or if it cannot be written.
        ConfigurationError: if a file to copy is missing.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            _recover(target)
            check_replaceable(target)
            partial, previous = _partial(target), _previous(target)
            try:
                _write(partial, contents)
                _keep_lock_file(target, partial)
                _swap(target, partial=partial, previous=previous)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
                shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{target} could not be written and has not changed: {error}") from error


def check_replaceable(target: Path) -> None:
    """Check that the target is missing, is empty, or is an unchanged bundle.

    Raises:
        OutputError: if it is something else. The message lists the changed files of a bundle.
    """
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir() or (any(target.iterdir()) and not is_bundle(target)):
        raise OutputError(
            f"{target} exists and is not a bundle of this command, so it is not replaced; use another --out"
        )
    expected = checksums.read_checksums(target)
    changed = [name for name, path in _bundle_files(target) if expected.get(name) != checksums.checksum(path)]
    if changed:
        raise OutputError(
            f"{target} has files that were added or changed after it was made, such as a state or variables:\n  "
            + "\n  ".join(changed)
            + "\nMove these files elsewhere, or use another --out"
        )


def _bundle_files(target: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of each file, except for those that Terraform writes and the checksums."""
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target)
        if not path.is_dir() and name.parts[0] not in (CACHE, LOCK_FILE, checksums.FILE):
            yield str(name), path


def _write(folder: Path, contents: Mapping[str, str | Path]) -> None:
    folder.mkdir(mode=0o755)
    for name, content in sorted(contents.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            if not content.is_file():
                raise ConfigurationError(f"{name} is missing in the stack's folder; synthesize the stack again")
            shutil.copyfile(content, path)
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
        path.chmod(0o644)
    (folder / checksums.FILE).write_text(checksums.checksums(folder), encoding="utf-8", newline="\n")
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _keep_lock_file(target: Path, partial: Path) -> None:
    # A lock file of the new bundle comes first.
    if (target / LOCK_FILE).is_file() and not (partial / LOCK_FILE).exists():
        shutil.copyfile(target / LOCK_FILE, partial / LOCK_FILE)


def _swap(target: Path, *, partial: Path, previous: Path) -> None:
    # Signals are blocked between the two renames. After a power failure between them, `_recover` restores the target.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        if target.exists():
            target.rename(previous)
        try:
            partial.rename(target)
        except OSError:
            if previous.exists():
                previous.rename(target)
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _recover(target: Path) -> None:
    """Restore the target after a run that was killed, and remove the folders that it left."""
    previous = _previous(target)
    if previous.exists() and not target.exists():
        previous.rename(target)
    shutil.rmtree(previous, ignore_errors=True)
    shutil.rmtree(_partial(target), ignore_errors=True)


def _partial(target: Path) -> Path:
    """The folder that the new bundle is written to."""
    return target.with_name(f".{target.name}.partial")


def _previous(target: Path) -> Path:
    """The folder that holds the earlier bundle while the new one replaces it."""
    return target.with_name(f".{target.name}.previous")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for other runs that write to the folder, and then hold its lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

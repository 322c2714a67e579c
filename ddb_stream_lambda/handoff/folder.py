"""The output folder: written aside, then renamed, and never over what is not ours or was changed by hand."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import manifest
from .errors import ConfigurationError, OutputError

# What Terraform leaves in a folder it worked in: the cache can be made anew, the lock file is worth keeping.
CACHE = ".terraform"
LOCK_FILE = ".terraform.lock.hcl"
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def replace(target: Path, contents: Mapping[str, str | Path]) -> None:
    """Make the target a folder of these contents, wholly or not at all.

    Args:
        target: where; it may be missing, or a bundle of an earlier run that nobody changed.
        contents: each file by its path in the folder: its text, or a file to copy.

    Raises:
        OutputError: where the target is not ours to replace, or the disk refuses.
        ConfigurationError: where a file to copy is missing.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(target.parent):
            _recover(target)
            check(target)
            aside, previous = _beside(target, "partial"), _beside(target, "previous")
            try:
                _write(aside, contents)
                _keep_lock_file(target, aside)
                _swap(target, aside, previous)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
                shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{target} could not be written, and is as it was: {error}") from error


def check(target: Path) -> None:
    """Whether the target may be replaced.

    Raises:
        OutputError: saying what stands there.
    """
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir() or (any(target.iterdir()) and not manifest.is_ours(target)):
        raise OutputError(f"{target} exists and is no bundle of this command; it is left alone. Choose another --out")
    listed = manifest.listed(target)
    changed = []
    for path in sorted(target.rglob("*")):
        name = str(path.relative_to(target))
        if path.is_dir() or path.relative_to(target).parts[0] in (CACHE, LOCK_FILE) or name == manifest.CHECKSUMS:
            continue
        if listed.get(name) != manifest.digest(path):
            changed.append(name)
    if changed:
        raise OutputError(
            f"{target} holds files that were added or changed since it was made, such as a state or variables:\n  "
            + "\n  ".join(changed)
            + "\nMove them out of it, or choose another --out"
        )


def _write(folder: Path, contents: Mapping[str, str | Path]) -> None:
    folder.mkdir(mode=0o755)
    for name, content in sorted(contents.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            if not content.is_file():
                raise ConfigurationError(f"{name} is missing beside the configuration; synthesise the stack again")
            shutil.copyfile(content, path)
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
        path.chmod(0o644)
    sums = folder / manifest.CHECKSUMS
    sums.write_text(manifest.checksums(folder), encoding="utf-8", newline="\n")
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _keep_lock_file(target: Path, aside: Path) -> None:
    if (target / LOCK_FILE).is_file():
        shutil.copyfile(target / LOCK_FILE, aside / LOCK_FILE)


def _swap(target: Path, aside: Path, previous: Path) -> None:
    # Nothing may come between the two renames but a power cut, which `_recover` mends.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        if target.exists():
            target.rename(previous)
        try:
            aside.rename(target)
        except OSError:
            if previous.exists():
                previous.rename(target)
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _recover(target: Path) -> None:
    """Clear away what a run left that was killed outright."""
    previous = _beside(target, "previous")
    if previous.exists() and not target.exists():
        previous.rename(target)
    shutil.rmtree(previous, ignore_errors=True)
    shutil.rmtree(_beside(target, "partial"), ignore_errors=True)


def _beside(target: Path, what: str) -> Path:
    return target.parent / f".{target.name}.{what}"


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for other runs that write into the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

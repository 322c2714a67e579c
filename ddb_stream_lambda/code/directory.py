"""The files of a directory that are packed."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .archives import Entry
from .errors import PackingError

# Files of interpreters, editors and file managers that no function needs.
ALWAYS_EXCLUDED = (
    "__pycache__",
    "*.pyc",
    ".git",
    ".DS_Store",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
)
# A folder that contains this file is a virtual environment (PEP 405), which works only on this machine.
VIRTUAL_ENVIRONMENT_FILE = "pyvenv.cfg"


@dataclass(frozen=True)
class SourceFile:
    """A file to pack.

    Attributes:
        name: The file's path relative to the directory, with ``/`` as the separator.
        path: The file.
        size: The file's size in bytes.
    """

    name: str
    path: Path
    size: int

    def read_entry(self) -> Entry:
        """Read the file and return it as an entry of an archive."""
        return Entry.stored(self.name, self.path.read_bytes())


def find_files(directory: Path, exclude: Sequence[str]) -> list[SourceFile]:
    """Return the files of a directory and its subfolders; links are followed.

    Args:
        directory: The directory.
        exclude: Glob patterns of names, or of paths relative to the directory, that are left out.

    Raises:
        PackingError: If something is neither a file nor a folder, or a file's name is not UTF-8.
        OSError: If a folder or a file cannot be read.
    """
    patterns = (*ALWAYS_EXCLUDED, *exclude)
    return list(_walk(directory, relative=PurePosixPath(), exclude=patterns, ancestors=frozenset()))


def _walk(
    folder: Path, *, relative: PurePosixPath, exclude: Sequence[str], ancestors: frozenset[str]
) -> Iterator[SourceFile]:
    """Yield the files of a folder.

    Args:
        folder: The folder.
        relative: The folder's path relative to the packed directory.
        exclude: The patterns of the names that are left out.
        ancestors: The real paths of the folders that contain this one. A link to one of them would never end.
    """
    real = os.path.realpath(folder)
    names = sorted(os.listdir(folder))  # noqa: PTH208 - only the names are needed
    if real in ancestors or VIRTUAL_ENVIRONMENT_FILE in names:
        return
    for name in names:
        path = relative / name
        if any(fnmatch.fnmatchcase(text, pattern) for pattern in exclude for text in (name, str(path))):
            continue
        status = _status_of(folder / name, path)
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(folder / name, relative=path, exclude=exclude, ancestors=ancestors | {real})
        elif stat.S_ISREG(status.st_mode):
            _check_encoding(path)
            yield SourceFile(name=str(path), path=folder / name, size=status.st_size)
        else:
            raise _not_a_file(path)


def _status_of(file: Path, path: PurePosixPath) -> os.stat_result:
    try:
        return file.stat()
    except FileNotFoundError:
        raise _not_a_file(path) from None


def _not_a_file(path: PurePosixPath) -> PackingError:
    return PackingError(f"{path} is neither a file, a folder nor a link to one; leave it out with exclude")


def _check_encoding(path: PurePosixPath) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise PackingError(
            f"the file name {str(path)!r} is not UTF-8; rename the file, or leave it out with exclude"
        ) from None

"""The file ``SHA256SUMS``: the checksum of every other file of a bundle, in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from .filenames import to_name

FILE = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def checksums(folder: Path) -> str:
    """Return the file's text for a folder."""
    paths = {to_name(path.relative_to(folder).as_posix()): path for path in folder.rglob("*") if path.is_file()}
    return "".join(f"{checksum(path)}  {name}\n" for name, path in sorted(paths.items()) if name != FILE)


def read_checksums(folder: Path) -> Mapping[str, str]:
    """Return the checksums in a folder's file by the names of the files; empty if the file cannot be read."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    return {match[2]: match[1] for match in map(LINE.fullmatch, lines) if match}


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

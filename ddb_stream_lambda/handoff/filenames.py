"""File names in UTF-8, in any locale.

Names in a bundle are text in UTF-8. In a locale with another encoding, such as ``C``, Python does not accept such text
as a path. These functions convert between the names and the text that Python uses for paths.
"""

from __future__ import annotations

import os
from pathlib import Path


def to_path(name: str) -> str:
    """Return the text with which Python finds the file that has this name in UTF-8."""
    return os.fsdecode(name.encode("utf-8"))


def to_name(path: str) -> str:
    """Return the name in UTF-8 of a path from the file system.

    Raises:
        UnicodeDecodeError: if the name is not UTF-8.
    """
    return os.fsencode(path).decode("utf-8")


def to_text(path: Path) -> str:
    """Return a path for people to read. Bytes that are not UTF-8 are escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")

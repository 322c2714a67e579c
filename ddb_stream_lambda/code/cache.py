"""A cache of packed dependencies in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

MAX_UNUSED_SECONDS = 90 * 24 * 60 * 60
DIGEST_BYTES = hashlib.sha256().digest_size


def read_cached(key: str) -> bytes | None:
    """Return the content that was written under the key, and mark it as used.

    Args:
        key: A file name that identifies the content.

    Returns:
        The content, or None if there is none or if it is damaged.
    """
    folder = find_cache_folder()
    if folder is None:
        return None
    path = folder / key
    try:
        written = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, content = written[:DIGEST_BYTES], written[DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def write_cached(key: str, content: bytes) -> None:
    """Write the content to the cache, and delete content that was not used for 90 days.

    The cache only saves time, so a cache that cannot be written is not an error.

    Args:
        key: A file name that identifies the content.
        content: The content. It is written to another file first, so that no reader sees a part of it.
    """
    folder = find_cache_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix="writing-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(temporary).replace(folder / key)
        finally:
            Path(temporary).unlink(missing_ok=True)
        _delete_unused(folder)


def find_cache_folder() -> Path | None:
    """Return the folder of the cache, which may not exist yet.

    It follows the XDG Base Directory Specification (https://specifications.freedesktop.org/basedir-spec/latest/) on
    Linux, and the conventions of macOS and Windows there.

    Returns:
        The folder, or None if the user has no home directory.
    """
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured, "ddb-stream-lambda")
    if sys.platform == "win32":
        parent = os.environ.get("LOCALAPPDATA", "~")
    elif sys.platform == "darwin":
        parent = "~/Library/Caches"
    else:
        parent = "~/.cache"
    # Path.expanduser raises an error without a home directory; this function then leaves the "~".
    folder = Path(os.path.expanduser(parent), "ddb-stream-lambda")  # noqa: PTH111
    return folder if folder.is_absolute() else None


def _delete_unused(folder: Path) -> None:
    oldest = time.time() - MAX_UNUSED_SECONDS
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)

"""Locks on files, so that one run at a time uses a file."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from typing import IO


def open_private(path: Path) -> IO[str]:
    """Open a text file to read it and to append to it. A new file is for this user only.

    Raises:
        OSError: if the file cannot be opened, or is no regular file, such as a device.
    """
    # With an opener, the kind of the file is known before Python reads or writes a byte of it.
    return open(path, "a+", encoding="utf-8", opener=_open_regular)


def try_lock(file: IO[str]) -> bool:
    """Lock a file for this process, and return whether that succeeded. The lock ends with the process."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class LockFile:
    """An empty file that is locked as long as a run uses another file, and removed at its end.

    Args:
        path: the path of the empty file.

    Raises:
        OSError: if it cannot be written.
        BlockingIOError: if another run has it locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        while True:
            self._file = open_private(path)
            if not try_lock(self._file):
                self._file.close()
                raise BlockingIOError(errno.EWOULDBLOCK, "another run has it locked")
            if self._is_at_its_path():
                return
            self._file.close()  # its run ended, and removed it, between the opening and the lock

    def release(self) -> None:
        """Remove the file, and end the lock. A file with content is not removed: it is not of a run."""
        with contextlib.suppress(OSError):
            if sys.platform != "win32" and os.fstat(self._file.fileno()).st_size == 0:
                self._path.unlink(missing_ok=True)
        self._file.close()

    def _is_at_its_path(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False


def _open_regular(path: str, flags: int) -> int:
    # Without O_NONBLOCK, the opening of a device or a pipe may wait.
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return descriptor

"""The journal of a source: a local file with what is done, so that a run continues where the last one stopped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import OperationError, UsageError
from ..locking import open_private, try_lock

# Failed batches leave a queue after 14 days at most, and a failure bucket after 90 days by default.
MAX_AGE_SECONDS = 120 * 86400
# The starts of the lines, by which a line is known that was cut off.
STARTS = tuple(f'{{"{name}": ' for name in ("done", "complete", "gone", "held", "released"))


def default_folder() -> Path:
    """Return the folder of the journals of this user.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "ddb-stream-lambda" / "redrive"


def journal_path(source: str, target: str | None) -> Path:
    """Return the journal of a source and a function to send to."""
    digest = hashlib.sha256(f"{source}\n{target or ''}".encode()).hexdigest()[:16]
    return default_folder() / f"{digest}.jsonl"


class Journal:
    """The file, which one run at a time can have open. Threads can share it.

    Each line is written to disk before the next batch is sent, so that a stop at any moment repeats one batch at most.

    Args:
        path: the file; created with its folder if it does not exist.

    Raises:
        UsageError: if another run has it open, the file cannot be written, or it is not a journal. Such a file is not
            changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._is_broken = False
        # Identity of a batch -> sequence number up to which its records are done, and the time of the line.
        self._through: dict[str, tuple[int, float]] = {}
        self._complete: set[str] = set()
        # The receipts that a run that was killed still held.
        self.receipts: list[str] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open_private(path)
        except OSError as error:
            raise UsageError(f"cannot write the journal {path}: {error.strerror}", "give --journal FILE") from None
        if not try_lock(self._file):
            self._file.close()
            raise UsageError(
                f"another run of redrive on this machine has the journal {path} open",
                "wait for it to end, or run the command on another source",
            )
        try:
            self._load()
            path.chmod(0o600)
        except BaseException:
            self._file.close()
            raise

    def through(self, identity: str) -> int:
        """Return the sequence number up to which a batch is done; -1 if nothing is done."""
        return self._through.get(identity, (-1, 0.0))[0]

    def hold(self, receipts: Sequence[str]) -> None:
        """Record the receipts of messages that this run holds."""
        self._write({"held": list(receipts)})

    def release(self) -> None:
        """Record that this run holds no messages any more."""
        self.receipts = []
        self._write({"released": True})

    def record(self, done: Mapping[str, int]) -> None:
        """Record the sequence numbers up to which batches are done."""
        if done:
            now = time.time()
            with self._lock:
                self._through.update({identity: (through, now) for identity, through in done.items()})
            self._write({"done": dict(done), "time": round(now)})

    def complete(self, identities: Sequence[str]) -> None:
        """Record that all records of batches are done, before their objects and messages are removed."""
        if identities:
            with self._lock:
                self._complete.update(identities)
            self._write({"complete": list(identities)})

    def is_complete(self, identity: str) -> bool:
        """Return whether a batch only has to be removed."""
        return identity in self._complete

    def forget(self, identities: Sequence[str]) -> None:
        """Record that batches are done and left the source."""
        with self._lock:
            for identity in identities:
                self._through.pop(identity, None)
                self._complete.discard(identity)
        self._write({"gone": list(identities)})

    def forget_all(self, prefix: str) -> None:
        """Record that all batches whose identities begin with a text are done."""
        known = [*self._through, *self._complete]
        self.forget([identity for identity in known if identity.startswith(prefix)])

    def close(self) -> None:
        """Keep only the batches that are done in part, and close the file. Remove it if there are none.

        Raises:
            OperationError: if the file cannot be written.
        """
        with self._lock:
            if self._is_broken:  # the error was raised when the line was written, and the lines before are on disk
                with contextlib.suppress(OSError):
                    self._file.close()
                return
            oldest = time.time() - MAX_AGE_SECONDS
            kept = {identity: entry for identity, entry in self._through.items() if entry[1] >= oldest}
            try:
                with self._file:
                    self._file.seek(0)
                    self._file.truncate()
                    for identity, (through, time_of_line) in kept.items():
                        self._file.write(json.dumps({"done": {identity: through}, "time": round(time_of_line)}) + "\n")
                    if self._complete:
                        self._file.write(json.dumps({"complete": sorted(self._complete)}) + "\n")
                    self._file.flush()
                    if not (kept or self._complete) and sys.platform != "win32":
                        self.path.unlink(missing_ok=True)
            except OSError as error:
                raise self._error(error) from None

    def _load(self) -> None:
        self._file.seek(0)
        try:
            lines = [line for line in map(str.strip, self._file) if line]
        except UnicodeDecodeError:
            raise self._foreign() from None
        entries = [_read_line(line) for line in lines]
        if lines and not any(entries) and not any(map(_is_cut_off, lines)):
            raise self._foreign()
        for line, entry in zip(lines, entries, strict=True):
            if entry is None:
                if _is_json(line):
                    raise self._foreign()
                continue  # the run was killed while it wrote the line
            for identity, through in entry.get("done", {}).items():
                self._through[identity] = (through, float(entry.get("time", 0)))
            self._complete.update(entry.get("complete", []))
            for identity in entry.get("gone", []):
                self._through.pop(identity, None)
                self._complete.discard(identity)
            self.receipts = [] if entry.get("released") else self.receipts + entry.get("held", [])
        self._file.seek(0, os.SEEK_END)

    def _write(self, entry: Mapping[str, Any]) -> None:
        with self._lock:
            try:
                # The line break before it ends a line that was cut off when an earlier run was killed.
                self._file.write(f"\n{json.dumps(entry)}\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                self._is_broken = True
                raise self._error(error) from None

    def _error(self, error: OSError) -> OperationError:
        return OperationError(
            f"cannot write the journal {self.path}: {error.strerror}", "make space, or give --journal FILE"
        )

    def _foreign(self) -> UsageError:
        return UsageError(f"--journal {self.path}: is not a journal", "give another file")


def _read_line(line: str) -> dict[str, Any] | None:
    """Return the content of a line; None if it is not a line of a journal."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and _is_entry(entry) else None


def _is_entry(entry: Mapping[str, Any]) -> bool:
    checks: dict[str, Callable[[Any], bool]] = {
        "done": lambda value: isinstance(value, dict) and all(type(through) is int for through in value.values()),
        "time": lambda value: type(value) is int,
        "complete": _is_texts,
        "gone": _is_texts,
        "held": _is_texts,
        "released": lambda value: value is True,
    }
    return bool(entry.keys() - {"time"}) and all(
        name in checks and checks[name](value) for name, value in entry.items()
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except RecursionError:  # only JSON of another program is nested so deeply
        return True
    except ValueError:
        return False
    return True


def _is_cut_off(line: str) -> bool:
    """Return whether a line is the beginning of a line of a journal."""
    return any(start.startswith(line) or line.startswith(start) for start in STARTS)

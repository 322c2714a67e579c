"""The checkpoint file of a run, which is complete at any moment at which the process may end."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ..errors import OperationError, UsageError
from ..locking import LockFile
from .numbering import Run
from .units import Checkpoint
from .worker import Failure

FORMAT = 1


class Ranges:
    """A set of numbers, kept as ranges, because units are completed almost in order."""

    def __init__(self, ranges: Sequence[Sequence[int]] = ()) -> None:
        self._ranges = [(first, last) for first, last in ranges]

    def add(self, number: int) -> None:
        """Add a number."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted([*self._ranges, (number, number)]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        self._ranges = merged

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self._ranges)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self._ranges)

    def to_json(self) -> list[list[int]]:
        """Return the first and the last number of each range."""
        return [[first, last] for first, last in self._ranges]


class State:
    """The progress of a run. Threads can share it.

    The file is written to a temporary file that then replaces it. So a process that is killed leaves the file of before
    or the file of after. The failures of a batch are written before its checkpoint.

    Attributes:
        run: the run.
        source: what the run reads, such as the number of segments; filled when it is known.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], run: Run, failures: Path | None = None) -> None:
        self.run = run
        self.source: dict[str, Any] = {}
        self.is_resumed = False
        self._path = path
        self._given_failures_path = failures
        self._failures: IO[str] | None = None
        self._identity = dict(identity)
        self._complete = Ranges()
        self._checkpoints: dict[int, Checkpoint] = {}
        self._done = self._failed = 0
        self._lock = threading.Lock()
        self._files = contextlib.ExitStack()

    @classmethod
    def open(
        cls, path: Path, identity: Mapping[str, Any], run: Run, *, failures: Path | None = None, restart: bool = False
    ) -> State:
        """Return the state of the file, or the state of a new run if there is no file.

        Args:
            path: the path of the file.
            identity: what must be equal in all attempts of a run: the table, the stream, the function and the source.
            run: a new run.
            failures: the path of the file for the records that the function refuses; next to the checkpoint by default.
            restart: whether a file is replaced.

        Raises:
            UsageError: if the file belongs to something else, another run uses it, or a file cannot be written.
        """
        state = cls(path, identity, run, failures)
        with contextlib.ExitStack() as on_error:
            on_error.callback(state.close)
            state._lock_files()
            if not restart:
                state._read()
            on_error.pop_all()
        return state

    def _lock_files(self) -> None:
        """Lock the checkpoint for this run, and check that both files can be written."""
        path, failures = self._path, self._given_failures_path
        try:
            if not _is_file_or_absent(path):
                raise UsageError(f"--checkpoint {path}: is not a file", "give --checkpoint another file")
            lock = LockFile(self._lock_path)
        except BlockingIOError:
            raise UsageError(
                f"--checkpoint {path}: another run of backfill on this machine uses it",
                "wait for it to end, or give --checkpoint another file",
            ) from None
        except OSError as error:
            raise UsageError(
                f"--checkpoint {path}: cannot be written: {error.strerror}", "give --checkpoint another file"
            ) from None
        self._files.callback(lock.release)
        if failures is None:
            return
        try:
            used = {file.resolve() for file in (path, self._temporary_path, self._lock_path)}
            if not _is_file_or_absent(failures) or failures.resolve() in used:
                raise UsageError(f"--failed {failures}: is not a file for records", "give --failed another file")
            is_new = not failures.exists()
            failures.open("a", encoding="utf-8").close()
            if is_new:  # it is created again when there is something to write
                failures.unlink()
        except OSError as error:
            raise UsageError(
                f"--failed {failures}: cannot be written: {error.strerror}", "give --failed another file"
            ) from None

    def _read(self) -> None:
        """Read the file, if there is one."""
        path = self._path
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ValueError("unknown format")
            known = dict(data["identity"])
            self._load(data)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", "give --checkpoint another file") from None
        except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
            raise UsageError(
                f"{path}: is not a checkpoint of this command ({error})",
                "give --checkpoint another file, or --restart to replace this one",
            ) from None
        different = [name for name in {**known, **self._identity} if known.get(name) != self._identity.get(name)]
        if different:
            listed = ", ".join(f"its {name} is {known.get(name)}, not {self._identity.get(name)}" for name in different)
            raise UsageError(
                f"{path}: is the checkpoint of another backfill: {listed}",
                "give --checkpoint another file, or --restart to forget that backfill",
            )

    def _load(self, data: Mapping[str, Any]) -> None:
        self.is_resumed = True
        self.run = Run.from_json(data["run"])
        self.source = dict(data["source"])
        self._complete = Ranges(data["complete"])
        self._checkpoints = {int(unit): Checkpoint.from_json(value) for unit, value in data["units"].items()}
        self._done, self._failed = int(data["done"]), int(data["failed"])
        numbers = [number for item in data["complete"] for number in item]
        numbers += [number for item in self._checkpoints.values() for number in (item.done, item.failed)]
        if not all(type(number) is int for number in numbers):
            raise TypeError("a number is missing")

    @property
    def failures_path(self) -> Path:
        """The path of the file for the records that the function refuses. Its default differs for each run."""
        name = f"{self._path.stem}-{self.run.started:%Y%m%dT%H%M%SZ}.failed.jsonl"
        return self._given_failures_path or self._path.with_name(name)

    @property
    def done(self) -> int:
        """The records that the function has processed, in all attempts."""
        return self._done

    @property
    def failed(self) -> int:
        """The records that the function refused, in all attempts."""
        return self._failed

    @property
    def complete_units(self) -> int:
        """The number of units that are complete."""
        return len(self._complete)

    def open_units(self, count: int) -> Iterator[tuple[int, Checkpoint]]:
        """Yield the number and the checkpoint of each unit that is not complete. Begun units come first.

        Args:
            count: the number of all units.
        """
        begun = sorted(self._checkpoints)
        for unit in begun:
            yield unit, self._checkpoints[unit]
        seen = set(begun)
        for unit in range(count):
            if unit not in seen and unit not in self._complete:
                yield unit, Checkpoint()

    def save(self, unit: int, checkpoint: Checkpoint, failures: Sequence[Failure] = ()) -> None:
        """Keep the checkpoint of a unit, and the failures before it."""
        with self._lock:
            self._keep_failures(failures)
            before = self._checkpoints.get(unit, Checkpoint())
            self._done += checkpoint.done - before.done
            self._failed += checkpoint.failed - before.failed
            self._checkpoints[unit] = checkpoint
            self._write()

    def complete(self, unit: int) -> None:
        """Keep that a unit is complete."""
        with self._lock:
            self._checkpoints.pop(unit, None)
            self._complete.add(unit)
            self._write()

    def write(self) -> None:
        """Write the file, for example when the source is known."""
        with self._lock:
            self._write()

    def delete(self) -> None:
        """Delete the file at the end of the run. The file of failures stays."""
        with self._lock:
            self._path.unlink(missing_ok=True)
            self._temporary_path.unlink(missing_ok=True)  # a process that was killed may have left it

    def close(self) -> None:
        """Close the file of failures, and end the lock of the checkpoint."""
        # Each line was written to disk, or its error was reported.
        with self._files, contextlib.suppress(OSError):
            if self._failures is not None:
                self._failures.close()

    @property
    def _temporary_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}.tmp")

    @property
    def _lock_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}.lock")

    def _keep_failures(self, failures: Sequence[Failure]) -> None:
        if not failures:
            return
        try:
            if self._failures is None:
                self._failures = self.failures_path.open("a", encoding="utf-8")
            for failure in failures:
                self._failures.write(json.dumps(failure.to_json(), separators=(",", ":")) + "\n")
            self._failures.flush()
            os.fsync(self._failures.fileno())
        except OSError as error:
            raise OperationError(f"{self.failures_path}: {error.strerror}", "make space, or give --failed") from None

    def _write(self) -> None:
        data = {
            "format": FORMAT,
            "identity": self._identity,
            "run": self.run.to_json(),
            "source": self.source,
            "done": self._done,
            "failed": self._failed,
            "complete": self._complete.to_json(),
            "units": {str(unit): checkpoint.to_json() for unit, checkpoint in self._checkpoints.items()},
        }
        temporary = self._temporary_path
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(data, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            raise OperationError(f"{self._path}: {error.strerror}", "make space, or give --checkpoint") from None


def _is_file_or_absent(path: Path) -> bool:
    """Return whether nothing has a path, or a regular file, which can be replaced.

    Raises:
        OSError: if the path cannot be looked up.
    """
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True

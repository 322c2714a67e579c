"""The function's code: a directory or an archive on this machine, packed so that equal content is equal bytes."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import itertools
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

from cdktf import AssetType, TerraformAsset, TerraformStack

from .limits import LARGEST_UPLOAD_BYTES

# What an interpreter, an editor or a file manager leaves behind and no function needs.
NEVER_PACKED = (
    "__pycache__",
    "*.pyc",
    ".git",
    ".DS_Store",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
)
# The earliest moment that a zip archive can say.
EPOCH = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE, EXECUTABLE_FILE = 0o100644, 0o100755
UNIX = 3


@dataclass(frozen=True)
class Archive:
    """A packed zip archive on this machine.

    Attributes:
        path: where it lies.
        sha256: the digest of its bytes.
    """

    path: Path
    sha256: bytes

    @property
    def source_code_hash(self) -> str:
        """The base64 SHA-256, as `aws_lambda_function` compares it with what Lambda reports."""
        return base64.b64encode(self.sha256).decode()

    def add_to(self, stack: TerraformStack) -> str:
        """Make the archive a part of the stack's output, once, and return its path relative to it."""
        held = _held.setdefault(stack, {})
        if self.sha256 not in held:
            name = f"code-{re.sub('[^A-Za-z0-9-]+', '-', self.path.stem)}"
            names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
            id = next(free for free in names if stack.node.try_find_child(free) is None)
            asset = TerraformAsset(stack, id, path=str(self.path), type=AssetType.FILE, asset_hash=self.sha256.hex())
            held[self.sha256] = asset.path
        return held[self.sha256]


# Stack -> digest of an archive -> where it lies in the stack's output.
_held: WeakKeyDictionary[TerraformStack, dict[bytes, str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Code:
    """A function's code that lies on this machine; made by `Code.from_asset`."""

    path: Path
    exclude: tuple[str, ...] = ()

    @staticmethod
    def from_asset(path: str | os.PathLike[str], *, exclude: Sequence[str] = ()) -> Code:
        """The code in a directory, or in a ``.zip`` that is taken as it is.

        A directory is packed without compression, in the order of its names, each file with the same time and one of
        two modes (executable by its owner, or not). So the same content gives the same bytes on any machine, and a plan
        of unchanged code is empty; compressed bytes would differ with the machine's zlib. Links are followed.

        Args:
            path: the directory or archive; relative to the current directory.
            exclude: glob patterns of names or of paths relative to the directory that stay out, such as ``tests`` or
                ``*.md``. Caches of Python, ``.git`` and the like stay out always.

        Raises:
            PatternError: at the construct, naming its path, if the path does not exist, is neither a directory nor a
                zip archive, holds nothing to pack, or packs to more than the 50 MB that Lambda takes as a direct upload
                (AWS Lambda Developer Guide, "Lambda quotas").
        """
        return Code(Path(path), tuple(exclude))

    def problem(self) -> str | None:
        """What is wrong with the path, and the way out; None where nothing is."""
        if not self.path.exists():
            return "no such file or directory; relative paths start at the current directory"
        if self.path.is_dir():
            if next(self._files(), None) is None:
                return "holds no file to pack; name the directory that holds the handler"
        elif not zipfile.is_zipfile(self.path):
            return "neither a directory nor a zip archive; name the directory that holds the handler"
        size = self.archive.path.stat().st_size
        if size > LARGEST_UPLOAD_BYTES:
            return (
                f"packs to {size / 1024 / 1024:.0f} MiB, and Lambda takes {LARGEST_UPLOAD_BYTES // 1024 // 1024} MiB"
                " as a direct upload; leave files out with exclude, or upload it and use s3_bucket and s3_key"
            )
        return None

    @cached_property
    def archive(self) -> Archive:
        """The packed code."""
        path = self._pack() if self.path.is_dir() else self.path.resolve()
        with path.open("rb") as packed:
            return Archive(path, hashlib.file_digest(packed, "sha256").digest())

    def _pack(self) -> Path:
        target = Path(tempfile.mkdtemp(dir=_workplace().name)) / f"{self.path.resolve().name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, file in sorted(self._files()):
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.create_system = UNIX
                executable = file.stat().st_mode & 0o100
                entry.external_attr = (EXECUTABLE_FILE if executable else PLAIN_FILE) << 16
                archive.writestr(entry, file.read_bytes())
        return target

    def _files(self) -> Iterator[tuple[str, Path]]:
        seen = set()
        for folder, subfolders, files in os.walk(self.path, followlinks=True):
            real = os.path.realpath(folder)
            if real in seen:  # a link back up would be walked without end
                subfolders.clear()
                continue
            seen.add(real)
            inside = Path(folder).relative_to(self.path)
            subfolders[:] = [name for name in subfolders if not self._left_out(inside / name)]
            for name in files:
                if not self._left_out(inside / name):
                    yield (inside / name).as_posix(), Path(folder, name)

    def _left_out(self, path: Path) -> bool:
        return any(
            fnmatch.fnmatchcase(candidate, pattern)
            for pattern in (*NEVER_PACKED, *self.exclude)
            for candidate in (path.name, path.as_posix())
        )


@cache
def _workplace() -> tempfile.TemporaryDirectory[str]:
    """Where archives lie until synthesis copies them into the output; removed with the process."""
    return tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-")

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

from ..errors import Mistake, PatternError
from ..limits import LARGEST_UNZIPPED_BYTES, LARGEST_UPLOAD_BYTES, MOST_ARCHIVE_ENTRIES
from . import archives
from .archives import Entry
from .dependencies import Dependencies, Target
from .requirements import PackingError

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
# What a virtual environment has at its root; it is bound to this machine.
VIRTUAL_ENVIRONMENT = "pyvenv.cfg"
MIB = 1024 * 1024


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
    """A function's code that lies on this machine; made by `Code.from_asset` or `Code.from_python_project`.

    Attributes:
        path: the directory or archive.
        exclude: glob patterns of what stays out.
        dependencies: what the archive holds beside the directory's files, if anything.
    """

    path: Path
    exclude: tuple[str, ...] = ()
    dependencies: Dependencies | None = None

    @staticmethod
    def from_asset(path: str | os.PathLike[str], *, exclude: Sequence[str] = ()) -> Code:
        """The code in a directory, or in a ``.zip`` that is taken as it is.

        A directory is packed without compression, in the order of its names, each file with the same time and one of
        two modes (executable by its owner, or not). So the same content gives the same bytes on any machine, and a plan
        of unchanged code is empty; compressed bytes would differ with the machine's zlib. Links are followed.

        Args:
            path: the directory or archive; relative to the current directory.
            exclude: glob patterns of names or of paths relative to the directory that stay out, such as ``tests`` or
                ``*.md``. Caches of Python, ``.git``, virtual environments and the like stay out always.

        Raises:
            PatternError: at the construct, naming its path, if the path does not exist, is neither a directory nor a
                zip archive, holds nothing to pack, or packs to more than the 50 MB that Lambda takes as a direct upload
                (AWS Lambda Developer Guide, "Lambda quotas").
        """
        return Code(_path_of(path), _patterns_of(exclude))

    @staticmethod
    def from_python_project(
        directory: str | os.PathLike[str],
        *,
        runtime: str,
        architecture: str,
        requirements: str | os.PathLike[str] = "requirements.txt",
        exclude: Sequence[str] = (),
    ) -> Code:
        """The code in a directory, together with its pinned dependencies for where the function runs.

        The directory's files and the dependencies both lie at the root of the archive; where they share a name, the
        directory's file is packed. The dependencies are wheels that pip downloads, for the function's runtime and
        architecture whatever this machine is; nothing is built, and no docker is needed. pip is this Python's own, or
        the one that Python ships to be installed; its environment variables and configuration files are in force, so
        that a private index or a proxy is set as for any other use of pip.

        The archive is deterministic like that of `from_asset`: the dependencies stay compressed as their wheels have
        them, without launcher scripts. A pin is taken to mean the same content everywhere and always; hashes in the
        requirements file make sure of it.

        The dependencies are kept under the user's cache folder (``$XDG_CACHE_HOME/ddb-stream-lambda``, or where the
        platform has it), so that pip runs again only when the pins, the runtime or the architecture change; what is not
        used for 90 days is removed. `lambda_function_props` may leave `runtime` and `architectures` out: they are then
        the ones given here.

        Args:
            directory: the project; relative to the current directory.
            runtime: Lambda's name of the function's Python, such as ``python3.13``; ``python3.8`` or later.
            architecture: ``x86_64`` or ``arm64``.
            requirements: the requirements file, relative to the directory. Every line is ``name==version``, with
                extras, an environment marker and hashes if need be, includes another such file (``-r``), or says
                where pip looks. It names what the dependencies require too, as ``uv export`` and ``pip-compile``
                write it; that the versions fit each other is taken from there. Markers are evaluated for the
                function's runtime, at its latest patch.
            exclude: as in `from_asset`; it concerns the directory's files alone, the requirements file among them.

        Raises:
            PatternError: at the construct, naming its path, where `from_asset` has it; if runtime or architecture is
                unknown; if the requirements file is missing, or a line is not pinned, or what a dependency requires is
                left out; if a dependency has no wheel for the target, or pip is missing or fails; or if the archive is
                larger than Lambda's 50 MB zipped or 250 MB unzipped (AWS Lambda Developer Guide, "Lambda quotas").
        """
        file = _path_of(directory) / _path_of(requirements)
        return Code(_path_of(directory), _patterns_of(exclude), Dependencies(file, Target(runtime, architecture)))

    def problem(self) -> str | None:
        """What is wrong with the path, and the way out; None where nothing is."""
        try:
            return self._problem()
        except PackingError as error:
            return str(error)
        except UnicodeError:
            return "holds a file whose name is not UTF-8; rename it, or leave it out with exclude"
        except OSError as error:
            return f"{error.filename or self.path} cannot be read ({error.strerror}); make it readable, or leave it out"

    def _problem(self) -> str | None:
        if not self.path.exists():
            return "no such file or directory; relative paths start at the current directory"
        if self.path.is_dir():
            if next(self._files(), None) is None:
                return "holds no file to pack; name the directory that holds the handler"
        elif self.dependencies is not None:
            return "not a directory; name the directory that holds the handler"
        elif not zipfile.is_zipfile(self.path):
            return "neither a directory nor a zip archive; name the directory that holds the handler"
        return _size_problem(self.archive.path.stat().st_size)

    @cached_property
    def archive(self) -> Archive:
        """The packed code."""
        path = self._pack() if self.path.is_dir() else self.path.resolve()
        with path.open("rb") as packed:
            return Archive(path, hashlib.file_digest(packed, "sha256").digest())

    def _pack(self) -> Path:
        target = Path(tempfile.mkdtemp(dir=_workplace().name)) / f"{self.path.resolve().name}.zip"
        files = dict(self._files())
        problem = _size_problem(sum(file.stat().st_size for file in files.values()))
        if problem is not None:
            raise PackingError(problem)
        needed = {} if self.dependencies is None else {entry.name: entry for entry in self.dependencies.entries()}
        own = {
            name: Entry.stored(name, file.read_bytes(), executable=bool(file.stat().st_mode & 0o100))
            for name, file in files.items()
        }
        entries = (needed | own).values()
        if len(entries) > MOST_ARCHIVE_ENTRIES:
            raise PackingError(
                f"holds {len(entries)} files, and an archive {MOST_ARCHIVE_ENTRIES}; leave files out with exclude"
            )
        unzipped = sum(entry.size for entry in entries)
        if unzipped > LARGEST_UNZIPPED_BYTES:
            raise PackingError(
                f"unzips to {unzipped / MIB:.0f} MiB, and Lambda takes {LARGEST_UNZIPPED_BYTES // MIB} MiB;"
                " leave files out with exclude, or use layers or image_uri"
            )
        with target.open("wb") as archive:
            archives.write(archive, entries)
        return target

    def _files(self) -> Iterator[tuple[str, Path]]:
        # Folder -> the real ones that lead to it: a link to one of these would be walked without end.
        above: dict[str, frozenset[str]] = {}
        for folder, subfolders, files in os.walk(self.path, followlinks=True, onerror=_raise):
            real = os.path.realpath(folder)
            behind = above.get(str(Path(folder).parent), frozenset())
            if real in behind:
                subfolders.clear()
                continue
            above[folder] = behind | {real}
            inside = Path(folder).relative_to(self.path)
            if VIRTUAL_ENVIRONMENT in files:
                subfolders.clear()
                continue
            subfolders[:] = [name for name in subfolders if not self._left_out(inside / name)]
            for name in files:
                if not self._left_out(inside / name):
                    if not Path(folder, name).is_file():
                        raise PackingError(f"{inside / name} is no file, or a link to none; leave it out with exclude")
                    yield (inside / name).as_posix(), Path(folder, name)

    def _left_out(self, path: Path) -> bool:
        return any(
            fnmatch.fnmatchcase(candidate, pattern)
            for pattern in (*NEVER_PACKED, *self.exclude)
            for candidate in (path.name, path.as_posix())
        )


def _path_of(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise PatternError("Code", [Mistake("path", path, "must be a path: text, or a pathlib.Path")]) from None


def _patterns_of(exclude: Sequence[str]) -> tuple[str, ...]:
    """The patterns; a text is one, not its letters."""
    return (exclude,) if isinstance(exclude, str) else tuple(exclude)


def _raise(error: OSError) -> None:
    raise error


def _size_problem(size: int) -> str | None:
    if size <= LARGEST_UPLOAD_BYTES:
        return None
    return (
        f"packs to {size / MIB:.0f} MiB, and Lambda takes {LARGEST_UPLOAD_BYTES // MIB} MiB"
        " as a direct upload; leave files out with exclude, or upload it and use s3_bucket and s3_key"
    )


@cache
def _workplace() -> tempfile.TemporaryDirectory[str]:
    """Where archives lie until synthesis copies them into the output; removed with the process."""
    return tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-")

"""The code of a function: a directory or an archive on this machine."""

from __future__ import annotations

import base64
import errno
import hashlib
import itertools
import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

from cdktf import AssetType, TerraformAsset, TerraformStack

from ..errors import Mistake, PatternError
from ..limits import MAX_ARCHIVE_ENTRIES, MAX_UNZIPPED_BYTES, MAX_UPLOAD_BYTES
from .archives import Entry, write_archive
from .dependencies import Dependencies, download_entries
from .directory import find_files
from .errors import PackingError
from .target import Target

MIB = 1024 * 1024

# The assets that `Archive.add_asset_to` created: for each stack, the path of the asset by the digest of its archive.
# Several patterns of a stack that use the same archive then share one asset. The references are weak, so that a stack
# can be freed.
_asset_paths: WeakKeyDictionary[TerraformStack, dict[bytes, str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Archive:
    """A zip archive on this machine.

    Attributes:
        path: The archive's file.
        sha256: The SHA-256 digest of its bytes.
    """

    path: Path
    sha256: bytes

    @property
    def source_code_hash(self) -> str:
        """The digest in base64, the form in which Lambda returns it and ``aws_lambda_function`` compares it."""
        return base64.b64encode(self.sha256).decode()

    def add_asset_to(self, stack: TerraformStack) -> str:
        """Create a `TerraformAsset` of the archive in the stack, unless the stack has one.

        Args:
            stack: The stack whose output will contain the archive.

        Returns:
            The archive's path in the output, relative to the stack's folder.
        """
        paths = _asset_paths.setdefault(stack, {})
        if self.sha256 not in paths:
            name = f"code-{re.sub('[^A-Za-z0-9-]+', '-', self.path.stem)}"
            names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
            id = next(unused for unused in names if stack.node.try_find_child(unused) is None)
            asset = TerraformAsset(stack, id, path=str(self.path), type=AssetType.FILE, asset_hash=self.sha256.hex())
            paths[self.sha256] = asset.path
        return paths[self.sha256]


@dataclass(frozen=True)
class Code:
    """The code of a function on this machine; `from_asset` and `from_python_project` create it.

    Attributes:
        path: The directory or the archive.
        exclude: Glob patterns of the directory's files that are left out.
        dependencies: The dependencies that are packed with the directory's files, if any.
    """

    path: Path
    exclude: tuple[str, ...] = ()
    dependencies: Dependencies | None = None

    @staticmethod
    def from_asset(path: str | os.PathLike[str], *, exclude: Sequence[str] = ()) -> Code:
        """Return the code in a directory, or in a ``.zip`` file that is used unchanged.

        A directory is packed into a zip archive whose bytes depend only on the names and contents of the files: the
        same files give the same archive on every machine, so a plan of unchanged code is empty. Files that begin with
        an interpreter line (``#!``) and ELF files are executable in the archive, and no others are, whatever the
        permissions are on this machine. The files are not compressed, because different versions of zlib give different
        bytes. Links are followed.

        Line ends are part of the content. If Git converts them on some machines (``core.autocrlf``), those machines
        give another archive. Add ``* text=auto eol=lf`` to ``.gitattributes`` to have the same files everywhere
        (https://git-scm.com/docs/gitattributes#_eol).

        Args:
            path: The directory or archive; a relative path starts at the current directory.
            exclude: Glob patterns of names, or of paths relative to the directory, that are left out, such as
                ``tests`` or ``*.md``. Python's caches, ``.git``, virtual environments and the like are always left
                out.

        Raises:
            PatternError: If `path` is not a path. The other mistakes are raised by the construct that uses the code,
                with the construct's path: `path` does not exist, is neither a directory nor a zip archive, contains
                nothing to pack, or is larger than the 50 MB that Lambda accepts as a direct upload
                (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
        """
        return Code(_to_path(path, function="Code.from_asset", parameter="path"), _to_texts(exclude))

    @staticmethod
    def from_python_project(
        directory: str | os.PathLike[str],
        *,
        runtime: str,
        architecture: str,
        requirements: str | os.PathLike[str] | None = None,
        extras: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> Code:
        """Return the code in a directory, together with its pinned dependencies.

        The directory's files and the dependencies are at the root of the archive. If two have the same path, the
        directory's file is packed.

        pip downloads the dependencies as wheels for the function's runtime and architecture, whatever this machine is;
        nothing is built, and Docker is not needed. pip is the one installed in this Python, or else the wheel bundled
        with `ensurepip`. Its environment variables and configuration files apply, so a private index or a proxy is
        configured as for any other use of pip.

        The archive is deterministic like that of `from_asset`. The dependencies keep the compression and the execute
        permissions of their wheels, and launcher scripts are left out. A pin is expected to mean the same content
        everywhere and always; hashes make sure of it.

        The dependencies are cached in the user's cache folder (``$XDG_CACHE_HOME/ddb-stream-lambda``, or the platform's
        default), so pip runs again only after a change of the pins, the runtime or the architecture. Content that was
        not used for 90 days is deleted. `lambda_function_props` may omit `runtime` and `architectures`: the values
        given here are then used.

        Args:
            directory: The project; a relative path starts at the current directory.
            runtime: Lambda's identifier of the function's runtime, ``python3.8`` or a later one.
            architecture: ``x86_64`` or ``arm64``.
            requirements: The file that pins the dependencies, relative to the directory. It also pins the dependencies
                of dependencies, in versions that fit together. Markers are evaluated for the latest patch release of
                the function's runtime. Default: None, for ``requirements.txt``, or else ``uv.lock``, in the directory.
                The file's name decides how it is read:

                * ``uv.lock``: the dependencies of the project whose folder contains the directory, with their hashes,
                  without its dependency groups. All must come from a package index. pip's settings decide which index,
                  and not the file.
                * ``pyproject.toml``: the dependencies in ``uv.lock`` next to it, or else those in ``[project]``, each
                  pinned with ``==``.
                * Any other name: a requirements file. Each line pins a distribution (``name==version``, optionally with
                  extras, an environment marker and hashes), includes another such file (``-r``), or configures where
                  pip looks for distributions. ``uv export`` and ``pip-compile`` write such a file.
            extras: The extras of the project whose dependencies are included, for ``uv.lock`` and ``pyproject.toml``.
            exclude: As in `from_asset`. The patterns apply only to the directory's files, `requirements` included.

        Raises:
            PatternError: If `directory` or `requirements` is not a path. The other mistakes are raised by the construct
                that uses the code, with the construct's path: those of `from_asset`; the runtime or the architecture
                is not supported; `requirements` is missing or out of date; a dependency, or a dependency of one, is not
                pinned; a dependency has no wheel for the target; pip is missing or fails; or the archive is larger than
                50 MB zipped or 250 MB unzipped, Lambda's limits
                (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
        """
        function = "Code.from_python_project"
        path = _to_path(directory, function=function, parameter="directory")
        file = None
        if requirements is not None:
            file = path / _to_path(requirements, function=function, parameter="requirements")
        dependencies = Dependencies(
            directory=path,
            requirements=file,
            runtime=runtime,
            architecture=architecture,
            extras=_to_texts(extras),
        )
        return Code(path=path, exclude=_to_texts(exclude), dependencies=dependencies)

    def parse_target(self) -> Target | None:
        """Return the runtime and the architecture that the dependencies are for, or None without dependencies.

        Raises:
            PackingError: If the runtime or the architecture is not supported.
        """
        return None if self.dependencies is None else self.dependencies.parse_target()

    def pack(self) -> Archive:
        """Pack the directory into an archive in a temporary folder; download the dependencies if there are any.

        The archive is deleted when the process ends. A zip file is used unchanged. A `Code` is packed once: later calls
        return the same archive.

        Raises:
            PackingError: If the code cannot be packed.
        """
        return self._archive

    @cached_property
    def _archive(self) -> Archive:
        try:
            path = self._pack_unless_zip()
            _check_upload_size(path.stat().st_size)
            with path.open("rb") as archive:
                return Archive(path, hashlib.file_digest(archive, "sha256").digest())
        except OSError as error:
            raise PackingError(self._explain(error)) from error

    def _pack_unless_zip(self) -> Path:
        """Return the archive's path: a new one of a directory, or the given one."""
        try:
            mode = self.path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: the path contains a null character.
            raise PackingError(
                "no such file or directory; correct the path (a relative path starts at the current directory)"
            ) from None
        if stat.S_ISDIR(mode):
            return self._pack_directory()
        if self.dependencies is not None:
            raise PackingError("not a directory; give the directory that contains the handler")
        if not stat.S_ISREG(mode) or not zipfile.is_zipfile(self.path):
            raise PackingError("neither a directory nor a zip archive; give the directory that contains the handler")
        return self.path.resolve()

    def _pack_directory(self) -> Path:
        files = find_files(self.path, self.exclude)
        if not files:
            raise PackingError("contains no files to pack; give the directory that contains the handler")
        _check_upload_size(sum(file.size for file in files))
        entries: dict[str, Entry] = {}
        if self.dependencies is not None:
            entries |= {entry.name: entry for entry in download_entries(self.dependencies)}
        entries |= {file.name: file.read_entry() for file in files}
        _check_unzipped_size(entries.values())
        path = Path(tempfile.mkdtemp(dir=_create_temporary_folder().name)) / f"{self.path.resolve().name}.zip"
        with path.open("wb") as archive:
            write_archive(archive, entries.values())
        return path

    def _explain(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            folder = tempfile.gettempdir()
            return f"there is no space left in {folder}; free some, or set TMPDIR to another folder"
        file = error.filename or self.path
        return f"{file} cannot be read ({error.strerror}); make it readable, or leave it out with exclude"


def pack_package(directory: Path) -> Archive:
    """Pack a Python package into an archive in a temporary folder, under the name of its directory.

    `Code` packs the files of a directory without its name, so that the modules of a package could not import each
    other relative to it. The archive is deleted when the process ends.

    Args:
        directory: The package's directory. Only its Python files are packed.
    """
    files = [file for file in find_files(directory, ()) if file.name.endswith(".py")]
    entries = [replace(file.read_entry(), name=f"{directory.name}/{file.name}") for file in files]
    path = Path(tempfile.mkdtemp(dir=_create_temporary_folder().name)) / f"{directory.name}.zip"
    with path.open("wb") as archive:
        write_archive(archive, entries)
    with path.open("rb") as archive:
        return Archive(path, hashlib.file_digest(archive, "sha256").digest())


def _to_path(value: str | os.PathLike[str], *, function: str, parameter: str) -> Path:
    try:
        return Path(value)
    except TypeError:
        raise PatternError(function, [Mistake(parameter, value, "must be a str or a pathlib.Path")]) from None


def _to_texts(given: Sequence[str]) -> tuple[str, ...]:
    """Return the texts; a str is one text, not a sequence of letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _check_upload_size(size: int) -> None:
    if size > MAX_UPLOAD_BYTES:
        raise PackingError(
            f"packs to {size / MIB:.0f} MiB; Lambda accepts at most {MAX_UPLOAD_BYTES // MIB} MiB as a direct"
            " upload; leave files out with exclude, or upload the archive to S3 and use s3_bucket and s3_key"
        )


def _check_unzipped_size(entries: Collection[Entry]) -> None:
    if len(entries) > MAX_ARCHIVE_ENTRIES:
        raise PackingError(
            f"contains {len(entries)} files; an archive can hold at most {MAX_ARCHIVE_ENTRIES};"
            " leave files out with exclude"
        )
    size = sum(entry.size for entry in entries)
    if size > MAX_UNZIPPED_BYTES:
        raise PackingError(
            f"unzips to {size / MIB:.0f} MiB; Lambda accepts at most {MAX_UNZIPPED_BYTES // MIB} MiB;"
            " leave files out with exclude, or use layers or image_uri"
        )


@cache
def _create_temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Create the folder of this process's archives, once; it is deleted when the process ends.

    cdktf copies the archives from there into the output when it synthesizes.
    """
    return tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-")

"""The pinned dependencies of a Python function, for the function's runtime and architecture.

pip downloads the wheels, and this package unpacks them. So the files depend only on the wheels: pip's version, launcher
scripts and records of an installation on this machine have no influence.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from ..limits import MAX_UNZIPPED_BYTES, MAX_UPLOAD_BYTES
from . import pyproject, uv_lock
from .archives import Entry, pack_entries, read_entries
from .cache import read_cached, write_cached
from .errors import PackingError
from .pip import download_wheels
from .pyproject import read_pyproject
from .requirements import PIN_TOOLS, Requirements, read_requirements
from .target import Target
from .uv_lock import read_uv_lock
from .wheels import Wheel, check_complete, check_downloaded

# Part of the cache's keys. Increase it when the same pins give other bytes than before.
CACHE_FORMAT = 1
MIB = 1024 * 1024
DEFAULT_FILES = ("requirements.txt", uv_lock.FILE_NAME)
# Lock files of other tools, and other TOML files.
OTHER_SUFFIXES = (".lock", ".toml")


@dataclass(frozen=True)
class Dependencies:
    """The dependencies of a function.

    Attributes:
        directory: The project's directory.
        requirements: The file that pins them; None for the first of `DEFAULT_FILES` that is in the directory.
        runtime: Lambda's identifier of the runtime, as the user wrote it.
        architecture: The architecture, as the user wrote it.
        extras: The extras of the project that are included.
    """

    directory: Path
    requirements: Path | None
    runtime: str
    architecture: str
    extras: tuple[str, ...] = ()

    def parse_target(self) -> Target:
        """Return the runtime and the architecture.

        Raises:
            PackingError: If one of the two is not supported.
        """
        return Target.parse(self.runtime, self.architecture)


def download_entries(dependencies: Dependencies) -> list[Entry]:
    """Return the files of the dependencies; run pip to download them if the cache does not have them.

    Raises:
        PackingError: If the target or the requirements file is wrong, or a dependency cannot be downloaded.
    """
    target = dependencies.parse_target()
    requirements = _read_requirements(dependencies, target)
    if not requirements.pins:
        return []
    key = _cache_key(requirements, target)
    archive = read_cached(key)
    if archive is None:
        archive = pack_entries(_download_wheel_entries(requirements, target))
        write_cached(key, archive)
    return list(read_entries(io.BytesIO(archive)))


def _read_requirements(dependencies: Dependencies, target: Target) -> Requirements:
    file = dependencies.requirements or _find_file(dependencies.directory)
    environment = target.marker_environment
    match file.name:
        case uv_lock.FILE_NAME:
            return read_uv_lock(
                file, directory=dependencies.directory, extras=dependencies.extras, environment=environment
            )
        case pyproject.FILE_NAME:
            return read_pyproject(
                file, directory=dependencies.directory, extras=dependencies.extras, environment=environment
            )
    if file.suffix in OTHER_SUFFIXES or file.name == "Pipfile":
        raise PackingError(
            f"{file.name} is not supported; give uv.lock, pyproject.toml or a requirements file ({PIN_TOOLS})"
        )
    if dependencies.extras:
        names = ", ".join(dependencies.extras)
        raise PackingError(
            f"extras ({names}) apply only to uv.lock and pyproject.toml; remove extras, or give one of these files"
        )
    return read_requirements(file, environment)


def _find_file(directory: Path) -> Path:
    for name in DEFAULT_FILES:
        if (directory / name).is_file():
            return directory / name
    raise PackingError(
        f"{directory} has neither {' nor '.join(DEFAULT_FILES)}; give the file with requirements, create "
        'uv.lock with "uv lock", or create an empty requirements.txt if there are no dependencies'
    )


def _cache_key(requirements: Requirements, target: Target) -> str:
    """Return a digest of everything that the files depend on.

    The options are not part of it: a pin means the same content in every index.
    """
    pins = [astuple(pin) for _, pin in sorted(requirements.pins.items())]
    text = json.dumps([CACHE_FORMAT, target.python_version, target.platform_tags, pins], default=sorted)
    return hashlib.sha256(text.encode()).hexdigest()


def _download_wheel_entries(requirements: Requirements, target: Target) -> list[Entry]:
    with tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-wheels-") as folder:
        download_wheels(requirements, target=target, folder=Path(folder))
        wheels = [Wheel.read(path) for path in sorted(Path(folder).glob("*.whl"))]
        check_downloaded(pins=requirements.pins, wheels=wheels)
        if not requirements.is_resolved:
            check_complete(pins=requirements.pins, wheels=wheels, environment=target.marker_environment)
        _check_size(wheels)
        entries = {entry.name: entry for wheel in wheels for entry in wheel.entries()}
        return list(entries.values())


def _check_size(wheels: Sequence[Wheel]) -> None:
    compressed = sum(wheel.compressed_bytes for wheel in wheels)
    unzipped = sum(wheel.unzipped_bytes for wheel in wheels)
    if compressed > MAX_UPLOAD_BYTES or unzipped > MAX_UNZIPPED_BYTES:
        raise PackingError(
            f"the dependencies are {compressed / MIB:.0f} MiB zipped and {unzipped / MIB:.0f} MiB unzipped; Lambda"
            f" accepts at most {MAX_UPLOAD_BYTES // MIB} MiB zipped and {MAX_UNZIPPED_BYTES // MIB} MiB"
            " unzipped; remove some of them, or use layers or image_uri"
        )

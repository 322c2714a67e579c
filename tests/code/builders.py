"""Wheels and projects that the tests of packing use, and the results that they compare."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from ddb_stream_lambda.code import Code, PackingError

ANY_TAG = "py3-none-any"
ARM_313_TAG = "cp313-cp313-manylinux2014_aarch64"


def build_wheel(
    folder: Path,
    name: str = "alpha",
    version: str = "1.0",
    *,
    tag: str = ANY_TAG,
    files: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a wheel whose bytes depend only on the arguments.

    Args:
        folder: The folder to write to.
        name: The distribution's name.
        version: The distribution's version.
        tag: The wheel's compatibility tag.
        files: The content of each file by name; by default one module named like the distribution.
        requires: The distribution's requirements.
        method: The compression method.
    """
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {text}\n" for text in requires)
    wheel = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    content = {f"{name}.py": f"name = {name!r}\n"} if files is None else dict(files)
    content |= {f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel}
    content[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in content)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", method) as archive:
        for file, text in content.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 2, 2, 0, 0, 0)), text, method)
    return path


def damage_wheel(path: Path) -> None:
    """Change a byte of a wheel's file; the wheel must contain "xxx" uncompressed."""
    content = path.read_bytes()
    assert b"xxx" in content
    path.write_bytes(content.replace(b"xxx", b"xyx", 1))


def packed_bytes(code: Code) -> bytes:
    return code.pack().path.read_bytes()


def packed_files(code: Code) -> dict[str, bytes]:
    """Return the content of each file of the packed archive, in the archive's order; its checksums are verified."""
    with zipfile.ZipFile(io.BytesIO(packed_bytes(code))) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def packing_error(code: Code) -> str:
    """Return the message of the error that packing raises."""
    with pytest.raises(PackingError) as caught:
        code.pack()
    return str(caught.value)

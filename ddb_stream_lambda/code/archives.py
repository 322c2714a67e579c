"""Zip archives whose bytes depend only on the files in them.

The format is specified in APPNOTE (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT); the section numbers
below refer to it. This module writes the format itself because `zipfile` cannot copy compressed data from one archive
to another. A file copied from a wheel keeps the wheel's compression. Every other file is stored uncompressed, because
different versions of zlib compress the same file to different bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

# 4.4.6: every file is dated 1 January 1980, 00:00, the earliest date that the format can express.
DATE, TIME = 1 << 5 | 1, 0
# 4.4.15: the external attributes hold the Unix mode of a file in their upper 16 bits.
FILE_MODE, EXECUTABLE_FILE_MODE = 0o100644, 0o100755
OWNER_MAY_EXECUTE = 0o100
# 4.4.2: the attributes are those of Unix, and 4.4.3: version 2.0 of the format, which added the deflate method.
UNIX = 3
# Lambda runs Linux, which executes files that begin with an interpreter line (https://man7.org/linux/man-pages/man2/execve.2.html)
# or the magic number of ELF (https://man7.org/linux/man-pages/man5/elf.5.html).
EXECUTABLE_MAGICS = (b"#!", b"\x7fELF")
FORMAT_VERSION = 20
# 4.4.4, bit 11: the name is encoded in UTF-8.
UTF_8_NAME = 1 << 11

# 4.3.7, 4.3.12 and 4.3.16.
LOCAL_HEADER_SIGNATURE, LOCAL_HEADER = b"PK\3\4", struct.Struct("<4s5H3L2H")
CENTRAL_HEADER_SIGNATURE, CENTRAL_HEADER = b"PK\1\2", struct.Struct("<4s6H3L5H2L")
END_RECORD_SIGNATURE, END_RECORD = b"PK\5\6", struct.Struct("<4s4H2LH")
# 4.3.7: the lengths of the name and of the extra field, the last two fields of a local header.
NAME_AND_EXTRA_LENGTHS = struct.Struct("<2H")


@dataclass(frozen=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: The file's path in the archive, with ``/`` as the separator.
        executable: Whether the file's owner may execute it.
        method: The compression method, `zipfile.ZIP_STORED` or `zipfile.ZIP_DEFLATED`.
        crc: The CRC-32 checksum of the uncompressed content.
        size: The size of the uncompressed content in bytes.
        data: The content, compressed with `method`.
    """

    name: str
    executable: bool
    method: int
    crc: int
    size: int
    data: bytes

    @staticmethod
    def stored(name: str, content: bytes, *, executable: bool | None = None) -> Entry:
        """Return an entry whose content is not compressed.

        Args:
            name: The file's path in the archive.
            content: The file's content.
            executable: Whether the file's owner may execute it. Default: None, for a decision by the content: scripts
                with an interpreter line and ELF files are executable. The permissions of a file system are not the same
                on every machine: NTFS has none, and WSL shows every file as executable.
        """
        if executable is None:
            executable = content.startswith(EXECUTABLE_MAGICS)
        return Entry(
            name=name,
            executable=executable,
            method=zipfile.ZIP_STORED,
            crc=zlib.crc32(content),
            size=len(content),
            data=content,
        )


def write_archive(file: BinaryIO, entries: Iterable[Entry]) -> None:
    """Write an archive of the entries, sorted by name.

    Args:
        file: The file to write to, at its start.
        entries: At most 65,535 entries with at most 4 GiB of data; their names differ.
    """
    central_directory = []
    offset = 0
    for entry in sorted(entries, key=lambda entry: entry.name):
        flags = 0 if entry.name.isascii() else UTF_8_NAME
        name = entry.name.encode()
        common = (FORMAT_VERSION, flags, entry.method, TIME, DATE, entry.crc, len(entry.data), entry.size)
        local_header = LOCAL_HEADER.pack(LOCAL_HEADER_SIGNATURE, *common, len(name), 0) + name
        file.write(local_header)
        file.write(entry.data)
        made_by = UNIX << 8 | FORMAT_VERSION
        # The lengths of the name, the extra field and the comment, then the disk number and the internal attributes.
        fields = (len(name), 0, 0, 0, 0)
        mode = EXECUTABLE_FILE_MODE if entry.executable else FILE_MODE
        header = CENTRAL_HEADER.pack(CENTRAL_HEADER_SIGNATURE, made_by, *common, *fields, mode << 16, offset)
        central_directory.append(header + name)
        offset += len(local_header) + len(entry.data)
    records = b"".join(central_directory)
    file.write(records)
    count = len(central_directory)
    file.write(END_RECORD.pack(END_RECORD_SIGNATURE, 0, 0, count, count, len(records), offset, 0))


def pack_entries(entries: Iterable[Entry]) -> bytes:
    """Return the bytes of an archive of the entries (see `write_archive`)."""
    file = io.BytesIO()
    write_archive(file, entries)
    return file.getvalue()


def read_entries(file: BinaryIO) -> Iterator[Entry]:
    """Yield the entries of an archive, without decompressing the ones that use the deflate method.

    Args:
        file: The archive, open for reading.

    Raises:
        zipfile.BadZipFile: If the file is not a zip archive.
    """
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            executable = bool(info.external_attr >> 16 & OWNER_MAY_EXECUTE)
            if info.compress_type == zipfile.ZIP_DEFLATED:
                yield Entry(
                    name=info.filename,
                    executable=executable,
                    method=info.compress_type,
                    crc=info.CRC,
                    size=info.file_size,
                    data=_read_compressed(file, info),
                )
            else:
                yield Entry.stored(info.filename, archive.read(info), executable=executable)


def _read_compressed(file: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    file.seek(info.header_offset + LOCAL_HEADER.size - NAME_AND_EXTRA_LENGTHS.size)
    lengths = NAME_AND_EXTRA_LENGTHS.unpack(file.read(NAME_AND_EXTRA_LENGTHS.size))
    file.seek(sum(lengths), io.SEEK_CUR)
    return file.read(info.compress_size)

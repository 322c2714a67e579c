"""Zip archives whose bytes follow from their content alone.

The format is written here rather than by `zipfile`, which cannot take over data that is compressed already. Data that a
wheel brings compressed stays as it is; all other data is stored, since compressing it would give other bytes with
another machine's zlib.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

# The earliest moment that an archive can say: 1 January 1980, as MS-DOS writes a date and a time.
EPOCH_DATE, EPOCH_TIME = 1 << 5 | 1, 0
PLAIN_FILE, EXECUTABLE_FILE = 0o100644, 0o100755
UNIX = 3
FORMAT_VERSION = 20
UTF_8_NAME = 0x800

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
CENTRAL_HEADER = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
# Where a local header says how long the name and the extra field are that follow it.
LENGTHS, LENGTHS_AT = struct.Struct("<2H"), 26


@dataclass(frozen=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: its path, with ``/``.
        executable: whether its owner may execute it.
        method: `zipfile.ZIP_STORED` or `zipfile.ZIP_DEFLATED`.
        crc: the checksum of its content.
        size: the bytes of its content.
        data: its content, compressed by the method.
    """

    name: str
    executable: bool
    method: int
    crc: int
    size: int
    data: bytes

    @staticmethod
    def stored(name: str, content: bytes, *, executable: bool) -> Entry:
        """An entry that is not compressed."""
        return Entry(name, executable, zipfile.ZIP_STORED, zlib.crc32(content), len(content), content)

    @staticmethod
    def taken_over(archive: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo, name: str) -> Entry:
        """An entry of another archive under a new name, compressed as it is there.

        Args:
            archive: the other archive.
            file: the file that it was opened from.
            info: the entry there.
            name: the name here.
        """
        executable = bool(info.external_attr >> 16 & 0o100)
        if info.compress_type != zipfile.ZIP_DEFLATED:
            return Entry.stored(name, archive.read(info), executable=executable)
        file.seek(info.header_offset + LENGTHS_AT)
        file.seek(sum(LENGTHS.unpack(file.read(LENGTHS.size))), 1)
        data = file.read(info.compress_size)
        return Entry(name, executable, info.compress_type, info.CRC, info.file_size, data)


def write(file: BinaryIO, entries: Iterable[Entry]) -> None:
    """Write an archive of the entries in the order of their names; at most 65,535 entries and 4 GiB."""
    directory = []
    offset = 0
    for entry in sorted(entries, key=lambda entry: entry.name):
        flags = 0 if entry.name.isascii() else UTF_8_NAME
        name = entry.name.encode()
        common = (FORMAT_VERSION, flags, entry.method, EPOCH_TIME, EPOCH_DATE, entry.crc, len(entry.data), entry.size)
        mode = EXECUTABLE_FILE if entry.executable else PLAIN_FILE
        made_by = UNIX << 8 | FORMAT_VERSION
        lengths = (len(name), 0, 0, 0, 0)
        directory.append(CENTRAL_HEADER.pack(b"PK\1\2", made_by, *common, *lengths, mode << 16, offset) + name)
        header = LOCAL_HEADER.pack(b"PK\3\4", *common, len(name), 0) + name
        file.write(header)
        file.write(entry.data)
        offset += len(header) + len(entry.data)
    records = b"".join(directory)
    file.write(records)
    file.write(END_RECORD.pack(b"PK\5\6", 0, 0, len(directory), len(directory), len(records), offset, 0))

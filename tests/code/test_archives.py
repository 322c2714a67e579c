"""Archives: any content can be read back, and entries are copied without compressing them again."""

import io
import zipfile

import pytest
from ddb_stream_lambda.code.archives import Entry, pack_entries, read_entries
from hypothesis import given
from hypothesis import strategies as st

FILE_NAMES = st.text("aé/ü.", min_size=1).filter(lambda name: name[-1] != "/")


def zip_bytes(name: str, content: bytes, method: int, extra: bytes = b"", mode: int = 0o100644) -> bytes:
    """Return an archive of one file, written by the standard library."""
    info = zipfile.ZipInfo(name)
    info.extra = extra
    info.external_attr = mode << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, content, method)
    return file.getvalue()


@given(st.dictionaries(FILE_NAMES, st.binary(max_size=64)))
def test_zipfile_reads_what_was_packed(content: dict[str, bytes]) -> None:
    packed = pack_entries(Entry.stored(name, data, executable=False) for name, data in content.items())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == sorted(content)
        assert {name: archive.read(name) for name in content} == content


@given(st.dictionaries(FILE_NAMES, st.binary(max_size=64)))
def test_entries_are_read_as_they_were_packed(content: dict[str, bytes]) -> None:
    entries = [Entry.stored(name, data, executable=len(data) % 2 == 0) for name, data in sorted(content.items())]
    assert list(read_entries(io.BytesIO(pack_entries(entries)))) == entries


def test_bytes_do_not_depend_on_the_order_of_the_entries() -> None:
    entries = [Entry.stored(name, b"", executable=False) for name in "abc"]
    assert pack_entries(entries) == pack_entries(reversed(entries))


@pytest.mark.parametrize(("executable", "mode"), [(False, 0o100644), (True, 0o100755)])
def test_files_have_one_of_two_modes_and_the_same_date(executable: bool, mode: int) -> None:
    packed = pack_entries([Entry.stored("tool", b"x", executable=executable)])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        (info,) = archive.infolist()
    assert info.external_attr >> 16 == mode
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert info.compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize("extra", [b"", b"\xfe\xca\x04\x00data"])
def test_compressed_data_is_copied(extra: bytes) -> None:
    content = b"x = 1\n" * 1000
    original = zip_bytes("alpha.py", content, zipfile.ZIP_DEFLATED, extra, 0o100755)
    (entry,) = read_entries(io.BytesIO(original))
    assert entry.executable
    assert entry.size == len(content)
    assert entry.data in original
    assert len(entry.data) < len(content) / 10
    with zipfile.ZipFile(io.BytesIO(pack_entries([entry]))) as archive:
        assert archive.read("alpha.py") == content


def test_data_compressed_with_another_method_is_stored() -> None:
    original = zip_bytes("alpha.py", b"content", zipfile.ZIP_BZIP2)
    assert list(read_entries(io.BytesIO(original))) == [Entry.stored("alpha.py", b"content", executable=False)]


def test_a_file_that_is_not_an_archive_cannot_be_read() -> None:
    with pytest.raises(zipfile.BadZipFile):
        list(read_entries(io.BytesIO(b"text")))

"""Dependencies: what is downloaded, when the cache is used instead, and the limits of their size.

Most tests replace pip (see the fixture `downloads`).
"""

import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ddb_stream_lambda.code import Dependencies, PackingError, Target
from ddb_stream_lambda.code import dependencies as dependencies_module
from ddb_stream_lambda.code.archives import Entry
from ddb_stream_lambda.code.dependencies import download_entries

from tests.code.builders import build_wheel, damage_wheel

Download = Callable[..., list[Entry]]


@pytest.fixture
def download(project: Path) -> Download:
    """Download the dependencies that the given lines of the requirements file pin."""

    def download(*lines: str, runtime: str = "python3.13", architecture: str = "arm64") -> list[Entry]:
        (project / "requirements.txt").write_text("\n".join(lines))
        requirements = project / "requirements.txt"
        return download_entries(
            Dependencies(directory=project, requirements=requirements, runtime=runtime, architecture=architecture)
        )

    return download


def test_pip_downloads_and_the_files_are_those_of_the_wheels(index: Path, download: Download) -> None:
    build_wheel(index)
    build_wheel(index, "beta", requires=("alpha",))
    names = {entry.name for entry in download("alpha==1.0", "beta==1.0")}
    assert names == {
        *("alpha.py", "alpha-1.0.dist-info/METADATA", "alpha-1.0.dist-info/WHEEL", "alpha-1.0.dist-info/RECORD"),
        *("beta.py", "beta-1.0.dist-info/METADATA", "beta-1.0.dist-info/WHEEL", "beta-1.0.dist-info/RECORD"),
    }


def test_without_pins_nothing_is_downloaded(downloads: list[Target], download: Download, cache_folder: Path) -> None:
    assert download("# nothing") == []
    assert downloads == []
    assert not cache_folder.exists()


@pytest.mark.parametrize(
    ("runtime", "architecture", "message"),
    [("nodejs22.x", "arm64", "runtime 'nodejs22.x' is not"), ("python3.13", "arm", "architecture 'arm' is not")],
)
def test_an_unsupported_target(download: Download, runtime: str, architecture: str, message: str) -> None:
    with pytest.raises(PackingError, match=message):
        download("alpha==1.0", runtime=runtime, architecture=architecture)


class TestCache:
    def test_the_second_download_uses_the_cache(self, index: Path, downloads: list[Target], download: Download) -> None:
        build_wheel(index)
        first = download("alpha==1.0")
        assert download("alpha==1.0") == first
        assert downloads == [Target("python3.13", "arm64")]

    def test_order_comments_and_index_do_not_matter(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path
    ) -> None:
        build_wheel(index)
        build_wheel(index, "beta")
        first = download("alpha==1.0", "beta==1.0")
        assert download("# first", "Beta == 1.0  # second", "--no-index", "alpha==1.0") == first
        assert len(downloads) == 1
        assert len(list(cache_folder.iterdir())) == 1

    @pytest.mark.parametrize(
        ("line", "runtime", "architecture"),
        [
            ("alpha==1.0", "python3.12", "arm64"),
            ("alpha==1.0", "python3.13", "x86_64"),
            ("alpha==2.0", "python3.13", "arm64"),
            ("alpha==1.0 --hash=sha256:" + "0" * 64, "python3.13", "arm64"),
            ("alpha[fast]==1.0", "python3.13", "arm64"),
        ],
    )
    def test_another_pin_hash_runtime_or_architecture_is_downloaded(
        self, index: Path, downloads: list[Target], download: Download, line: str, runtime: str, architecture: str
    ) -> None:
        build_wheel(index)
        build_wheel(index, version="2.0")
        download("alpha==1.0")
        download(line, runtime=runtime, architecture=architecture)
        assert downloads == [Target("python3.13", "arm64"), Target(runtime, architecture)]

    @pytest.mark.parametrize("kept", [0, 20, 200])
    def test_a_damaged_cache_is_written_again(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path, kept: int
    ) -> None:
        build_wheel(index)
        first = download("alpha==1.0")
        (file,) = cache_folder.iterdir()
        written = file.read_bytes()
        file.write_bytes(written[:kept])
        assert download("alpha==1.0") == first
        assert file.read_bytes() == written
        assert len(downloads) == 2

    def test_downloads_at_the_same_time_agree_and_leave_one_file(
        self, index: Path, downloads: list[Target], project: Path, cache_folder: Path
    ) -> None:
        build_wheel(index)
        (project / "requirements.txt").write_text("alpha==1.0")
        dependencies = Dependencies(
            directory=project, requirements=project / "requirements.txt", runtime="python3.13", architecture="arm64"
        )
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda _: download_entries(dependencies), range(4)))
        assert all(result == results[0] for result in results)
        assert len(list(cache_folder.iterdir())) == 1

    def test_a_cache_that_cannot_be_written_is_not_needed(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path
    ) -> None:
        build_wheel(index)
        cache_folder.parent.write_text("a file instead of the folder")
        assert "alpha.py" in {entry.name for entry in download("alpha==1.0")}

    def test_a_failed_download_is_not_cached(
        self, download: Download, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(requirements: object, *, target: object, folder: object) -> None:
            raise PackingError("no such wheel")

        monkeypatch.setattr(dependencies_module, "download_wheels", fail)
        with pytest.raises(PackingError, match="no such wheel"):
            download("alpha==1.0")
        assert not cache_folder.exists()

    def test_content_unused_for_90_days_is_deleted(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path
    ) -> None:
        build_wheel(index)
        build_wheel(index, "beta")
        download("alpha==1.0")
        (old,) = cache_folder.iterdir()
        os.utime(old, (1_000_000_000, 1_000_000_000))
        download("beta==1.0")
        assert not old.exists()


class TestCheckedWheels:
    def test_everything_that_the_wheels_require_is_pinned(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path
    ) -> None:
        build_wheel(index, requires=("beta[More_Speed]", "unused; extra == 'other'"))
        build_wheel(index, "beta", requires=("gamma; extra == 'more-speed'",))
        with pytest.raises(PackingError, match=r"does not pin gamma \(required by beta\)"):
            download("alpha==1.0", "beta==1.0")
        assert not cache_folder.exists()

    def test_a_damaged_wheel(
        self, index: Path, downloads: list[Target], download: Download, cache_folder: Path
    ) -> None:
        damage_wheel(build_wheel(index, files={"alpha.py": "x" * 1000}, method=zipfile.ZIP_STORED))
        with pytest.raises(PackingError, match=r"alpha-1\.0-py3-none-any\.whl is damaged"):
            download("alpha==1.0")
        assert not cache_folder.exists()

    @pytest.mark.parametrize("limit", ["MAX_UPLOAD_BYTES", "MAX_UNZIPPED_BYTES"])
    def test_wheels_that_are_too_large(
        self,
        index: Path,
        downloads: list[Target],
        download: Download,
        monkeypatch: pytest.MonkeyPatch,
        limit: str,
    ) -> None:
        monkeypatch.setattr(dependencies_module, limit, 3 * 1024 * 1024)
        build_wheel(index, files={"alpha.py": " " * 4 * 1024 * 1024}, method=zipfile.ZIP_STORED)
        allowed = {"MAX_UPLOAD_BYTES": "3 MiB zipped and 250", "MAX_UNZIPPED_BYTES": "50 MiB zipped and 3"}
        with pytest.raises(PackingError) as caught:
            download("alpha==1.0")
        assert str(caught.value) == (
            f"the dependencies are 4 MiB zipped and 4 MiB unzipped; Lambda accepts at most {allowed[limit]} MiB"
            " unzipped; remove some of them, or use layers or image_uri"
        )

"""Wheels: their metadata, the files that a function needs, and sets of wheels that are not complete."""

import re
import zipfile
from pathlib import Path

import pytest
from ddb_stream_lambda.code import PackingError
from ddb_stream_lambda.code.specifiers import Requirement
from ddb_stream_lambda.code.target import Target
from ddb_stream_lambda.code.wheels import Wheel, check_complete, check_downloaded

from tests.code.builders import build_wheel

ENVIRONMENT = Target("python3.13", "arm64").marker_environment


class TestWheel:
    def test_metadata(self, index: Path) -> None:
        requires = ("beta[Fast]>=1; python_version < '4'", "gamma", "not a requirement")
        wheel = Wheel.read(build_wheel(index, "My_Alpha", files={"alpha.py": "x" * 1000}, requires=requires))
        assert wheel.name == "my-alpha"
        assert wheel.requires == (
            Requirement("beta", ">=1", frozenset({"fast"}), "python_version < '4'"),
            Requirement("gamma", ""),
            Requirement("not", "a requirement"),
        )
        assert wheel.unzipped_bytes > 1000 > wheel.compressed_bytes

    def test_without_metadata_nothing_is_required(self, index: Path) -> None:
        path = index / "alpha-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("alpha.py", "")
        assert Wheel.read(path).requires == ()

    def test_only_files_that_a_function_needs_are_installed(self, index: Path) -> None:
        files = {
            "alpha.py": "",
            "alpha/": "",
            "__pycache__/alpha.pyc": "",
            "alpha-1.0.data/scripts/tool": "#!python",
            "alpha-1.0.data/headers/alpha.h": "",
            "alpha-1.0.data/purelib/pure.py": "",
            "alpha-1.0.data/platlib/plat.so": "",
            "alpha-1.0.data/data/share/table.txt": "",
        }
        names = [entry.name for entry in Wheel.read(build_wheel(index, files=files)).entries()]
        assert [name for name in names if ".dist-info/" not in name] == [
            "alpha.py",
            "pure.py",
            "plat.so",
            "share/table.txt",
        ]
        assert {"alpha-1.0.dist-info/METADATA", "alpha-1.0.dist-info/RECORD"} < set(names)

    def test_files_keep_their_compression(self, index: Path) -> None:
        wheel = Wheel.read(build_wheel(index, files={"alpha.py": "x = 1\n" * 10_000}))
        entry = next(entry for entry in wheel.entries() if entry.name == "alpha.py")
        assert entry.method == zipfile.ZIP_DEFLATED
        assert len(entry.data) < entry.size / 10

    @pytest.mark.parametrize("name", ["alpha/../../evil.py", "/evil.py"])
    def test_a_path_outside_the_wheel(self, index: Path, name: str) -> None:
        wheel = Wheel.read(build_wheel(index, files={name: ""}))
        message = (
            f"the wheel alpha-1.0-py3-none-any.whl contains {name!r}, a path outside the wheel;"
            " use another version of it"
        )
        with pytest.raises(PackingError, match=f"^{re.escape(message)}$"):
            list(wheel.entries())

    @pytest.mark.parametrize("file", ["alpha.py", "alpha-1.0.dist-info/METADATA"])
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_a_changed_byte_is_found(self, index: Path, file: str, method: int) -> None:
        path = build_wheel(index, method=method)
        with zipfile.ZipFile(path) as archive:
            offset = archive.getinfo(file).header_offset + 30 + len(file)
        content = bytearray(path.read_bytes())
        content[offset] ^= 0xFF
        path.write_bytes(content)
        with pytest.raises(
            PackingError, match=r"^the wheel alpha-1\.0-py3-none-any\.whl is damaged; download or build"
        ):
            Wheel.read(path)

    def test_a_shortened_wheel_is_found(self, index: Path) -> None:
        path = build_wheel(index)
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(PackingError, match="is damaged"):
            Wheel.read(path)


def wheel(name: str, *requires: str) -> Wheel:
    parsed = [Requirement.parse(text) for text in requires]
    requirements = tuple(requirement for requirement in parsed if requirement)
    return Wheel(path=Path(f"{name}.whl"), name=name, requires=requirements, unzipped_bytes=0)


def check(wheels: list[Wheel], *pins: str) -> None:
    """Check the wheels against the pins, by default one for each wheel."""
    parsed = [Requirement.parse(text) for text in pins or [wheel.name for wheel in wheels]]
    check_complete(pins={pin.name: pin for pin in parsed if pin}, wheels=wheels, environment=ENVIRONMENT)


class TestCompleteness:
    def test_everything_required_is_pinned(self) -> None:
        check([wheel("alpha", "Beta>=1"), wheel("beta", "alpha")])

    def test_a_requirement_that_is_not_pinned(self) -> None:
        with pytest.raises(PackingError) as caught:
            check([wheel("alpha", "gamma", "beta>=1"), wheel("delta", "gamma")])
        message = str(caught.value)
        expected = (
            "the requirements file does not pin beta (required by alpha), gamma (required by alpha); pin everything"
        )
        assert message.startswith(expected)
        assert "uv export" in message

    def test_a_requirement_for_another_machine_or_version_need_not_be_pinned(self) -> None:
        check([wheel("alpha", "colorama; sys_platform == 'win32'", "tomli; python_version < '3.11'")])

    def test_an_extra_that_is_not_requested_need_not_be_pinned(self) -> None:
        check([wheel("alpha", "beta; extra == 'fast'")])

    def test_requirements_of_an_extra_in_a_pin(self) -> None:
        with pytest.raises(PackingError, match=r"beta \(required by alpha\)"):
            check([wheel("alpha", "beta; extra == 'fast'")], "alpha[fast]==1")

    def test_requirements_of_an_extra_that_another_distribution_requests(self) -> None:
        wheels = [wheel("alpha", "gamma; extra == 'more-speed'"), wheel("beta", "alpha[More_Speed]")]
        with pytest.raises(PackingError, match=r"gamma \(required by alpha\)"):
            check(wheels)

    def test_an_invalid_marker_in_the_metadata(self) -> None:
        with pytest.raises(PackingError) as caught:
            check([wheel("alpha", "beta; weather == 'fine'")])
        assert str(caught.value) == (
            "the metadata of alpha requires beta with the invalid marker \"weather == 'fine'\";"
            " pin another version of alpha"
        )

    def test_wheels_that_are_not_the_pinned_ones(self) -> None:
        message = (
            "pip did not download exactly the pinned distributions (differing: alpha, beta); correct pip's settings"
        )
        with pytest.raises(PackingError, match=f"^{re.escape(message)}$"):
            check_downloaded(pins={"beta": Requirement("beta", "==1.0")}, wheels=[wheel("alpha")])

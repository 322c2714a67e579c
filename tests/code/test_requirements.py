"""Requirements files: pins, options, markers, included files, and the message for each unsupported line."""

from pathlib import Path

import pytest
from ddb_stream_lambda.code import PackingError
from ddb_stream_lambda.code.requirements import Requirements, read_requirements
from ddb_stream_lambda.code.specifiers import Requirement
from ddb_stream_lambda.code.target import Target

ENVIRONMENT = Target("python3.13", "arm64").marker_environment
HASH = "sha256:" + "0" * 64
OTHER_HASH = "sha256:" + "1" * 64


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "requirements.txt"


def read(file: Path, *lines: str) -> Requirements:
    file.write_text("\n".join(lines))
    return read_requirements(file, ENVIRONMENT)


def error_of(file: Path, *lines: str) -> str:
    """Return the message of the error that reading raises; without lines the file is left as it is."""
    if lines:
        file.write_text("\n".join(lines))
    with pytest.raises(PackingError) as caught:
        read_requirements(file, ENVIRONMENT)
    return str(caught.value)


class TestPins:
    def test_names_and_versions(self, file: Path) -> None:
        pins = read(file, "alpha==1.0", "My.Beta == 2.0rc1", "gamma===3", "delta (==4.0)").pins
        assert pins == {
            "alpha": Requirement("alpha", "==1.0"),
            "my-beta": Requirement("my-beta", "==2.0rc1"),
            "gamma": Requirement("gamma", "===3"),
            "delta": Requirement("delta", "==4.0"),
        }

    def test_extras(self, file: Path) -> None:
        assert read(file, "alpha[more_speed]==1.0").pins["alpha"].extras == {"more-speed"}

    def test_hashes_on_continuation_lines(self, file: Path) -> None:
        lines = ("alpha==1.0 \\", f"    --hash={OTHER_HASH} \\", f"    --hash={HASH}", "    # via beta")
        assert read(file, *lines).pins == {"alpha": Requirement("alpha", "==1.0", hashes=(HASH, OTHER_HASH))}

    def test_comments_and_empty_lines_are_ignored(self, file: Path) -> None:
        assert read(file, "# first", "", "alpha==1.0  # second", "   ").pins.keys() == {"alpha"}

    def test_a_line_that_is_continued_to_the_end_of_the_file(self, file: Path) -> None:
        assert read(file, "alpha==1.0 \\").pins.keys() == {"alpha"}

    def test_a_byte_order_mark_is_ignored(self, file: Path) -> None:
        file.write_text("alpha==1.0", encoding="utf-8-sig")
        assert read_requirements(file, ENVIRONMENT).pins.keys() == {"alpha"}

    def test_markers_are_evaluated_for_the_target(self, file: Path) -> None:
        pins = read(
            file,
            "alpha==1.0 ; platform_machine == 'aarch64' and sys_platform == 'linux' and python_version >= '3.13'",
            "beta==1.0 ; python_full_version < '3.13' or platform_machine == 'x86_64'",
            "gamma==1.0 ; python_version < '3.13'",
            "gamma==2.0 ; python_version >= '3.13'",
        ).pins
        assert pins == {"alpha": Requirement("alpha", "==1.0"), "gamma": Requirement("gamma", "==2.0")}

    def test_the_same_pin_twice_is_allowed(self, file: Path) -> None:
        assert read(file, "alpha==1.0", "Alpha == 1.0").pins.keys() == {"alpha"}


class TestIncludedFiles:
    @pytest.mark.parametrize("option", ["-r ", "-r", "--requirement ", "--requirement="])
    def test_their_pins_count(self, file: Path, option: str) -> None:
        (file.parent / "base.txt").write_text("alpha==1.0")
        assert read(file, f"{option}base.txt", "beta==1.0").pins.keys() == {"alpha", "beta"}

    @pytest.mark.parametrize("path", ["requirements.txt", "../{folder}/requirements.txt"])
    def test_a_file_that_includes_itself_is_read_once(self, file: Path, path: str) -> None:
        (file.parent / "base.txt").write_text(f"alpha==1.0\n-r {path.format(folder=file.parent.name)}")
        assert read(file, "-r base.txt").pins.keys() == {"alpha"}

    def test_the_message_names_the_included_file(self, file: Path) -> None:
        (file.parent / "base.txt").write_text("\nalpha")
        assert "base.txt line 2 (alpha): not pinned" in error_of(file, "-r base.txt")

    def test_a_missing_one(self, file: Path) -> None:
        assert f"{file.parent / 'base.txt'} does not exist" in error_of(file, "-r base.txt")


class TestOptions:
    @pytest.mark.parametrize(
        "line",
        [
            "--index-url https://packages.example/simple",
            "-i https://packages.example/simple",
            "--extra-index-url=https://packages.example/simple",
            "--trusted-host packages.example",
            "--no-index",
            "--find-links https://packages.example/wheels",
        ],
    )
    def test_options_of_the_index_are_passed_on(self, file: Path, line: str) -> None:
        assert read(file, line, "alpha==1.0").options == (line,)

    @pytest.mark.parametrize("option", ["--find-links ", "--find-links=", "-f "])
    def test_a_folder_of_wheels_is_relative_to_the_file(self, file: Path, option: str) -> None:
        (file.parent / "wheels").mkdir()
        options = read(file, f"{option}wheels", "alpha==1.0").options
        assert options == (f"--find-links={file.parent.resolve() / 'wheels'}",)

    @pytest.mark.parametrize("line", ["--require-hashes", "--prefer-binary", "--only-binary=:all:"])
    def test_options_without_an_effect_are_ignored(self, file: Path, line: str) -> None:
        assert read(file, line, "alpha==1.0").options == ()

    @pytest.mark.parametrize("line", ["-e .", "-c c.txt", "--no-binary :all:", "--pre", "-r"])
    def test_other_options_are_an_error(self, file: Path, line: str) -> None:
        name = line.split()[0]
        message = error_of(file, "# comment", line)
        expected = f"only pinned distributions can be packed; write name==version instead of {name} ("
        assert message.startswith(f"requirements.txt line 2 ({line}): {expected}")
        assert "uv export" in message


class TestUnsupportedLines:
    @pytest.mark.parametrize(
        "line",
        ["alpha", "alpha>=1", "alpha==1.*", "alpha==1,<2", "alpha @ https://packages.example/alpha.whl", "./alpha"],
    )
    def test_a_line_that_is_not_pinned(self, file: Path, line: str) -> None:
        message = error_of(file, "# comment", line)
        expected = f"requirements.txt line 2 ({line}): not pinned to one version; write name==version ("
        assert message.startswith(expected)
        assert "pip-compile" in message

    def test_the_message_names_all_of_them(self, file: Path) -> None:
        message = error_of(file, "alpha", "beta==1.0", "gamma")
        assert "line 1 (alpha)" in message
        assert "line 3 (gamma)" in message
        assert "beta" not in message

    def test_a_long_line_is_shortened(self, file: Path) -> None:
        assert f"({'a' * 60}): not pinned" in error_of(file, "a" * 100)

    def test_two_different_pins_of_a_distribution(self, file: Path) -> None:
        message = error_of(file, "my_alpha==1.0", "My.Alpha==2.0")
        expected = "my-alpha is pinned twice with different values; keep one of the lines"
        assert message == f"requirements.txt line 2 (My.Alpha==2.0): {expected}"

    def test_an_invalid_marker(self, file: Path) -> None:
        message = error_of(file, "alpha==1.0 ; weather == 'fine'")
        assert "line 1 (alpha==1.0 ; weather == 'fine'): the marker \"weather == 'fine'\" is not valid" in message
        assert "PEP 508" in message


class TestUnreadableFiles:
    def test_a_missing_file(self, file: Path) -> None:
        message = f"the requirements file {file} does not exist; create it (an empty file if there are no dependencies)"
        assert error_of(file) == message

    def test_a_folder(self, file: Path) -> None:
        message = error_of(file.parent)
        assert message == (f"the requirements file {file.parent} cannot be read (Is a directory); give a readable file")

    def test_a_file_in_another_encoding(self, file: Path) -> None:
        file.write_text("alpha==1.0", encoding="utf-16")
        assert error_of(file) == f"the requirements file {file} is not UTF-8 text; save it as UTF-8"

"""Targets: supported runtimes and architectures, and the wheels and markers that fit them."""

import pytest
from ddb_stream_lambda.code import PackingError, Target


def test_a_supported_runtime_and_architecture() -> None:
    target = Target.parse("python3.13", "arm64")
    assert target == Target("python3.13", "arm64")
    assert str(target) == "python3.13 on arm64"
    assert target.python_version == "3.13"
    assert target.abi_tag == "cp313"


@pytest.mark.parametrize(
    "runtime", ["python3.7", "python3", "python2.7", "python3.13.1", "nodejs22.x", "3.13", "", None, 3.13]
)
def test_an_unsupported_runtime(runtime: object) -> None:
    with pytest.raises(PackingError) as caught:
        Target.parse(runtime, "arm64")
    message = f'runtime {runtime!r} is not supported; give "python3.8" or a later one, such as "python3.13"'
    assert str(caught.value) == message


@pytest.mark.parametrize("architecture", ["aarch64", "amd64", "", None, ["arm64"]])
def test_an_unsupported_architecture(architecture: object) -> None:
    with pytest.raises(PackingError) as caught:
        Target.parse("python3.13", architecture)
    assert str(caught.value) == f"architecture {architecture!r} is not supported; give one of x86_64, arm64"


@pytest.mark.parametrize(
    ("runtime", "glibc"),
    [("python3.8", 26), ("python3.11", 26), ("python3.12", 34), ("python3.13", 34), ("python3.14", 34)],
)
def test_glibc_is_that_of_the_runtimes_operating_system(runtime: str, glibc: int) -> None:
    target = Target.parse(runtime, "arm64")
    assert target.glibc == glibc
    assert target.platform_tags[0] == f"manylinux_2_{glibc}_aarch64"


def test_platform_tags_of_arm() -> None:
    tags = Target.parse("python3.11", "arm64").platform_tags
    expected = [f"manylinux_2_{glibc}_aarch64" for glibc in range(26, 16, -1)]
    assert tags == [*expected, "manylinux2014_aarch64"]


def test_platform_tags_of_x86_include_the_older_names() -> None:
    tags = Target.parse("python3.11", "x86_64").platform_tags
    assert tags[-1] == "manylinux1_x86_64"
    assert tags[-2] == "manylinux_2_5_x86_64"
    older = {"manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64"}
    assert set(tags) == older | {f"manylinux_2_{glibc}_x86_64" for glibc in range(5, 27)}


def test_marker_variables_are_those_of_the_runtime() -> None:
    environment = Target.parse("python3.13", "arm64").marker_environment
    assert environment["python_version"] == "3.13"
    assert environment["python_full_version"].startswith("3.13.")
    assert environment["platform_machine"] == "aarch64"
    assert environment["sys_platform"] == "linux"
    assert environment["os_name"] == "posix"

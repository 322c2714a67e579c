"""Environment markers: the results agree with those of the package "packaging"."""

import pytest
from ddb_stream_lambda.code.markers import MarkerError, evaluate_marker
from ddb_stream_lambda.code.target import Target
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

VERSIONS = st.from_regex(r"[234]\.[0-9]{1,2}(\.[0-9]{1,2})?", fullmatch=True)
VERSION_COMPARISONS = st.builds(
    "{} {} '{}'".format,
    st.sampled_from(["python_version", "python_full_version", "implementation_version"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]),
    VERSIONS,
)
TEXT_COMPARISONS = st.builds(
    "{} {} '{}'".format,
    st.sampled_from(["os_name", "sys_platform", "platform_machine", "implementation_name"]),
    st.sampled_from(["==", "!=", "in", "not in"]),
    st.sampled_from(["posix", "nt", "linux", "win32", "aarch64", "x86_64", "arm64 aarch64", "cpython"]),
)
MARKERS = st.recursive(
    VERSION_COMPARISONS | TEXT_COMPARISONS,
    lambda inner: st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner) | inner.map("({})".format),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "marker",
    [
        "python_version >= '3.9' and python_version < '4'",
        "python_version == '3.*'",
        "python_version === '3.13'",
        "python_full_version ~= '3.12.1'",
        "python_version ~= '3.11'",
        "python_version not in '3.8 3.9'",
        "'linux' in sys_platform",
        "sys_platform != 'win32' and (platform_machine == 'aarch64' or platform_machine == 'arm64')",
        "os_name == 'nt' or os_name == 'posix' and platform_system == 'Darwin'",
        "(os_name == 'nt' or os_name == 'posix') and platform_python_implementation == \"PyPy\"",
        "implementation_name == 'cpython' and '3.10' <= python_version",
        "extra == 'Fast_Path'",
        "python_version > '3.9' and extra == 'fast-path'",
    ],
)
@pytest.mark.parametrize("runtime", ["python3.8", "python3.10", "python3.12", "python3.13"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_result_agrees_with_packaging(marker: str, runtime: str, architecture: str) -> None:
    environment = dict(Target(runtime, architecture).marker_environment)
    for extra in ("", "fast-path"):
        expected = Marker(marker).evaluate({**environment, "extra": extra})
        assert evaluate_marker(marker, environment, extra=extra) == expected


@given(marker=MARKERS, runtime=st.sampled_from(["python3.8", "python3.11", "python3.13"]))
def test_result_agrees_with_packaging_for_random_markers(marker: str, runtime: str) -> None:
    environment = dict(Target(runtime, "arm64").marker_environment)
    assert evaluate_marker(marker, environment) == Marker(marker).evaluate({**environment, "extra": ""})


def test_an_empty_marker_holds() -> None:
    assert evaluate_marker("", {})


@pytest.mark.parametrize("marker", ["os.name == 'posix'", "platform.machine == 'aarch64'"])
def test_variables_of_old_metadata(marker: str) -> None:
    assert evaluate_marker(marker, Target("python3.13", "arm64").marker_environment)


@pytest.mark.parametrize(
    "marker",
    [
        "weather == 'fine'",
        "os_name",
        "os_name ==",
        "os_name == 'posix' and",
        "os_name == 'posix' 'nt'",
        "(os_name == 'posix'",
        "(os_name == 'posix' or",
        "(os_name == 'posix' 'nt'",
        "os_name == 'posix')",
        "os_name not 'posix' 'nt'",
        "os_name and 'posix'",
        "os_name = 'posix'",
        "os_name == 'posix",
        "python_version is '3.13'",
    ],
)
def test_a_text_that_is_not_a_marker(marker: str) -> None:
    with pytest.raises(MarkerError) as caught:
        evaluate_marker(marker, Target("python3.13", "arm64").marker_environment)
    message = f"the marker {marker!r} is not valid; write it as PEP 508 defines it, such as python_version"
    assert str(caught.value).startswith(message)

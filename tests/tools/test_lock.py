"""The requirements files match pyproject.toml, and the check finds where they do not."""

import tomllib
from pathlib import Path

import pytest

from lock import LOCKS, ROOT, Lock, entries_of, inputs_of, problems_of

HASH = "    --hash=sha256:" + "0" * 64
PROJECT = """
[project]
dependencies = ["cdktf>=0.21,<0.22"]
[dependency-groups]
lint = ["ruff==0.17.6"]
dev = [{ include-group = "lint" }]
"""
LOCKED = f"""\
cdktf==0.21.0 \\
{HASH}
    # via ddb-stream-lambda (pyproject.toml)
jsii==1.142.0 ; sys_platform == 'linux' \\
{HASH} \\
{HASH}
    # via cdktf
ruff==0.17.6 \\
{HASH}
    # via
    #   ddb-stream-lambda (pyproject.toml:dev)
    #   another
"""
DEV = Lock("dev.txt", groups=("dev",), project=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "dev.txt").write_text(LOCKED)
    return tmp_path


@pytest.mark.parametrize("lock", LOCKS, ids=[lock.path for lock in LOCKS])
def test_the_requirements_files_match_pyproject(lock: Lock) -> None:
    assert list(problems_of(lock, ROOT)) == [], "run `make lock`"


def test_the_applications_requirements_are_a_part_of_the_developers() -> None:
    dev = entries_of((ROOT / "requirements-dev.txt").read_text())
    app = entries_of((ROOT / "requirements.txt").read_text())
    assert {"cdktf", "cdktf-cdktf-provider-aws", "constructs", "jsii"} <= app.keys() < dev.keys()
    for name, entries in app.items():
        assert [entry.version for entry in entries] == [entry.version for entry in dev[name]]


def test_a_group_includes_the_groups_that_it_names(root: Path) -> None:
    assert [str(requirement) for requirement in inputs_of(DEV, root)] == ["cdktf<0.22,>=0.21", "ruff==0.17.6"]


def test_an_entry_has_its_version_marker_and_hashes() -> None:
    (entry,) = entries_of(LOCKED)["jsii"]
    assert (entry.version, str(entry.requirement.marker), entry.hashes) == ("1.142.0", 'sys_platform == "linux"', 2)
    assert not entry.direct


def test_a_file_that_matches_has_no_problem(root: Path) -> None:
    assert list(problems_of(DEV, root)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("pyproject.toml", "ruff==0.17.6", "ruff==0.18.0", "pins ruff==0.17.6, but ruff==0.18.0 is required"),
        ("pyproject.toml", "cdktf>=0.21,<0.22", "cdktf>=0.22", "pins cdktf==0.21.0, but cdktf>=0.22 is required"),
        ("pyproject.toml", '"ruff==0.17.6"', '"ruff==0.17.6", "mypy"', "lacks mypy"),
        ("pyproject.toml", '"ruff==0.17.6"', "", "pins ruff==0.17.6, which is no longer required"),
        ("dev.txt", "cdktf==0.21.0", "cdktf>=0.21.0", "cdktf>=0.21.0 has no exact version"),
        ("dev.txt", f"{HASH}\n    # via ddb", "    # via ddb", "cdktf==0.21.0 has no hash"),
        ("dev.txt", "cdktf", "--index-url https://packages.example\ncdktf", "names an index or an option"),
    ],
)
def test_a_difference_is_reported(root: Path, file: str, old: str, new: str, problem: str) -> None:
    path = root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert any(f"dev.txt: {problem}" in found for found in problems_of(DEV, root))


def test_a_missing_file_is_reported(root: Path) -> None:
    (root / "dev.txt").unlink()
    assert list(problems_of(DEV, root)) == ["dev.txt: does not exist"]


def test_a_version_that_a_constraint_lacks_is_reported(root: Path) -> None:
    (root / "app.txt").write_text(LOCKED.split("jsii")[0].replace("0.21.0", "0.21.1"))
    lock = Lock("app.txt", project=True, constraints=("dev.txt",))
    assert list(problems_of(lock, root)) == ["app.txt: pins cdktf==0.21.1, but dev.txt does not"]


def test_the_build_backend_has_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["build-system"]["requires"][0] in project["dependency-groups"]["build"]

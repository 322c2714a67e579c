"""Fixtures of the packing tests: a cache, an index of wheels and a project for each test."""

import os
import shutil
from pathlib import Path

import pytest
from ddb_stream_lambda.code import Target, dependencies
from ddb_stream_lambda.code.requirements import Requirements


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of wheels that is the only one pip looks in. The test has its own cache."""
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def downloads(index: Path, monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """Replace pip: copy the wheels of the pinned distributions from the index. Return the target of each download."""
    targets: list[Target] = []

    def copy_wheels(requirements: Requirements, *, target: Target, folder: Path) -> None:
        targets.append(target)
        for pin in requirements.pins.values():
            shutil.copy(index / f"{pin.name}-{pin.version.removeprefix('==')}-py3-none-any.whl", folder)

    monkeypatch.setattr(dependencies, "download_wheels", copy_wheels)
    return targets


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    """The folder of the cache, which does not exist yet."""
    return tmp_path / "cache" / "ddb-stream-lambda"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with a handler and an empty requirements file."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "index.py").write_text("def handler(event, context): ...\n")
    (folder / "requirements.txt").write_text("")
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory with a handler, a subfolder and an executable file."""
    folder = tmp_path / "here" / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "index.py").write_text("def handler(event, context): ...\n")
    (folder / "inner" / "part.py").write_text("")
    (folder / "tool.sh").write_text("#!/bin/sh\n")
    (folder / "tool.sh").chmod(0o755)
    return folder

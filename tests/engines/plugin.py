"""Gives the tests a real search engine: one node for a whole run of pytest, which all workers share.

The first test that needs the engine starts it. Its standard input is a named pipe that the main process of pytest holds
open, so it ends with that process, whatever ends it.

The environment variable TEST_SEARCH_URL is the URL of an engine that runs elsewhere; then none is started.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .engine import Engine
from .install import ENGINES, CannotInstallError, Installation
from .node import Node, start_node

# The space that the engines' data needs. Docker gives containers 64 MB.
MEMORY_BYTES = 2**30
OLDEST = next(iter(ENGINES))


class SharedEngines:
    """The engines of a run.

    Attributes:
        folder: the folder that all workers know.
    """

    def __init__(self, folder_of_main_process: str | None) -> None:
        self._folder_of_main_process = folder_of_main_process
        self._held_open: int | None = None

    @functools.cached_property
    def folder(self) -> Path:
        if self._folder_of_main_process is not None:
            return Path(self._folder_of_main_process)
        folder = Path(tempfile.mkdtemp(prefix="engines-", dir=folder_in_memory()))
        os.mkfifo(folder / "stdin")
        self._held_open = os.open(folder / "stdin", os.O_RDWR)
        return folder

    def url(self, installation: Installation) -> str:
        """Return an engine's URL; start the engine if no worker has done so."""
        name = installation.name
        url_file = self.folder / f"{name}.url"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not url_file.exists():
                with (self.folder / "stdin").open("rb") as stdin:
                    _, url = start_node(installation, self.folder / name, stdin=stdin)
                url_file.write_text(url)
        return url_file.read_text()

    def close(self) -> None:
        """End the engines, if this is the main process."""
        if self._held_open is not None:
            os.close(self._held_open)
            self._held_open = None
            # A node deletes its data when it has ended.
            give_up_at = time.monotonic() + 10
            while any(self.folder.glob("*/data")) and time.monotonic() < give_up_at:
                time.sleep(0.02)
            shutil.rmtree(self.folder, ignore_errors=True)


def folder_in_memory() -> str | None:
    """Return a folder that is kept in memory, or None.

    An engine syncs each write to the disk, and is four times as fast without a disk.
    """
    folder = "/dev/shm"
    if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > MEMORY_BYTES:
        return folder
    return None


SHARED = pytest.StashKey[SharedEngines]()


def pytest_configure(config: pytest.Config) -> None:
    worker_input = getattr(config, "workerinput", {})
    config.stash[SHARED] = SharedEngines(worker_input.get("engines"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Pass the folder to a worker of pytest-xdist."""
    node.workerinput["engines"] = str(node.config.stash[SHARED].folder)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SHARED].close()


def start_engine(config: pytest.Config, name: str) -> Engine:
    """Return a running engine. Skip the test if the engine is not installed; fail instead in CI.

    Args:
        config: the configuration of pytest.
        name: the engine's name in `ENGINES`.
    """
    return Engine(config.stash[SHARED].url(load_installation(name)))


def is_available() -> bool:
    """Return whether the fixture `engine` gives an engine. In CI it must, so that a missing one is a failure."""
    if os.environ.get("TEST_SEARCH_URL") or os.environ.get("CI"):
        return True
    try:
        Installation.load(OLDEST)
    except CannotInstallError:
        return False
    return True


def load_installation(name: str) -> Installation:
    """Return an installed engine. Skip the test if the engine is not installed; fail instead in CI.

    Args:
        name: the engine's name in `ENGINES`.
    """
    try:
        return Installation.load(name)
    except CannotInstallError as error:
        reason = f"{name} is missing: {error}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Engine:
    """The engine at TEST_SEARCH_URL, or else OpenSearch 2."""
    url = os.environ.get("TEST_SEARCH_URL")
    return Engine(url) if url else start_engine(pytestconfig, OLDEST)


@pytest.fixture(scope="module")
def private_node() -> Iterator[Node]:
    """A node of OpenSearch 2 for the tests of one file, which may start it again and change its settings.

    It accepts request bodies of 1 MiB.
    """
    installation = load_installation(OLDEST)
    with (
        tempfile.TemporaryDirectory(prefix="node-", dir=folder_in_memory(), ignore_cleanup_errors=True) as folder,
        Node(installation, Path(folder), **{"http.max_content_length": "1mb"}) as node,
    ):
        yield node


@pytest.fixture(scope="session")
def newer_engine(pytestconfig: pytest.Config) -> Engine:
    """OpenSearch 3. Not started if TEST_SEARCH_URL names another engine."""
    if os.environ.get("TEST_SEARCH_URL"):
        pytest.skip("TEST_SEARCH_URL names the engine")
    return start_engine(pytestconfig, "opensearch_3")

"""A node of a search engine, in a separate process on the loopback interface."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

from .engine import Engine
from .install import Installation

JAVA_OPTIONS = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
SETTINGS = {
    "network.host": "127.0.0.1",
    "http.port": "0",
    "transport.port": "0",
    "http.type": "netty4",
    "transport.type": "netty4",
    "discovery.type": "single-node",
    "cluster.max_shards_per_node": "10000",
    # The engine would block all writes on a machine whose disk is 95% full.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
}


def start_node(
    installation: Installation, folder: Path, *, stdin: int | IO[bytes], settings: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a node, and wait until it answers.

    The node runs until its standard input ends.

    Args:
        installation: the engine.
        folder: the folder for the node's data and its log.
        stdin: the standard input, as for `subprocess.Popen`.
        settings: additional settings of the node.

    Returns:
        The process and the node's URL.

    Raises:
        RuntimeError: if the node does not start; the message has the end of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    all_settings = SETTINGS | {"path.home": str(folder)} | (dict(settings) if settings else {})
    arguments = [f"{name}={value}" for name, value in all_settings.items()]
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [installation.java, *JAVA_OPTIONS, "-cp", os.pathsep.join(installation.classpath), "TestNode", *arguments],
            cwd=folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C in the terminal stops the tests, which then stop the node
        )
    assert process.stdout is not None
    with process.stdout as stdout:
        port = stdout.readline().decode().strip()
    if not port:
        process.wait()
        raise RuntimeError(f"{installation.name} did not start:\n{log.read_text()[-4000:]}")
    url = f"http://127.0.0.1:{port}"
    # The engine ignores this setting in its configuration.
    Engine(url).request("PUT", "/_cluster/settings", {"persistent": {"cluster.default_number_of_replicas": 0}})
    return process, url


class Node:
    """A node that its creator starts and stops; it keeps its data when it is killed and started again.

    Attributes:
        url: its endpoint, which is another one after each start.
    """

    def __init__(self, installation: Installation, folder: Path, **settings: str) -> None:
        """Start a node.

        Args:
            installation: the engine.
            folder: the folder for the node's data and its log.
            settings: additional settings of the node.
        """
        self._installation = installation
        self._folder = folder
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Start the node again after `kill`."""
        self._process, self.url = start_node(
            self._installation, self._folder, stdin=subprocess.PIPE, settings=self._settings
        )

    def kill(self) -> None:
        """End the process at once."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.stdin.close()
        self._process.wait()

    def stop(self) -> None:
        """End the process, which deletes the node's data."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

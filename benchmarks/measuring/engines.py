"""The engines that the benchmark sends to."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measuring.candidates import ROOT, UnavailableError
from tests.engines.engine import Engine
from tests.engines.install import CannotInstallError, Installation
from tests.engines.node import Node

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
OPENSEARCH = "opensearch_2"


@contextmanager
def measuring_service(delay: float = 0, *options: str) -> Iterator[str]:
    """Run `benchmarks.measuring.service` in another process, and return its URL.

    Args:
        delay: the seconds before each answer.
        options: further options of the service.
    """
    command = [sys.executable, "-m", "benchmarks.measuring.service", str(delay), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


@contextmanager
def real_engine() -> Iterator[Engine]:
    """Return the engine at TEST_SEARCH_URL, or else run a real OpenSearch.

    Raises:
        UnavailableError: if there is none.
    """
    url = os.environ.get("TEST_SEARCH_URL", "")
    if url:
        if urlsplit(url).hostname not in LOOPBACK_HOSTS:
            raise UnavailableError("TEST_SEARCH_URL is not on the loopback interface")
        yield Engine(url.rstrip("/"))
        return
    try:
        installation = Installation.load(OPENSEARCH)
    except CannotInstallError as error:
        raise UnavailableError(f"{OPENSEARCH} is missing: {error}") from None
    with tempfile.TemporaryDirectory() as folder, Node(installation, Path(folder, OPENSEARCH)) as node:
        yield Engine(node.url)

"""The AWS on loopback that the stacks are deployed to."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest

from .install import EMULATOR_PYTHON

SERVE = Path(__file__).parent / "emulator" / "serve.py"
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Emulator:
    """A process of the emulator: a context that ends it by its id."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "emulator.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            command = [EMULATOR_PYTHON, SERVE, str(port), folder / "files"]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=_clean_environment())

    def __enter__(self) -> Emulator:
        self.wait_for(self._answers, "the emulator", seconds=60)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name="eu-west-1", **keys)

    def wait_for(self, condition: Callable[[], T], what: str, *, seconds: float = 30) -> T:
        """The condition's first true value; the test fails, and shows the emulator's log, when it takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            if value := condition():
                return value
            time.sleep(0.1)
        last_lines = self.log.read_text()[-4000:]
        pytest.fail(f"waited {seconds} s for {what}; the emulator's last lines:\n{last_lines}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_localemu/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))}

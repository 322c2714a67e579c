"""The emulator of AWS that the stacks are deployed to, as a process of this machine."""

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

from .install import EMULATOR_PYTHON, ROOT

T = TypeVar("T")


class EmulatorError(Exception):
    """The emulator did not do something in time; the message has the end of its log."""


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Emulator:
    """A process of the emulator. As a context manager it waits for the start and ends the process.

    The process also ends when this process does, whatever ends it. The tests and `make demo` use this class.

    Attributes:
        url: the address of all services.
        log: the file with the emulator's output.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "emulator.log"
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(EMULATOR_PYTHON), "-m", "tests.e2e.emulator.serve", str(port), str(folder / "files")]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,  # the emulator ends when it is closed
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_clean_environment(),
            )

    def __enter__(self) -> Emulator:
        try:
            self.wait_until_started()
        except BaseException:  # also an interruption
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait_until_started(self) -> None:
        """Wait until the emulator answers.

        Raises:
            EmulatorError: if it does not start.
        """
        self.wait_for(self._is_healthy, "the emulator's start", seconds=60)

    def client(self, service: str, region: str = "eu-west-1", *, keys: tuple[str, str] = ("test", "test")) -> Any:
        """Return a boto3 client of a service. The default keys may do everything."""
        id, secret = keys
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=id, aws_secret_access_key=secret
        )

    def wait_for(self, condition: Callable[[], T], description: str, *, seconds: float = 30) -> T:
        """Return the condition's first true value.

        Raises:
            EmulatorError: if the condition stays false.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            if value := condition():
                return value
            time.sleep(0.1)
        log_end = self.log.read_text()[-4000:]
        raise EmulatorError(f"waited {seconds} s for {description}; the end of the emulator's log:\n{log_end}")

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_localemu/health", timeout=1) as response:
                return bool(response.status == 200)
        except OSError:
            return False


def _clean_environment() -> dict[str, str]:
    """Return this process's environment without the variables that configure AWS clients and Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))}

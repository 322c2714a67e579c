"""The emulator of AWS that the stacks are deployed to, as a process of this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

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
                start_new_session=True,
            )

    def __enter__(self) -> Emulator:
        try:
            self.wait_until_started()
        except BaseException:  # also an interruption
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):  # it ended, and nothing of its group runs
            os.killpg(self._process.pid, signal.SIGKILL)  # also its functions
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait_until_started(self) -> None:
        """Wait until the emulator answers.

        Raises:
            EmulatorError: if it does not start.
        """
        self.wait_for(self._is_healthy, "the emulator's start", seconds=60)

    def client(
        self,
        service: str,
        region: str = "eu-west-1",
        *,
        keys: tuple[str, str] = ("test", "test"),
        url: str = "",
        config: Config | None = None,
    ) -> Any:
        """Return a boto3 client of a service.

        Args:
            service: the service's name.
            region: the Region.
            keys: the access key's id and secret; the default key may do everything.
            url: the address of a proxy.
            config: the client's configuration.
        """
        id, secret = keys
        return boto3.client(
            service,
            endpoint_url=url or self.url,
            region_name=region,
            aws_access_key_id=id,
            aws_secret_access_key=secret,
            config=config,
        )

    def trim_stream(self, table: str, *, before: str) -> None:
        """Remove a stream's records before a sequence number, as AWS does after 24 hours."""
        self._call("POST", f"_tests/streams/{table}/trim/{before}")

    def split_shards(self, table: str, *, children: int) -> None:
        """Close the open shards of a stream and give each the number of children."""
        self._call("POST", f"_tests/streams/{table}/split/{children}")

    def expire_iterators(self) -> None:
        """Expire the iterators of all streams, as AWS does after 15 minutes. Those of mappings remain."""
        self._call("POST", "_tests/streams/expire-iterators")

    def delete_expired_items(self) -> None:
        """Delete the items whose time to live has passed."""
        self._call("DELETE", "_aws/dynamodb/expired")

    def _call(self, method: str, path: str) -> None:
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 200

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

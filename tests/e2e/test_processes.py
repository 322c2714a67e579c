"""The processes of the emulator and of Terraform end when the process that started them is interrupted or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .emulator_process import Emulator, EmulatorError
from .install import ROOT
from .providers import Provider
from .skipping import skip_if_missing
from .terraform import Terraform, TerraformError

# Starts the emulator, prints the id of its process, and waits to be killed.
STARTER = """\
import sys, time
from pathlib import Path
from tests.e2e.emulator_process import Emulator

with Emulator(Path(sys.argv[1])) as emulator:
    print(emulator._process.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named terraform that a test writes."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "terraform"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def is_running(pid: int) -> bool:
    """Return whether a process runs; not if it ended and nobody waited for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="the state of another process is read from /proc")
def test_the_emulator_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    skip_if_missing("emulator")
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    with starter.stdout:
        pid = int(starter.stdout.readline())
    assert is_running(pid)

    starter.send_signal(signal.SIGKILL)
    starter.wait()

    give_up_at = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert not is_running(pid)


def test_an_emulator_that_does_not_start_is_an_error_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.e2e.emulator_process.EMULATOR_PYTHON", "/bin/false")

    with pytest.raises(EmulatorError, match="the emulator's start; the end of the emulator's log"), Emulator(tmp_path):
        pass


def test_a_command_of_terraform_is_killed_by_an_interruption(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.write_text("#!/bin/sh\nsleep 600\n")
    started: list[subprocess.Popen[str]] = []

    def interrupt(process: subprocess.Popen[str]) -> Any:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupt)

    with pytest.raises(KeyboardInterrupt):
        Terraform(tmp_path / "stack", Provider((6, 25, 0), {})).run("apply")

    assert started[0].returncode == -signal.SIGKILL


def test_a_command_of_terraform_that_fails_is_an_error_with_its_output(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\necho some output\nexit 3\n")

    with pytest.raises(TerraformError, match="terraform apply exited with 3:\nsome output"):
        Terraform(tmp_path / "stack", Provider((6, 25, 0), {})).run("apply")

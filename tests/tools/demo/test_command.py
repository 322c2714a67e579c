"""The command line of the demo: exit codes, messages, and what it leaves behind."""

from __future__ import annotations

import io
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest

from demo import command
from demo.local_world import read_invocations, read_message
from demo.screen import Screen
from demo.story import TITLES, UntrueError
from demo.world import FailedBatch, Invocation, Redriven
from tests.e2e.providers import Provider, ProviderMissingError
from tests.e2e.terraform import TerraformError
from tests.engines.install import CannotInstallError
from tests.function.search_server import SearchServer
from tests.tools.demo.world_double import WorldDouble


class Started:
    """Remembers whether it was ended."""

    is_ended = False

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_ended = True


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WorldDouble:
    """The world that the command starts."""
    world = WorldDouble()
    monkeypatch.setattr(command, "start_world", lambda screen, stack, folder, *, engine: world)
    return world


@pytest.fixture(autouse=True)
def _same_signal_handlers() -> Iterator[None]:
    """A test does not change how the process handles signals."""
    before = [signal.getsignal(number) for number in command.SIGNALS]
    yield
    assert [signal.getsignal(number) for number in command.SIGNALS] == before


def fail_with(error: BaseException) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.usefixtures("world")
def test_a_true_story_ends_with_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0

    output = capsys.readouterr().out
    assert all(title in output for title in TITLES)
    assert "checks passed; no server and no folder is left" in output


@pytest.mark.usefixtures("world")
def test_lines_are_plain_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    command.main([])

    assert "\x1b" not in capsys.readouterr().out


def test_a_server_that_still_runs_is_a_failure(world: WorldDouble, capsys: pytest.CaptureFixture[str]) -> None:
    with SearchServer() as server:
        world.urls = [server.url]

        assert command.main([]) == 1

    assert f"nothing of the demo is left; found: {server.url}" in capsys.readouterr().out


def test_a_folder_that_is_still_there_is_a_failure(
    world: WorldDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "open_folder", lambda: nullcontext(str(tmp_path)))

    assert command.main([]) == 1

    assert "nothing of the demo is left; found: its folder" in capsys.readouterr().out


@pytest.mark.usefixtures("world")
def test_the_recording_is_written_after_a_true_story(tmp_path: Path) -> None:
    assert command.main(["--record", str(tmp_path / "demo.svg")]) == 0

    assert "</svg>" in (tmp_path / "demo.svg").read_text()


@pytest.mark.parametrize("error", [UntrueError("not true: x"), TerraformError("terraform apply exited with 1")])
def test_a_failure_ends_with_1_and_its_reason(
    world: WorldDouble,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    error: Exception,
) -> None:
    monkeypatch.setattr(world, "deploy", fail_with(error))

    assert command.main(["--record", str(tmp_path / "demo.svg")]) == 1

    assert str(error) in capsys.readouterr().out
    assert not (tmp_path / "demo.svg").exists()


def test_the_output_of_a_failed_redrive_is_shown(
    world: WorldDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(world, "redrive", lambda: Redriven(3, 0, "redrive: AWS refused"))

    assert command.main([]) == 1

    assert "redrive: AWS refused" in capsys.readouterr().out


@pytest.mark.parametrize("number", command.SIGNALS)
def test_a_signal_ends_what_was_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    started = Started()
    world = WorldDouble()
    monkeypatch.setattr(world, "deploy", lambda: os.kill(os.getpid(), number))

    def start_world(screen: Screen, stack: ExitStack, folder: Path, *, engine: str | None) -> WorldDouble:
        stack.enter_context(started)
        return world

    monkeypatch.setattr(command, "start_world", start_world)

    assert command.main([]) == 130

    assert started.is_ended
    assert "interrupted" in capsys.readouterr().err


def test_a_second_signal_does_not_interrupt_the_cleaning(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def start_world(screen: Screen, stack: ExitStack, folder: Path, *, engine: str | None) -> None:
        stack.callback(ended.append, "emulator")
        stack.callback(os.kill, os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(command, "start_world", start_world)

    assert command.main([]) == 130
    assert ended == ["emulator"]


def test_no_variable_leads_to_an_account_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.com")

    command.forget_accounts()

    assert [name for name in os.environ if name.startswith("AWS_")] == []


class TestMissing:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        """Run the command, which must end with 2 and leave no folder, and return its message."""
        before = set(Path(tempfile.gettempdir()).glob(f"{command.FOLDER_PREFIX}*"))
        assert command.main(arguments) == 2
        assert set(Path(tempfile.gettempdir()).glob(f"{command.FOLDER_PREFIX}*")) <= before
        return capsys.readouterr().err

    def test_terraform(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr("demo.command.shutil.which", lambda name: None)

        assert "terraform is not on the path; install Terraform" in self.run(capsys)

    def test_emulator(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr("demo.command.shutil.which", lambda name: "/bin/true")
        monkeypatch.setattr(command, "find_missing", lambda *names: "emulator is missing: no Python 3.12")

        assert "no Python 3.12; correct that, and run `python tests/e2e/install.py`" in self.run(capsys)

    def test_provider(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr("demo.command.shutil.which", lambda name: "/bin/true")
        monkeypatch.setattr(command, "find_missing", lambda *names: None)
        monkeypatch.setattr(command, "choose_provider", fail_with(ProviderMissingError("no network")))

        assert "Terraform finds no AWS provider: no network" in self.run(capsys)


def test_opensearch_that_was_chosen_and_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("demo.command.local.load_or_install", fail_with(CannotInstallError("Maven is not on the path")))

    with ExitStack() as stack, pytest.raises(command.MissingError, match="Maven is not on the path"):
        command.open_search(stack, tmp_path, choice="opensearch")


def test_the_server_of_the_tests_takes_the_place_of_a_missing_opensearch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("demo.command.local.load_or_install", fail_with(CannotInstallError("Maven is not on the path")))

    with ExitStack() as stack:
        url, reason = command.open_search(stack, tmp_path, choice=None)

    assert url.startswith("http://127.0.0.1:")
    assert reason == "OpenSearch cannot be started: Maven is not on the path."


def test_the_demo_reports_what_is_real_and_what_is_emulated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class EmulatorDouble(Started):
        def __init__(self, folder: Path) -> None: ...
        def wait_until_started(self) -> None: ...

    output = io.StringIO()
    monkeypatch.setattr(command, "find_provider", lambda folder: Provider((6, 25, 0), {}))
    monkeypatch.setattr(command, "Emulator", EmulatorDouble)
    monkeypatch.setattr(command, "terraform_version", lambda: "1.11.4")
    monkeypatch.setattr(command, "LocalWorld", lambda **_: None)

    with ExitStack() as stack:
        command.start_world(Screen(output), stack, tmp_path, engine="server")

    assert "no AWS account" in output.getvalue()
    assert "Real: Terraform 1.11.4, AWS provider 6.25.0, the sample function.\n" in output.getvalue()
    assert "Emulated: AWS, by localemu with the repairs in docs/emulators.md" in output.getvalue()
    assert (
        "Emulated: the search engine, by the search server of the tests. This engine was chosen." in output.getvalue()
    )


def test_invocations_are_read_from_the_log_of_the_function() -> None:
    lines = [
        "START RequestId: a\n",
        '{"demo": {"invocation": "a", "records": ["1", "2"]}}\n',
        '{"demo": {"invocation": "b", "records": ["3"]}}\n',
        '{"demo": {"invocation": "b", "error": "SystemExit: x"}}\n',
        '{"demo": {"invocation": "a", "failed": []}}\n',
        '{"demo": {"invocation": "c", "records": ["4"]}}\n',
        '{"demo": {"invocation": "c", "failed": ["4"]}}\n',
        '{"demo": {"invocation": "d", "records": ["5"]}}\n',
    ]

    assert list(read_invocations(iter(lines))) == [
        Invocation(["3"], "SystemExit: x"),
        Invocation(["1", "2"]),
        Invocation(["4"], "1 records failed"),
    ]


def test_a_message_of_the_queue_is_read() -> None:
    body = """{"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo":
        {"batchSize": 2, "startSequenceNumber": "100", "endSequenceNumber": "200"}}"""

    assert read_message(body) == FailedBatch("RetryAttemptsExhausted", 2, "100", "200")

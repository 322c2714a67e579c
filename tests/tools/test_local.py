"""`make local` runs the function as Lambda does, and shows what the index then holds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import local
from tests.engines.install import CannotInstallError

RECORD = {"dynamodb": {}, "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/label"}


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a new process, since the function's modules have the names of those of the tests."""
    command = [sys.executable, str(local.ROOT / "tools" / "local.py"), "--engine", "server", *map(str, arguments)]
    environment_without_engine = {
        name: value for name, value in os.environ.items() if name not in local.ENDPOINT_VARIABLES
    }
    return subprocess.run(
        command, env=environment_without_engine | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def section(output: str, index: str) -> list[str]:
    """Return the lines that the program prints for an index."""
    _, _, rest = output.partition(f"\n{index}: ")
    return rest.split("\n\n", 1)[0].splitlines()[1:]


@pytest.fixture(scope="module")
def done() -> subprocess.CompletedProcess[str]:
    """The finished program with the default events."""
    return run()


def test_default_events_show_documents_tombstones_and_rejected_records(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert "the search server of the tests" in done.stdout
    assert done.stdout.count('Response: {"batchItemFailures": []}') == 2
    (order,) = section(done.stdout, "orders")
    assert order.startswith('  order-1: {"id":"order-1","total":19.90,"paid":true,')
    (tombstone,) = section(done.stdout, "orders-tombstones")
    assert tombstone.startswith("  order-2: ")
    (rejection,) = section(done.stdout, "orders-rejected")
    assert '{"id":{"S":"order-3"}}: status 400, ' in rejection
    assert section(done.stdout, "orders-archive") == []


def test_default_events_contain_a_duplicate(done: subprocess.CompletedProcess[str]) -> None:
    logs = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"_aws"')]

    assert [log["Superseded"] for log in logs] == [0, 1]


def test_edited_transform_takes_effect(tmp_path: Path) -> None:
    folder = tmp_path / "function"
    shutil.copytree(local.ROOT / "function", folder)
    (folder / "transform.py").write_text(
        "def transform(document, change):\n    return document and {'seen': document['id']}\n"
    )

    done = run("--function", folder)

    assert section(done.stdout, "orders")[0].startswith('  order-1: {"seen":"order-1",')


def test_variables_of_the_function_take_effect() -> None:
    done = run(NUMBERS="text")

    assert '"total":"19.90"' in section(done.stdout, "orders")[0]


def test_wrong_configuration_is_an_error_without_a_traceback() -> None:
    done = run(NUMBERS="roman")

    assert done.returncode == 2
    assert "NUMBERS='roman': must be one of number, text" in done.stderr
    assert "Traceback" not in done.stderr


def test_invalid_index_name_is_an_error_without_a_traceback() -> None:
    done = run(INDEX="{table}-rejected")

    assert done.returncode == 2
    assert "INDEX='{table}-rejected'" in done.stderr
    assert "Traceback" not in done.stderr


def test_exception_of_the_function_stops_at_the_batch(tmp_path: Path) -> None:
    """A record without a sequence number does not come from a stream, so that the function raises an exception."""
    events = tmp_path / "events.json"
    events.write_text(json.dumps([{"Records": [RECORD]}] * 2))

    done = run(events)

    assert done.returncode == 1
    assert "ValueError: a record of the event has no sequence number" in done.stdout
    assert "Batch 2 of 2" not in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON"),
        ("[]", "has no event"),
        ("5", "event 1 is not an event"),
        ('{"Records": []}', "event 1 is not an event"),
        ('{"Records": [{"dynamodb": {}, "eventSourceARN": "orders"}]}', 'the ARN of the stream in "eventSourceARN"'),
        (
            '[{"Records": [{"body": "a message of a queue"}]}]',
            "record 1 of event 1 is not a record of a DynamoDB stream",
        ),
    ],
)
def test_wrong_events_are_an_error_that_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    file = tmp_path / "events.json"
    if content is not None:
        file.write_text(content)

    assert local.main([str(file), "--engine", "server"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {file}: ")
    assert message in error


def test_events_are_split_into_batches(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([{"Records": [RECORD] * 3}, {"Records": [RECORD]}]))

    assert [len(batch["Records"]) for batch in local.read_batches(file, 2)] == [2, 1, 1]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://search-orders.eu-west-1.es.amazonaws.com", "SEARCH_ENDPOINT: must be on the loopback interface"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9: no search engine answers"),
    ],
)
def test_endpoint_without_a_local_engine_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, message: str
) -> None:
    monkeypatch.setenv("SEARCH_ENDPOINT", url)

    assert local.main([]) == 2
    assert message in capsys.readouterr().err


def test_server_of_the_tests_takes_the_place_of_a_missing_opensearch(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_or_install() -> Any:
        raise CannotInstallError("Maven (mvn) is not on the path")

    monkeypatch.setattr(local, "load_or_install", load_or_install)
    for name in local.ENDPOINT_VARIABLES:
        monkeypatch.delenv(name, raising=False)

    with local.open_engine(None) as engine:
        assert engine.description.endswith("Maven (mvn) is not on the path")
    with pytest.raises(local.InputError, match="--engine opensearch: Maven"), local.open_engine("opensearch"):
        pass

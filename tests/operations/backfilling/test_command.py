"""The command checks the target, sends all units, and goes on after any interruption."""

from __future__ import annotations

import json
import os
import shlex
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import cli
from ddb_stream_lambda.operations import aws
from ddb_stream_lambda.operations.backfilling.state import Ranges
from ddb_stream_lambda.operations.interruptions import STOP_SIGNALS

from tests.operations.fakes import FUNCTION, STREAM, client_error

from .doubles import BUCKET, FOLDER, MAPPING, NOW, TABLE_ARN, FakeDynamoDB, FakeFunction, FakeS3, change, item

EXPORT = f"s3://{BUCKET}/{FOLDER}"


class Account:
    """Doubles of AWS, and the command."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.dynamodb = FakeDynamoDB([item(number) for number in range(95)])
        self.function = FakeFunction()
        self.s3 = FakeS3()
        self.folder = folder
        self._capsys = capsys
        clients = {"dynamodb": self.dynamodb, "lambda": self.function, "s3": self.s3}
        monkeypatch.setattr(aws.Connection, "client", lambda connection, service, **options: clients[service])
        monkeypatch.setattr("ddb_stream_lambda.operations.invoking.FIRST_PAUSE", 0.0)
        monkeypatch.setattr("ddb_stream_lambda.operations.backfilling.exports.SECONDS_BETWEEN_LOOKS", 0.0)
        monkeypatch.chdir(folder)

    def run(self, *options: str) -> int:
        code = cli.main(["backfill", "orders", *options])
        self.out, self.err = self._capsys.readouterr()
        return code

    def run_json(self, *options: str) -> dict[str, Any]:
        code = self.run("--json", *options)
        result: dict[str, Any] = json.loads(self.out)
        assert result["exit_code"] == code
        return result

    def ids(self) -> list[str]:
        return sorted(record["dynamodb"]["Keys"]["id"]["S"] for record in self.function.received)

    def all_ids(self) -> list[str]:
        return sorted(item["id"]["S"] for item in self.dynamodb.items)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "backfill-orders.json"

    def interrupt_after(self, batches: int) -> None:
        """Send the signal of Ctrl+C during a batch."""
        done = []

        def handler(records: list[Any]) -> None:
            done.append(len(records))
            if len(done) == batches:
                signal.raise_signal(signal.SIGINT)
                while signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:  # until the main thread has handled it
                    time.sleep(0.01)

        self.function.handler = handler


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Account:
    return Account(tmp_path, monkeypatch, capsys)


class TestScan:
    def test_sends_every_item_once(self, account: Account) -> None:
        assert account.run() == 0
        assert account.ids() == account.all_ids()
        assert account.function.functions == {FUNCTION}
        assert "95 items are done, 0 failed; 16 of 16 units" in account.out
        assert not account.checkpoint.exists()

    def test_reports_the_result_as_json(self, account: Account) -> None:
        result = account.run_json("--segments", "3", "--workers", "2")
        assert result | {"seconds": 0, "items_per_second": 0, "run": {}} == {
            "command": "backfill",
            "table": "orders",
            "stream": STREAM,
            "mapping": MAPPING,
            "function": FUNCTION,
            "run": {},
            "source": "scan",
            "done": 95,
            "failed": 0,
            "units": 3,
            "complete_units": 3,
            "complete": True,
            "read_units": pytest.approx(4.75, abs=0.06),
            "seconds": 0,
            "items_per_second": 0,
            "checkpoint": None,
            "failed_records": None,
            "exit_code": 0,
        }

    def test_the_run_starts_at_the_time_of_aws(self, account: Account) -> None:
        assert account.run_json()["run"]["started"] == NOW.isoformat()

    def test_sends_to_another_function(self, account: Account) -> None:
        assert account.run("--to", "other:live") == 0
        assert account.function.functions == {"other:live"}

    def test_sends_only_what_passes_the_filters_of_the_mapping(self, account: Account) -> None:
        pattern = {"dynamodb": {"NewImage": {"number": {"N": ["5", "50"]}}}}
        account.function.mappings[0]["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)}]}
        assert account.run() == 0
        assert account.ids() == ["item-00005", "item-00050"]
        account.function.received.clear()
        assert account.run("--no-filter") == 0
        assert account.ids() == account.all_ids()

    def test_ends_at_the_limit_and_goes_on_in_the_next_run(self, account: Account) -> None:
        assert account.run("--limit", "31") == 0
        assert len(account.function.received) == 31
        assert "run the command again" in account.out
        assert account.run() == 0
        assert account.ids() == account.all_ids()
        assert "resumed from backfill-orders.json: 31 items" in account.err

    def test_a_resumed_run_has_the_same_numbers_and_ids(self, account: Account) -> None:
        account.run("--workers", "1", "--limit", "40")
        account.run()
        resumed = {record["eventID"]: record["dynamodb"]["SequenceNumber"] for record in account.function.received}
        account.function.received.clear()
        account.run("--workers", "1")
        once = {record["eventID"]: record["dynamodb"]["SequenceNumber"] for record in account.function.received}
        assert len(resumed) == len(once) == 95
        assert {number[:10] for number in resumed.values()} == {number[:10] for number in once.values()}

    def test_a_refused_item_ends_in_the_file_of_failed_records(self, account: Account) -> None:
        def handler(records: list[Any]) -> None:
            if any(record["dynamodb"]["Keys"]["id"]["S"] == "item-00042" for record in records):
                raise ValueError("cannot handle this")

        account.function.handler = handler

        result = account.run_json()

        assert (result["exit_code"], result["done"], result["failed"], result["complete"]) == (1, 94, 1, True)
        (line,) = Path(result["failed_records"]).read_text().splitlines()
        failure = json.loads(line)
        assert failure["record"]["dynamodb"]["NewImage"] == item(42)
        assert "cannot handle this" in failure["error"]

    def test_redrive_sends_the_file_of_failed_records(
        self, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def handler(records: list[Any]) -> None:
            if any(record["dynamodb"]["NewImage"]["number"]["N"] in ("3", "42", "77") for record in records):
                raise ValueError("cannot handle this")

        account.function.handler = handler
        assert account.run("--segments", "3") == 1
        (line,) = (line for line in account.out.splitlines() if "redrive" in line)
        _, _, command = line.partition("send them with: ")
        program, *arguments = shlex.split(command)
        assert program == "ddb-stream-lambda"

        account.function.handler = lambda records: None
        monkeypatch.setenv("XDG_STATE_HOME", str(account.folder))
        assert cli.main(arguments) == 0
        assert "3 records sent" in capsys.readouterr().out
        assert account.ids() == account.all_ids()

    @pytest.mark.parametrize(
        ("options", "added"),
        [
            ([], []),
            (["--to", "other:live"], ["--to", "other:live"]),
            (["--mapping", MAPPING], ["--to", FUNCTION]),
            (["--no-filter", "--profile", "two words"], ["--no-filter", "--profile", "two words"]),
            (
                ["--endpoint-url", "http://x?a&b", "--region", "eu-west-1"],
                ["--region", "eu-west-1", "--endpoint-url", "http://x?a&b"],
            ),
        ],
    )
    def test_the_command_for_failed_records_sends_to_the_same_function_of_the_same_account(
        self, account: Account, options: list[str], added: list[str]
    ) -> None:
        def handler(records: list[Any]) -> None:
            if any(record["dynamodb"]["NewImage"]["number"]["N"] == "3" for record in records):
                raise ValueError("cannot handle this")

        account.function.handler = handler
        assert account.run("--failed", "the failed", *options) == 1
        _, _, command = account.out.partition("send them with: ")
        words = ["ddb-stream-lambda", "redrive", "--records", "the failed", *added]
        assert shlex.split(command.splitlines()[0]) == words

    def test_a_function_that_fails_for_all_ends_the_run_and_nothing_is_lost(self, account: Account) -> None:
        def handler(records: list[Any]) -> None:
            raise ValueError("broken")

        account.function.handler = handler
        assert account.run("--failed", "failed.jsonl") == 1
        assert "failed for 10 items in a row" in account.err
        assert "ValueError: broken" in account.err
        # Units of few items may have ended before.
        kept = Path("failed.jsonl").read_text().splitlines() if Path("failed.jsonl").exists() else []
        assert len(kept) < 10
        account.function.handler = lambda records: None
        assert account.run("--failed", "failed.jsonl") == (1 if kept else 0)
        failed = [json.loads(line)["record"]["dynamodb"]["Keys"]["id"]["S"] for line in kept]
        assert sorted(account.ids() + failed) == account.all_ids()


class TestInterruption:
    @pytest.mark.parametrize("batches", [1, 3, 6])
    def test_ctrl_c_ends_after_the_batch_and_the_next_run_goes_on(self, account: Account, batches: int) -> None:
        account.interrupt_after(batches)
        assert account.run("--workers", "1") == 130
        assert "run the command again to go on" in account.err
        assert account.checkpoint.exists()
        account.function.handler = lambda records: None
        assert account.run() == 0
        assert account.ids() == account.all_ids()

    @pytest.mark.parametrize("cause", ["throttle", "error", "partial response"])
    @pytest.mark.parametrize("workers", ["1", "4"])
    def test_ctrl_c_in_a_pause_counts_no_item_as_failed(
        self, account: Account, cause: str, workers: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a wait for the rest of the pause."""
        monkeypatch.setattr("ddb_stream_lambda.operations.invoking.FIRST_PAUSE", 20.0)
        account.interrupt_after(2)
        interrupt = account.function.handler
        invoke = account.function.invoke
        failed: list[int] = []

        def handler(records: list[Any]) -> Any:
            interrupt(records)
            if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
                failed.append(len(records))
                if cause == "error":
                    raise ValueError("broken")
                if cause == "partial response":
                    return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}
            return None

        def throttled(**request: Any) -> Any:
            answer = invoke(**request)
            if cause == "throttle" and failed:
                failed.append(0)
                raise client_error("TooManyRequestsException", 429)
            return answer

        monkeypatch.setattr(account.function, "invoke", throttled)

        account.function.handler = handler
        began = time.monotonic()
        result = account.run_json("--workers", workers)
        assert time.monotonic() - began < 8
        assert (result["exit_code"], result["failed"]) == (130, 0)
        assert "interrupted; run the command again" in account.err
        assert len(failed) <= 2 * int(workers), "a batch was sent again without a pause"
        assert not list(account.folder.glob("*.failed.jsonl"))
        monkeypatch.setattr(account.function, "invoke", invoke)
        account.function.handler, account.function.received = lambda records: None, []
        assert account.run() == 0
        assert len(set(account.ids())) == len(account.ids()) == len(account.all_ids()) - result["done"]

    def test_ctrl_c_comes_before_the_errors_of_units(self, account: Account) -> None:
        account.s3.put_export(TestExport().files())
        account.s3.objects["AWSDynamoDB/data/file0.json.gz"] += b"x"
        account.interrupt_after(1)
        result = account.run_json("--workers", "1", "--export", EXPORT)
        assert result["exit_code"] == 130
        assert "file0.json.gz: has the MD5 checksum" in result["errors"][0]

    def test_an_error_that_ends_the_run_ends_the_pauses_of_other_workers(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ddb_stream_lambda.operations.invoking.FIRST_PAUSE", 20.0)
        waiting = threading.Event()

        def invoke(**_: Any) -> Any:
            if waiting.is_set():
                raise client_error("AccessDeniedException")
            waiting.set()
            raise client_error("TooManyRequestsException", 429)

        monkeypatch.setattr(account.function, "invoke", invoke)
        began = time.monotonic()
        result = account.run_json("--workers", "2")
        assert time.monotonic() - began < 8
        assert (result["exit_code"], result["done"], result["failed"]) == (3, 0, 0)

    @pytest.mark.parametrize("batch", range(1, 12))
    def test_a_run_that_dies_in_a_batch_repeats_that_batch_only(self, account: Account, batch: int) -> None:
        class DeathError(BaseException):
            pass

        seen = []

        def handler(records: list[Any]) -> None:
            seen.append(records)
            if len(seen) == batch:
                account.function.received += records  # the function is done, and the command does not learn it
                raise DeathError

        account.function.handler = handler
        with pytest.raises(DeathError):
            account.run("--workers", "1", "--segments", "2")
        account.function.handler = lambda records: None
        assert account.run() == 0
        assert sorted({*account.ids()}) == account.all_ids()
        assert len(account.ids()) - len(account.all_ids()) <= 10


class TestCheckpoint:
    def test_of_another_stream_is_refused(self, account: Account) -> None:
        account.run("--limit", "10")
        newer = STREAM[:-1] + "9"
        account.dynamodb.description["LatestStreamArn"] = newer
        account.function.list_event_source_mappings = lambda **_: {  # type: ignore[method-assign]
            "EventSourceMappings": account.function.mappings
        }
        assert account.run() == 2
        assert f"its stream is {STREAM}, not {newer}" in account.err
        assert "--restart" in account.err

    @pytest.mark.parametrize("options", [["--to", "other"], ["--consistent"], ["--export", EXPORT]])
    def test_of_another_function_or_source_is_refused(self, account: Account, options: list[str]) -> None:
        account.run("--limit", "10")
        assert account.run(*options) == 2
        assert "is the checkpoint of another backfill" in account.err

    def test_of_other_segments_is_refused(self, account: Account) -> None:
        account.run("--limit", "10")
        assert account.run("--segments", "5") == 2
        assert "the checkpoint has 16 segments" in account.err

    def test_restart_begins_again(self, account: Account) -> None:
        account.run("--limit", "10")
        account.function.received.clear()
        assert account.run("--restart") == 0
        assert account.ids() == account.all_ids()

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1}', b"\xff\xfe\x00", b"[" * 100_000]
    )
    def test_a_file_that_is_none_is_refused_and_kept(self, account: Account, content: bytes) -> None:
        account.checkpoint.write_bytes(content)
        assert account.run() == 2
        assert "is not a checkpoint" in account.err
        assert account.checkpoint.read_bytes() == content

    @pytest.mark.parametrize(
        "changes",
        [
            {"units": []},
            {"units": {"1": []}},
            {"units": {"1": {"done": "1"}}},
            {"complete": [["a", "b"]]},
            {"complete": 1},
            {"run": []},
            {"run": {"id": "1", "started": 1}},
            {"source": 1},
            {"done": float("inf")},
            {"identity": 1},
        ],
    )
    def test_a_file_with_values_of_another_kind_is_refused(self, account: Account, changes: dict[str, Any]) -> None:
        account.run("--limit", "10")
        account.checkpoint.write_text(json.dumps(json.loads(account.checkpoint.read_text()) | changes))
        assert account.run() == 2
        assert "is not a checkpoint" in account.err

    def test_is_used_by_one_run_at_a_time(self, account: Account) -> None:
        codes: list[int] = []

        def handler(records: list[Any]) -> None:
            if not codes:
                codes.append(0)
                codes[0] = cli.main(["backfill", "orders"])

        account.function.handler = handler
        assert account.run("--workers", "1") == 0
        assert codes == [2]
        assert "another run of backfill on this machine uses it; wait for it to end" in account.err
        assert list(account.folder.iterdir()) == []

    @pytest.mark.parametrize(
        "options", [[], ["--restart"], ["--failed", "missing/x"], ["--to", "other"], ["--segments", "5"]]
    )
    def test_is_not_locked_after_an_error(self, account: Account, options: list[str]) -> None:
        account.run("--limit", "10")
        account.dynamodb.errors = [client_error("AccessDeniedException")]
        assert account.run(*options) in (2, 3)
        account.dynamodb.errors = []
        assert account.run("--restart") == 0

    def test_lock_of_a_run_that_was_killed_is_no_error(self, account: Account) -> None:
        (account.folder / "backfill-orders.json.lock").touch()
        assert account.run() == 0
        assert list(account.folder.iterdir()) == []

    def test_is_always_complete_on_disk(self, account: Account) -> None:
        def handler(records: list[Any]) -> None:
            json.loads(account.checkpoint.read_text())

        account.function.handler = handler
        assert account.run() == 0
        assert list(account.folder.iterdir()) == []

    def test_a_folder_that_cannot_be_written_is_an_error(self, account: Account) -> None:
        assert account.run("--checkpoint", "missing/file.json") == 2
        assert "--checkpoint missing/file.json: cannot be written: No such file or directory" in account.err
        assert account.dynamodb.scans == []

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (".", "is not a file; give --checkpoint another file"),
            ("/", "is not a file"),
            ("pipe", "is not a file"),
            ("mine/x", "cannot be written: Not a directory"),
            ("x" * 300, "cannot be written: File name too long"),
        ],
    )
    @pytest.mark.parametrize("options", [[], ["--restart"]])
    def test_a_name_that_no_file_can_get_is_an_error_of_usage(
        self, account: Account, name: str, text: str, options: list[str]
    ) -> None:
        (account.folder / "mine").touch()
        os.mkfifo(account.folder / "pipe")  # as a device, which this test would destroy if it failed
        assert account.run("--checkpoint", name, *options) == 2
        assert f"--checkpoint {name}: {text}" in account.err
        assert account.function.batches == []

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("missing/x", "cannot be written: No such file or directory; give --failed another file"),
            (".", "is not a file for records"),
            ("backfill-orders.json", "is not a file for records"),
            ("backfill-orders.json.tmp", "is not a file for records"),
            ("x" * 300, "cannot be written: File name too long"),
        ],
    )
    def test_a_file_of_failed_records_that_cannot_be_written_is_an_error_of_usage(
        self, account: Account, name: str, text: str
    ) -> None:
        assert account.run("--failed", name) == 2
        assert f"--failed {name}: {text}" in account.err
        assert account.function.batches == []
        assert list(account.folder.iterdir()) == []

    def test_ranges_keep_complete_units(self) -> None:
        ranges = Ranges()
        for number in (3, 0, 1, 5, 4):
            ranges.add(number)
        assert ranges.to_json() == [[0, 1], [3, 5]]
        assert [number for number in range(7) if number in ranges] == [0, 1, 3, 4, 5]
        assert len(ranges) == 5


class TestTarget:
    def test_a_table_without_a_stream_is_refused_before_it_is_read(self, account: Account) -> None:
        del account.dynamodb.description["StreamSpecification"]
        assert account.run() == 2
        assert "has no stream" in account.err
        assert "stream_enabled" in account.err
        assert account.dynamodb.scans == []

    def test_a_stream_without_a_mapping_is_refused_before_it_is_read(self, account: Account) -> None:
        account.function.mappings.clear()
        assert account.run() == 2
        assert "no event source mapping" in account.err
        assert account.dynamodb.scans == []

    @pytest.mark.parametrize("state", ["Disabled", "Disabling", "Creating", "Enabling"])
    def test_a_mapping_that_does_not_read_is_refused(self, account: Account, state: str) -> None:
        account.function.mappings[0]["State"] = state
        assert account.run() == 2
        assert f"is in the state {state}" in account.err
        assert f"update-event-source-mapping --uuid {MAPPING} --enabled" in account.err
        assert account.run("--allow-disabled-mapping") == 0

    def test_one_of_several_mappings_must_be_chosen(self, account: Account) -> None:
        other = account.function.mappings[0] | {"UUID": "other", "FunctionArn": "audit"}
        account.function.mappings.append(other)
        assert account.run() == 2
        assert f"{MAPPING} ({FUNCTION}), other (audit)" in account.err
        assert account.run("--mapping", "other") == 0
        assert account.function.functions == {"audit"}

    def test_an_unknown_mapping_is_refused(self, account: Account) -> None:
        assert account.run("--mapping", "other") == 2
        assert "no such mapping" in account.err

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
    def test_a_refusal_of_aws_has_its_exit_code(
        self, account: Account, code: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(**request: Any) -> Any:
            raise client_error(code)

        monkeypatch.setattr(account.dynamodb, "describe_table", refuse)
        result = account.run_json()
        assert result["exit_code"] == 3
        assert "cannot describe the table orders" in result["error"]

    def test_a_refusal_during_the_scan_keeps_the_checkpoint(self, account: Account) -> None:
        account.run("--limit", "10")
        account.dynamodb.errors = [client_error("AccessDeniedException")]
        assert account.run() == 3
        assert account.run() == 0
        assert account.ids() == account.all_ids()


class TestCapacity:
    def test_a_provisioned_table_is_read_with_a_quarter_of_its_capacity(self, account: Account) -> None:
        account.dynamodb.description |= {"ProvisionedThroughput": {"ReadCapacityUnits": 400}, "BillingModeSummary": {}}
        assert account.run_json("--dry-run")["max_read_units_per_second"] == 100

    def test_a_percentage_counts_from_the_read_capacity(self, account: Account) -> None:
        account.dynamodb.description |= {"OnDemandThroughput": {"MaxReadRequestUnits": 50}}
        assert account.run_json("--dry-run", "--max-rcu", "10%")["max_read_units_per_second"] == 5

    def test_a_percentage_of_an_unbounded_table_is_refused(self, account: Account) -> None:
        assert account.run("--max-rcu", "10%") == 2
        assert "give a number of read units" in account.err

    def test_pages_are_bounded(self, account: Account) -> None:
        assert account.run("--max-rcu", "100000") == 0
        assert all("Limit" in request for request in account.dynamodb.scans)


class TestDryRun:
    def test_shows_items_costs_and_time_and_sends_nothing(self, account: Account) -> None:
        account.dynamodb.description |= {"ItemCount": 1_000_000, "TableSizeBytes": 2 * 2**30}
        assert account.run("--dry-run", "--max-rcu", "100") == 0
        assert "262,144 read units" in account.out
        assert "about 1,000,000" in account.out
        assert "100,000 invocations" in account.out
        assert "43 min 41 s at 100 read units per second" in account.out
        assert account.function.batches == []
        assert list(account.folder.iterdir()) == []

    def test_of_an_export_has_the_counts_of_its_manifest(self, account: Account) -> None:
        account.s3.put_export([[{"Item": item(1)}], [{"Item": item(2)}]], empty=3)
        result = account.run_json("--dry-run", "--export", EXPORT)
        assert (result["items"], result["bytes"], result["read_units"]) == (2, 1000, 0)


class TestExport:
    def files(self) -> list[list[dict[str, Any]]]:
        return [[{"Item": item(number)} for number in range(start, 95, 3)] for start in range(3)]

    def test_sends_every_item_of_every_file(self, account: Account) -> None:
        account.s3.put_export(self.files(), empty=2)
        assert account.run("--export", EXPORT + "/") == 0
        assert account.ids() == account.all_ids()
        assert account.dynamodb.scans == []

    def test_the_records_state_the_time_of_the_export(self, account: Account) -> None:
        account.s3.put_export(self.files(), time=NOW - timedelta(hours=1))
        account.run("--export", EXPORT)
        times = {record["dynamodb"]["ApproximateCreationDateTime"] for record in account.function.received}
        assert times == {int((NOW - timedelta(hours=1)).timestamp())}

    @pytest.mark.parametrize("batch", range(1, 11))
    def test_goes_on_after_a_death_in_any_batch(self, account: Account, batch: int) -> None:
        account.s3.put_export(self.files())
        account.interrupt_after(batch)
        assert account.run("--workers", "1", "--export", EXPORT) in (0, 130)
        account.function.handler = lambda records: None
        if account.checkpoint.exists():
            assert account.run("--export", EXPORT) == 0
        assert account.ids() == account.all_ids()

    def test_changes_of_an_incremental_export_keep_their_kind(self, account: Account) -> None:
        account.s3.put_incremental_export(
            [[change(1, new=item(1)), change(2, new=item(2), old=item(2))], [change(3, new=None, old=item(3))]]
        )
        assert account.run("--export", EXPORT) == 0
        assert sorted(record["eventName"] for record in account.function.received) == ["INSERT", "MODIFY", "REMOVE"]
        assert "incremental export has no sequence numbers" in account.err

    def test_a_damaged_file_is_reported_and_the_others_are_sent(self, account: Account) -> None:
        account.s3.put_export(self.files())
        account.s3.objects["AWSDynamoDB/data/file1.json.gz"] += b"x"
        assert account.run("--export", EXPORT) == 1
        assert "file1.json.gz: has the MD5 checksum" in account.err
        assert len(account.ids()) == 95 - 32
        account.s3.put_export(self.files())
        assert account.run("--export", EXPORT) == 0
        assert account.ids() == account.all_ids()

    def test_of_another_table_is_refused(self, account: Account) -> None:
        account.s3.put_export([], tableArn=TABLE_ARN + "2")
        assert account.run("--export", EXPORT) == 2
        assert f"is an export of {TABLE_ARN}2" in account.err

    def test_that_is_older_than_the_stream_is_refused(self, account: Account) -> None:
        """The changes between are neither in the export nor in the stream."""
        account.s3.put_export(self.files(), time=NOW - timedelta(days=10))
        assert account.run("--export", EXPORT) == 2
        assert "before the stream was created" in account.err
        assert account.run("--export", EXPORT, "--allow-gap") == 0

    def test_in_another_format_is_refused(self, account: Account) -> None:
        account.s3.put_export([], outputFormat="ION")
        assert account.run("--export", EXPORT) == 2
        assert "export the table as DYNAMODB_JSON" in account.err

    def test_without_a_manifest_is_refused(self, account: Account) -> None:
        assert account.run("--export", f"s3://{BUCKET}/AWSDynamoDB") == 2
        assert "give the folder of one export" in account.err

    @pytest.mark.parametrize("text", [b"{}", b"{", b'{"outputFormat": "DYNAMODB_JSON"}'])
    def test_with_an_unknown_manifest_is_an_error(self, account: Account, text: bytes) -> None:
        account.s3.objects[f"{FOLDER}/manifest-summary.json"] = text
        assert account.run("--export", EXPORT) == 1
        assert "does not have the form" in account.err

    def test_whose_files_do_not_add_up_is_an_error(self, account: Account) -> None:
        account.s3.put_export(self.files(), itemCount=96)
        assert account.run("--export", EXPORT) == 1
        assert "have 95 items, and its summary has 96" in account.err


class TestStartExport:
    def test_starts_an_export_waits_and_sends_it(self, account: Account) -> None:
        account.s3.put_export(TestExport().files())
        assert account.run("--start-export", f"s3://{BUCKET}/some/prefix") == 0
        (request,) = account.dynamodb.exports
        assert (request["TableArn"], request["S3Bucket"], request["S3Prefix"]) == (TABLE_ARN, BUCKET, "some/prefix")
        assert request["ExportFormat"] == "DYNAMODB_JSON"
        assert account.ids() == account.all_ids()

    def test_a_window_gives_an_incremental_export(self, account: Account) -> None:
        account.s3.put_incremental_export([[change(1, new=item(1))]])
        since = (NOW - timedelta(hours=2)).isoformat()
        assert account.run("--start-export", f"s3://{BUCKET}", "--since", since) == 0
        (request,) = account.dynamodb.exports
        assert request["ExportType"] == "INCREMENTAL_EXPORT"
        window = request["IncrementalExportSpecification"]
        assert (window["ExportFromTime"], window["ExportToTime"]) == (NOW - timedelta(hours=2), NOW)

    def test_an_interrupted_run_waits_for_the_same_export(self, account: Account) -> None:
        account.s3.put_export(TestExport().files())
        account.run("--start-export", f"s3://{BUCKET}", "--limit", "10")
        account.dynamodb.statuses = ["COMPLETED"]
        assert account.run("--start-export", f"s3://{BUCKET}") == 0
        assert len(account.dynamodb.exports) == 1
        assert account.ids() == account.all_ids()

    def test_needs_point_in_time_recovery(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**request: Any) -> Any:
            raise client_error("PointInTimeRecoveryUnavailableException")

        monkeypatch.setattr(account.dynamodb, "export_table_to_point_in_time", refuse)
        assert account.run("--start-export", f"s3://{BUCKET}") == 2
        assert "point_in_time_recovery" in account.err

    def test_a_failed_export_is_reported(self, account: Account) -> None:
        account.dynamodb.statuses = ["FAILED"]
        assert account.run("--start-export", f"s3://{BUCKET}") == 3
        assert "AccessDenied: no permission" in account.err


class TestUsage:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--limit", "0"], "must be a number from 1"),
            *(
                ([option, ""], f"argument {option}: '' must not be empty")
                for option in ("--mapping", "--to", "--checkpoint", "--failed", "--region", "--profile")
            ),
            (["--workers", "101"], "must be a number from 1 to 100"),
            (["--segments", "1000001"], "must be a number from 1 to 1000000"),
            (["--max-rcu", "0"], "must be a positive number"),
            (["--max-rcu", "101%"], "a percentage from 1% to 100%"),
            (["--export", "exports/a"], "must be s3://BUCKET"),
            (["--start-export", "s3://exports", "--export", "s3://exports"], "not allowed with"),
            (["--since", "yesterday", "--start-export", "s3://exports"], "must be a time such as"),
        ],
    )
    def test_a_wrong_option_is_refused_with_the_allowed_values(
        self, account: Account, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as exit_:
            account.run(*options)
        assert exit_.value.code == 2
        assert message in capsys.readouterr().err

    def test_an_empty_name_of_the_table_is_refused(self, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exit_:
            cli.main(["backfill", ""])
        assert exit_.value.code == 2
        assert "argument TABLE: '' must not be empty" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "options", [["--since", "2026-01-01"], ["--start-export", "s3://exports", "--until", "2026-01-01"]]
    )
    def test_a_window_without_its_other_options_is_refused(self, account: Account, options: list[str]) -> None:
        assert account.run(*options) == 2
        assert "give both" in account.err


def test_several_workers_send_at_the_same_time(account: Account) -> None:
    together = threading.Barrier(3, timeout=10)
    first: Callable[[list[Any]], Any] = lambda records: together.wait()  # noqa: E731
    waited: list[int] = []

    def handler(records: list[Any]) -> None:
        if len(waited) < 3:
            waited.append(1)
            first(records)

    account.function.handler = handler
    assert account.run("--workers", "3") == 0
    assert account.ids() == account.all_ids()


def test_signals_are_restored(account: Account) -> None:
    before = [signal.getsignal(name) for name in STOP_SIGNALS]
    account.run()
    assert [signal.getsignal(name) for name in STOP_SIGNALS] == before

"""The commands of manage.py on a real engine."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import manage
from management import rejected
from tests.engines.engine import Engine
from tests.function.harness import Clock, Indexer
from tests.function.stream_events import put, remove, text_image

pytestmark = pytest.mark.slow

LABEL = "2026-01-01T00:00:00.000"

# Runs manage.py with these arguments, and returns its exit code.
Manage = Callable[..., int]


@pytest.fixture
def index(engine: Engine) -> str:
    return engine.new_index()


@pytest.fixture
def run(engine: Engine, index: str) -> Manage:
    def run(*arguments: str, **environment: str) -> int:
        defaults = {"SEARCH_ENDPOINT": engine.url, "SEARCH_SERVICE": "none", "INDEX": index}
        return manage.main(arguments, defaults | environment)

    return run


def store(
    engine: Engine, index: str, *records: dict[str, Any], reason: str = "status 400", rejected_at: int = 1_000
) -> None:
    """Store records as the function stores those that the index refused."""
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        document = {
            "rejected_at": rejected_at,
            "table": "Orders",
            "index": index,
            "document_id": "a",
            "stream_arn": record["eventSourceARN"],
            "sequence_number": number,
            "keys": json.dumps(record["dynamodb"]["Keys"]),
            "reason": reason,
            "record": json.dumps(record),
        }
        answer = engine.request("PUT", f"/{index}-rejected/_doc/{LABEL}%2F{number}?refresh=true", document)
        assert answer.status in {200, 201}


def stored(engine: Engine, index: str) -> set[str]:
    """Return the sequence numbers of the stored records."""
    return {id.partition("/")[2] for id in engine.documents(f"{index}-rejected")}


def values(engine: Engine, index: str) -> dict[str, Any]:
    return {id: document.get("value") for id, document in engine.documents(index).items()}


def refuse(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    """Make the transform raise an exception for images with these values."""

    def transform(document: dict[str, Any] | None, _: object) -> dict[str, Any] | None:
        if document and document.get("value") in values:
            raise ValueError
        return document

    monkeypatch.setattr(manage, "transform", transform)


def test_templates_are_applied_and_indexes_are_created(
    engine: Engine, run: Manage, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("apply-template", "--create", EXPIRED_ITEMS="archive") == 0
    output = capsys.readouterr().out

    settings = engine.request("GET", f"/{index}*/_settings").body
    assert set(settings) == {f"{index}-v1", f"{index}-tombstones", f"{index}-rejected", f"{index}-archive"}
    assert settings[f"{index}-v1"]["settings"]["index"]["gc_deletes"] == "5m"
    assert engine.request("GET", f"/_alias/{index}").body == {f"{index}-v1": {"aliases": {index: {}}}}
    assert f"applied stream-indexer-{index} to {index}, {index}-v*\n" in output
    assert f"created {index}-v1 with the alias {index}\n" in output

    assert run("apply-template", "--create", EXPIRED_ITEMS="archive") == 0
    assert f"kept {index}: it exists, and its mapping did not change\n" in capsys.readouterr().out


def test_an_index_that_lacks_the_alias_is_explained(
    engine: Engine, run: Manage, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.request("PUT", f"/{index}-v1")

    assert run("apply-template", "--create") == 2

    assert capsys.readouterr().err == (
        f"--create: the index {index}-v1 exists, but the alias {index} does not; "
        f"add the alias to an index, or delete {index}-v1\n"
    )


def test_an_index_behind_the_alias_of_another_table_is_refused(
    run: Manage, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("apply-template", "--create") == 0

    assert run("apply-template", "--create", INDEX=f"{index}-v1") == 2

    assert f"the index {index}-v1 has the alias {index}, so it has the documents of INDEX={index};" in (
        capsys.readouterr().err
    )


def test_only_the_indexes_in_use_are_created(engine: Engine, run: Manage, index: str) -> None:
    assert run("apply-template", "--create", TOMBSTONES="off", REJECTED_RECORDS="report") == 0

    assert set(engine.request("GET", f"/{index}*/_settings").body) == {f"{index}-v1"}


def test_template_is_for_the_index_of_the_table(run: Manage, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("apply-template", "--dry-run", "--table", "Orders", INDEX="shop-{table}") == 0

    assert "PUT /_index_template/stream-indexer-shop-orders-rejected\n" in capsys.readouterr().out


def test_dry_run_prints_the_requests_only(
    engine: Engine, run: Manage, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("apply-template", "--create", "--dry-run") == 0

    request, _, rest = capsys.readouterr().out.partition("\n")
    assert request == f"PUT /_index_template/stream-indexer-{index}"
    body, _ = json.JSONDecoder().raw_decode(rest)
    assert body["index_patterns"] == [index, f"{index}-v*"]
    assert engine.request("GET", request.removeprefix("PUT ")).status == 404
    assert engine.request("GET", f"/{index}*/_settings").body == {}


def test_properties_and_dynamic_are_in_the_mapping(engine: Engine, run: Manage, index: str, tmp_path: Path) -> None:
    path = tmp_path / "properties.json"
    path.write_text('{"price": {"type": "double"}}')

    assert run("apply-template", "--create", "--dynamic", "strict", "--properties", str(path)) == 0

    (body,) = engine.request("GET", f"/{index}/_mapping").body.values()
    assert body["mappings"]["dynamic"] == "strict"
    assert set(body["mappings"]["properties"]) == {"_sequence_number", "price"}


def test_a_property_that_the_service_refuses_is_named(
    run: Manage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "properties.json"
    path.write_text('{"name": {"type": "text"}, "price": {"type": "dubble"}}')

    assert run("apply-template", "--properties", str(path)) == 2

    assert capsys.readouterr().err == (
        f'--properties {path}: the search service refuses the mapping of the field \'price\', {{"type": "dubble"}}; '
        "correct its type and parameters\n"
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["rejected"], {"SEARCH_ENDPOINT": ""}, "SEARCH_ENDPOINT='': must be the https URL"),
        (["rejected"], {"INDEX": "{table}"}, "INDEX='{table}': depends on the table; add --table NAME"),
        (["rejected", "--table", "Orders"], {}, "--table 'Orders': applies only if INDEX contains {table}"),
        (["apply-template", "--dynamic", "false"], {}, "--dynamic false: no field would be searchable"),
        (["apply-template", "--properties", "none.json"], {}, "--properties none.json: cannot be read"),
    ],
)
def test_wrong_usage_is_explained(
    run: Manage,
    arguments: list[str],
    environment: dict[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*arguments, **environment) == 2

    assert message in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "x"])
def test_a_wrong_limit_is_explained(run: Manage, limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run("resend-rejected", "--limit", limit)

    assert raised.value.code == 2
    assert f"argument --limit: '{limit}' must be a whole number of at least 1" in capsys.readouterr().err


def test_a_service_that_does_not_answer_is_an_error(
    run: Manage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "STEP_SECONDS", 0.0)

    assert run("rejected", SEARCH_ENDPOINT="http://127.0.0.1:1") == 1

    assert "no response (Connection refused)" in capsys.readouterr().err


def test_without_an_index_there_are_no_rejected_records(
    run: Manage, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rejected") == 0
    assert run("resend-rejected") == 0

    assert capsys.readouterr().out == (
        f"{index}-rejected: no records\n0 records are done, 0 could not be indexed and stay in {index}-rejected\n"
    )


@pytest.mark.parametrize("has_template", [True, False])
def test_rejected_records_are_counted_by_reason(
    engine: Engine, run: Manage, index: str, has_template: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if has_template:
        run("apply-template")
    store(engine, index, put(1), put(2), reason="status 400, depth", rejected_at=1_767_225_600_000)
    store(engine, index, put(3), reason="status 400, type", rejected_at=1_767_225_600_001)
    capsys.readouterr()

    assert run("rejected") == 0
    assert capsys.readouterr().out == (
        f"{index}-rejected: 3 records, the oldest of 2026-01-01T00:00:00.000+00:00\n"
        "       2  status 400, depth\n"
        "       1  status 400, type\n"
    )
    assert run("rejected", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "index": f"{index}-rejected",
        "count": 3,
        "oldest": "2026-01-01T00:00:00.000+00:00",
        "reasons": {"status 400, depth": 2, "status 400, type": 1},
    }


@pytest.mark.parametrize("has_template", [True, False])
def test_records_that_are_done_are_deleted_and_the_others_stay_as_they_are(
    engine: Engine,
    run: Manage,
    index: str,
    has_template: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if has_template:
        run("apply-template")
    refuse(monkeypatch, "bad")
    store(engine, index, put(1, "a", text_image("good")), put(2, "b", text_image("bad")), remove(3, "c"))
    before = engine.documents(f"{index}-rejected")[f"{LABEL}/2"]
    capsys.readouterr()

    assert run("resend-rejected") == 3

    assert values(engine, index) == {"a": "good"}
    assert engine.documents(f"{index}-rejected") == {f"{LABEL}/2": before}
    output = capsys.readouterr().out.splitlines()
    assert output[0] == f"2 records are done, 1 could not be indexed and stay in {index}-rejected"
    assert output[1].startswith("       1  the document could not be built: ValueError in transform")


def test_records_that_the_function_stored_are_indexed_when_the_cause_is_corrected(
    engine: Engine, run: Manage, index: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("apply-template", "--create") == 0
    indexer = Indexer(engine.url, clock, INDEX=index)
    report = indexer.index(put(1, "a", {"value": {"M": {"x": {"N": "1"}}}}), put(2, "b", {"value": {"N": "2"}}))
    assert set(report.rejections) == {"2"}
    before = engine.documents(f"{index}-rejected")

    assert run("resend-rejected") == 3
    assert engine.documents(f"{index}-rejected") == before

    def transform(document: dict[str, Any] | None, _: object) -> dict[str, Any] | None:
        return document and {"value": {"x": document["value"]}}

    monkeypatch.setattr(manage, "transform", transform)
    assert run("resend-rejected") == 0
    assert engine.documents(f"{index}-rejected") == {}
    assert values(engine, index) == {"a": {"x": 1}, "b": {"x": 2}}


def test_a_record_never_overwrites_a_newer_change(engine: Engine, run: Manage, index: str) -> None:
    store(engine, index, put(2, image=text_image("new")))
    assert run("resend-rejected") == 0
    store(engine, index, put(1, image=text_image("old")))

    assert run("resend-rejected") == 0

    assert values(engine, index) == {"a": "new"}
    assert stored(engine, index) == set()


def test_all_pages_are_sent_although_the_records_have_one_time(
    engine: Engine, run: Manage, index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rejected, "PAGE_SIZE", 2)
    refuse(monkeypatch, "bad")
    store(engine, index, *(put(number, str(number), text_image("bad")) for number in (1, 3)))
    store(engine, index, *(put(number, str(number), text_image("good")) for number in (2, 4, 5)))
    store(engine, index, put(6, "6", text_image("good")), rejected_at=2_000)

    assert run("resend-rejected") == 3

    assert values(engine, index) == {"2": "good", "4": "good", "5": "good", "6": "good"}
    assert stored(engine, index) == {"1", "3"}
    assert "4 records are done, 2 could not be indexed" in capsys.readouterr().out


def test_limit_sends_the_oldest_records(engine: Engine, run: Manage, index: str) -> None:
    store(engine, index, put(1, "a"), rejected_at=3_000)
    store(engine, index, put(2, "b"), rejected_at=1_000)
    store(engine, index, put(3, "c"), rejected_at=2_000)

    assert run("resend-rejected", "--limit", "2") == 0

    assert stored(engine, index) == {"1"}


def test_records_that_are_refused_while_the_command_runs_are_not_sent(engine: Engine, run: Manage, index: str) -> None:
    store(engine, index, put(1, "a"))
    store(engine, index, put(2, "b"), rejected_at=int(time.time() * 1000) + 3_600_000)

    assert run("resend-rejected") == 0

    assert stored(engine, index) == {"2"}


def test_dry_run_sends_nothing(engine: Engine, run: Manage, index: str, capsys: pytest.CaptureFixture[str]) -> None:
    store(engine, index, put(1, "a"), reason="status 400, depth")

    assert run("resend-rejected", "--dry-run") == 0

    assert capsys.readouterr().out == (
        "1970-01-01T00:00:01.000+00:00  1  status 400, depth\n1 records would be sent again\n"
    )
    assert stored(engine, index) == {"1"}
    assert values(engine, index) == {}


def test_an_interrupted_command_can_be_repeated(
    engine: Engine, run: Manage, index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The interruption comes when the records are indexed and not yet deleted."""
    store(engine, index, put(1, "a", text_image("x")), put(2, "b", text_image("y")))
    with monkeypatch.context() as patched:

        def interrupt(*_: object, **__: object) -> int:
            raise KeyboardInterrupt

        patched.setattr(rejected, "_delete", interrupt)
        assert run("resend-rejected") == 130
    assert values(engine, index) == {"a": "x", "b": "y"}
    assert stored(engine, index) == {"1", "2"}
    assert capsys.readouterr().err == "interrupted; run the command again to continue\n"

    assert run("resend-rejected") == 0
    assert values(engine, index) == {"a": "x", "b": "y"}
    assert stored(engine, index) == set()


@pytest.mark.parametrize("record", ["{", "[]", "{}", '{"dynamodb": {"SequenceNumber": 1}, "eventSourceARN": "arn"}'])
def test_a_stored_document_without_a_record_stays(
    engine: Engine, run: Manage, index: str, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.request("PUT", f"/{index}-rejected/_doc/x?refresh=true", {"rejected_at": 1, "record": record})

    assert run("resend-rejected") == 3

    assert set(engine.documents(f"{index}-rejected")) == {"x"}
    assert "the document x has no record in its field `record`" in capsys.readouterr().out


def test_equal_sequence_numbers_of_two_streams_are_different_records(
    engine: Engine, run: Manage, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "bad")
    first, second = put(1, "a", text_image("good")), put(1, "b", text_image("bad"))
    second["eventSourceARN"] = second["eventSourceARN"].replace("2026", "2027")
    store(engine, index, first)
    document = {"rejected_at": 1_000, "record": json.dumps(second)}
    engine.request("PUT", f"/{index}-rejected/_doc/2027%2F1?refresh=true", document)

    assert run("resend-rejected") == 3

    assert values(engine, index) == {"a": "good"}
    assert set(engine.documents(f"{index}-rejected")) == {"2027/1"}

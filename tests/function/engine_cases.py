"""A list of the answers of search engines, for real engines and for the search server of these tests.

A case makes its preparations, sends one request, and expects the statuses and the error types of the answer. The server
of the tests (`search_server`) behaves like OpenSearch 2. A case has a second answer where OpenSearch 3 differs.
"""

import gzip
import json
from dataclasses import dataclass, replace
from typing import Any

from tests.engines.engine import Answer, Engine

# Is replaced with the name of an index that no other case uses.
INDEX = "INDEX"
HIGHEST = 2**63 - 1
NO_QUERIES = "the server of the tests runs no queries"


@dataclass(frozen=True)
class Request:
    """One request; `INDEX` in the path and the body is replaced. A preparation that may fail has `may_fail`."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    compressed: bool = False
    may_fail: bool = False

    def send(self, engine: Engine, index: str) -> Answer:
        body = self.body.replace(INDEX.encode(), index.encode())
        return engine.request(
            self.method,
            self.path.replace(INDEX, index),
            gzip.compress(body, 1) if self.compressed else body,
            content_type=self.content_type,
            headers={"content-encoding": "gzip"} if self.compressed else {},
        )


@dataclass(frozen=True)
class Case:
    """One request and the answer to it.

    Attributes:
        name: what happens.
        request: the request.
        expected: the summary of the answer (see `summarize`).
        before: the preparations. Each must succeed.
        reason: a text that the reasons of the errors contain.
        newer: the summary of OpenSearch 3's answer, if it differs.
        newer_reason: a text that the reasons of OpenSearch 3 contain, if it differs.
        after: what to undo.
        only_real: why the server of the tests does not run the case.
    """

    name: str
    request: Request
    expected: str
    before: tuple[Request, ...] = ()
    reason: str = ""
    newer: str = ""
    newer_reason: str = ""
    after: tuple[Request, ...] = ()
    only_real: str = ""


def run(case: Case, engine: Engine) -> tuple[str, str]:
    """Run a case on an engine. Return the summary of the answer and the reasons of its errors."""
    index = engine.new_index()
    for request in case.before:
        answer = request.send(engine, index)
        failed = answer.status >= 300 or (isinstance(answer.body, dict) and answer.body.get("errors"))
        assert request.may_fail or not failed, answer
    try:
        answer = case.request.send(engine, index)
    finally:
        for request in case.after:
            request.send(engine, index)
        # An engine with fewer indexes is faster.
        engine.request("DELETE", f"/{index}*?expand_wildcards=all")
    reasons = " / ".join(reasons_in(answer.body)).replace(index, INDEX)
    return summarize(answer), reasons


def check(case: Case, engine: Engine) -> None:
    """Check the answer of OpenSearch 2, or of the server of the tests."""
    summary, reasons = run(case, engine)
    assert summary == case.expected, reasons
    assert case.reason in reasons


def check_newer(case: Case, engine: Engine) -> None:
    """Check the answer of OpenSearch 3."""
    summary, reasons = run(case, engine)
    assert summary == (case.newer or case.expected), reasons
    assert (case.newer_reason or case.reason) in reasons


def summarize(answer: Answer) -> str:
    """Describe an answer in one line.

    - A refused request: its status and error type: "400 a_exception".
    - `_bulk`: for each item, its status and its result, or its error and the cause: "201 created, 400 a_exception <
      b_exception". Deeper causes differ by the engine's version.
    - `_mget`: for each document, "version 5", "missing" or the error.
    - Everything else: the status and the body.
    """
    body = answer.body
    if not isinstance(body, dict) or not body.keys() & {"error", "items", "docs"}:
        return f"{answer.status} {json.dumps(body)}" if body is not None else str(answer.status)
    if "error" in body:
        return f"{answer.status} {error_type(body['error'])}"
    if "items" in body:
        return ", ".join(summarize_item(next(iter(item.values()))) for item in body["items"])
    return ", ".join(summarize_document(document) for document in body["docs"])


def summarize_item(item: dict[str, Any]) -> str:
    if "error" in item:
        cause = item["error"].get("caused_by")
        return f"{item['status']} {error_type(item['error'])}" + (f" < {error_type(cause)}" if cause else "")
    return f"{item['status']} {item['result']}" if "result" in item else str(item["status"])


def summarize_document(document: dict[str, Any]) -> str:
    if "error" in document:
        return error_type(document["error"])
    if not document["found"]:
        return "missing"
    source = f" {json.dumps(document['_source'])}" if "_source" in document else ""
    return f"version {document['_version']}{source}"


def error_type(error: Any) -> str:
    # Some errors of the HTTP layer are a text instead of an object.
    return "(text)" if isinstance(error, str) else str(error["type"])


def reasons_in(value: Any) -> list[str]:
    """Return all reasons of errors in an answer."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [reason for member in value for reason in reasons_in(member)]
    if not isinstance(value, dict):
        return []
    reasons = [value["reason"]] if isinstance(value.get("reason"), str) else []
    nested = [
        reason for name, member in value.items() if name not in {"reason", "type"} for reason in reasons_in(member)
    ]
    return reasons + nested


# Requests


def put(id: str | int | None, source: object, **meta: object) -> bytes:
    """Return the two lines of `_bulk` that index a document; a text or bytes as the source is sent as it is."""
    text = source if isinstance(source, str | bytes) else json.dumps(source)
    line = text.encode() if isinstance(text, str) else text
    return action("index", id, **meta) + line + b"\n"


def delete(id: str | None, **meta: object) -> bytes:
    return action("delete", id, **meta)


def action(kind: str, id: str | int | None, **meta: object) -> bytes:
    named = {} if id is None else {"_id": id}
    return json.dumps({kind: {"_index": INDEX} | named | meta}).encode() + b"\n"


def external(version: object) -> dict[str, object]:
    return {"version": version, "version_type": "external"}


def gte(version: object) -> dict[str, object]:
    return {"version": version, "version_type": "external_gte"}


def bulk(*lines: bytes, query: str = "") -> Request:
    return Request("POST", f"/_bulk{query}", b"".join(lines), "application/x-ndjson")


def mget(*ids: str, query: str = "", **options: object) -> Request:
    docs = [{"_index": INDEX, "_id": id} | options for id in ids]
    return Request("POST", f"/_mget{query}", json.dumps({"docs": docs}).encode())


def call(method: str, path: str, body: object = None) -> Request:
    return Request(method, path, b"" if body is None else json.dumps(body).encode())


def create(**body: object) -> Request:
    return call("PUT", f"/{INDEX}", body)


def mapped(**fields: str) -> Request:
    """Create the index with fields of the given types."""
    return create(mappings={"properties": {name: {"type": type} for name, type in fields.items()}})


def block(name: str) -> Request:
    return call("PUT", f"/{INDEX}/_settings", {f"index.blocks.{name}": True})


def unblock(name: str) -> Request:
    return call("PUT", f"/{INDEX}/_settings", {f"index.blocks.{name}": None})


def nested(depth: int, *, lists: bool = False) -> str:
    """Return a document with so many nested keys, or with one key and so many nested lists."""
    if lists:
        return '{"a":' + "[" * depth + "1" + "]" * depth + "}"
    return '{"a":' * depth + "1" + "}" * depth


def one(name: str, source: object, expected: str, *before: Request, **options: Any) -> Case:
    """Return the case that indexes one document."""
    return Case(name, bulk(put("a", source)), expected, before, **options)


CREATED = "201 created"
CHANGE = "400 illegal_argument_exception"
PARSING = "400 mapper_parsing_exception"
PARSING_ARGUMENT = f"{PARSING} < illegal_argument_exception"
COERCION = f"{PARSING} < input_coercion_exception"
PARSING_STATE = f"{PARSING} < illegal_state_exception"
NOT_A_MAP = f"{PARSING} < not_x_content_exception"
JSON = f"{PARSING} < json_parse_exception"
CONFLICT = "409 version_conflict_engine_exception"
VALIDATION = "400 action_request_validation_exception"
ARGUMENT = "400 illegal_argument_exception"
BLOCKED = "403 cluster_block_exception"

SAVED = bulk(put("a", {"n": 1}, **external(5)))
DELETED = bulk(delete("a", **external(5)))

VERSIONS = [
    *(
        Case(
            f"{kind} version {version}, saved with 5",
            bulk(put("a", {}, version=version, version_type=kind)),
            expected,
            (SAVED,),
        )
        for kind, version, expected in [
            ("external", 4, CONFLICT),
            ("external", 5, CONFLICT),
            ("external", 6, "200 updated"),
            ("external_gte", 4, CONFLICT),
            ("external_gte", 5, "200 updated"),
            ("external_gte", 6, "200 updated"),
        ]
    ),
    *(
        Case(
            f"{kind} deletion {version}, saved with 5",
            bulk(delete("a", version=version, version_type=kind)),
            expected,
            (SAVED,),
        )
        for kind, version, expected in [
            ("external", 4, CONFLICT),
            ("external", 5, CONFLICT),
            ("external", 6, "200 deleted"),
            ("external_gte", 4, CONFLICT),
            ("external_gte", 5, "200 deleted"),
        ]
    ),
    *(
        Case(
            f"external_gte version {version}, deleted with 5", bulk(put("a", {}, **gte(version))), expected, (DELETED,)
        )
        for version, expected in [(4, CONFLICT), (5, CREATED), (6, CREATED)]
    ),
    Case("external version equal to the deletion's", bulk(put("a", {}, **external(5))), CONFLICT, (DELETED,)),
    Case("deletion below a deletion", bulk(delete("a", **external(4))), CONFLICT, (DELETED,)),
    Case("deletion of a missing document", bulk(delete("a", **external(5))), "404 not_found", (create(),)),
    Case(
        "deletion in a missing index creates the index",
        bulk(delete("a", **external(5)), put("b", {})),
        f"404 not_found, {CREATED}",
    ),
    Case("version 0", bulk(put("a", {}, **external(0))), CREATED),
    Case("highest version", bulk(put("a", {}, **external(HIGHEST))), CREATED),
    Case(
        "version that is too high", bulk(put("b", {}), put("a", {}, **external(2**63))), "400 input_coercion_exception"
    ),
    Case("negative version", bulk(put("a", {}, **external(-1))), VALIDATION, reason="illegal version value [-1]"),
    Case("version as text", bulk(put("a", {}, **external("7"))), CREATED),
    Case(
        "version with a fraction counts as its integer",
        mget("a"),
        "version 7 {}",
        (bulk(put("a", {}, **external(7.5))),),
    ),
    Case(
        "create with an external version",
        bulk(action("create", "a", **external(5)) + b"{}\n"),
        VALIDATION,
        reason="create operations only support internal versioning",
    ),
    Case(
        "create of an existing document",
        bulk(action("create", "a") + b"{}\n"),
        CONFLICT,
        (SAVED,),
        reason="document already exists",
    ),
    Case("create of a new document", bulk(action("create", "a") + b"{}\n"), CREATED),
    Case("internal versions count from 1", mget("a"), "version 2 {}", (bulk(put("a", {})), bulk(put("a", {})))),
    Case("version type without a version", bulk(put("a", {}, version_type="external")), VALIDATION),
    Case("unknown version type", bulk(put("a", {}, version=1, version_type="newest")), ARGUMENT),
    Case(
        "text of an external conflict",
        bulk(put("a", {}, **external(4))),
        CONFLICT,
        (SAVED,),
        reason="[a]: version conflict, current version [5] is higher or equal to the one provided [4]",
    ),
    Case(
        "text of an external_gte conflict",
        bulk(put("a", {}, **gte(4))),
        CONFLICT,
        (SAVED,),
        reason="[a]: version conflict, current version [5] is higher than the one provided [4]",
    ),
    Case(
        "update adds 1 to the version",
        mget("a"),
        'version 6 {"n": 2}',
        (SAVED, call("POST", f"/{INDEX}/_update/a", {"doc": {"n": 2}})),
    ),
    Case(
        "update after the highest version wraps around",
        mget("a"),
        f'version {-(2**63)} {{"n": 2}}',
        (bulk(put("a", {"n": 1}, **external(HIGHEST))), call("POST", f"/{INDEX}/_update/a", {"doc": {"n": 2}})),
    ),
    Case(
        "close and open forget the version of a deletion",
        bulk(put("a", {}, **external(4))),
        CREATED,
        (DELETED, call("POST", f"/{INDEX}/_close"), call("POST", f"/{INDEX}/_open?wait_for_active_shards=1")),
    ),
    Case(
        "flush keeps the version of a deletion",
        bulk(put("a", {}, **external(4))),
        CONFLICT,
        (DELETED, call("POST", f"/{INDEX}/_flush")),
    ),
    Case(
        "refresh keeps the version of a deletion",
        bulk(put("a", {}, **external(4))),
        CONFLICT,
        (DELETED, call("POST", f"/{INDEX}/_refresh")),
    ),
]

DATE = bulk(put("d", {"n": "2026-01-01"}))
NUMBER = bulk(put("d", {"n": 1}))
FRACTION = bulk(put("d", {"n": 1.5}))
BOOLEAN = bulk(put("d", {"n": True}))
OBJECT = bulk(put("d", {"n": {"x": 1}}))
TEXT = bulk(put("d", {"n": "x"}))
DATE_MESSAGE = "failed to parse field [n] of type [date] in document with id 'a'."
LONG_MESSAGE = "failed to parse field [n] of type [long] in document with id 'a'."

DYNAMIC_TYPES = [
    one(
        "new list of a fraction and an integer",
        {"p": [1.5, 3]},
        CHANGE,
        reason="mapper [p] cannot be changed from type [float] to [long]",
    ),
    one(
        "new list of an integer and a fraction",
        {"p": [3, 1.5]},
        CHANGE,
        reason="mapper [p] cannot be changed from type [long] to [float]",
    ),
    one(
        "new list of maps with a fraction and an integer",
        {"lines": [{"p": 1.5}, {"p": 3}]},
        CHANGE,
        reason="mapper [lines.p] cannot be changed from type",
    ),
    one(
        "new list of a date and a text",
        {"p": ["2026-01-01", "x"]},
        CHANGE,
        reason="mapper [p] cannot be changed from type [date] to [text]",
    ),
    one(
        "new list of a number and a text",
        {"p": [1, "x"]},
        CHANGE,
        reason="mapper [p] cannot be changed from type [long] to [text]",
    ),
    one(
        "new list of a number and a map",
        {"m": [1, {"x": 1}]},
        CHANGE,
        reason="can't merge a non object mapping [m] with an object mapping",
    ),
    one(
        "new list of a map and a number",
        {"m": [{"x": 1}, 1]},
        CHANGE,
        reason="can't merge a non object mapping [m] with an object mapping",
    ),
    one("list of a fraction and an integer where a number is", {"n": [1.5, 3]}, CREATED, NUMBER),
    one("nested lists of numbers", {"p": [[1], [[2]]]}, CREATED),
    one("null, empty list and empty map", {"a": None, "b": [], "c": {}}, CREATED),
    one("null where a map is", {"n": None}, CREATED, OBJECT),
    one("map where a number is", {"n": {"x": 1}}, JSON, NUMBER, newer=COERCION),
    one("map where a text is", {"n": {"x": 1}}, PARSING_STATE, TEXT),
    one(
        "text where a map is",
        {"n": "x"},
        PARSING,
        OBJECT,
        reason="object mapping for [n] tried to parse field [n] as object, but found a concrete value",
    ),
    one("number where a map is", {"n": 1}, PARSING, OBJECT),
    one("list with a map and a text where a map is", {"n": [{"x": 1}, "x"]}, PARSING, OBJECT),
    one("map where a date is", {"n": {"x": 1}}, PARSING_STATE, DATE),
    one("map where a boolean is", {"n": {"x": 1}}, JSON, BOOLEAN, newer=COERCION),
    one(
        "text where a number is",
        {"n": "x"},
        PARSING_ARGUMENT,
        NUMBER,
        reason=f"{LONG_MESSAGE} Preview of field's value: 'x'",
    ),
    one("numeric text where a number is", {"n": "12"}, CREATED, NUMBER),
    one("fraction in a text where a number is", {"n": "1.5"}, CREATED, NUMBER),
    one("empty text where a number is", {"n": ""}, CREATED, NUMBER),
    one("blank text where a number is", {"n": " "}, PARSING_ARGUMENT, NUMBER),
    one("boolean where a number is", {"n": True}, JSON, NUMBER, newer=COERCION),
    one("text where a fraction is", {"n": "x"}, f"{PARSING} < number_format_exception", FRACTION),
    one("fraction where an integer is", {"n": 1.5}, CREATED, NUMBER),
    one("number where a text is", {"n": 1}, CREATED, TEXT),
    one("boolean where a text is", {"n": True}, CREATED, TEXT),
    one("number where a boolean is", {"n": 1}, JSON, BOOLEAN, newer=COERCION),
    one("text where a boolean is", {"n": "yes"}, PARSING_ARGUMENT, BOOLEAN),
    one("true as a text where a boolean is", {"n": "true"}, CREATED, BOOLEAN),
    one("empty text where a boolean is", {"n": ""}, CREATED, BOOLEAN),
    one(
        "two fields with the second refused leave the mapping as it was",
        {"other": 1, "n": "x"},
        PARSING_ARGUMENT,
        NUMBER,
    ),
    Case(
        "the fields of a refused document are not mapped",
        bulk(put("b", {"other": "x"})),
        CREATED,
        (NUMBER, replace(bulk(put("a", {"other": 1, "n": "x"})), may_fail=True)),
    ),
    Case(
        "one refused document among others",
        bulk(put("b", {}), put("a", {"n": "x"}), put("c", {})),
        f"{CREATED}, {PARSING_ARGUMENT}, {CREATED}",
        (NUMBER,),
    ),
]

DATES = [
    *(
        one(f"date field, then {value!r}", {"n": value}, PARSING_ARGUMENT, DATE, reason=reason)
        for value, reason in [
            ("x", DATE_MESSAGE),
            ("2026/01/01", DATE_MESSAGE),
            ("2026-01-01 10:00:00", DATE_MESSAGE),
            ("", "cannot parse empty date"),
            (True, DATE_MESSAGE),
        ]
    ),
    one("date field, then a fraction", {"n": 1.5}, CREATED, DATE),
    one("date field, then an integer", {"n": 15}, CREATED, DATE),
    one("date field, then a date and time", {"n": "2026-01-01T10:00:00Z"}, CREATED, DATE),
    one("date field, then a year", {"n": "2026"}, CREATED, DATE),
    *(
        one(
            f"text {value!r} makes a date field",
            {"n": "x"},
            PARSING_ARGUMENT,
            bulk(put("d", {"n": value})),
            reason="of type [date]",
        )
        for value in ("2026-01", "0001-01-01", "2026-01-01T10:00:00.000Z", "2026-01-01T10:00", "2026-02-28")
    ),
    one(
        "text with slashes makes a date field",
        {"n": "x"},
        PARSING_ARGUMENT,
        bulk(put("d", {"n": "2026/01/01"})),
        reason="of type [date]",
    ),
    *(
        one(f"text {value!r} makes a text field", {"n": "x"}, CREATED, bulk(put("d", {"n": value})))
        for value in ("2026", "2026-1-1", "20260101", "2026-13-01", "2026-02-30", "10:00", "")
    ),
    one(
        "template of dates",
        {"n": "x"},
        CREATED,
        create(
            mappings={"dynamic_templates": [{"dates": {"match_mapping_type": "date", "mapping": {"type": "text"}}}]}
        ),
        DATE,
    ),
    one("no date detection", {"n": "x"}, CREATED, create(mappings={"date_detection": False}), DATE),
]

DOUBLES = create(
    mappings={
        "dynamic_templates": [
            {"integers": {"match_mapping_type": "long", "mapping": {"type": "double"}}},
            {"fractions": {"match_mapping_type": "double", "mapping": {"type": "double"}}},
        ]
    }
)
NUMBERS = [
    one("integer of 19 digits", {"n": HIGHEST}, CREATED),
    one("lowest integer", {"n": -(2**63)}, CREATED),
    one("integer of 64 bits", {"n": 2**63}, COERCION, reason="out of range of"),
    one("integer of 20 digits where a number is", {"n": 10**19}, COERCION, NUMBER, reason="out of range of"),
    one("integer of 38 digits", {"n": int("9" * 38)}, COERCION),
    one("integer of 38 digits in a double", {"n": int("9" * 38)}, CREATED, mapped(n="double")),
    one(
        "1E+100 in a new field",
        '{"n":1E+100}',
        PARSING_ARGUMENT,
        reason="[float] supports only finite values, but got [Infinity]",
    ),
    one("1E+38 in a new field", '{"n":1E+38}', CREATED),
    one("1E-130 in a new field", '{"n":1E-130}', CREATED),
    one("1E+125 in a double", '{"n":1E+125}', CREATED, mapped(n="double")),
    one("1E+19 where an integer is", '{"n":1E+19}', COERCION, NUMBER),
    one("fraction of 38 digits", '{"n":1.' + "1" * 37 + "}", CREATED),
    one("NaN", '{"n":NaN}', JSON, reason="Non-standard token 'NaN'"),
    one("Infinity", '{"n":Infinity}', JSON),
    one("number of 1,200 digits", '{"n":' + "1" * 1200 + "}", f"{PARSING} < stream_constraints_exception"),
    one("new list of an integer and a fraction with a template for doubles", {"p": [3, 1.5]}, CREATED, DOUBLES),
    one("integer of 38 digits with a template for doubles", {"n": int("9" * 38)}, CREATED, DOUBLES),
    one("1E+125 with a template for doubles", '{"n":1E+125}', CREATED, DOUBLES),
    one(
        "malformed number is ignored if the index ignores malformed values",
        {"n": "x"},
        CREATED,
        create(settings={"index.mapping.ignore_malformed": True}, mappings={"properties": {"n": {"type": "long"}}}),
    ),
    one(
        "malformed date is ignored if the index ignores malformed values",
        {"n": "x"},
        CREATED,
        create(settings={"index.mapping.ignore_malformed": True}),
        DATE,
    ),
    one(
        "map in a number is ignored if the index ignores malformed values",
        {"n": {"x": 1}},
        CREATED,
        create(settings={"index.mapping.ignore_malformed": True}),
        NUMBER,
    ),
    one(
        "text in a map is refused although the index ignores malformed values",
        {"n": "x"},
        PARSING,
        create(settings={"index.mapping.ignore_malformed": True}),
        OBJECT,
    ),
]

LIMITS = [
    one("500 texts are 1,000 fields", {f"f{n}": "x" for n in range(500)}, CREATED),
    one(
        "501 texts",
        {f"f{n}": "x" for n in range(501)},
        ARGUMENT,
        reason="Limit of total fields [1000] has been exceeded",
    ),
    one("1,000 numbers", {f"f{n}": n for n in range(1000)}, CREATED),
    one(
        "1,001 numbers",
        {f"f{n}": n for n in range(1001)},
        ARGUMENT,
        reason="Limit of total fields [1000] has been exceeded",
    ),
    one("maps count as fields", {f"f{n}": {"x": n} for n in range(501)}, ARGUMENT),
    one(
        "higher limit of fields",
        {f"f{n}": n for n in range(1001)},
        CREATED,
        create(settings={"index.mapping.total_fields.limit": 2000}),
    ),
    one("20 nested keys", nested(20), CREATED),
    one(
        "21 nested keys",
        nested(21),
        f"{PARSING} < parse_exception",
        reason="The depth of the field has exceeded the allowed limit of [20]",
    ),
    one("20 nested lists", nested(20, lists=True), CREATED),
    one(
        "21 nested lists",
        nested(21, lists=True),
        f"{PARSING} < parse_exception",
        reason="The depth of the nested array field has exceeded the allowed limit of [20]",
    ),
    one("31 nested keys with a higher limit", nested(31), CREATED, create(settings={"index.mapping.depth.limit": 64})),
    one("name of 60,000 characters", {"n" * 60_000: 1}, CREATED, newer=f"{PARSING} < stream_constraints_exception"),
    one("keyword of 32,766 bytes", {"n": "x" * 32_766}, CREATED, mapped(n="keyword")),
    one(
        "keyword of 32,767 bytes",
        {"n": "x" * 32_767},
        f"{ARGUMENT} < max_bytes_length_exceeded_exception",
        mapped(n="keyword"),
        reason="immense term",
    ),
    one("new text of 40,000 characters", {"n": "x" * 40_000}, CREATED),
    one(
        "unmapped fields of an index that is not dynamic",
        {"n": [1, "x", {"y": 1}], "z": 1},
        CREATED,
        create(mappings={"dynamic": False}),
    ),
    one(
        "unmapped field of a strict index",
        {"z": 1},
        "400 strict_dynamic_mapping_exception",
        create(mappings={"dynamic": "strict"}),
        reason="mapping set to strict, dynamic introduction of [z] within [_doc] is not allowed",
    ),
]

NAMES = [
    *(
        one(
            f"root name {name}",
            {name: "x"},
            f"{PARSING} < mapper_parsing_exception",
            reason=f"Field [{name}] is a metadata field",
        )
        for name in (
            "_id",
            "_index",
            "_source",
            "_routing",
            "_version",
            "_seq_no",
            "_field_names",
            "_ignored",
            "_nested_path",
            "_data_stream_timestamp",
        )
    ),
    one(
        "number in the root name _primary_term",
        {"_primary_term": 1},
        ARGUMENT,
        reason="Inconsistency of field data structures",
    ),
    one("text in the root name _primary_term", {"_primary_term": "x"}, CREATED),
    one("positive integer in the root name _doc_count", {"_doc_count": 5}, CREATED),
    one("fraction in the root name _doc_count", {"_doc_count": 1.5}, PARSING_ARGUMENT),
    one("text in the root name _doc_count", {"_doc_count": "x"}, f"{PARSING} < parsing_exception"),
    one(
        "metadata name at the start of a path",
        {"_id.x": 1},
        PARSING,
        reason="Existing mapping for [_id] must be of type object",
    ),
    *(
        one(f"root name {name} is free", {name: "x"}, CREATED)
        for name in ("_type", "_tier", "_size", "_meta", "_ttl", "__typename", "_sequence_number")
    ),
    one("metadata name below the root", {"m": {"_id": "x"}}, CREATED),
    *(one(f"root name {name!r}", {name: 1}, CREATED) for name in (" ", "\t", "\u3000", "a.", "a b", "ä")),
    *(
        one(
            f"name {name!r} below the root",
            {"m": {name: 1}},
            ARGUMENT,
            reason="object field cannot contain only whitespace",
        )
        for name in (" ", "\t")
    ),
    *(
        one(f"root name {name!r}", {name: 1}, expected)
        for name, expected in [(name, PARSING_ARGUMENT) for name in ("", ".", "..", ".a", "a..b", "a. .b")]
    ),
    one(
        "name with a dot is a path",
        {"n.x": "y"},
        PARSING_ARGUMENT,
        OBJECT,
        reason="failed to parse field [n.x] of type [long]",
    ),
    one("names that differ by a dot only", {"n.x": 1, "n": {"y": 1}}, CREATED),
    one(
        "name with a dot below a number",
        {"n.x": 1},
        PARSING,
        NUMBER,
        reason="Existing mapping for [n] must be of type object but found [long]",
    ),
]

SOURCES = [
    one("duplicate key", '{"a":1,"a":2}', JSON, reason="Duplicate field 'a'", newer_reason="Duplicate Object property"),
    one("duplicate key below the root", '{"m":{"a":1,"a":2}}', JSON),
    one("list as a document", "[1]", NOT_A_MAP),
    one("text as a document", '"x"', NOT_A_MAP),
    one("empty line as a document", "", PARSING, reason="document is empty"),
    one("document that is no JSON", "{x}", JSON),
    one(
        "document that ends early",
        '{"a":',
        PARSING + " < json_e_o_f_exception",
        newer=PARSING + " < unexpected_end_of_input_exception",
    ),
    one("second document in a line", '{"a":1} {"b":2}', PARSING_ARGUMENT, reason="found extra data after parsing"),
    one("empty document", {}, CREATED),
    one("invalid UTF-8", b'{"a":"\xff"}', JSON),
    one("lone surrogate", '{"a":"\\ud800"}', CREATED),
]

LONGEST = "x" * 512
IDS = [
    Case("id of 512 bytes", bulk(put(LONGEST, {})), CREATED),
    Case(
        "id of 513 bytes refuses the whole request",
        bulk(put("b", {}), put(LONGEST + "x", {})),
        VALIDATION,
        reason="is too long, must be no longer than 512 bytes but was: 513;",
    ),
    Case("id of 171 letters of 3 bytes", bulk(put("ア" * 171, {})), VALIDATION),
    Case(
        "nothing is done if an id is too long",
        mget("b"),
        "missing",
        (create(), replace(bulk(put("b", {}), put("x" * 513, {})), may_fail=True)),
    ),
    Case("deletion of an id of 513 bytes", bulk(delete(LONGEST + "x")), "404 not_found", (create(),)),
    Case("look-up of an id of 513 bytes", mget(LONGEST + "x"), "missing", (create(),)),
    Case("empty id", bulk(put("", {})), ARGUMENT, reason="if _id is specified it must not be empty"),
    Case("deletion of an empty id", bulk(delete("")), VALIDATION, reason="id is missing"),
    Case("look-up of an empty id", mget(""), "illegal_argument_exception", (create(),), reason="Ids can't be empty"),
    Case("no id", bulk(put(None, {})), CREATED),
    Case(
        "no id, but a version",
        bulk(put(None, {}, **external(5))),
        VALIDATION,
        reason="an id must be provided if version type or value are set",
    ),
    Case("deletion without an id", bulk(delete(None)), VALIDATION),
    Case("numeric id", bulk(put(7, {})), CREATED),
    Case("numeric id is a text", mget("7"), "version 1 {}", (bulk(put(7, {})),)),
    Case("id with a lone surrogate", bulk(put("\ud800", {})), CREATED),
    Case(
        "id with line breaks, quotes and letters of other scripts",
        mget('ä\n"ア'),
        "version 1 {}",
        (bulk(put('ä\n"ア', {})),),
    ),
]

SHAPES = [
    Case(
        "line break of Windows",
        Request("POST", "/_bulk", b'{"index":{"_index":"INDEX","_id":"a"}}\r\n{"n":1}\r\n'),
        CREATED,
    ),
    Case(
        "no line break at the end",
        Request("POST", "/_bulk", b'{"index":{"_index":"INDEX","_id":"a"}}\n{"n":1}'),
        ARGUMENT,
        reason="must be terminated by a newline",
    ),
    Case("empty body", bulk(b""), "400 parse_exception", reason="request body is required"),
    Case("only a line break", bulk(b"\n"), VALIDATION, reason="no requests added"),
    Case("malformed action", bulk(b"{x}\n{}\n"), "400 json_parse_exception"),
    Case(
        "action that ends early",
        bulk(b'{"index":\n{}\n'),
        "400 json_e_o_f_exception",
        newer="400 unexpected_end_of_input_exception",
    ),
    Case("unknown action", bulk(b'{"upsert":{"_index":"INDEX","_id":"a"}}\n{}\n'), ARGUMENT),
    Case("action that is a list", bulk(b"[]\n{}\n"), ARGUMENT),
    Case(
        "unknown field of an action",
        bulk(put("a", {}, _version=5)),
        ARGUMENT,
        reason="contains an unknown parameter [_version]",
    ),
    Case(
        "type of an action", bulk(put("a", {}, _type="_doc")), ARGUMENT, reason="contains an unknown parameter [_type]"
    ),
    Case("action without a source", bulk(action("index", "a")), VALIDATION, reason="no requests added"),
    Case("last action without a source is not done", bulk(put("b", {}), action("index", "a")), CREATED),
    Case("blank line between actions", bulk(b"\n", put("a", {})), CREATED),
    Case("no index", bulk(b'{"index":{"_id":"a"}}\n{}\n'), VALIDATION, reason="index is missing"),
    Case("index in the path", Request("POST", "/INDEX/_bulk", b'{"index":{"_id":"a"}}\n{}\n'), CREATED),
    Case("PUT", replace(bulk(put("a", {})), method="PUT"), CREATED),
    Case("GET", replace(bulk(put("a", {})), method="GET"), "405 (text)"),
    Case("compressed body", replace(bulk(put("a", {})), compressed=True), CREATED),
    Case(
        "content type text/plain",
        replace(bulk(put("a", {})), content_type="text/plain"),
        "406 (text)",
        reason="Content-Type header [text/plain] is not supported",
    ),
    Case("content type application/json", replace(bulk(put("a", {})), content_type="application/json"), CREATED),
    Case(
        "content type with a charset",
        replace(bulk(put("a", {})), content_type="application/json; charset=UTF-8"),
        CREATED,
    ),
    Case("timeout", bulk(put("a", {}), query="?timeout=5s"), CREATED),
    Case("timeout without a unit", bulk(put("a", {}), query="?timeout=5"), ARGUMENT),
    Case(
        "unknown parameter",
        bulk(put("a", {}), query="?nonsense=1"),
        ARGUMENT,
        reason="contains unrecognized parameter: [nonsense]",
    ),
    Case(
        "filter_path keeps the named fields",
        bulk(put("a", {}), query="?filter_path=items.*.status,items.*.error"),
        "201",
    ),
    Case("filter_path that keeps nothing", bulk(put("a", {}), query="?filter_path=items.*.error"), "200 {}"),
    Case(
        "filter_path keeps the errors",
        bulk(put("a", {"n": "x"}), query="?filter_path=errors,items.*.status,items.*.error.type"),
        PARSING,
        (NUMBER,),
    ),
    Case(
        "filter_path with an excluded field",
        bulk(put("a", {}), query="?filter_path=-took,-items,-ingest_took"),
        '200 {"errors": false}',
    ),
    Case("unknown path", call("POST", "/INDEX/_nonsense/a/b"), "400 (text)"),
]

INDEXES = [
    *(
        Case(
            f"index name {name!r}",
            bulk(json.dumps({"index": {"_index": name, "_id": "a"}}).encode() + b"\n{}\n"),
            "400 invalid_index_name_exception",
        )
        for name in ("Upper", "a b", "_a", "-a", "+a", "a#b", "a,b", 'a"b', "a*b", "..", "a:b", "a/b", "x" * 256)
    ),
    Case(
        "index that is closed",
        bulk(put("a", {})),
        "400 index_closed_exception",
        (create(), call("POST", f"/{INDEX}/_close")),
    ),
    Case("alias", bulk(put("a", {}, _index=f"{INDEX}-alias")), CREATED, (create(aliases={f"{INDEX}-alias": {}}),)),
    Case(
        "look-up through an alias",
        mget("a", _index=f"{INDEX}-alias"),
        "version 1 {}",
        (create(aliases={f"{INDEX}-alias": {}}), bulk(put("a", {}))),
    ),
    Case(
        "alias of two indexes",
        bulk(put("a", {}, _index=f"{INDEX}-alias")),
        ARGUMENT,
        (create(aliases={f"{INDEX}-alias": {}}), call("PUT", f"/{INDEX}-2", {"aliases": {f"{INDEX}-alias": {}}})),
        reason="no write index is defined for alias",
    ),
    Case(
        "alias of two indexes with a write index",
        bulk(put("a", {}, _index=f"{INDEX}-alias")),
        CREATED,
        (
            create(aliases={f"{INDEX}-alias": {}}),
            call("PUT", f"/{INDEX}-2", {"aliases": {f"{INDEX}-alias": {"is_write_index": True}}}),
        ),
    ),
    Case(
        "look-up through an alias of two indexes",
        mget("a", _index=f"{INDEX}-alias"),
        "illegal_argument_exception",
        (
            create(aliases={f"{INDEX}-alias": {}}),
            call("PUT", f"/{INDEX}-2", {"aliases": {f"{INDEX}-alias": {"is_write_index": True}}}),
        ),
        reason="has more than one index",
    ),
    Case(
        "an alias is required: request",
        bulk(put("a", {}), query="?require_alias=true"),
        "404 index_not_found_exception",
        reason="and [require_alias] request flag is [true] and [INDEX] is not an alias",
    ),
    Case(
        "an alias is required: item",
        bulk(put("a", {}, require_alias=True), put("b", {})),
        f"404 index_not_found_exception, {CREATED}",
        (create(),),
    ),
    Case(
        "required routing",
        bulk(put("a", {})),
        "400 routing_missing_exception",
        (create(mappings={"_routing": {"required": True}}),),
    ),
    Case(
        "look-up with required routing",
        mget("a"),
        "routing_missing_exception",
        (create(mappings={"_routing": {"required": True}}),),
    ),
    Case(
        "data stream",
        bulk(put("a", {})),
        ARGUMENT,
        (call("PUT", "/_index_template/INDEX", {"index_patterns": ["INDEX"], "data_stream": {}}),),
        reason="only write ops with an op_type of create are allowed in data streams",
        after=(call("DELETE", "/_index_template/INDEX"),),
    ),
    Case(
        "template",
        bulk(put("a", {"n": "x"})),
        PARSING_ARGUMENT,
        (
            call(
                "PUT",
                "/_index_template/INDEX",
                {"index_patterns": ["INDEX*"], "template": {"mappings": {"properties": {"n": {"type": "long"}}}}},
            ),
        ),
        after=(call("DELETE", "/_index_template/INDEX"),),
    ),
    Case("index exists", create(), "400 resource_already_exists_exception", (create(),)),
    Case("deleted index", mget("a"), "index_not_found_exception", (create(), call("DELETE", f"/{INDEX}"))),
    Case(
        "automatic creation is forbidden",
        bulk(put("a", {}), delete("b")),
        "404 index_not_found_exception, 404 index_not_found_exception",
        (call("PUT", "/_cluster/settings", {"transient": {"action.auto_create_index": "-INDEX*,+*"}}),),
        reason="contains [-INDEX*] which forbids automatic creation of the index",
        after=(call("PUT", "/_cluster/settings", {"transient": {"action.auto_create_index": None}}),),
    ),
]

BLOCKS = [
    Case(
        "write block",
        bulk(put("a", {}), delete("b")),
        f"{BLOCKED}, {BLOCKED}",
        (create(), block("write")),
        reason="blocked by: [FORBIDDEN/8/index write (api)]",
    ),
    Case(
        "read-only block",
        bulk(put("a", {})),
        BLOCKED,
        (create(), block("read_only")),
        reason="[FORBIDDEN/5/index read-only (api)]",
        after=(unblock("read_only"),),
    ),
    Case(
        "disk block",
        bulk(put("a", {}), delete("b")),
        "429 cluster_block_exception, 429 cluster_block_exception",
        (create(), block("read_only_allow_delete")),
        reason="[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete",
        after=(unblock("read_only_allow_delete"),),
    ),
    Case(
        "metadata block without a new field",
        bulk(put("a", {"n": 2})),
        CREATED,
        (NUMBER, block("metadata")),
        after=(unblock("metadata"),),
    ),
    Case(
        "metadata block with a new field",
        bulk(put("a", {"new": 2})),
        BLOCKED,
        (NUMBER, block("metadata")),
        reason="[FORBIDDEN/9/index metadata (api)]",
        after=(unblock("metadata"),),
    ),
    Case("block that was removed", bulk(put("a", {})), CREATED, (create(), block("write"), unblock("write"))),
    Case("look-up with a write block", mget("a"), "missing", (create(), block("write"))),
    Case("look-up with a read block", mget("a"), "cluster_block_exception", (create(), block("read"))),
    Case(
        "other indexes are written",
        bulk(put("a", {}), put("a", {}, _index=f"{INDEX}-2")),
        f"{BLOCKED}, {CREATED}",
        (create(), block("write")),
    ),
]

LOOK_UPS = [
    Case("look-up of all kinds", mget("a", "b"), 'version 5 {"n": 1}, missing', (SAVED,)),
    Case("look-up without the source", mget("a", _source=False), "version 5", (SAVED,)),
    Case(
        "look-up of one field",
        mget("a", _source=["n"]),
        'version 5 {"n": 1}',
        (bulk(put("a", {"n": 1, "o": 2}, **external(5))),),
    ),
    Case(
        "look-up of one field as a text",
        mget("a", _source="n"),
        'version 5 {"n": 1}',
        (bulk(put("a", {"n": 1, "o": 2}, **external(5))),),
    ),
    Case("look-up of a field that the document lacks", mget("a", _source=["other"]), "version 5 {}", (SAVED,)),
    Case(
        "look-up with disabled sources",
        mget("a"),
        "version 5",
        (create(mappings={"_source": {"enabled": False}}), SAVED),
    ),
    Case("look-up of a deleted document", mget("a"), "missing", (SAVED, bulk(delete("a", **external(6))))),
    Case("look-up in a missing index", mget("a"), "index_not_found_exception"),
    Case("look-up of nothing", mget(), VALIDATION, reason="no documents to get"),
    Case("look-up without a body", Request("POST", "/_mget"), "400 parse_exception"),
    Case("look-up that is no JSON", Request("POST", "/_mget", b"{x}"), "400 json_parse_exception"),
    Case(
        "look-up of ids", call("POST", f"/{INDEX}/_mget", {"ids": ["a", "b"]}), 'version 5 {"n": 1}, missing', (SAVED,)
    ),
    Case(
        "look-up in a closed index", mget("a"), "index_closed_exception", (create(), call("POST", f"/{INDEX}/_close"))
    ),
    Case("look-up with filter_path", mget("a", query="?filter_path=docs._version,docs.found"), "version 5", (SAVED,)),
    Case(
        "whole source keeps the digits",
        Request("POST", f"/{INDEX}/_mget", b'{"ids":["a"]}'),
        'version 5 {"n": 1.2345678901234567}',
        (bulk(put("a", '{"n":1.23456789012345670}', **external(5))),),
    ),
]

INACTIVE = call(
    "PUT", f"/{INDEX}?wait_for_active_shards=0", {"settings": {"index.routing.allocation.require.zone": "nowhere"}}
)
INACTIVE_SHARDS = [
    Case(
        "inactive primary, timeout 0",
        bulk(put("a", {}), put("a", {}, _index=f"{INDEX}-2"), query="?timeout=0s"),
        f"503 unavailable_shards_exception, {CREATED}",
        (INACTIVE, bulk(put("b", {}, _index=f"{INDEX}-2"))),
        reason="primary shard is not active Timeout: [0s]",
    ),
    Case("look-up in an inactive primary", mget("a"), "no_shard_available_action_exception", (INACTIVE,)),
]

QUERIES = [
    Case(
        "update by query adds 1 to the version",
        mget("a"),
        'version 6 {"n": 1}',
        (SAVED, call("POST", f"/{INDEX}/_refresh"), call("POST", f"/{INDEX}/_update_by_query")),
        only_real=NO_QUERIES,
    ),
    Case(
        "deletion by query adds 1 to the version",
        bulk(put("a", {}, **external(6))),
        CONFLICT,
        (
            SAVED,
            call("POST", f"/{INDEX}/_refresh"),
            call("POST", f"/{INDEX}/_delete_by_query", {"query": {"match_all": {}}}),
        ),
        only_real=NO_QUERIES,
    ),
    Case(
        "reindexing keeps external versions",
        mget("a", _index=f"{INDEX}-2"),
        'version 5 {"n": 1}',
        (
            SAVED,
            call("POST", f"/{INDEX}/_refresh"),
            call(
                "POST",
                "/_reindex",
                {"source": {"index": INDEX}, "dest": {"index": f"{INDEX}-2", "version_type": "external"}},
            ),
        ),
        only_real=NO_QUERIES,
    ),
    Case(
        "reindexing without a version type sets the version 1",
        mget("a", _index=f"{INDEX}-2"),
        'version 1 {"n": 1}',
        (
            SAVED,
            call("POST", f"/{INDEX}/_refresh"),
            call("POST", "/_reindex", {"source": {"index": INDEX}, "dest": {"index": f"{INDEX}-2"}}),
        ),
        only_real=NO_QUERIES,
    ),
]

CASES = [
    *VERSIONS,
    *DYNAMIC_TYPES,
    *DATES,
    *NUMBERS,
    *LIMITS,
    *NAMES,
    *SOURCES,
    *IDS,
    *SHAPES,
    *INDEXES,
    *BLOCKS,
    *LOOK_UPS,
    *INACTIVE_SHARDS,
    *QUERIES,
]

"""The index templates have the effect that function/README.md describes, on real engines."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from management.templates import IndexTemplate, TemplateError, build_templates, read_properties
from tests.engines.engine import Engine

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "function" / "README.md"
# The fields that the README names.
PROPERTIES: dict[str, Any] = {
    "lines": {"properties": {"price": {"type": "double"}}},
    "n": {"type": "double"},
    "d": {"type": "date"},
    "t": {"type": "text"},
    "b": {"type": "boolean"},
    "m": {"properties": {"a": {"type": "double"}}},
}
FIELD = re.compile(rf'"({"|".join(PROPERTIES)})":')


def nested(levels: int, *, maps: bool) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"k": value} if maps else [value]
    return value


# The documents of each item in the README's table, as JSON. The last one is the one that can be refused.
ITEMS: dict[str, Sequence[str]] = {
    "maps with the prices 1.5 and 3 in one list": ['{"lines": [{"price": 1.5}, {"price": 3}]}'],
    "the numbers 1.5 and 3 in one list": ['{"n": [1.5, 3]}'],
    "a date and another text in one list": ['{"t": ["2026-01-01", "x"]}'],
    "a number and a text in one list": ['{"n": [1, "x"]}'],
    "a number and a map in one list": ['{"n": [1, {"a": 1}]}'],
    "an integer of 38 digits": ['{"n": 12345678901234567890123456789012345678}'],
    "1E+125": ['{"n": 1E+125}'],
    "a text where a date was before": ['{"d": "2026-01-01"}', '{"d": "soon"}'],
    "an empty text where a date was before": ['{"d": "2026-01-01"}', '{"d": ""}'],
    "a text where a number was before": ['{"n": 1}', '{"n": "x"}'],
    "a map where a number was before": ['{"n": 1}', '{"n": {"a": 1}}'],
    "a map where a text was before": ['{"t": "x"}', '{"t": {"a": 1}}'],
    "a number where a map was before": ['{"m": {"a": 1}}', '{"m": 1}'],
    "a number where a boolean was before": ['{"b": true}', '{"b": 1}'],
    "a text of 40,000 characters": [json.dumps({"t": "x" * 40_000})],
    "1,100 attributes": [json.dumps({f"k{number}": 1 for number in range(1100)})],
    "21 nested maps": [json.dumps({"k": nested(20, maps=True)})],
    "21 nested lists": [json.dumps({"l": nested(21, maps=False)})],
    "an attribute that is not in `--properties`": ['{"other": "x"}'],
}


@pytest.fixture(params=["engine", "newer_engine"])
def any_engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    if not found.version.startswith(("2.", "3.")):
        pytest.skip("the README's table is for OpenSearch 2 and 3")
    return found


def refused_items(column: int) -> set[str]:
    """Return the items that the README's table shows as refused, in a column counted from 1."""
    rows = [[cell.strip() for cell in line.strip("| \n").split(" |")] for line in table_lines()]
    assert [row[0] for row in rows] == list(ITEMS)
    return {row[0] for row in rows if len(row) > column and row[column] == "refused"}


def table_lines() -> Iterator[str]:
    lines = iter(README.read_text().splitlines())
    for line in lines:
        if line.startswith("| item | no template |"):
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def put_templates(engine: Engine, templates: Sequence[IndexTemplate]) -> None:
    for template in templates:
        answer = engine.request("PUT", f"/_index_template/{template.name}", template.body)
        assert answer.status == 200, answer.body


def index_items(engine: Engine, index: str) -> set[str]:
    """Index each item with separate fields into a new index, and return the items that were refused."""
    lines = []
    for number, documents in enumerate(ITEMS.values()):
        for version, document in enumerate(documents, 1):
            meta = {"_index": index, "_id": f"{number}", "version": version, "version_type": "external"}
            fields = FIELD.sub(rf'"\g<1>{number}":', document[1:])
            lines += [json.dumps({"index": meta}), f'{{"_sequence_number": "{version}", {fields}']
    answer = engine.request("POST", "/_bulk", "\n".join(lines) + "\n", content_type="application/x-ndjson")
    results = iter(answer.body["items"])
    refused = set()
    for name, documents in ITEMS.items():
        *before, last = [next(results)["index"]["status"] for _ in documents]
        assert set(before) <= {201}
        if last == 400:
            refused.add(name)
    return refused


def test_readme_lists_the_items_that_a_new_index_refuses_without_the_template(any_engine: Engine) -> None:
    assert index_items(any_engine, any_engine.new_index()) == refused_items(1)


@pytest.mark.parametrize(("dynamic", "column"), [("true", 2), ("false", 3), ("strict", 4)])
def test_readme_lists_the_items_that_a_template_refuses(any_engine: Engine, dynamic: str, column: int) -> None:
    index = any_engine.new_index()
    properties = {f"{name}{number}": PROPERTIES[name] for name in PROPERTIES for number in range(len(ITEMS))}
    templates = build_templates(index, dynamic=dynamic, properties=None if dynamic == "true" else properties)
    put_templates(any_engine, templates[:1])

    assert index_items(any_engine, index) == refused_items(column)


def test_numbers_and_texts_can_be_searched_and_keep_all_digits(any_engine: Engine) -> None:
    index = any_engine.new_index()
    put_templates(any_engine, build_templates(index))
    big = 12345678901234567890123456789012345678
    document = f'{{"prices": [1.5, 3], "big": {big}, "day": ["2026-01-01", "a word"], "_sequence_number": "1"}}'
    assert any_engine.request("PUT", f"/{index}/_doc/a?refresh=true", document).status == 201

    def finds(query: dict[str, Any]) -> bool:
        answer = any_engine.request("POST", f"/{index}/_search", {"query": query})
        return bool(answer.body["hits"]["total"]["value"] == 1)

    assert finds({"term": {"prices": 3}})
    assert finds({"range": {"big": {"gte": 10**37}}})
    assert finds({"match": {"day": "word"}})
    assert finds({"term": {"day.keyword": "2026-01-01"}})
    assert any_engine.request("GET", f"/{index}/_doc/a").body["_source"]["big"] == big


def test_sequence_number_is_not_indexed(engine: Engine) -> None:
    index = engine.new_index()
    put_templates(engine, build_templates(index))
    engine.request("PUT", f"/{index}/_doc/a", {"_sequence_number": "1"})

    answer = engine.request("POST", f"/{index}/_search", {"query": {"term": {"_sequence_number": "1"}}})

    assert answer.status == 400
    assert "not indexed" in json.dumps(answer.body)


def test_shards_that_learn_a_field_at_once_accept_all_numbers(engine: Engine) -> None:
    """With the engine's default mapping, some of these documents are refused, and accepted when they are sent again."""
    index = engine.new_index()
    put_templates(engine, build_templates(index))
    engine.request("PUT", f"/{index}", {"settings": {"number_of_shards": 5}})
    lines = []
    for number in range(40):
        lines += [
            json.dumps({"index": {"_index": index, "_id": str(number)}}),
            json.dumps({"f": 3 if number % 2 else 1.5}),
        ]

    answer = engine.request("POST", "/_bulk", "\n".join(lines) + "\n", content_type="application/x-ndjson")

    assert answer.body["errors"] is False


def test_old_tombstones_can_be_deleted_by_query(engine: Engine) -> None:
    index = engine.new_index()
    put_templates(engine, build_templates(index))
    sink = f"{index}-tombstones"
    engine.request("PUT", f"/{sink}/_doc/old", {"_sequence_number": "1", "deleted_at": 1_000_000_000_000})
    engine.request("PUT", f"/{sink}/_doc/new", {"_sequence_number": "2", "deleted_at": 9_000_000_000_000})
    engine.request("POST", f"/{sink}/_refresh")

    query = {"query": {"range": {"deleted_at": {"lt": "now-2d"}}}}
    answer = engine.request("POST", f"/{sink}/_delete_by_query?refresh=true", query)

    assert answer.body["deleted"] == 1
    assert set(engine.documents(sink)) == {"new"}


def test_sink_stores_a_large_record_and_indexes_its_reason(engine: Engine) -> None:
    index = engine.new_index()
    put_templates(engine, build_templates(index))
    sink = f"{index}-rejected"
    document = {"rejected_at": 1_767_225_600_000, "reason": "status 400", "keys": "{}", "record": "x" * 900_000}
    assert engine.request("PUT", f"/{sink}/_doc/label%2F1?refresh=true", document | {"other": 1}).status == 201

    mapping = engine.request("GET", f"/{sink}/_mapping").body[sink]["mappings"]["properties"]
    query = {
        "bool": {
            "filter": [{"term": {"reason.keyword": "status 400"}}, {"range": {"rejected_at": {"gte": "2026-01-01"}}}]
        }
    }
    found = engine.request("POST", f"/{sink}/_search", {"query": query}).body["hits"]["hits"]

    assert "other" not in mapping
    assert [hit["_id"] for hit in found] == ["label/1"]


def test_each_index_gets_its_template_although_the_names_of_tables_overlap(engine: Engine) -> None:
    index = engine.new_index()
    names = [index, f"{index}-vip", f"{index}-v2"]
    for name in names:
        put_templates(engine, build_templates(name))

    for name in names:
        for template in build_templates(name):
            answer = engine.request("POST", f"/_index_template/_simulate_index/{template.index}")
            overlapping = {other["name"] for other in answer.body["overlapping"]}
            settings = answer.body["template"]["settings"]["index"]
            assert settings["refresh_interval"] == template.body["template"]["settings"]["index"]["refresh_interval"]
            assert template.name not in overlapping


def test_serverless_gets_no_settings_that_it_decides_itself() -> None:
    for template in build_templates("orders", is_serverless=True):
        assert template.body["template"]["settings"]["index"].keys() <= {"mapping"}


def test_an_index_without_searchable_fields_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"--dynamic strict: no field would be searchable; add --properties FILE"):
        build_templates("orders", dynamic="strict")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "cannot be read (it is not UTF-8 text)"),
        (b"[]", "must be a JSON object with a mapping for each field"),
        (b"{}", "must be a JSON object with a mapping for each field"),
        (b'{"price": "double"}', 'field \'price\': must be an object with "type" or "properties"'),
        (
            b'{"_sequence_number": {"type": "long"}}',
            "field '_sequence_number': the template maps it already; remove it",
        ),
    ],
)
def test_wrong_properties_are_explained(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "properties.json"
    path.write_bytes(content)

    with pytest.raises(TemplateError) as raised:
        read_properties(path)

    assert message in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_properties_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"cannot be read \(No such file or directory\); name a JSON file"):
        read_properties(tmp_path / "none.json")

"""Every command of docs/operations/reindexing.md works, on a real engine."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

import manage
from tests.engines.engine import Engine
from tests.function.harness import Clock, Indexer
from tests.function.stream_events import Image, put, remove, text_image

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "reindexing.md"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEPS = ["1. Apply the new template", "2. Pause the mapping", "3. Copy the documents", "4. Swap the alias", "5. Resume"]


def code_of(section: str) -> list[tuple[str, str]]:
    """Return the language and the text of each code block of a section."""
    _, *parts = HEADING.split(PAGE.read_text())
    (text,) = [text for heading, text in zip(parts[::2], parts[1::2], strict=True) if heading.startswith(section)]
    return CODE.findall(text)


class Operator:
    """Follows the page.

    Attributes:
        answers: the answers to the requests so far.
    """

    def __init__(self, engine: Engine, index: str) -> None:
        self.answers: list[Any] = []
        self._engine = engine
        self._index = index
        self._task = ""

    def follow(self, *sections: str) -> None:
        """Run all code blocks of these sections."""
        for section in sections:
            for language, code in code_of(section):
                code = code.replace("orders", self._index).replace("TASK", self._task)
                if language == "http":
                    self._send(code)
                else:
                    self._run(code)

    def _send(self, code: str) -> None:
        # The form of the Dev Tools: a line with the method and the path, and possibly a body.
        for request in code.strip().split("\n\n"):
            line, _, body = request.partition("\n")
            method, path = line.split(" ")
            answer = self._engine.request(method, path, body or None)
            assert answer.status == 200, answer.body
            if "task" in answer.body and isinstance(answer.body["task"], str):
                self._task = answer.body["task"]
            while answer.body.get("completed") is False:
                answer = self._engine.request(method, path)
            assert not answer.body.get("failures")
            assert not answer.body.get("response", {}).get("failures")
            self.answers.append(answer.body)

    def _run(self, code: str) -> None:
        for line in code.splitlines():
            program, *arguments = shlex.split(line)
            if program == "aws":
                check_aws_command(arguments)
            else:
                assert [program, arguments[0]] == ["python", "function/manage.py"]
                assert manage.main(arguments[1:], self._environment()) == 0

    def _environment(self) -> dict[str, str]:
        return {"SEARCH_ENDPOINT": self._engine.url, "SEARCH_SERVICE": "none", "INDEX": self._index}


def check_aws_command(arguments: list[str]) -> None:
    """Check that a command of the AWS CLI exists, with the options that it has in all commands or from the API."""
    service, command, *options = arguments
    model = get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(operations[command]).input_shape.members
    known = {"--query"}
    for member, shape in members.items():
        name = xform_name(member, "-")
        known |= {f"--{name}", f"--no-{name}"} if shape.type_name == "boolean" else {f"--{name}"}
    used = {option for option in options if option.startswith("--")}
    assert used <= known
    assert "--uuid" in used


@pytest.fixture
def index(engine: Engine) -> str:
    return engine.new_index()


@pytest.fixture
def indexer(engine: Engine, clock: Clock, index: str) -> Indexer:
    return Indexer(engine.url, clock, INDEX=index)


@pytest.fixture
def operator(engine: Engine, index: str) -> Operator:
    return Operator(engine, index)


def number(value: str) -> Image:
    return {"value": {"N": value}}


def versions(engine: Engine, index: str) -> dict[str, int]:
    engine.request("POST", f"/{index}/_refresh")
    hits = engine.request("POST", f"/{index}/_search?version=true").body["hits"]["hits"]
    return {hit["_id"]: hit["_version"] for hit in hits}


def test_page_moves_the_documents_to_a_new_index(
    engine: Engine, indexer: Indexer, operator: Operator, index: str, clock: Clock
) -> None:
    environment = {"SEARCH_ENDPOINT": engine.url, "SEARCH_SERVICE": "none", "INDEX": index}
    assert manage.main(["apply-template", "--create"], environment) == 0
    indexer.index(put(1, "a", number("12345678901234567890.1")), put(2, "b", text_image("old")), put(3, "c"))
    indexer.index(put(4, "b", text_image("new")), remove(5, "c"))
    before = versions(engine, index)
    assert set(before) == {"a", "b"}

    operator.follow("Before", *STEPS[:4])

    assert list(engine.request("GET", f"/_alias/{index}").body) == [f"{index}-v2"]
    assert versions(engine, index) == before
    counts = [answer["count"] for answer in operator.answers if "count" in answer]
    assert counts == [2, 2]
    # Late records change nothing, also with the tombstone of "c".
    clock.sleep(3600)
    late = indexer.index(put(2, "b", text_image("old")), put(3, "c"))
    assert late.counts["superseded"] == 2
    # The records of the pause are indexed.
    indexer.index(put(6, "b", text_image("newest")), remove(7, "a"))

    operator.follow(STEPS[4])

    documents = engine.documents(index)
    assert {id: document["value"] for id, document in documents.items()} == {"b": "newest"}
    assert engine.request("GET", f"/{index}-v1").status == 404


def test_page_keeps_all_digits_of_numbers(engine: Engine, indexer: Indexer, operator: Operator, index: str) -> None:
    environment = {"SEARCH_ENDPOINT": engine.url, "SEARCH_SERVICE": "none", "INDEX": index}
    assert manage.main(["apply-template", "--create"], environment) == 0
    indexer.index(put(1, "a", number("12345678901234567890123456789012345678")))

    operator.follow(*STEPS[:4])

    source = engine.request("GET", f"/{index}/_source/a").body
    assert source["value"] == 12345678901234567890123456789012345678


def test_page_replaces_an_index_with_an_alias(engine: Engine, indexer: Indexer, operator: Operator, index: str) -> None:
    indexer.index(put(1, "a", text_image("x")), remove(2, "b"))
    before = versions(engine, index)

    operator.follow(*STEPS[:3], "If `orders` is an index")

    assert list(engine.request("GET", f"/_alias/{index}").body) == [f"{index}-v2"]
    assert versions(engine, index) == before
    assert indexer.index(put(1, "a", text_image("x"))).counts["superseded"] == 1


def test_page_can_be_left_before_the_swap(engine: Engine, indexer: Indexer, operator: Operator, index: str) -> None:
    indexer.index(put(1, "a", text_image("x")))

    operator.follow(*STEPS[:3], "To give up")

    assert engine.request("GET", f"/{index}-v2").status == 404
    assert set(engine.documents(index)) == {"a"}


def test_page_copies_the_tombstones_to_another_name(
    engine: Engine, indexer: Indexer, operator: Operator, index: str, clock: Clock
) -> None:
    indexer.index(put(1, "a"), remove(2, "a"), put(3, "b"))
    environment = {"SEARCH_ENDPOINT": engine.url, "SEARCH_SERVICE": "none", "INDEX": f"shop-{index}"}
    assert manage.main(["apply-template", "--create"], environment) == 0

    operator.follow("If `INDEX` changes")

    assert versions(engine, f"shop-{index}-tombstones") == versions(engine, f"{index}-tombstones")
    clock.sleep(3600)
    late = Indexer(engine.url, clock, INDEX=f"shop-{index}").index(put(1, "a"))
    assert late.counts["superseded"] == 1


def test_every_code_block_of_the_page_is_run() -> None:
    run = [*STEPS, "To give up", "If `orders` is an index", "If `INDEX` changes"]

    assert CODE.findall(PAGE.read_text()) == [block for section in run for block in code_of(section)]

"""The file of ``--import-from``: its checks, and the import blocks in the bundle."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .support import MAPPING, TABLE, Edit, HandOver, Refused

POLICY = "aws_iam_role_policy.pipeline"

WriteIds = Callable[[object], str]


@pytest.fixture
def write_ids(tmp_path: Path) -> WriteIds:
    """A function that writes the file of ``--import-from``, as JSON unless it is text, and returns its path."""

    def write_ids(content: object) -> str:
        path = tmp_path / "ids.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write_ids


@pytest.fixture
def error_of(refused: Refused, write_ids: WriteIds) -> Callable[[object], str]:
    """A function that returns the error for a content of the file."""
    return lambda content: refused("--import-from", write_ids(content), code=2)


def test_each_entry_becomes_an_import_block(hand_over: HandOver, write_ids: WriteIds) -> None:
    uuid = "a1b2c3d4-0000-4000-8000-1234567890ab"
    ids = write_ids({MAPPING: uuid, TABLE: "orders"})
    bundle = hand_over("--format", "hcl", "--import-from", ids)
    assert (bundle / "imports.tf").read_text() == (
        f'import {{\n  to = {TABLE}\n  id = "orders"\n}}\n\nimport {{\n  to = {MAPPING}\n  id = "{uuid}"\n}}\n'
    )
    bundle = hand_over("--format", "json", "--import-from", ids)
    blocks = json.loads((bundle / "imports.tf.json").read_text())
    assert blocks == {"import": [{"to": TABLE, "id": "orders"}, {"to": MAPPING, "id": uuid}]}


def test_imports_require_terraform_1_5(hand_over: HandOver, write_ids: WriteIds) -> None:
    bundle = hand_over("--format", "hcl", "--import-from", write_ids({TABLE: "orders"}))
    assert 'required_version = ">= 1.5.0"' in (bundle / "terraform.tf").read_text()


def test_runbook_describes_the_imports(hand_over: HandOver, write_ids: WriteIds) -> None:
    runbook = (hand_over("--import-from", write_ids({TABLE: "orders"})) / "RUNBOOK.md").read_text()
    assert "`1 to import`, `0 to destroy`" in runbook


def test_id_may_be_an_expression(hand_over: HandOver, write_ids: WriteIds) -> None:
    bundle = hand_over("--format", "hcl", "--import-from", write_ids({POLICY: "${var.name_prefix}-orders:policy"}))
    assert 'id = "${var.name_prefix}-orders:policy"' in (bundle / "imports.tf").read_text()


def test_unknown_address_is_an_error_with_similar_addresses(error_of: Callable[[object], str]) -> None:
    assert f"the most similar: {TABLE}" in error_of({"aws_dynamodb_table.orders": "orders"})


def test_all_mistakes_are_reported_together(error_of: Callable[[object], str]) -> None:
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
    error = error_of({TABLE: arn, POLICY: "policy", MAPPING: 7})
    assert f"{TABLE}: the id must be the table's name, not '{arn}'" in error
    assert f"{POLICY}: the id must be <role's name>:<policy's name>, not 'policy'" in error
    assert f"{MAPPING}: the id must be text, not 7" in error


def test_address_that_the_stack_imports_already_is_an_error(
    edit: Edit, error_of: Callable[[object], str], hand_over: HandOver
) -> None:
    edit(lambda config: config.update({"import": [{"to": TABLE, "id": "orders"}]}))
    assert f"{TABLE}: the stack imports this resource already" in error_of({TABLE: "orders"})
    assert (hand_over("--format", "hcl") / "imports.tf").read_text().count("import {") == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("[", "Expecting value"),
        ([], "must be a JSON object"),
        ({}, "at least one entry"),
        (f'{{"{TABLE}": "a", "{TABLE}": "b"}}', f"{TABLE} is given twice"),
    ],
)
def test_other_content_is_an_error(error_of: Callable[[object], str], content: object, error: str) -> None:
    assert error in error_of(content)

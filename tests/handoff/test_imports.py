"""Taking over what exists: what the mapping may say, and the blocks that come of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.command import main

from .conftest import TABLE, HandOver

MAPPING = "aws_lambda_event_source_mapping.pipeline_event-source-mapping_7B847D07"
POLICY = "aws_iam_role_policy.pipeline_role-policy_DFBDB60F"


@pytest.fixture
def ids(tmp_path: Path) -> Callable[[Any], str]:
    def ids(content: Any) -> str:
        path = tmp_path / "ids.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return ids


@pytest.fixture
def refused(output: Path, tmp_path: Path, ids: Any, capsys: pytest.CaptureFixture[str]) -> Callable[[Any], str]:
    def refused(content: Any) -> str:
        assert main(["--quiet", "--import-from", ids(content)]) == 2
        assert not (tmp_path / "dist" / "orders").exists()
        return capsys.readouterr().err

    return refused


def test_each_entry_is_an_import_block(hand_over: HandOver, ids: Any) -> None:
    uuid = "a1b2c3d4-0000-4000-8000-1234567890ab"
    bundle = hand_over("--format", "both", "--import-from", ids({MAPPING: uuid, TABLE: "orders"}))
    assert (bundle / "imports.tf").read_text() == (
        f'import {{\n  to = {TABLE}\n  id = "orders"\n}}\n\nimport {{\n  to = {MAPPING}\n  id = "{uuid}"\n}}\n'
    )
    written = json.loads((bundle / "json/imports.tf.json").read_text())
    assert written == {"import": [{"to": TABLE, "id": "orders"}, {"to": MAPPING, "id": uuid}]}


def test_imports_need_the_terraform_that_has_them(hand_over: HandOver, ids: Any) -> None:
    bundle = hand_over("--format", "hcl", "--import-from", ids({TABLE: "orders"}))
    assert 'required_version = ">= 1.5.0"' in (bundle / "versions.tf").read_text()


def test_the_runbook_tells_of_the_imports(hand_over: HandOver, ids: Any) -> None:
    assert "to import" in (hand_over("--import-from", ids({TABLE: "orders"})) / "RUNBOOK.md").read_text()


def test_an_id_may_be_an_expression(hand_over: HandOver, ids: Any) -> None:
    bundle = hand_over("--format", "hcl", "--import-from", ids({POLICY: "${var.name_prefix}-orders:policy"}))
    assert 'id = "${var.name_prefix}-orders:policy"' in (bundle / "imports.tf").read_text()


def test_an_unknown_address_names_the_nearest(refused: Callable[[Any], str]) -> None:
    assert f"the nearest: {TABLE}" in refused({"aws_dynamodb_table.orders": "orders"})


def test_every_mistake_is_told_at_once(refused: Callable[[Any], str]) -> None:
    told = refused({TABLE: "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", POLICY: "policy", MAPPING: 7})
    assert "is not the table's name" in told
    assert "is not <role's name>:<policy's name>" in told
    assert "the id must be text, not 7" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[", "Expecting value"),
        ([], "must be an object"),
        ({}, "name one at the least"),
        (f'{{"{TABLE}": "a", "{TABLE}": "b"}}', "stands there twice"),
    ],
)
def test_a_mapping_that_is_none_is_refused(refused: Callable[[Any], str], content: Any, told: str) -> None:
    assert told in refused(content)

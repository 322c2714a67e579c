"""Terraform's JSON syntax: its forms of blocks, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.terraform_json import canonical_blocks, read_json

QUEUE = {"name": "q"}
CANONICAL = {"resource": {"aws_sqs_queue": {"q": QUEUE}}}


@pytest.mark.parametrize(
    "content",
    [
        {"resource": [{"aws_sqs_queue": {"q": QUEUE}}]},
        {"resource": {"aws_sqs_queue": [{"q": [QUEUE]}]}},
        {"resource": {"aws_sqs_queue": {"q": QUEUE, "none": None, "nothing": []}}, "output": None},
        {"resource": [{"aws_sqs_queue": None}, {"aws_sqs_queue": {"q": QUEUE}}]},
    ],
)
def test_blocks_in_lists_become_objects(content: dict[str, Any]) -> None:
    blocks = canonical_blocks(content)
    assert blocks is not None
    assert {type: block for type, block in blocks.items() if block} == CANONICAL


def test_resources_of_one_type_in_several_objects_are_merged() -> None:
    content = {"resource": [{"t": {"a": {}}}, {"t": {"b": {}}}], "locals": [{"a": 1}, {"b": 2}]}
    assert canonical_blocks(content) == {"resource": {"t": {"a": {}, "b": {}}}, "locals": {"a": 1, "b": 2}}


@pytest.mark.parametrize("type", ["import", "moved", "removed"])
def test_one_block_without_a_label_becomes_a_list(type: str) -> None:
    assert canonical_blocks({type: {"from": "a.b"}}) == {type: [{"from": "a.b"}]}
    assert canonical_blocks({type: [{"from": "a.b"}]}) == {type: [{"from": "a.b"}]}


def test_providers_with_aliases_stay_a_list() -> None:
    providers = {"provider": {"aws": [{}, {"alias": "us"}]}}
    assert canonical_blocks(providers) == providers


def test_settings_and_lifecycle_in_lists_become_objects() -> None:
    content = {
        "terraform": [{"backend": [{"s3": [{"bucket": "b"}]}], "required_providers": [{"aws": "~> 5.0"}]}],
        "resource": {"t": {"a": {"lifecycle": [{"prevent_destroy": True}]}}},
    }
    assert canonical_blocks(content) == {
        "terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": {"aws": {"version": "~> 5.0"}}},
        "resource": {"t": {"a": {"lifecycle": {"prevent_destroy": True}}}},
    }


@pytest.mark.parametrize(
    "content",
    [
        [],
        1,
        {"resource": 1},
        {"resource": {"t": 1}},
        {"resource": {"t": {"a": [{}, {}]}}},
        {"resource": [[{"t": {}}]]},
        {"moved": ["x"]},
        {"terraform": {"required_providers": {"aws": 5}}},
    ],
)
def test_other_content_has_no_blocks(content: object) -> None:
    assert canonical_blocks(content) is None


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": -Infinity}', "[" * 100_000])
def test_text_that_terraform_reads_differently_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "cdk.tf.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"^cdk\.tf\.json "):
        read_json(tmp_path / "cdk.tf.json")

"""The chapters of the runbook, which depend on the parts of the patterns."""

import re
from typing import Any

from ddb_stream_lambda.handoff.documents.runbook import runbook
from ddb_stream_lambda.handoff.facts.pipelines import Pipeline
from ddb_stream_lambda.handoff.synthesized.configuration import Resource


def pipeline(**parts: Any) -> Pipeline:
    none = dict.fromkeys(("mapping", "table", "function", "queue"))
    return Pipeline(**{"path": "orders/pipeline", "addresses": frozenset(), "stream_arn": "", **none, **parts})


def text_for(*pipelines: Pipeline) -> str:
    return runbook(stack="orders", pipelines=pipelines, outputs=(), has_imports=False)


def chapters(*pipelines: Pipeline) -> list[str]:
    return re.findall(r"^## (.*)", text_for(*pipelines), re.MULTILINE)


def test_stack_without_a_pattern_has_the_general_chapters() -> None:
    assert chapters() == ["First deployment", "Roll back"]


def test_each_part_has_its_chapters() -> None:
    queue = Resource("aws_sqs_queue", "q", {})
    retained = Resource("aws_dynamodb_table", "t", {"lifecycle": {"prevent_destroy": True}})
    assert chapters(pipeline(queue=queue, table=retained))[2:] == [
        "Read the dead-letter queue: `aws_sqs_queue.q`",
        "Empty the dead-letter queue: `aws_sqs_queue.q`",
        "Destroy the retained table: `aws_dynamodb_table.t`",
    ]


def test_table_without_protection_has_no_chapter() -> None:
    assert chapters(pipeline(table=Resource("aws_dynamodb_table", "t", {}))) == chapters()


def test_each_queue_has_the_stream_of_its_own_pattern() -> None:
    first, second = (
        pipeline(queue=Resource("aws_sqs_queue", name, {}), stream_arn=f"${{aws_dynamodb_table.{name}.stream_arn}}")
        for name in ("orders", "returns")
    )
    parts = text_for(first, second).split("\n## ")
    for name in ("orders", "returns"):
        (chapter,) = (part for part in parts if part.startswith(f"Read the dead-letter queue: `aws_sqs_queue.{name}`"))
        assert re.findall(r"aws_dynamodb_table\.\w+\.stream_arn", chapter) == [f"aws_dynamodb_table.{name}.stream_arn"]


def test_deletion_protection_from_a_variable_is_disabled_with_the_variable() -> None:
    arguments = {"lifecycle": {"prevent_destroy": True}, "deletion_protection_enabled": "${var.protect}"}
    text = text_for(pipeline(table=Resource("aws_dynamodb_table", "t", arguments)))
    assert "terraform destroy -var-file=prod.tfvars -var=protect=false" in text
    assert "deletion_protection_enabled = false" not in text

"""The chapters of the runbook, which depend on the resources of the stack."""

import re

from ddb_stream_lambda.handoff.documents.runbook import runbook
from ddb_stream_lambda.handoff.synthesized.configuration import Resource


def chapters(*resources: Resource) -> list[str]:
    text = runbook(stack="orders", resources=resources, outputs=(), has_imports=False)
    return re.findall(r"^## (.*)", text, re.MULTILINE)


def test_stack_without_resources_has_the_general_chapters() -> None:
    assert chapters() == ["First deployment", "Roll back"]


def test_each_resource_has_its_chapters() -> None:
    queue = Resource("aws_sqs_queue", "q", {})
    retained = Resource("aws_dynamodb_table", "t", {"lifecycle": {"prevent_destroy": True}})
    assert chapters(queue, retained)[2:] == [
        "Read the dead-letter queue: `aws_sqs_queue.q`",
        "Empty the dead-letter queue: `aws_sqs_queue.q`",
        "Destroy the retained table: `aws_dynamodb_table.t`",
    ]


def test_table_without_protection_has_no_chapter() -> None:
    assert chapters(Resource("aws_dynamodb_table", "t", {})) == chapters()


def test_deletion_protection_from_a_variable_is_disabled_with_the_variable() -> None:
    arguments = {"lifecycle": {"prevent_destroy": True}, "deletion_protection_enabled": "${var.protect}"}
    text = runbook(
        stack="orders", resources=[Resource("aws_dynamodb_table", "t", arguments)], outputs=(), has_imports=False
    )
    assert "terraform destroy -var-file=prod.tfvars -var=protect=false" in text
    assert "deletion_protection_enabled = false" not in text

"""The stack that one tool deploys and the other plans: the pattern with everything that it can create."""

from __future__ import annotations

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from tests.support.calls import ZIP_FUNCTION

from .terraform import Build

TAGS = {"team": "orders"}


def pipeline(id: str) -> Build:
    """Return a function that adds the pattern to a stack, in a scope whose id is part of all names."""

    def build(stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(
            Construct(stack, id),
            "pipeline",
            lambda_function_props={**ZIP_FUNCTION, "publish": True, "tags": TAGS},
            lambda_alias_props={"name": "live"},
            log_group_props={"retention_in_days": 30, "tags": TAGS},
            dynamo_table_props={"name": id, "tags": TAGS},
            dynamo_event_source_props={
                "enabled": False,  # polls nothing
                "filter_criteria": {"filter": [{"pattern": {"eventName": ["INSERT"]}}]},
                "function_response_types": ["ReportBatchItemFailures"],
            },
            sqs_dlq_queue_props={"message_retention_seconds": 86400, "tags": TAGS},
            table_permissions="ReadWrite",
            table_environment_variable_name="TABLE_NAME",
        )
        TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)

    return build

"""The stack that the deployment tests use: the pattern with a function that records the events it receives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

TABLE = "orders"
RECORDER = Path(__file__).parent.parent / "assets" / "recorder"
# Everything except new images with the attribute "ignored". `exists` works only on leaves, such as a type's value.
FILTERS = (
    {"eventName": ["REMOVE"]},
    {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": {"ignored": {"S": [{"exists": False}]}}}},
)
# Not the default architecture. The emulator accepts any and runs the function with its own Python.
ARCHITECTURE = "arm64"


@dataclass(frozen=True)
class RecorderStack:
    """The stack's settings. Calling it adds the constructs to an empty stack.

    Attributes:
        effects: the file in which the function records the events.
        code: the directory of the function's code.
        batch_size: the largest number of records in an event.
        tags: the tags of the function, the table and the queue.
        retained: whether the table is protected from deletion.
        bucket: whether the stack has a failure bucket.
    """

    effects: Path
    code: Path = RECORDER
    batch_size: int = 10
    tags: dict[str, str] = field(default_factory=dict)
    retained: bool = True
    bucket: bool = False

    def with_changes(self, **changes: Any) -> RecorderStack:
        return replace(self, **changes)

    def __call__(self, stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props={
                "code": Code.from_asset(self.code),
                "runtime": "python3.13",
                "handler": "index.handler",
                "architectures": [ARCHITECTURE],
                "logging_config": {
                    "log_format": "JSON",
                    "application_log_level": "INFO",
                    "system_log_level": "WARN",
                },
                "timeout": 10,
                "environment": {"variables": {"EFFECTS": str(self.effects), "TABLE": TABLE}},
                "tags": self.tags,
            },
            dynamo_event_source_props={
                "batch_size": self.batch_size,
                "maximum_retry_attempts": 2,
                "filter_criteria": {"filter": [{"pattern": json.dumps(pattern)} for pattern in FILTERS]},
                "function_response_types": ["ReportBatchItemFailures"],
            },
            dynamo_table_props={
                "name": TABLE,
                "lifecycle": {"prevent_destroy": self.retained},
                "deletion_protection_enabled": self.retained,
                "tags": self.tags,
            },
            sqs_dlq_queue_props={"tags": self.tags},
            deploy_failure_bucket=self.bucket,
        )
        assert pattern.dynamo_table is not None
        assert pattern.dead_letter_queue is not None
        TerraformOutput(stack, "table", value=pattern.dynamo_table.name)
        TerraformOutput(stack, "function", value=pattern.lambda_function.function_name)
        TerraformOutput(stack, "queue", value=pattern.dead_letter_queue.url)
        TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)
        if pattern.failure_bucket is not None:
            TerraformOutput(stack, "bucket", value=pattern.failure_bucket.id)

    def recorded_events(self) -> list[dict[str, Any]]:
        """Return the events that the function recorded, in order."""
        return [json.loads(line) for line in self.effects.read_text().splitlines()] if self.effects.exists() else []

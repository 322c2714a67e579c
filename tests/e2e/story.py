"""The stack of the story: the pattern around a function that notes what it is called with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

TABLE = "orders"
RECORDER = Path(__file__).parent.parent / "assets" / "recorder"


@dataclass(frozen=True)
class Story:
    """What changes from one deployment of the stack to the next.

    Attributes:
        effects: the file in which the function notes its events.
        code: the function's directory.
        batch_size: records an invocation.
        tags: of the function, the table and the queue.
        retained: whether the table is.
    """

    effects: Path
    code: Path = RECORDER
    batch_size: int = 10
    tags: dict[str, str] = field(default_factory=dict)
    retained: bool = True

    def but(self, **changes: Any) -> Story:
        return replace(self, **changes)

    def __call__(self, stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props={
                "code": Code.from_asset(self.code),
                "runtime": "python3.13",
                "handler": "index.handler",
                "timeout": 10,
                "environment": {"variables": {"EFFECTS": str(self.effects), "TABLE": TABLE}},
                "tags": self.tags,
            },
            dynamo_event_source_props={"batch_size": self.batch_size, "maximum_retry_attempts": 2},
            dynamo_table_props={
                "name": TABLE,
                "lifecycle": {"prevent_destroy": self.retained},
                "deletion_protection_enabled": self.retained,
                "tags": self.tags,
            },
            sqs_dlq_queue_props={"tags": self.tags},
        )
        assert pattern.dynamo_table is not None
        assert pattern.dead_letter_queue is not None
        TerraformOutput(stack, "table", value=pattern.dynamo_table.name)
        TerraformOutput(stack, "function", value=pattern.lambda_function.function_name)
        TerraformOutput(stack, "queue", value=pattern.dead_letter_queue.url)
        TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)

    def notes(self) -> list[dict[str, Any]]:
        """What the function was called with, in order."""
        return [json.loads(line) for line in self.effects.read_text().splitlines()] if self.effects.exists() else []

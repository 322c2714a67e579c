"""The Terraform that a stack emits."""

import json
from functools import cached_property
from typing import Any

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack, Testing

METADATA = "//"


class Emitted:
    """The Terraform of a stack with a pattern. The stack is synthesized at the first use."""

    def __init__(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        self.pattern = pattern
        self._stack = stack

    @cached_property
    def text(self) -> str:
        """The JSON as text."""
        return str(Testing.synth(self._stack))

    @property
    def config(self) -> dict[str, Any]:
        """The parsed JSON."""
        return dict(json.loads(self.text))

    def all(self, resource_type: str, *, kind: str = "resource") -> dict[str, dict[str, Any]]:
        """Return every resource of the type: its name in Terraform to its arguments."""
        blocks = self.config.get(kind, {}).get(resource_type, {})
        return {name: {k: v for k, v in block.items() if k != METADATA} for name, block in blocks.items()}

    def only(self, resource_type: str, *, kind: str = "resource") -> dict[str, Any]:
        """Return the arguments of the one resource of the type."""
        (arguments,) = self.all(resource_type, kind=kind).values()
        return arguments

    def address(self, resource_type: str) -> str:
        """Return the address of the one resource of the type."""
        (name,) = self.all(resource_type)
        return f"{resource_type}.{name}"

    def reference(self, resource_type: str, attribute: str) -> str:
        """Return the expression for an attribute of the one resource of the type."""
        return f"${{{self.address(resource_type)}.{attribute}}}"

    @property
    def table(self) -> dict[str, Any]:
        return self.only("aws_dynamodb_table")

    @property
    def function(self) -> dict[str, Any]:
        return self.only("aws_lambda_function")

    @property
    def mapping(self) -> dict[str, Any]:
        return self.only("aws_lambda_event_source_mapping")

    @property
    def queue(self) -> dict[str, Any]:
        return self.only("aws_sqs_queue")

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements of the role policy."""
        return list(json.loads(self.only("aws_iam_role_policy")["policy"])["Statement"])

    @property
    def permissions(self) -> dict[str, tuple[set[str], Any]]:
        """The statements of the role policy, all of which allow: Sid to actions and resource."""
        assert all(statement["Effect"] == "Allow" for statement in self.statements)
        return {statement["Sid"]: (set(statement["Action"]), statement["Resource"]) for statement in self.statements}

    @property
    def warnings(self) -> list[str]:
        return [entry.data for entry in self.pattern.node.metadata if entry.type == "@cdktf/warn"]

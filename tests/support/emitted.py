"""The Terraform of a stack, as the tests ask about it."""

import json
from typing import Any

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack, Testing

METADATA = "//"


class Emitted:
    def __init__(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        self.pattern = pattern
        self._stack = stack
        self._text = ""

    @property
    def text(self) -> str:
        """The JSON, made when first asked for."""
        self._text = self._text or str(Testing.synth(self._stack))
        return self._text

    @property
    def config(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    def all(self, resource_type: str, *, kind: str = "resource") -> dict[str, dict[str, Any]]:
        """Every resource of the type: its name in Terraform to its arguments."""
        blocks = self.config.get(kind, {}).get(resource_type, {})
        return {name: {k: v for k, v in block.items() if k != METADATA} for name, block in blocks.items()}

    def only(self, resource_type: str, *, kind: str = "resource") -> dict[str, Any]:
        """The arguments of the one resource of the type."""
        (arguments,) = self.all(resource_type, kind=kind).values()
        return arguments

    def address(self, resource_type: str) -> str:
        (name,) = self.all(resource_type)
        return f"{resource_type}.{name}"

    def reference(self, resource_type: str, attribute: str) -> str:
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
    def grants(self) -> dict[str, tuple[set[str], str]]:
        """The role policy: a statement's Sid to its actions and its resource."""
        document = json.loads(self.only("aws_iam_role_policy")["policy"])
        assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
        return {s["Sid"]: (set(s["Action"]), s["Resource"]) for s in document["Statement"]}

    @property
    def warnings(self) -> list[str]:
        return [entry.data for entry in self.pattern.node.metadata if entry.type == "@cdktf/warn"]

"""What checkov finds and the pattern decides otherwise, each with the reason; only where the finding applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .configuration import Configuration, Resource

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Suppression:
    """One check that is not followed.

    Attributes:
        check: checkov's id.
        type: the type of resource that it is about.
        reason: why it is not followed.
        applies: whether checkov finds it in a resource of these arguments.
    """

    check: str
    type: str
    reason: str
    applies: Callable[[Arguments], bool]


def _lacks(*names: str) -> Callable[[Arguments], bool]:
    return lambda given: not any(name in given for name in names)


def _managed_table_key(given: Arguments) -> bool:
    encryption = given.get("server_side_encryption", {})
    return "kms_key_arn" not in (encryption[0] if isinstance(encryption, list) else encryption)


SUPPRESSIONS = (
    Suppression(
        "CKV_AWS_119",
        "aws_dynamodb_table",
        "Encrypted with the key that AWS manages; a key of your own costs by use and its loss loses the table",
        _managed_table_key,
    ),
    Suppression(
        "CKV2_AWS_73",
        "aws_sqs_queue",
        "Encrypted with alias/aws/sqs; the messages name records and do not hold them",
        lambda given: given.get("kms_master_key_id") == "alias/aws/sqs",
    ),
    Suppression(
        "CKV_AWS_158",
        "aws_cloudwatch_log_group",
        "CloudWatch Logs encrypts with a key of its own; another needs a key policy that the account owns",
        _lacks("kms_key_id"),
    ),
    Suppression(
        "CKV_AWS_115",
        "aws_lambda_function",
        "The stream's shards bound the concurrency; a reservation would take from the account's other functions",
        _lacks("reserved_concurrent_executions"),
    ),
    Suppression(
        "CKV_AWS_116",
        "aws_lambda_function",
        "A stream's failures go where the event source mapping sends them; this setting serves asynchronous calls",
        _lacks("dead_letter_config"),
    ),
    Suppression(
        "CKV_AWS_117",
        "aws_lambda_function",
        "The function calls endpoints that authenticate by IAM; a VPC is a choice of the account's network",
        _lacks("vpc_config"),
    ),
    Suppression(
        "CKV_AWS_173",
        "aws_lambda_function",
        "Lambda encrypts the variables with a key of its own; secrets belong into Secrets Manager",
        lambda given: "environment" in given and "kms_key_arn" not in given,
    ),
    Suppression(
        "CKV_AWS_272",
        "aws_lambda_function",
        "The archive is pinned by source_code_hash and SHA256SUMS; a signing profile belongs to the account",
        _lacks("code_signing_config_arn"),
    ),
)


def suppressions_of(resource: Resource) -> list[Suppression]:
    """The checks that are not followed for a resource."""
    return [entry for entry in SUPPRESSIONS if entry.type == resource.type and entry.applies(resource.arguments)]


def settings(configuration: Configuration, form: str) -> str:
    """The file ``.checkov.yaml``, which checkov reads where it is started.

    Comments reach a resource in HCL. JSON has none, so that there the file names the checks for the whole bundle.

    Args:
        configuration: the bundle's.
        form: ``json`` or ``hcl``.
    """
    lines = [
        "# Settings of checkov for this folder: checkov -d .",
        "skip-download: true",
        "quiet: true",
        "compact: true",
    ]
    if form == "hcl":
        lines += ["framework:", "  - terraform", "# What is not followed is said at each resource, in main.tf."]
        return "\n".join(lines) + "\n"
    lines += ["framework:", "  - terraform_json"]
    lines += ["# checkov cannot read a required_version in JSON; nothing else is in that file.", "skip-path:"]
    lines += ["  - versions.tf.json"]
    applied = {entry.check: entry for resource in configuration.resources for entry in suppressions_of(resource)}
    if applied:
        lines += ["# Not followed, each for its reason:", "skip-check:"]
        for check, entry in sorted(applied.items()):
            lines += [f"  # {entry.type}: {entry.reason}.", f"  - {check}"]
    return "\n".join(lines) + "\n"

"""The file of ``--import-from``: addresses and ids of existing resources, checked and turned into import blocks."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError
from .synthesized import templates
from .synthesized.configuration import Configuration

MAX_SUGGESTIONS = 3


@dataclass(frozen=True)
class IdFormat:
    """The id by which Terraform imports a type of resource; see "Import" on the type's page in the AWS provider's docs.

    Attributes:
        description: the id in words.
        pattern: a regular expression that the whole id matches.
    """

    description: str
    pattern: str


QUEUE_URL = IdFormat("the queue's URL", r"https?://\S+/\d{12}/[\w-]+(\.fifo)?")
BUCKET_NAME = IdFormat("the bucket's name", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ID_FORMATS = {
    "aws_cloudwatch_dashboard": IdFormat("the dashboard's name", r"[\w-]{1,255}"),
    "aws_cloudwatch_log_group": IdFormat("the log group's name, such as /aws/lambda/orders", r"[\w./#-]{1,512}"),
    "aws_cloudwatch_metric_alarm": IdFormat("the alarm's name", r".{1,255}"),
    "aws_dynamodb_table": IdFormat("the table's name", r"[\w.-]{3,255}"),
    "aws_iam_role": IdFormat("the role's name, not its ARN", r"[\w+=,.@-]{1,64}"),
    "aws_iam_role_policy": IdFormat("<role's name>:<policy's name>", r"[\w+=,.@-]+:[\w+=,.@-]+"),
    "aws_lambda_event_source_mapping": IdFormat(
        "the mapping's UUID", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    ),
    "aws_lambda_function": IdFormat("the function's name, not its ARN", r"[\w-]{1,64}"),
    "aws_s3_bucket": BUCKET_NAME,
    "aws_s3_bucket_lifecycle_configuration": BUCKET_NAME,
    "aws_s3_bucket_notification": BUCKET_NAME,
    "aws_s3_bucket_ownership_controls": BUCKET_NAME,
    "aws_s3_bucket_policy": BUCKET_NAME,
    "aws_s3_bucket_public_access_block": BUCKET_NAME,
    "aws_s3_bucket_server_side_encryption_configuration": BUCKET_NAME,
    "aws_s3_bucket_versioning": BUCKET_NAME,
    "aws_sfn_state_machine": IdFormat(
        "the state machine's ARN", r"arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]{1,80}"
    ),
    "aws_sqs_queue": QUEUE_URL,
    "aws_sqs_queue_policy": QUEUE_URL,
}


def read_imports(path: Path, configuration: Configuration) -> list[dict[str, str]]:
    """Read the file of ``--import-from``.

    Args:
        path: a JSON file: an object that maps addresses to ids.
        configuration: the stack's configuration.

    Returns:
        The import blocks in Terraform's JSON syntax, in the order of the resources.

    Raises:
        UsageError: naming every wrong entry: an unknown address, a wrong id, an address that is given twice, or one
            that the stack imports already.
    """
    try:
        ids = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_duplicates)
    except (OSError, ValueError) as error:
        raise UsageError(f"--import-from {path}: {error}") from error
    if not isinstance(ids, Mapping) or not ids:
        raise UsageError(f"--import-from {path}: must be a JSON object of addresses and ids with at least one entry")
    types = {resource.address: resource.type for resource in configuration.resources}
    already_imported = {block["to"] for block in configuration.imports}
    mistakes = []
    for address, id in ids.items():
        if address not in types:
            suggestions = ", ".join(_most_similar(address, list(types)))
            mistakes.append(f"{address}: the stack has no resource with this address; the most similar: {suggestions}")
        elif address in already_imported:
            mistakes.append(f"{address}: the stack imports this resource already; remove the entry")
        elif not isinstance(id, str) or not id.strip():
            mistakes.append(f"{address}: the id must be text, not {json.dumps(id)}")
        elif (format := ID_FORMATS.get(types[address])) and not _has_format(id, format):
            mistakes.append(f"{address}: the id must be {format.description}, not {id!r}")
    if mistakes:
        raise UsageError(f"--import-from {path}:\n  " + "\n  ".join(mistakes))
    return [{"to": address, "id": ids[address]} for address in types if address in ids]


def _has_format(id: str, format: IdFormat) -> bool:
    """Return whether the id has the format. An id with expressions is not checked."""
    return bool(templates.expressions_of(id) or re.fullmatch(format.pattern, id))


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise ValueError(f"{', '.join(duplicates)} is given twice; remove one entry")
    return dict(pairs)


def _most_similar(address: str, addresses: list[str]) -> list[str]:
    same_type = [candidate for candidate in addresses if candidate.split(".")[0] == address.split(".")[0]]
    similar = difflib.get_close_matches(address, addresses, n=MAX_SUGGESTIONS, cutoff=0.4)
    return list(dict.fromkeys([*same_type, *similar]))[:MAX_SUGGESTIONS] or addresses

"""Taking over what exists: ``import`` blocks of a mapping from addresses to ids."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from . import templates
from .configuration import Configuration
from .errors import UsageError

# What Terraform imports each type by: in words, and as a pattern.
IDS = {
    "aws_cloudwatch_log_group": ("the log group's name, /aws/lambda/orders", r"[\w./#-]{1,512}"),
    "aws_cloudwatch_metric_alarm": ("the alarm's name", r".{1,255}"),
    "aws_dynamodb_table": ("the table's name", r"[\w.-]{3,255}"),
    "aws_iam_role": ("the role's name, not its ARN", r"[\w+=,.@-]{1,64}"),
    "aws_iam_role_policy": ("<role's name>:<policy's name>", r"[\w+=,.@-]+:[\w+=,.@-]+"),
    "aws_lambda_event_source_mapping": ("the mapping's UUID", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "aws_lambda_function": ("the function's name, not its ARN", r"[\w-]{1,64}"),
    "aws_sqs_queue": ("the queue's URL", r"https?://\S+/\d{12}/[\w-]+(\.fifo)?"),
    "aws_sqs_queue_policy": ("the queue's URL", r"https?://\S+/\d{12}/[\w-]+(\.fifo)?"),
}


def read(path: Path, configuration: Configuration) -> list[dict[str, str]]:
    """The import blocks of a mapping, in Terraform's JSON syntax, in the order of the configuration.

    Args:
        path: a JSON file, addresses to ids.
        configuration: what the addresses are of.

    Raises:
        UsageError: naming every entry that is wrong: an address that the configuration does not have, with the nearest
            that it has, an id of another form, an id twice.
    """
    try:
        pairs = json.loads(path.read_text(), object_pairs_hook=_once)
    except (OSError, ValueError) as error:
        raise UsageError(f"--import-from {path}: {error}") from error
    if not isinstance(pairs, Mapping) or not pairs:
        raise UsageError(f"--import-from {path}: must be an object of addresses to ids, and name one at the least")
    resources = {resource.address: resource for resource in configuration.resources}
    mistakes = []
    for address, id in pairs.items():
        if address not in resources:
            mistakes.append(f"{address}: {_way_out(address, list(resources))}")
        elif not isinstance(id, str) or not id.strip():
            mistakes.append(f"{address}: the id must be text, not {json.dumps(id)}")
        elif form := _form_missed(resources[address].type, id):
            mistakes.append(f"{address}: {id!r} is not {form}, by which Terraform imports it")
    if mistakes:
        raise UsageError(f"--import-from {path}:\n  " + "\n  ".join(mistakes))
    return [{"to": address, "id": pairs[address]} for address in resources if address in pairs]


def _form_missed(type: str, id: str) -> str | None:
    """The form that the id does not have; None where it has it, or where nothing is known of it."""
    words, pattern = IDS.get(type, ("", ".*"))
    return None if templates.expressions_of(id) or re.fullmatch(pattern, id) else words


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice")
    return dict(pairs)


def _way_out(address: str, known: list[str]) -> str:
    near = difflib.get_close_matches(address, known, n=3, cutoff=0.4)
    same_type = [candidate for candidate in known if candidate.split(".")[0] == address.split(".")[0]]
    nearest = list(dict.fromkeys([*same_type, *near]))[:3] or known
    return f"the configuration has no such resource; the nearest: {', '.join(nearest)}"

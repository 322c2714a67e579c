"""Why each resource is there, said from its own arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import templates
from .configuration import Resource

DAY = 24 * 60 * 60


def reason_of(resource: Resource) -> str:
    """One or two sentences: what the resource is for, and what of it an operator should know."""
    tell = REASONS.get(resource.type)
    if tell is None:
        return str(resource.arguments.get("description") or "Belongs to the stack.")
    return tell(resource.arguments)


def _table(given: Mapping[str, Any]) -> str:
    told = ["The table that the stream comes from."]
    protections = []
    if _block(given, "server_side_encryption").get("enabled") is True:
        key = "customer managed" if _block(given, "server_side_encryption").get("kms_key_arn") else "AWS managed"
        protections.append(f"encrypted with the {key} key")
    if _block(given, "point_in_time_recovery").get("enabled") is True:
        protections.append("restorable to any second")
    if given.get("lifecycle", {}).get("prevent_destroy"):
        protections.append("kept when the rest is destroyed")
    if protections:
        told.append(f"It is {_and(protections)}.")
    return " ".join(told)


def _queue(given: Mapping[str, Any]) -> str:
    kept = given.get("message_retention_seconds")
    return f"Receives what could not be processed; messages stay {_seconds(kept)}."


def _log_group(given: Mapping[str, Any]) -> str:
    days = given.get("retention_in_days")
    kept = "without end" if days in (None, 0) else _told(days, f"{days} days")
    return f"Where the function logs; kept {kept}."


def _function(given: Mapping[str, Any]) -> str:
    runtime = f" on {given['runtime']}" if "runtime" in given else ""
    traced = "; traced by X-Ray" if _block(given, "tracing_config").get("mode") == "Active" else ""
    return f"Processes the records, in `{given.get('handler', 'its image')}`{runtime}{traced}."


def _mapping(given: Mapping[str, Any]) -> str:
    told = ["Reads the stream and invokes the function, in order within each shard."]
    if "maximum_retry_attempts" in given:
        attempts = given["maximum_retry_attempts"]
        told.append(
            f"A failing batch is retried {_told(attempts, f'{attempts} times')}"
            + (", halved each time" if given.get("bisect_batch_on_function_error") is True else "")
            + "."
        )
    return " ".join(told)


def _alarm(given: Mapping[str, Any]) -> str:
    return str(given.get("alarm_description") or f"Watches {given.get('metric_name', 'a metric')}.")


REASONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_dynamodb_table": _table,
    "aws_iam_role": lambda _: "What the function acts as.",
    "aws_iam_role_policy": lambda _: "What the function's role may do, and nothing wider: see Grants.",
    "aws_kms_key": lambda given: str(given.get("description") or "Encrypts what names it."),
    "aws_lambda_event_source_mapping": _mapping,
    "aws_lambda_function": _function,
    "aws_sqs_queue": _queue,
    "aws_sqs_queue_policy": lambda _: "Whom the queue admits: see Grants.",
}


def _block(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = given.get(name) or {}
    if isinstance(block, list):
        block = block[0] if block else {}
    return block if isinstance(block, Mapping) else {}


def _told(value: Any, otherwise: str) -> str:
    """A value that an expression decides is told by the expression."""
    expression = templates.sole_expression(value) if isinstance(value, str) else None
    return f"as `{expression}` says" if expression else otherwise


def _seconds(value: Any) -> str:
    if value is None:
        return "4 days, which is what SQS does unasked"
    return _told(value, f"{value // DAY} days" if isinstance(value, int) and value % DAY == 0 else f"{value} seconds")


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""Explains wrong names of inputs: the construct has other inputs than the pattern."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from ...arguments.vocabulary import SIMILARITY, explain_unknown, to_snake_case

NO_VPC = (
    "not supported: the worker runs outside of a VPC, and it reaches S3, DynamoDB and Lambda there; the function that "
    "it invokes can be in one"
)

# Names that a user may expect -> what to do instead.
OTHER_WAYS: Mapping[str, str] = {
    "bucket": "use export_bucket, or result_bucket",
    "concurrency": "use max_concurrency",
    "ephemeral_storage": "use worker_props with ephemeral_storage",
    "existing_function": "use existing_lambda_obj",
    "existing_table": "use existing_table_interface",
    "function": "use pattern, or existing_lambda_obj",
    "kms_key_arn": "use export_kms_key_arn, or result_kms_key_arn",
    "lambda_function_props": "use worker_props for the worker; the function that gets the records exists already",
    "log_retention": "use log_group_props with retention_in_days",
    "memory_size": "use worker_props with memory_size",
    "prefix": "use export_prefix, or result_prefix",
    "reserved_concurrent_executions": "use worker_props with reserved_concurrent_executions",
    "retention_in_days": "use log_group_props with retention_in_days",
    "retries": "use max_retries",
    "table": "use pattern, or existing_table_interface",
    "timeout": "use worker_props with timeout",
}


def explain_input(name: str, *, known: Collection[str]) -> str:
    """Return why an input is refused, and the right one.

    Args:
        name: The name that the user wrote.
        known: The inputs of the construct.
    """
    snake = to_snake_case(name)
    if "vpc" in snake.split("_"):
        return f"{NO_VPC}; remove it"
    if snake in OTHER_WAYS and snake not in known:
        return f"unknown; {OTHER_WAYS[snake]}"
    return _suggest(snake, known) or f"unknown; the known names are {', '.join(sorted(known))}"


def explain_worker_argument(name: object, *, known: Collection[str]) -> str:
    """Return why an argument of the worker is refused, and the right one.

    Args:
        name: The key that the user wrote.
        known: The arguments that the worker takes.
    """
    snake = to_snake_case(str(name))
    takes = f"worker_props takes {', '.join(sorted(known))}"
    if "vpc" in snake.split("_"):
        return f"{NO_VPC}; {takes}"
    return _suggest(snake, known) or f"not supported: the Backfill sets the other arguments of the worker; {takes}"


def explain_log_group_argument(name: object, *, known: Collection[str], of_worker: Collection[str]) -> str:
    """Return why an argument of the log groups is refused, and the right one.

    Args:
        name: The key that the user wrote.
        known: The arguments of a log group.
        of_worker: The arguments that the worker takes.
    """
    snake = to_snake_case(str(name))
    if snake in of_worker:
        return f"unknown; use worker_props with {snake}"
    resource = "aws_cloudwatch_log_group"
    return explain_unknown(name, known=known, words_of="LogGroupProps", resource=resource, has_other_props=False)


def _suggest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that is meant; None if none is similar."""
    if name in known:
        return f"unknown; it is called {name}"
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=SIMILARITY)
    return f"unknown; did you mean {nearest[0]}?" if nearest else None

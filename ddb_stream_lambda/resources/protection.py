"""The protective defaults, and the warnings that announce their override."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .._engine import tokens
from ..errors import Mistakes
from ..limits import MOST_FILTERS
from . import defaults
from .dead_letter_queue import Destination
from .event_source import filters_of

WarningId = Literal[
    "bisect_batch_on_function_error",
    "deletion_protection_enabled",
    "deploy_sqs_dlq_queue",
    "destination_config",
    "filter_criteria",
    "kms_master_key_id",
    "maximum_record_age_in_seconds",
    "maximum_retry_attempts",
    "message_retention_seconds",
    "point_in_time_recovery",
    "policy",
    "prevent_destroy",
    "server_side_encryption",
    "tracing_config",
]

Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Override:
    """A protective default that the props weakened.

    Attributes:
        id: the argument, which is also the word that silences the warning.
        consequence: what the pattern no longer does.
    """

    id: WarningId
    consequence: str

    def __str__(self) -> str:
        return f'{self.consequence} Silence this with silence_warnings=["{self.id}"].'


def check_silenced(silenced: object, mistakes: Mistakes) -> None:
    """Note a word that silences nothing."""
    known = get_args(WarningId)
    if isinstance(silenced, str) or not isinstance(silenced, Collection):
        mistakes.add("silence_warnings", silenced, 'must be a list, such as ["tracing_config"]')
        return
    for word in silenced:
        if word not in known:
            mistakes.add("silence_warnings", word, f"silences nothing; known are {', '.join(known)}")


def overrides(
    table: Parts | None,
    mapping: Parts,
    function: Parts | None,
    queue: Parts | None,
    destination: Destination,
) -> Iterator[Override]:
    """What the arguments of the pattern's resources weaken; None is for a resource that is not its own."""
    if table is not None:
        yield from _of_table(table)
    yield from _of_mapping(mapping)
    if function is not None:
        yield from _of_function(function)
    if queue is not None:
        yield from _of_queue(queue)
    if destination.arn is None:
        yield Override(
            "deploy_sqs_dlq_queue",
            "deploy_sqs_dlq_queue is False: records that the function cannot process are discarded.",
        )
    elif destination.send_actions is None:
        yield Override(
            "destination_config",
            f"dynamo_event_source_props.destination_config names {destination.arn}, whose service cannot be told: "
            "allow the function's role to send there.",
        )


def _of_table(table: Parts) -> Iterator[Override]:
    if table.get("server_side_encryption", {}).get("enabled", False) is False:
        yield Override(
            "server_side_encryption",
            "dynamo_table_props.server_side_encryption is off: the table is encrypted with a key that AWS owns, "
            "and its use leaves no trace in CloudTrail.",
        )
    if table.get("point_in_time_recovery", {}).get("enabled", False) is False:
        yield Override(
            "point_in_time_recovery",
            "dynamo_table_props.point_in_time_recovery is off: overwritten or deleted items cannot be restored.",
        )
    if table.get("lifecycle", {}).get("prevent_destroy", False) is False:
        yield Override(
            "prevent_destroy",
            "dynamo_table_props.lifecycle.prevent_destroy is off: a plan may destroy or replace the table.",
        )
    if table.get("deletion_protection_enabled", False) is False:
        yield Override(
            "deletion_protection_enabled",
            "dynamo_table_props.deletion_protection_enabled is off: the table goes when it leaves the configuration.",
        )


def _of_mapping(mapping: Parts) -> Iterator[Override]:
    if mapping.get("bisect_batch_on_function_error", False) is False:
        yield Override(
            "bisect_batch_on_function_error",
            "dynamo_event_source_props.bisect_batch_on_function_error is off: one bad record takes its batch with it.",
        )
    usual = defaults.event_source_mapping()
    limits: tuple[tuple[WarningId, str], ...] = (
        ("maximum_retry_attempts", "retries"),
        ("maximum_record_age_in_seconds", "seconds"),
    )
    for key, unit in limits:
        value = mapping.get(key, -1)
        if not tokens.is_token(value) and value < usual[key]:
            consequence = (
                "a record that fails blocks its shard until the stream drops it after 24 hours"
                if value < 0
                else f"a record that fails is given up after {value} {unit}, not {usual[key]}"
            )
            yield Override(key, f"dynamo_event_source_props.{key} is overridden: {consequence}.")
    if len(filters_of(mapping)) > MOST_FILTERS:
        yield Override(
            "filter_criteria",
            f"dynamo_event_source_props.filter_criteria has {len(filters_of(mapping))} filters: "
            f"Lambda refuses more than {MOST_FILTERS} unless your account's quota is raised.",
        )


def _of_function(function: Parts) -> Iterator[Override]:
    mode = function.get("tracing_config", {}).get("mode")
    if mode != "Active" and not tokens.is_token(mode):
        yield Override(
            "tracing_config",
            "lambda_function_props.tracing_config is not Active: invocations leave no trace in X-Ray.",
        )


def _of_queue(queue: Parts) -> Iterator[Override]:
    managed = queue.get("sqs_managed_sse_enabled", False)
    if "kms_master_key_id" not in queue and managed is False:
        yield Override(
            "kms_master_key_id",
            "sqs_dlq_queue_props.kms_master_key_id is left out: failed batches lie unencrypted by a key of KMS.",
        )
    usual = defaults.QUEUE_RETENTION_IN_SECONDS
    retention = queue.get("message_retention_seconds", 0)
    if not tokens.is_token(retention) and retention < usual:
        yield Override(
            "message_retention_seconds",
            "sqs_dlq_queue_props.message_retention_seconds is overridden: "
            f"failed batches are deleted sooner than after {usual} seconds.",
        )
    if "policy" in queue:
        yield Override(
            "policy",
            "sqs_dlq_queue_props.policy replaces the pattern's: TLS and the own account are no longer enforced by it.",
        )

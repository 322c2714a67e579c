"""The log groups of the worker and of the state machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from ..._engine.creation import create
from ..._engine.structs import values_of
from ..._engine.tokens import is_token
from ...arguments._generated import LogGroupProps
from ...arguments.companions import companion_arguments, with_companion
from ...arguments.completing import complete
from ...arguments.conforming import Arguments, fields_of
from ...errors import Mistakes
from .. import log_group
from ..function import NewFunction
from ..regions import region_of
from .inputs import explain_log_group_argument
from .tags import TAGS, Tags, merge_tags
from .worker import BackfillWorkerProps

PROPS = "log_group_props"
# Policies of the log service for this prefix do not grow with each state machine:
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
STATE_MACHINE_PREFIX = "/aws/vendedlogs/states"
WORKER_PREFIX = "/aws/lambda"


@dataclass(frozen=True)
class LogGroups:
    """The created log groups."""

    worker: CloudwatchLogGroup
    state_machine: CloudwatchLogGroup


def check_log_groups(*, props: object, tags: Tags | None, mistakes: Mistakes) -> Arguments:
    """Return the arguments of both log groups; add a mistake for each wrong one.

    Args:
        props: The user's ``log_group_props``.
        tags: The tags of all resources. Those of the props are merged over them, and None leaves them out.
        mistakes: The collector of mistakes.
    """
    given = values_of(props)
    known = fields_of(LogGroupProps)
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if name not in known:
            message = explain_log_group_argument(name, known=known, of_worker=fields_of(BackfillWorkerProps))
            mistakes.add(f"{PROPS}.{name}", value, message)
    arguments = complete(
        LogGroupProps,
        props,
        defaults={"retention_in_days": log_group.RETENTION_IN_DAYS},
        property=PROPS,
        mistakes=mistakes,
        resource="aws_cloudwatch_log_group",
    )
    for name in ("name", "name_prefix"):
        if name in arguments:
            message = "not supported: the two log groups are named after the worker and the state machine; remove it"
            mistakes.add(f"{PROPS}.{name}", arguments.pop(name), message)
    log_group.check_values(arguments, is_default=True, mistakes=mistakes)
    if tags is not None and (TAGS in arguments or not (isinstance(given, Mapping) and TAGS in given)):
        arguments[TAGS] = merge_tags(tags, arguments.get(TAGS))
    return arguments


def check_region(
    arguments: Arguments, *, companion: Mapping[str, Any], stack: TerraformStack, mistakes: Mistakes
) -> None:
    """Add a mistake if the log groups are known to be in another region than what writes to them.

    Args:
        arguments: The arguments of the log groups.
        companion: The `provider` and `region` of the worker and of the state machine.
        stack: The construct's stack.
        mistakes: The collector of mistakes.
    """
    given = companion_arguments(arguments)
    if not given:
        return
    here = region_of(NewFunction(dict(companion), None), stack)
    region = region_of(NewFunction(with_companion(given, companion), None), stack)
    if here is None or region is None or is_token(here) or is_token(region) or here == region:
        return
    message = (
        f"the worker and the state machine are in {here}, and write logs only in their own region; remove it, or use "
        "the same region"
    )
    mistakes.add(f"{PROPS}.{'region' if 'region' in given else 'provider'}", region, message)


def build_log_groups(
    *, scope: Construct, arguments: Arguments, worker: str, state_machine: str, companion: Mapping[str, Any]
) -> LogGroups:
    """Create the log groups.

    Args:
        scope: The construct.
        arguments: The arguments of both.
        worker: The name of the worker.
        state_machine: The name of the state machine.
        companion: The `provider` and the `region` of all resources.
    """
    complete_arguments = with_companion(arguments, companion)

    def create_one(id: str, suffix: str, name: str) -> CloudwatchLogGroup:
        return create(
            CloudwatchLogGroup, scope=scope, id=id, suffix=suffix, arguments={"name": name, **complete_arguments}
        )

    return LogGroups(
        worker=create_one("worker-log-group", "worker", f"{WORKER_PREFIX}/{worker}"),
        state_machine=create_one("state-machine-log-group", "states", f"{STATE_MACHINE_PREFIX}/{state_machine}"),
    )

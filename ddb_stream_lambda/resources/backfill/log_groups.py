"""The log groups of the worker and of the state machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from ..._engine.creation import create
from ...arguments._generated import LogGroupProps
from ...arguments.completing import complete
from ...arguments.conforming import Arguments
from ...errors import Mistakes
from .. import log_group

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


def check_log_groups(*, props: object, mistakes: Mistakes) -> Arguments:
    """Return the arguments of both log groups; add a mistake for each wrong one."""
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
    return arguments


def build_log_groups(
    *, scope: Construct, arguments: Arguments, worker: str, state_machine: str, common: Mapping[str, Any]
) -> LogGroups:
    """Create the log groups.

    Args:
        scope: The construct.
        arguments: The arguments of both.
        worker: The name of the worker.
        state_machine: The name of the state machine.
        common: The tags, the `provider` and the `region` of all resources.
    """

    def create_one(id: str, suffix: str, name: str) -> CloudwatchLogGroup:
        return create(
            CloudwatchLogGroup, scope=scope, id=id, suffix=suffix, arguments={"name": name, **common, **arguments}
        )

    return LogGroups(
        worker=create_one("worker-log-group", "worker", f"{WORKER_PREFIX}/{worker}"),
        state_machine=create_one("state-machine-log-group", "states", f"{STATE_MACHINE_PREFIX}/{state_machine}"),
    )

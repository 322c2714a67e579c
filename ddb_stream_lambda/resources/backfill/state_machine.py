"""The state machine, and the permissions that it needs to run its children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.sfn_state_machine import SfnStateMachine
from constructs import Construct

from ..._engine.creation import create
from ...arguments.names import unique_name
from ...arguments.policies import Statement
from ...limits import STATE_MACHINE_NAME
from ..arns import look_up_arn
from .definition import SEND_FILES
from .statements import allow

# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: these have no resource type.
LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
TRACE_ACTIONS = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)


def name_of(path: str) -> str:
    """Return the name of the state machine.

    Args:
        path: The construct's path.
    """
    return unique_name(path, STATE_MACHINE_NAME)


def statements_of(*, scope: Construct, name: str, worker_arn: str, companion: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield the permissions to run children, to invoke the worker, and to write logs and traces.

    The ARNs of the state machine and of its executions come from its name, since it depends on the policy.
    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """

    def arn_of(resource: str) -> str:
        return look_up_arn(scope=scope, service="states", name=resource, companion=companion)

    yield allow("StartChildren", ["states:StartExecution"], arn_of(f"stateMachine:{name}"))
    actions = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
    # The children's ARNs contain the label of the Map state.
    yield allow("RunChildren", actions, [arn_of(f"execution:{name}:*"), arn_of(f"execution:{name}/{SEND_FILES}:*")])
    yield allow("InvokeWorker", ["lambda:InvokeFunction"], worker_arn)
    yield allow("DeliverLogs", LOG_ACTIONS, "*")
    yield allow("SendTraces", TRACE_ACTIONS, "*")


def build_state_machine(
    *,
    scope: Construct,
    name: str,
    definition: str,
    role_arn: str,
    log_group: CloudwatchLogGroup,
    depends_on: Sequence[ITerraformDependable],
    common: Mapping[str, Any],
) -> SfnStateMachine:
    """Create the state machine.

    Args:
        scope: The construct.
        name: Its name.
        definition: Its definition.
        role_arn: Its role.
        log_group: Its log group. The input and output of states is not logged.
        depends_on: The policy of the role.
        common: The tags, the `provider` and the `region` of all resources.
    """
    return create(
        SfnStateMachine,
        scope=scope,
        id="state-machine",
        arguments={
            "name": name,
            "type": "STANDARD",
            "definition": definition,
            "role_arn": role_arn,
            "logging_configuration": {
                "level": "ERROR",
                "include_execution_data": False,
                "log_destination": f"{log_group.arn}:*",
            },
            "tracing_configuration": {"enabled": True},
            "depends_on": list(depends_on),
            **common,
        },
    )

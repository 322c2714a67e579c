"""Repairs of localemu's check of permissions, written after AWS's documentation.

* Actions: localemu names the actions of Step Functions `stepfunctions:*` and those of streams `dynamodbstreams:*`. In
  AWS they are `states:*` and `dynamodb:*`.
* Resources: localemu does not know the ARN of an execution, a map run, or a stream that a call names.
* The condition key `s3:prefix` has no value in localemu.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from typing import Any

from localemu.services.iam_enforcement import arn_builder, enforcer, service_action_map

# Name of a service's API to the prefix of its actions.
PREFIXES = {"stepfunctions": "states", "dynamodbstreams": "dynamodb"}

map_action = service_action_map.map_action
build_conditions = enforcer._build_conditions
build_state_machine_arn = arn_builder._states_arn


def install() -> None:
    """Replace localemu's functions by the ones below."""
    service_action_map.map_action = map_action_with_prefix
    enforcer._build_conditions = build_conditions_with_prefix
    for name in ("stepfunctions", "states"):
        arn_builder._SERVICE_ARN_BUILDERS[name] = build_states_arn
    arn_builder._SERVICE_ARN_BUILDERS["dynamodbstreams"] = build_stream_arn


def map_action_with_prefix(service: str, operation: str) -> list[str]:
    """Return the actions that an operation needs."""
    return list(map_action(PREFIXES.get(service, service), operation))


def build_conditions_with_prefix(context: Any, caller: Any) -> Any:
    """Return the condition keys of a call."""
    conditions = build_conditions(context, caller)
    if context.service.service_name == "s3" and (context.service_request or {}).get("Prefix") is not None:
        conditions["s3:prefix"] = context.service_request["Prefix"]
    return conditions


def build_states_arn(parameters: dict[str, Any], region: str, account: str) -> str:
    """Return the ARN of the execution, the map run or the state machine that a call names."""
    for name in ("executionArn", "mapRunArn"):
        if parameters.get(name):
            return str(parameters[name])
    return str(build_state_machine_arn(parameters, region, account))


def build_stream_arn(parameters: dict[str, Any], region: str, account: str) -> str:
    """Return the ARN of the stream that a call names; an iterator begins with it."""
    iterator = parameters.get("ShardIterator") or ""
    return str(parameters.get("StreamArn") or iterator.partition("|")[0] or "*")

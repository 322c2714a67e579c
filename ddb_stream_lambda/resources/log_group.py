"""The function's log group: a new one, or the one that the function's `logging_config` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.data_aws_region import DataAwsRegion
from constructs import Construct

from .._engine.creation import create
from ..arguments._generated import LogGroupProps
from ..arguments.companions import companion_arguments, with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.policies import Statement, allow
from ..errors import Mistakes
from . import function
from .function import GivenFunction, NewFunction

PROPS = "log_group_props"

RETENTION_IN_DAYS = 365


@dataclass(frozen=True)
class NewLogGroup:
    """A log group to create.

    Attributes:
        arguments: Its complete arguments.
        is_default: Whether it is the group that Lambda writes to by default.
    """

    arguments: Arguments
    is_default: bool


@dataclass(frozen=True)
class GivenLogGroup:
    """A log group that exists or belongs to the app.

    Attributes:
        name: Its name.
        companion: The `provider` and `region` of the function that writes to it.
    """

    name: str
    companion: Mapping[str, Any]


@dataclass(frozen=True)
class LogGroup:
    """The log group of a new function.

    Attributes:
        created: The log group, if it was created.
        arn: Its ARN.
        name_for_function: Its name for the function's `logging_config`, if Lambda does not use it by default.
    """

    created: CloudwatchLogGroup | None
    arn: str
    name_for_function: str | None = None

    def statements(self) -> Iterator[Statement]:
        """Yield the permission to write logs."""
        yield allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{self.arn}:*")


def defaults(function_name: str, given: Arguments) -> dict[str, Any]:
    """Return the default arguments of `aws_cloudwatch_log_group`: the group that Lambda writes to by default.

    Args:
        function_name: The name of the function.
        given: The user's arguments. The provider takes one of `name` and `name_prefix`.
    """
    arguments: dict[str, Any] = {"retention_in_days": RETENTION_IN_DAYS}
    if given.get("name_prefix") is None:
        arguments["name"] = f"/aws/lambda/{function_name}"
    return arguments


def check_log_group(
    *, path: str, used_by: NewFunction | GivenFunction, props: object, mistakes: Mistakes
) -> NewLogGroup | GivenLogGroup | None:
    """Return the log group of a new function; None for a given function, which has one already.

    A new log group with a name or prefix of the user's is set in the function's `logging_config`.
    """
    if isinstance(used_by, GivenFunction):
        if props is not None:
            mistakes.add(
                PROPS, props, f"{function.EXISTING} has a log group; configure it where the function is defined"
            )
        return None
    logging: Arguments = used_by.arguments.get("logging_config", {})
    name: str | None = logging.get("log_group")
    if name is not None:
        if props is not None:
            message = (
                f"configures a new log group, but {function.PROPS}.logging_config.log_group names one; "
                "remove one of the two"
            )
            mistakes.add(PROPS, props, message)
        return GivenLogGroup(name, used_by.companion())
    arguments = complete(
        LogGroupProps,
        props,
        defaults=lambda given: defaults(used_by.arguments.get("function_name", path), given),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_cloudwatch_log_group",
    )
    default_name = defaults(used_by.arguments.get("function_name", path), {})["name"]
    is_default = arguments.get("name") == default_name
    return NewLogGroup(with_companion(arguments, used_by.companion()), is_default)


def build_log_group(*, scope: Construct, log_group: NewLogGroup | GivenLogGroup | None) -> LogGroup | None:
    """Create the log group, or look up the given one."""
    match log_group:
        case None:
            return None
        case GivenLogGroup():
            return LogGroup(None, _look_up_arn(scope, log_group))
        case NewLogGroup(arguments, is_default):
            created = create(CloudwatchLogGroup, scope=scope, id="log-group", arguments=arguments)
            return LogGroup(created, created.arn, None if is_default else created.name)


def _look_up_arn(scope: Construct, log_group: GivenLogGroup) -> str:
    """Create the data sources that give the partition, region and account of the log group; return its ARN."""
    companion = companion_arguments(log_group.companion, regional=False)
    partition = create(DataAwsPartition, scope=scope, id="partition", arguments=companion).partition
    region = log_group.companion.get("region")
    if not region:
        region = create(DataAwsRegion, scope=scope, id="region", arguments=companion).region
    account = create(DataAwsCallerIdentity, scope=scope, id="account", arguments=companion).account_id
    return f"arn:{partition}:logs:{region}:{account}:log-group:{log_group.name}"

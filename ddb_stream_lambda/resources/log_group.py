"""The function's log group: a new one, or the one that the function's `logging_config` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import LogGroupProps
from ..arguments.checks import check_choice, check_name
from ..arguments.companions import with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.policies import Statement, allow
from ..errors import Mistakes
from ..limits import LOG_GROUP_CLASSES, LOG_GROUP_NAME, LOG_RETENTION_IN_DAYS
from . import function
from .arns import look_up_arn
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
    check_values(arguments, is_default=is_default, mistakes=mistakes)
    return NewLogGroup(with_companion(arguments, used_by.companion()), is_default)


def build_log_group(*, scope: Construct, log_group: NewLogGroup | GivenLogGroup | None) -> LogGroup | None:
    """Create the log group, or look up the given one."""
    match log_group:
        case None:
            return None
        case GivenLogGroup():
            name, companion = f"log-group:{log_group.name}", log_group.companion
            return LogGroup(None, look_up_arn(scope=scope, service="logs", name=name, companion=companion))
        case NewLogGroup(arguments, is_default):
            created = create(CloudwatchLogGroup, scope=scope, id="log-group", arguments=arguments)
            return LogGroup(created, refer_to(created, "arn"), None if is_default else created.name)


def check_values(arguments: Arguments, *, is_default: bool, mistakes: Mistakes) -> None:
    """Add a mistake for each value that CloudWatch Logs would refuse."""
    if {"name", "name_prefix"} <= arguments.keys():
        message = "a log group has a name, or a prefix that Terraform completes; remove one of the two"
        mistakes.add(f"{PROPS}.name_prefix", arguments["name_prefix"], message)
    # The default name comes from the function's, which is checked already.
    for name in ("name_prefix",) if is_default else ("name", "name_prefix"):
        check_name(LOG_GROUP_NAME, value=arguments.get(name), property=f"{PROPS}.{name}", mistakes=mistakes)
    group_class = arguments.get("log_group_class")
    check_choice(LOG_GROUP_CLASSES, value=group_class, property=f"{PROPS}.log_group_class", mistakes=mistakes)
    retention = arguments.get("retention_in_days", 0)
    if not is_token(retention) and retention not in LOG_RETENTION_IN_DAYS:
        days = ", ".join(str(number) for number in LOG_RETENTION_IN_DAYS[1:])
        mistakes.add(f"{PROPS}.retention_in_days", retention, f"must be 0 (the logs never expire), or one of {days}")

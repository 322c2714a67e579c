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
from ..arguments.companions import companion_arguments
from ..arguments.conforming import Arguments
from ..arguments.policies import Statement, allow
from .function import GivenFunction, NewFunction

RETENTION_IN_DAYS = 365


@dataclass(frozen=True)
class NewLogGroup:
    """A log group to create, with its complete arguments."""

    arguments: Arguments


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
    """

    created: CloudwatchLogGroup | None
    arn: str

    def statements(self) -> Iterator[Statement]:
        """Yield the permission to write logs."""
        yield allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{self.arn}:*")


def defaults(function_name: str) -> dict[str, Any]:
    """Return the default arguments of `aws_cloudwatch_log_group`: the group that Lambda writes to by default."""
    return {
        "name": f"/aws/lambda/{function_name}",
        "retention_in_days": RETENTION_IN_DAYS,
    }


def choose_log_group(*, used_by: NewFunction | GivenFunction) -> NewLogGroup | GivenLogGroup | None:
    """Return the log group of a new function; None for a given function, which has one already."""
    if isinstance(used_by, GivenFunction):
        return None
    companion = used_by.companion()
    name: str | None = used_by.arguments.get("logging_config", {}).get("log_group")
    if name is not None:
        return GivenLogGroup(name, companion)
    return NewLogGroup(defaults(used_by.arguments["function_name"]) | companion)


def build_log_group(*, scope: Construct, log_group: NewLogGroup | GivenLogGroup | None) -> LogGroup | None:
    """Create the log group, or look up the given one."""
    match log_group:
        case None:
            return None
        case GivenLogGroup():
            return LogGroup(None, _look_up_arn(scope, log_group))
        case NewLogGroup(arguments):
            created = create(CloudwatchLogGroup, scope=scope, id="log-group", arguments=arguments)
            return LogGroup(created, created.arn)


def _look_up_arn(scope: Construct, log_group: GivenLogGroup) -> str:
    """Create the data sources that give the partition, region and account of the log group; return its ARN."""
    companion = companion_arguments(log_group.companion, regional=False)
    partition = create(DataAwsPartition, scope=scope, id="partition", arguments=companion).partition
    region = log_group.companion.get("region")
    if not region:
        region = create(DataAwsRegion, scope=scope, id="region", arguments=companion).region
    account = create(DataAwsCallerIdentity, scope=scope, id="account", arguments=companion).account_id
    return f"arn:{partition}:logs:{region}:{account}:log-group:{log_group.name}"

"""ARNs of resources that are known by their name only, such as a log group that the app does not create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from cdktf import TerraformDataSource
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.data_aws_region import DataAwsRegion
from constructs import Construct

from .._engine.creation import create
from ..arguments.companions import companion_arguments

DataSourceT = TypeVar("DataSourceT", bound=TerraformDataSource)


def look_up_arn(*, scope: Construct, service: str, name: str, companion: Mapping[str, Any]) -> str:
    """Create the data sources that give the partition, the region and the account, and return the resource's ARN.

    Args:
        scope: The pattern. It has each of the data sources once.
        service: The service in the ARN, such as ``logs``.
        name: The resource in the ARN, such as ``log-group:/orders``.
        companion: The `provider` and `region` of the function.
    """
    without_region = companion_arguments(companion, regional=False)
    partition = look_up_partition(scope=scope, companion=companion)
    region = companion.get("region") or _create_once(DataAwsRegion, scope, "region", without_region).region
    account = look_up_account(scope=scope, companion=companion)
    return f"arn:{partition}:{service}:{region}:{account}:{name}"


def look_up_partition(*, scope: Construct, companion: Mapping[str, Any]) -> str:
    """Create the data source that gives the partition, such as ``aws`` or ``aws-cn``, and return it."""
    arguments = companion_arguments(companion, regional=False)
    return _create_once(DataAwsPartition, scope, "partition", arguments).partition


def look_up_account(*, scope: Construct, companion: Mapping[str, Any]) -> str:
    """Create the data source that gives the account, and return its id."""
    arguments = companion_arguments(companion, regional=False)
    return _create_once(DataAwsCallerIdentity, scope, "account", arguments).account_id


def _create_once(kind: type[DataSourceT], scope: Construct, id: str, arguments: Mapping[str, Any]) -> DataSourceT:
    created = scope.node.try_find_child(id)
    return cast("DataSourceT", created) if created else create(kind, scope=scope, id=id, arguments=arguments)

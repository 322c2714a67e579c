"""DynamoDB table with stream → Lambda, least privilege, nothing lost: a CDKTF construct.

`DynamoDBStreamsToLambda` is the pattern, `Code` and `TableByArn` are values that it takes, and `PatternError` is the
exception that it raises. `Backfill` sends the items that were in a large table before the stream. `filter_pattern` and
its rules write the patterns of filters. A name is loaded at its first use, so that a program that needs no construct,
such as the hand-off, does not start the engine of cdktf.

Import this package before the provider's: see `ImportOrderWarning`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._engine.bindings import ImportOrderWarning, import_on_demand
from ._engine.installation import check_installation

check_installation()  # before the engine reports the wrong tool as another error
import_on_demand()  # before the first class of the provider is imported, here or in the user's program

if TYPE_CHECKING:
    from .arguments._generated import (
        DynamoEventSourceProps,
        DynamoTableProps,
        FailureBucketProps,
        LambdaAliasProps,
        LambdaFunctionProps,
        LambdaRoleProps,
        LogGroupProps,
        SqsQueueProps,
    )
    from .arguments.alarm_props import AlarmProps, AlarmThresholds
    from .arguments.filter_rules import (
        AttributeType,
        EventName,
        FilterRule,
        FilterValue,
        begins_with,
        empty,
        ends_with,
        exists,
        filter_pattern,
        is_equal,
        not_equals,
        not_exists,
        null,
        or_,
    )
    from .backfill import Backfill
    from .code import Archive, Code, Dependencies, PackingError, Target
    from .errors import Mistake, PatternError
    from .pattern import DynamoDBStreamsToLambda
    from .resources.alarms import AlarmName
    from .resources.backfill.worker import BackfillWorkerProps
    from .resources.function import ExistingFunction
    from .resources.role_statements import RoleStatement
    from .resources.table import ExistingTable, TableByArn
    from .resources.table_access import TablePermissions
    from .resources.warning_ids import WarningId

__all__ = [
    "AlarmName",
    "AlarmProps",
    "AlarmThresholds",
    "Archive",
    "AttributeType",
    "Backfill",
    "BackfillWorkerProps",
    "Code",
    "Dependencies",
    "DynamoDBStreamsToLambda",
    "DynamoEventSourceProps",
    "DynamoTableProps",
    "EventName",
    "ExistingFunction",
    "ExistingTable",
    "FailureBucketProps",
    "FilterRule",
    "FilterValue",
    "ImportOrderWarning",
    "LambdaAliasProps",
    "LambdaFunctionProps",
    "LambdaRoleProps",
    "LogGroupProps",
    "Mistake",
    "PackingError",
    "PatternError",
    "RoleStatement",
    "SqsQueueProps",
    "TableByArn",
    "TablePermissions",
    "Target",
    "WarningId",
    "begins_with",
    "empty",
    "ends_with",
    "exists",
    "filter_pattern",
    "is_equal",
    "not_equals",
    "not_exists",
    "null",
    "or_",
]

_MODULES = {
    "AlarmName": "resources.alarms",
    "AlarmProps": "arguments.alarm_props",
    "AlarmThresholds": "arguments.alarm_props",
    "Archive": "code",
    "AttributeType": "arguments.filter_rules",
    "Backfill": "backfill",
    "BackfillWorkerProps": "resources.backfill.worker",
    "Code": "code",
    "Dependencies": "code",
    "DynamoDBStreamsToLambda": "pattern",
    "DynamoEventSourceProps": "arguments._generated",
    "DynamoTableProps": "arguments._generated",
    "EventName": "arguments.filter_rules",
    "ExistingFunction": "resources.function",
    "ExistingTable": "resources.table",
    "FailureBucketProps": "arguments._generated",
    "FilterRule": "arguments.filter_rules",
    "FilterValue": "arguments.filter_rules",
    "LambdaAliasProps": "arguments._generated",
    "LambdaFunctionProps": "arguments._generated",
    "LambdaRoleProps": "arguments._generated",
    "LogGroupProps": "arguments._generated",
    "Mistake": "errors",
    "PackingError": "code",
    "PatternError": "errors",
    "RoleStatement": "resources.role_statements",
    "SqsQueueProps": "arguments._generated",
    "TableByArn": "resources.table",
    "TablePermissions": "resources.table_access",
    "Target": "code",
    "WarningId": "resources.warning_ids",
    "begins_with": "arguments.filter_rules",
    "empty": "arguments.filter_rules",
    "ends_with": "arguments.filter_rules",
    "exists": "arguments.filter_rules",
    "filter_pattern": "arguments.filter_rules",
    "is_equal": "arguments.filter_rules",
    "not_equals": "arguments.filter_rules",
    "not_exists": "arguments.filter_rules",
    "null": "arguments.filter_rules",
    "or_": "arguments.filter_rules",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

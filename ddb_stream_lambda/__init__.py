"""DynamoDB table with stream → Lambda, least privilege, nothing lost: a CDKTF construct.

`DynamoDBStreamsToLambda` is the pattern, `Code` and `TableByArn` are values that it takes, and `PatternError` is the
exception that it raises. A name is loaded at its first use, so that a program that needs no construct, such as the
hand-off, does not start the engine of cdktf.

Import this package before the provider's: see `ImportOrderWarning`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._engine.bindings import ImportOrderWarning, import_on_demand

import_on_demand()  # before the first class of the provider is imported, here or in the user's program

if TYPE_CHECKING:
    from .arguments._generated import (
        DynamoEventSourceProps,
        DynamoTableProps,
        LambdaAliasProps,
        LambdaFunctionProps,
        LambdaRoleProps,
        LogGroupProps,
        SqsQueueProps,
    )
    from .code import Archive, Code, Dependencies, PackingError, Target
    from .errors import Mistake, PatternError
    from .pattern import DynamoDBStreamsToLambda
    from .resources.function import ExistingFunction
    from .resources.role_statements import RoleStatement
    from .resources.table import ExistingTable, TableByArn
    from .resources.table_access import TablePermissions
    from .resources.warning_ids import WarningId

__all__ = [
    "Archive",
    "Code",
    "Dependencies",
    "DynamoDBStreamsToLambda",
    "DynamoEventSourceProps",
    "DynamoTableProps",
    "ExistingFunction",
    "ExistingTable",
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
]

_MODULES = {
    "Archive": "code",
    "Code": "code",
    "Dependencies": "code",
    "DynamoDBStreamsToLambda": "pattern",
    "DynamoEventSourceProps": "arguments._generated",
    "DynamoTableProps": "arguments._generated",
    "ExistingFunction": "resources.function",
    "ExistingTable": "resources.table",
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
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""DynamoDB table with stream → Lambda, least privilege, nothing lost: a CDKTF construct.

`DynamoDBStreamsToLambda` is the pattern; `Code` and `TableByArn` are values it takes; `PatternError` is what it raises.
"""

from ._engine.lazy_bindings import import_on_demand

import_on_demand()  # before the first of the provider's classes is imported, here or in the user's program

from .arguments._generated import (  # noqa: E402
    DynamoEventSourceProps,
    DynamoTableProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    SqsQueueProps,
)
from .code import Code  # noqa: E402
from .errors import Mistake, PatternError  # noqa: E402
from .pattern import DynamoDBStreamsToLambda  # noqa: E402
from .resources.permissions import RoleStatement  # noqa: E402
from .resources.table import TableByArn  # noqa: E402

__all__ = [
    "Code",
    "DynamoDBStreamsToLambda",
    "DynamoEventSourceProps",
    "DynamoTableProps",
    "LambdaFunctionProps",
    "LambdaRoleProps",
    "Mistake",
    "PatternError",
    "RoleStatement",
    "SqsQueueProps",
    "TableByArn",
]

"""The worker: the function that sends one file of an export. Its code is the folder ``operations`` of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from cdktf import ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from constructs import Construct

from ..._engine.creation import StringMap, create
from ..._engine.structs import values_of
from ...arguments.checks import check_ranges
from ...arguments.completing import complete
from ...arguments.conforming import Arguments, fields_of
from ...arguments.names import unique_name
from ...arguments.policies import Statement
from ...code import pack_package
from ...errors import Mistakes
from ...limits import BACKFILL_WORKER_RANGES, FUNCTION_NAME
from .buckets import Buckets
from .inputs import explain_worker_argument
from .statements import allow
from .target import Target

PROPS = "worker_props"
OPERATIONS = Path(__file__).parents[2] / "operations"
HANDLER = "operations.worker.handle"
# A runtime that has a version of boto3 with everything that the worker calls.
RUNTIME = "python3.13"
# Lambda's defaults, which are outside the ranges: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
TOO_SMALL_IF_LEFT_OUT = {"memory_size": "128 MB", "timeout": "3 seconds"}


class BackfillWorkerProps(TypedDict, total=False):
    """Settings of the worker. None leaves an argument out, so that Lambda's default applies.

    Attributes:
        memory_size: Its memory in MB. The processor's share grows with it. Default: 512.
        timeout: The seconds of one call, after which it goes on in another call. Default: 900.
        ephemeral_storage: The MB of its disk, which has to hold one compressed file of the export. Default: 1024.
        reserved_concurrent_executions: The concurrency that is reserved for it and is its limit. Default: none.
    """

    memory_size: int | float | None
    timeout: int | float | None
    ephemeral_storage: int | float | None
    reserved_concurrent_executions: int | float | None


def defaults() -> dict[str, Any]:
    """Return the default settings of the worker."""
    return {"memory_size": 512, "timeout": 900, "ephemeral_storage": 1024}


def name_of(path: str) -> str:
    """Return the worker's name.

    Args:
        path: The construct's path.
    """
    # A part of another path cannot have the `_`, so that no other construct has the name.
    return unique_name(path, FUNCTION_NAME, suffix="_worker")


def check_worker(*, props: object, max_concurrency: object, mistakes: Mistakes) -> Arguments:
    """Return the settings of the worker; add a mistake for each wrong one.

    Args:
        props: The user's ``worker_props``.
        max_concurrency: The number of files that are sent at once.
        mistakes: The collector of mistakes.
    """
    known = fields_of(BackfillWorkerProps)
    given = values_of(props)
    if isinstance(given, Mapping):
        for name, value in given.items():
            if name not in known:
                mistakes.add(f"{PROPS}.{name}", value, explain_worker_argument(name, known=known))
        given = {name: value for name, value in given.items() if name in known}
    arguments = complete(BackfillWorkerProps, given, defaults=defaults(), property=PROPS, mistakes=mistakes)
    check_ranges(BACKFILL_WORKER_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    for name, of_lambda in TOO_SMALL_IF_LEFT_OUT.items():
        if name not in arguments:
            message = (
                f"must be {BACKFILL_WORKER_RANGES[name]}; None leaves it out, and Lambda's default is {of_lambda}: "
                f"remove it to use {defaults()[name]}"
            )
            mistakes.add(f"{PROPS}.{name}", None, message)
    reserved = arguments.get("reserved_concurrent_executions")
    if isinstance(reserved, int) and isinstance(max_concurrency, int) and reserved < max_concurrency:
        message = (
            f"must be at least max_concurrency = {max_concurrency}, or calls would be throttled; raise it or remove it"
        )
        mistakes.add(f"{PROPS}.reserved_concurrent_executions", reserved, message)
    return arguments


def statements_of(log_group: CloudwatchLogGroup) -> Iterator[Statement]:
    """Yield the worker's permissions to write its logs and traces."""
    yield allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group.arn}:*")
    yield allow("SendTraces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")


def build_worker(
    *,
    scope: Construct,
    stack: TerraformStack,
    name: str,
    arguments: Arguments,
    role_arn: str,
    target: Target,
    buckets: Buckets,
    depends_on: Sequence[ITerraformDependable],
    common: Mapping[str, Any],
) -> LambdaFunction:
    """Create the worker.

    Args:
        scope: The construct.
        stack: The stack that gets the archive of the code.
        name: The worker's name.
        arguments: The settings.
        role_arn: Its role.
        target: The table and the function.
        buckets: The location of the exports and that of the results.
        depends_on: The policy of the role, and the log group.
        common: The tags, the `provider` and the `region` of all resources.
    """
    archive = pack_package(OPERATIONS)
    settings = dict(arguments)
    storage = settings.pop("ephemeral_storage", None)
    if storage is not None:
        settings["ephemeral_storage"] = {"size": storage}
    variables = StringMap(
        TABLE_ARN=target.table_arn,
        FUNCTION_ARN=target.function_arn,
        EXPORT_BUCKET=buckets.exports.bucket,
        EXPORT_PREFIX=buckets.exports.prefix,
        RESULT_BUCKET=buckets.results.bucket,
        RESULT_PREFIX=buckets.results.prefix,
    )
    if target.mapping_uuid is not None:
        variables["MAPPING_UUID"] = target.mapping_uuid
    if buckets.results.kms_key_arn is not None:
        variables["RESULT_KEY_ARN"] = buckets.results.kms_key_arn
    return create(
        LambdaFunction,
        scope=scope,
        id="worker",
        arguments={
            "function_name": name,
            "role": role_arn,
            "filename": archive.add_asset_to(stack),
            "source_code_hash": archive.source_code_hash,
            "handler": HANDLER,
            "runtime": RUNTIME,
            "tracing_config": {"mode": "Active"},
            "environment": {"variables": variables},
            "depends_on": list(depends_on),
            **settings,
            **common,
        },
    )

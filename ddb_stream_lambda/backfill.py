"""The backfill of a large table: a state machine sends the files of an export with many workers at once."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Never

from cdktf import IResolvable, TerraformStack
from constructs import Construct

from ._engine import tokens
from ._engine.addresses import claim_addresses
from ._engine.failures import report_engine_errors, report_refused_id
from ._engine.locating import locate_new
from ._engine.marks import mark_pattern
from .arguments._generated import LogGroupProps
from .errors import Mistakes
from .pattern import DynamoDBStreamsToLambda
from .resources import function as function_resource
from .resources import other_stacks
from .resources import table as table_resource
from .resources.arns import look_up_account, look_up_partition
from .resources.backfill import buckets, definition, inputs, log_groups, roles, state_machine, worker
from .resources.backfill import target as targets
from .resources.backfill.tags import TAGS, check_tags
from .resources.backfill.worker import BackfillWorkerProps
from .resources.function import ExistingFunction
from .resources.table import ExistingTable

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.iam_role import IamRole
    from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
    from cdktf_cdktf_provider_aws.sfn_state_machine import SfnStateMachine


class Backfill(Construct):
    """A state machine that sends the items of a table's export in S3 to the function of the table's stream.

    It runs `ddb-stream-lambda backfill` on AWS Step Functions, for tables that are too large for one machine. A Lambda
    function, the worker, sends one file of the export at a time; several run at once. Nothing runs, and nothing costs,
    until an execution is started with the folder of an export.

    Args:
        scope: The stack, or a construct in one.
        id: The construct's id in its scope. The names of the resources come from the construct's path.
        pattern: The pattern whose table and function are used. Default: None, for `existing_table_interface` and
            `existing_lambda_obj`.
        existing_table_interface: A table of the app, a data source, or `TableByArn`, if no pattern is given.
        existing_lambda_obj: The function that the mapping of the table's stream invokes, or its alias, if no pattern is
            given.
        export_bucket: The name of the bucket with the exports. It must be in the account and Region of the state
            machine. The construct neither creates nor changes it.
        export_prefix: The prefix that the exports were made with. Default: none.
        export_kms_key_arn: The ARN of the customer managed key of the exports. An expression can also be its id or
            alias. Default: None, for no such key.
        result_bucket: The name of the bucket for the results: the results of each file, and the records that the
            function refused. Default: `export_bucket`.
        result_prefix: The prefix of the results. Default: ``backfill-results``.
        result_kms_key_arn: The ARN of the customer managed key of the results. Default: that of the exports, if both
            are in the same bucket.
        max_concurrency: The number of files that are sent at once. Each one takes one execution of the worker and one
            of the function. Default: 4.
        tolerated_failure_percentage: The percentage of the files that may fail before the others are stopped. The
            execution fails in both cases, and a redrive continues it. Default: 10.
        max_retries: How often a failed call of the worker is repeated, with growing pauses. Default: 4.
        worker_props: The memory, the timeout, the disk and the reserved concurrency of the worker.
        log_group_props: Arguments of both log groups, without names. Default: 365 days of retention.
        tags: Tags of all resources. Those of `log_group_props` are merged over them. Default: none.

    Raises:
        PatternError: Names every wrong input of the call with its value and the fix.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pattern: DynamoDBStreamsToLambda | None = None,
        existing_table_interface: ExistingTable | None = None,
        existing_lambda_obj: ExistingFunction | None = None,
        export_bucket: str,
        export_prefix: str = "",
        export_kms_key_arn: str | None = None,
        result_bucket: str | None = None,
        result_prefix: str = buckets.DEFAULT_RESULT_PREFIX,
        result_kms_key_arn: str | None = None,
        max_concurrency: int = 4,
        tolerated_failure_percentage: int = 10,
        max_retries: int = 4,
        worker_props: BackfillWorkerProps | None = None,
        log_group_props: LogGroupProps | None = None,
        tags: Mapping[str, str] | IResolvable | str | None = None,
        **unknown: Never,
    ) -> None:
        location = locate_new(scope, id)
        path = location.path
        with report_engine_errors(path):
            # All inputs are checked, in the order of the data flow, before anything is created.
            mistakes = Mistakes(path, show=lambda value: tokens.describe(value, location.stack))
            _check_keywords(unknown, mistakes)
            given = _given_target(
                pattern, existing_table_interface, existing_lambda_obj, stack=location.stack, mistakes=mistakes
            )
            locations = buckets.check_buckets(
                stack=location.stack,
                exports=buckets.Given(
                    (buckets.EXPORT_BUCKET, export_bucket),
                    (buckets.EXPORT_PREFIX, export_prefix),
                    (buckets.EXPORT_KEY, export_kms_key_arn),
                ),
                results=buckets.Given(
                    (buckets.RESULT_BUCKET, result_bucket),
                    (buckets.RESULT_PREFIX, result_prefix),
                    (buckets.RESULT_KEY, result_kms_key_arn),
                ),
                mistakes=mistakes,
            )
            settings = definition.Settings(max_concurrency, tolerated_failure_percentage, max_retries)
            definition.check_settings(settings, mistakes)
            worker_arguments = worker.check_worker(
                props=worker_props, max_concurrency=max_concurrency, mistakes=mistakes
            )
            all_tags = check_tags(tags, mistakes)
            log_arguments = log_groups.check_log_groups(props=log_group_props, tags=all_tags, mistakes=mistakes)
            other_stacks.check_stacks({log_groups.PROPS: log_group_props}, stack=location.stack, mistakes=mistakes)
            target = None
            if given is not None:
                target = targets.check_target(path=path, stack=location.stack, given=given, mistakes=mistakes)
            if target is not None:
                log_groups.check_region(
                    log_arguments, companion=target.companion, stack=location.stack, mistakes=mistakes
                )
            mistakes.raise_any()
            if target is None:  # `check_target` added a mistake
                raise AssertionError(path)

            with report_refused_id(id, mistakes):
                super().__init__(scope, id)
            mistakes.raise_any()
            claim_addresses(self, location, has_moves=False)

            # The arguments of all resources. IAM has no Regions.
            common = {**target.companion, **({} if all_tags is None else {TAGS: all_tags})}
            without_region = {name: value for name, value in common.items() if name != "region"}
            locations = locations.with_keys(scope=self, companion=target.companion)
            partition = look_up_partition(scope=self, companion=target.companion)
            account = look_up_account(scope=self, companion=target.companion)
            worker_name, machine_name = worker.name_of(path), state_machine.name_of(path)
            logs = log_groups.build_log_groups(
                scope=self,
                arguments=log_arguments,
                worker=worker_name,
                state_machine=machine_name,
                companion=target.companion,
            )

            # The worker: it reads a file of an export, and invokes the function.
            worker_role = roles.build_role(
                scope=self,
                path=path,
                id="worker",
                service="lambda.amazonaws.com",
                account=account,
                statements=[
                    *locations.statements_of_worker(partition),
                    *target.statements(scope=self),
                    *worker.statements_of(logs.worker),
                ],
                common=without_region,
            )
            created_worker = worker.build_worker(
                scope=self,
                stack=location.stack,
                name=worker_name,
                arguments=worker_arguments,
                role_arn=worker_role.created.arn,
                target=target,
                buckets=locations,
                depends_on=[worker_role.policy, logs.worker],
                common=common,
            )

            # The state machine: it lists the files, and calls the worker for each one.
            states = definition.define(
                settings=settings,
                worker_arn=created_worker.arn,
                worker_timeout=worker_arguments["timeout"],
                partition=partition,
                results=locations.results,
            )
            for refused in definition.find_errors(states):
                mistakes.add(
                    "definition", refused, "Step Functions would refuse this; report it as an error of the package"
                )
            mistakes.raise_any()
            machine_role = roles.build_role(
                scope=self,
                path=path,
                id="states",
                service="states.amazonaws.com",
                account=account,
                statements=[
                    *locations.statements_of_state_machine(partition),
                    *state_machine.statements_of(
                        scope=self, name=machine_name, worker_arn=created_worker.arn, companion=target.companion
                    ),
                ],
                common=without_region,
            )
            machine = state_machine.build_state_machine(
                scope=self,
                name=machine_name,
                definition=definition.write(states),
                role_arn=machine_role.created.arn,
                log_group=logs.state_machine,
                depends_on=[machine_role.policy],
                common=common,
            )
            mark_pattern(self, path=path, stack=location.stack)

        self._machine = machine
        self._worker = created_worker
        self._worker_role = worker_role.created
        self._machine_role = machine_role.created

    @property
    def state_machine(self) -> SfnStateMachine:
        """The state machine. Start an execution with ``{"export": "s3://BUCKET/PREFIX/AWSDynamoDB/EXPORT_ID"}``."""
        return self._machine

    @property
    def worker(self) -> LambdaFunction:
        """The function that sends one file."""
        return self._worker

    @property
    def worker_role(self) -> IamRole:
        """The execution role of the worker."""
        return self._worker_role

    @property
    def state_machine_role(self) -> IamRole:
        """The role of the state machine."""
        return self._machine_role


def _given_target(
    pattern: DynamoDBStreamsToLambda | None,
    table: ExistingTable | None,
    function: ExistingFunction | None,
    *,
    stack: TerraformStack,
    mistakes: Mistakes,
) -> targets.Given | None:
    """Return the table and the function; None, with a mistake, if they are given twice or wrongly."""
    if pattern is None:
        return targets.Given(table, function)
    for name, value in ((table_resource.EXISTING, table), (function_resource.EXISTING, function)):
        if value is not None:
            mistakes.add(name, value, f"{targets.PATTERN} has one already; remove one of the two")
    if not isinstance(pattern, DynamoDBStreamsToLambda):
        mistakes.add(targets.PATTERN, pattern, "must be a DynamoDBStreamsToLambda of the app")
        return None
    return targets.take_pattern(
        used_table=pattern.dynamo_table_interface,
        invoked=pattern.lambda_alias or pattern.lambda_function,
        mapping=pattern.event_source_mapping,
        stack=stack,
        stack_of_pattern=TerraformStack.of(pattern),
    )


def _check_keywords(unknown: Mapping[str, object], mistakes: Mistakes) -> None:
    known = [
        name
        for name, parameter in inspect.signature(Backfill.__init__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for name, value in unknown.items():
        mistakes.add(name, value, inputs.explain_input(name, known=known))

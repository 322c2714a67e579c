"""The pattern: table → stream → event source mapping → function, and failed batches → dead-letter queue."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Never, TypedDict, Unpack, overload

from constructs import Construct

from ._engine import tokens
from ._engine.addresses import claim_addresses
from ._engine.failures import report_engine_errors, report_refused_id
from ._engine.locating import locate_new
from ._engine.marks import mark_pattern
from .arguments._generated import (
    DynamoEventSourceProps,
    DynamoTableProps,
    FailureBucketProps,
    LambdaAliasProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    LogGroupProps,
    SqsQueueProps,
    WrongDynamoEventSourceProps,
    WrongDynamoTableProps,
    WrongFailureBucketProps,
    WrongLambdaAliasProps,
    WrongLambdaFunctionProps,
    WrongLambdaRoleProps,
    WrongLogGroupProps,
    WrongSqsQueueProps,
)
from .arguments.alarm_props import AlarmProps, WrongAlarmProps
from .arguments.vocabulary import explain_unknown
from .errors import Mistakes
from .resources import (
    alarms,
    dashboard,
    dead_letter_queue,
    event_source,
    failure_bucket,
    failure_destination,
    function,
    lambda_alias,
    log_group,
    other_stacks,
    permissions,
    policy_size,
    regions,
    role,
    role_statements,
    table,
    table_access,
    warning_ids,
)
from .resources.alarms import AlarmName
from .resources.function import ExistingFunction
from .resources.role_statements import RoleStatement
from .resources.table import ExistingTable
from .resources.table_access import TablePermissions
from .resources.warning_ids import WarningId

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
    from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
    from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
    from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableConfig
    from cdktf_cdktf_provider_aws.iam_role import IamRole
    from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
    from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
        LambdaEventSourceMapping,
        LambdaEventSourceMappingConfig,
    )
    from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction, LambdaFunctionConfig
    from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
    from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue, SqsQueueConfig

# The metadata type that cdktf shows as a warning.
WARNING_METADATA = "@cdktf/warn"

# mypy takes this for True, and every other type checker for what it is.
MYPY = False


class _Inputs(TypedDict, total=False):
    existing_lambda_obj: ExistingFunction | None
    lambda_function_props: LambdaFunctionProps | LambdaFunctionConfig | None
    lambda_alias_props: LambdaAliasProps | None
    existing_table_interface: ExistingTable | None
    dynamo_table_props: DynamoTableProps | DynamodbTableConfig | None
    dynamo_event_source_props: DynamoEventSourceProps | LambdaEventSourceMappingConfig | None
    deploy_sqs_dlq_queue: bool
    sqs_dlq_queue_props: SqsQueueProps | SqsQueueConfig | None
    deploy_failure_bucket: bool
    failure_bucket_props: FailureBucketProps | None
    table_permissions: TablePermissions | None
    table_environment_variable_name: str | None
    log_group_props: LogGroupProps | None
    lambda_role_props: LambdaRoleProps | None
    lambda_role_statements: Sequence[RoleStatement] | None
    grant_permissions: bool
    deploy_alarms: bool
    alarm_props: AlarmProps | None
    silence_warnings: Collection[WarningId]


class DynamoDBStreamsToLambda(Construct):
    """A DynamoDB table whose stream invokes a Lambda function with least privilege, and a queue for failed batches.

    The props are mappings of the provider's argument names. They are merged over the pattern's defaults: blocks and
    maps are merged, scalars and lists are replaced, and None leaves an argument out. Values may be Terraform
    expressions.

    Args:
        scope: The stack, or a construct in one.
        id: The construct's id in its scope. The names of the resources come from the construct's path.
        existing_lambda_obj: A function of the app or a data source. Its role gets the permissions for the stream, the
            queue and their keys. Default: None, for a new function.
        lambda_function_props: Arguments of `aws_lambda_function`, and `code`. Exactly one of this and
            `existing_lambda_obj` is required. If `role` is given, that role gets the permissions.
        existing_table_interface: A table of the app, a data source, or `TableByArn`. Default: None, for a new table.
        dynamo_table_props: Arguments of `aws_dynamodb_table`. Default: an on-demand table with hash key ``id``,
            encrypted, with point-in-time recovery, retained.
        dynamo_event_source_props: Arguments of `aws_lambda_event_source_mapping` that apply to DynamoDB streams.
            Default: from the oldest record, 100 records for each batch, bisected on error, 500 retries, records up to
            24 hours old. A `destination_config` replaces the queue.
        deploy_sqs_dlq_queue: Whether to create the dead-letter queue. Default: True.
        sqs_dlq_queue_props: Arguments of `aws_sqs_queue`. Default: encrypted, messages kept for 14 days.
        deploy_failure_bucket: Whether to create the failure bucket, which keeps the whole records of failed batches.
            The queue then receives a notification for each object. Default: False.
        failure_bucket_props: Arguments of `aws_s3_bucket`, `expiration_days` and `kms_master_key_id`. Default: private,
            encrypted, versioned, retained, objects kept for 90 days.
        table_permissions: What the function may do with the table itself: ``Read``, ``Write``, ``ReadWrite`` or
            ``All``. The role of an existing function gets the permissions too. Default: None, for nothing.
        table_environment_variable_name: The environment variable of the function that holds the table's name.
            Default: None, for no variable.
        lambda_alias_props: `name`, `description` and `routing_config` of an `aws_lambda_alias` on the published
            version. The mapping invokes the alias. Default: None, for no alias.
        log_group_props: Arguments of the function's `aws_cloudwatch_log_group`. Default: ``/aws/lambda/<name>``, with
            365 days of retention.
        lambda_role_props: Arguments of the created `aws_iam_role`, and `policy_arns`: managed policies to attach.
        lambda_role_statements: Statements for what the function itself does, such as writing to a search domain. They
            are part of the policy that the mapping depends on. Default: none.
        grant_permissions: Whether to write the policy of the function's role. If False, a warning has the statements
            that the role needs. Default: True.
        deploy_alarms: Whether to create CloudWatch alarms and a dashboard. Default: False.
        alarm_props: The alarms' actions, tags and thresholds. Default: no actions, the thresholds of the documentation.
        silence_warnings: The ids of warnings about overridden protective defaults to silence. Default: none.

    Raises:
        PatternError: Names every wrong input of the call with its value and the fix. `ddb_stream_lambda.limits` has the
            limits, each with the URL of its source.
    """

    if not MYPY:
        # pyright names a wrong key of props only where the last overload takes nothing but the mapping. mypy names it
        # without overloads, by the `Wrong...Props` below.
        @overload
        def __init__(self, scope: Construct, id: str, **inputs: Unpack[_Inputs]) -> None: ...
        @overload
        def __init__(
            self,
            scope: Construct,
            id: str,
            *,
            existing_lambda_obj: ExistingFunction | None = None,
            lambda_function_props: LambdaFunctionProps = ...,
            existing_table_interface: ExistingTable | None = None,
            dynamo_table_props: DynamoTableProps = ...,
            dynamo_event_source_props: DynamoEventSourceProps = ...,
            deploy_sqs_dlq_queue: bool = True,
            sqs_dlq_queue_props: SqsQueueProps = ...,
            deploy_failure_bucket: bool = False,
            failure_bucket_props: FailureBucketProps = ...,
            table_permissions: TablePermissions | None = None,
            table_environment_variable_name: str | None = None,
            lambda_alias_props: LambdaAliasProps = ...,
            log_group_props: LogGroupProps = ...,
            lambda_role_props: LambdaRoleProps = ...,
            lambda_role_statements: Sequence[RoleStatement] | None = None,
            grant_permissions: bool = True,
            deploy_alarms: bool = False,
            alarm_props: AlarmProps = ...,
            silence_warnings: Collection[WarningId] = (),
            **unknown: Never,
        ) -> None: ...

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        existing_lambda_obj: ExistingFunction | None = None,
        lambda_function_props: LambdaFunctionProps | LambdaFunctionConfig | WrongLambdaFunctionProps | None = None,
        existing_table_interface: ExistingTable | None = None,
        dynamo_table_props: DynamoTableProps | DynamodbTableConfig | WrongDynamoTableProps | None = None,
        dynamo_event_source_props: (
            DynamoEventSourceProps | LambdaEventSourceMappingConfig | WrongDynamoEventSourceProps | None
        ) = None,
        deploy_sqs_dlq_queue: bool = True,
        sqs_dlq_queue_props: SqsQueueProps | SqsQueueConfig | WrongSqsQueueProps | None = None,
        deploy_failure_bucket: bool = False,
        failure_bucket_props: FailureBucketProps | WrongFailureBucketProps | None = None,
        table_permissions: TablePermissions | None = None,
        table_environment_variable_name: str | None = None,
        lambda_alias_props: LambdaAliasProps | WrongLambdaAliasProps | None = None,
        log_group_props: LogGroupProps | WrongLogGroupProps | None = None,
        lambda_role_props: LambdaRoleProps | WrongLambdaRoleProps | None = None,
        lambda_role_statements: Sequence[RoleStatement] | None = None,
        grant_permissions: bool = True,
        deploy_alarms: bool = False,
        alarm_props: AlarmProps | WrongAlarmProps | None = None,
        silence_warnings: Collection[WarningId] = (),
        **unknown: Never,
    ) -> None:
        location = locate_new(scope, id)
        path = location.path
        with report_engine_errors(path):
            # All inputs are checked, in the order of the data flow, before anything is created.
            mistakes = Mistakes(path, show=lambda value: tokens.describe(value, location.stack))
            _check_keywords(unknown, mistakes)
            warning_ids.check_silenced(silenced=silence_warnings, mistakes=mistakes)
            table_input = table.check_table(
                path=path, existing=existing_table_interface, props=dynamo_table_props, mistakes=mistakes
            )
            mapping_arguments = event_source.check_mapping(
                props=dynamo_event_source_props,
                stream_view=event_source.stream_view_of(table_input),
                counts_events=deploy_alarms is True,
                mistakes=mistakes,
            )
            function_input = function.check_function(
                path=path,
                stack=location.stack,
                existing=existing_lambda_obj,
                props=lambda_function_props,
                mistakes=mistakes,
            )
            regions.check_regions(
                table_input=table_input, function_input=function_input, stack=location.stack, mistakes=mistakes
            )
            mapping_names: str | None = mapping_arguments.get("function_name")
            alias_input = lambda_alias.check_alias(
                used_by=function_input, props=lambda_alias_props, mapping_names=mapping_names, mistakes=mistakes
            )
            access = table_access.check_table_access(
                permissions=table_permissions,
                variable=table_environment_variable_name,
                table_input=table_input,
                used_by=function_input,
                stack=location.stack,
                mistakes=mistakes,
            )
            log_group_input = log_group.check_log_group(
                path=path, used_by=function_input, props=log_group_props, mistakes=mistakes
            )
            role_input = role.check_role(path=path, used_by=function_input, props=lambda_role_props, mistakes=mistakes)
            user_statements = role_statements.check_statements(
                given=lambda_role_statements, used_by=function_input, mistakes=mistakes
            )
            permissions.check_grant(grant=grant_permissions, role_input=role_input, mistakes=mistakes)
            user_destination = event_source.failure_destination_of(mapping_arguments)
            failure_destination.check_destination(arn=user_destination, stack=location.stack, mistakes=mistakes)
            bucket_input = failure_bucket.check_bucket(
                path=path,
                stack=location.stack,
                deploy=deploy_failure_bucket,
                props=failure_bucket_props,
                user_destination=user_destination,
                companion=function_input.companion(),
                mistakes=mistakes,
            )
            queue_input = dead_letter_queue.check_queue(
                path=path,
                deploy=deploy_sqs_dlq_queue,
                props=sqs_dlq_queue_props,
                user_destination=user_destination,
                has_bucket=bucket_input is not None,
                companion=function_input.companion(),
                mistakes=mistakes,
            )
            regions.check_destination_regions(
                bucket_input=bucket_input,
                queue_input=queue_input,
                companion=function_input.companion(),
                stack=location.stack,
                mistakes=mistakes,
            )
            alarms_input = alarms.check_alarms(
                path=path,
                stack=location.stack,
                deploy=deploy_alarms,
                props=alarm_props,
                function_input=function_input,
                mapping_arguments=mapping_arguments,
                has_queue=queue_input is not None and bucket_input is None,
                has_bucket=bucket_input is not None,
                user_destination=user_destination,
                mistakes=mistakes,
            )
            other_stacks.check_stacks(
                {
                    table.PROPS: dynamo_table_props,
                    event_source.PROPS: dynamo_event_source_props,
                    function.PROPS: lambda_function_props,
                    log_group.PROPS: log_group_props,
                    dead_letter_queue.PROPS: sqs_dlq_queue_props,
                    failure_bucket.PROPS: failure_bucket_props,
                },
                stack=location.stack,
                mistakes=mistakes,
            )
            mistakes.raise_any()

            with report_refused_id(id, mistakes):
                super().__init__(scope, id)
            mistakes.raise_any()
            claim_addresses(self, location)

            # The table and its stream.
            source = table.build_table(scope=self, table=table_input, function_companion=function_input.companion())

            # The destination of failed batches: the queue, or the bucket that notifies the queue.
            destination: failure_destination.Destination | None = None
            bucket = failure_bucket.build_bucket(scope=self, bucket=bucket_input)
            if queue_input is not None:
                bucket_arn = None if bucket is None else bucket.arn
                destination = dead_letter_queue.build_queue(scope=self, queue=queue_input, bucket_arn=bucket_arn)
            elif user_destination is not None:
                destination = failure_destination.take_destination(scope=self, arn=user_destination)
            if bucket is not None:
                destination = failure_bucket.build_destination(scope=self, bucket=bucket, queue=destination)

            # The function: its role, its log group, the permissions of the role, and its alias.
            execution_role = role.build_role(scope=self, role=role_input)
            logs = log_group.build_log_group(scope=self, log_group=log_group_input)
            statements = [
                *source.statements(),
                *access.statements(source),
                *(() if destination is None else destination.statements()),
                *(() if logs is None else logs.statements()),
                *function_input.statements(scope=self),
                *user_statements,
            ]
            policy = permissions.build_policy(
                scope=self,
                path=path,
                execution_role=execution_role,
                statements=statements,
                grant=grant_permissions,
                companion=function_input.companion(regional=False),
            )
            policies = [*execution_role.attachments, *([] if policy is None else [policy])]
            created_logs = [] if logs is None or logs.created is None else [logs.created]
            variables = access.variables(source)
            invoked = function.build_function(
                scope=self,
                function=function_input,
                stack=location.stack,
                role_arn=execution_role.arn,
                variables=variables,
                log_group_name=None if logs is None else logs.name_for_function,
                depends_on=[*policies, *created_logs],
            )
            if existing_lambda_obj is not None:
                table_access.set_variables(existing_lambda_obj, variables)
            alias = lambda_alias.build_alias(scope=self, alias=alias_input, invoked=invoked)

            # The mapping connects them: it reads the stream, invokes the function, and sends failed batches on.
            mapping = event_source.build_mapping(
                scope=self,
                arguments=mapping_arguments,
                companion=function_input.companion(),
                stream_arn=source.stream_arn,
                function_arn=invoked.arn_to_invoke if alias is None else alias.arn,
                destination_arn=None if destination is None else destination.arn,
                depends_on=[
                    *policies,
                    *(() if destination is None else destination.settings),
                    *(invoked.dependables(location.stack) if alias is None else [alias]),
                ],
                preconditions=source.preconditions(),
            )

            # The alarms watch the whole flow.
            created_alarms: alarms.Alarms | None = None
            created_dashboard: CloudwatchDashboard | None = None
            if alarms_input is not None:
                created_alarms = alarms.build_alarms(
                    scope=self,
                    alarms=alarms_input,
                    invoked=invoked,
                    mapping_names=mapping_names,
                    mapping=mapping,
                    destination=destination,
                )
                created_dashboard = dashboard.build_dashboard(
                    scope=self, new=alarms_input, alarms=created_alarms, table=source, mapping=mapping
                )

            mark_pattern(self, path=path, stack=location.stack)

            weakened = [
                *table.warnings_of(table_input),
                *event_source.warnings_of(mapping_arguments),
                *function.warnings_of(function_input, scope=self),
                *lambda_alias.warnings_of(used_by=function_input, alias=alias_input, mapping_names=mapping_names),
                *dead_letter_queue.warnings_of(queue_input),
                *failure_bucket.warnings_of(bucket_input),
                *failure_destination.warnings_of(destination),
                *alarms.warnings_of(alarms_input),
                *regions.warnings_of(
                    function_input=function_input,
                    mapping_arguments=mapping_arguments,
                    log_group_input=log_group_input,
                    stack=location.stack,
                ),
                *permissions.warnings_of(grant=grant_permissions, execution_role=execution_role, statements=statements),
                *policy_size.warnings_of(
                    stack=location.stack,
                    execution_role=execution_role,
                    statements=statements if grant_permissions else (),
                    companion=function_input.companion(regional=False),
                ),
            ]
            for warning in weakened:
                if warning.id not in silence_warnings:
                    # Annotations.add_warning would write a stack trace with paths of this machine.
                    text = tokens.describe(str(warning), self)
                    self.node.add_metadata(WARNING_METADATA, text, stack_trace=False)

        self._table = source
        self._mapping = mapping
        self._function = invoked
        self._alias = alias
        self._role = execution_role
        self._log_group = None if logs is None else logs.created
        self._queue = None if destination is None else destination.queue
        self._bucket = None if bucket is None else bucket.created
        self._alarms = {} if created_alarms is None else dict(created_alarms.created)
        self._dashboard = created_dashboard

    @property
    def dynamo_table_interface(self) -> ExistingTable:
        """The table in use: the given one, or the created one."""
        return self._table.interface

    @property
    def dynamo_table(self) -> DynamodbTable | None:
        """The created table; None if a table was given."""
        return self._table.created

    @property
    def event_source_mapping(self) -> LambdaEventSourceMapping:
        """The event source mapping from the table's stream to the function."""
        return self._mapping

    @property
    def lambda_function(self) -> ExistingFunction:
        """The function in use: the given one, or the created one."""
        return self._function.interface

    @property
    def created_lambda_function(self) -> LambdaFunction | None:
        """The created function; None if a function was given."""
        return self._function.created

    @property
    def lambda_alias(self) -> LambdaAlias | None:
        """The created alias, which the mapping invokes; None if none was created."""
        return self._alias

    @property
    def lambda_role(self) -> IamRole | None:
        """The function's created execution role; None if the function or its role was given."""
        return self._role.created

    @property
    def log_group(self) -> CloudwatchLogGroup | None:
        """The function's created log group; None if the function or its log group was given."""
        return self._log_group

    @property
    def dead_letter_queue(self) -> SqsQueue | None:
        """The dead-letter queue, which receives a message for each failed batch; None if there is none."""
        return self._queue

    @property
    def failure_bucket(self) -> S3Bucket | None:
        """The failure bucket, which keeps the whole records of failed batches; None if there is none."""
        return self._bucket

    @property
    def alarms(self) -> Mapping[AlarmName, CloudwatchMetricAlarm]:
        """The created alarms by name, in the order of the data flow; empty without `deploy_alarms`."""
        return MappingProxyType(self._alarms)

    @property
    def dashboard(self) -> CloudwatchDashboard | None:
        """The dashboard with the figures of the alarms; None without `deploy_alarms`."""
        return self._dashboard


def _check_keywords(unknown: Mapping[str, object], mistakes: Mistakes) -> None:
    known = [
        name
        for name, parameter in inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for name, value in unknown.items():
        mistakes.add(name, value, explain_unknown(name, known=known, words_of="inputs"))

"""The pattern: table → stream → event source mapping → function, and what fails → dead-letter queue."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Never

from constructs import Construct

from ._engine import tokens
from ._engine.creation import beside
from ._engine.location import Place, place_of
from .arguments._generated import (
    DynamoEventSourceProps,
    DynamoTableProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    SqsQueueProps,
)
from .arguments.conforming import way_out
from .errors import Mistakes, engine_errors_of, reason_of
from .resources import dead_letter_queue as queue
from .resources import event_source, function, permissions, protection, table

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
    from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableConfig
    from cdktf_cdktf_provider_aws.iam_role import IamRole
    from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
        LambdaEventSourceMapping,
        LambdaEventSourceMappingConfig,
    )
    from cdktf_cdktf_provider_aws.lambda_function import LambdaFunctionConfig
    from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue, SqsQueueConfig

# The metadata type that cdktf shows as a warning.
WARNING = "@cdktf/warn"


class DynamoDBStreamsToLambda(Construct):
    """A DynamoDB table whose stream invokes a Lambda function, with least privilege, and a queue for what fails.

    The props are mappings of the provider's own argument names, laid over the pattern's defaults: blocks and maps are
    merged, scalars and lists replaced, and None leaves an argument out. Values may be Terraform tokens.

    Args:
        scope: the stack, or a construct in one.
        id: the construct's id in its scope. The names of the resources come from the construct's path.
        existing_lambda_obj: a function of the app or a data source. Its role, known by the role's ARN, gets the grants
            for the stream, the queue and their keys. Default: a new function.
        lambda_function_props: arguments of `aws_lambda_function`, and `code`. Exactly one of this and
            `existing_lambda_obj` is required. With `role`, the role of that ARN is used, and gets the grants.
        existing_table_interface: a table of the app, a data source, or `TableByArn`. Default: a new table.
        dynamo_table_props: arguments of `aws_dynamodb_table`. Default: an on-demand table with hash key ``id``,
            encrypted, with point-in-time recovery, retained.
        dynamo_event_source_props: arguments of `aws_lambda_event_source_mapping` that apply to DynamoDB streams.
            Default: from the oldest record, 100 records a batch, bisected on error, 500 retries, records up to a day
            old. A `destination_config` here takes the place of the queue.
        deploy_sqs_dlq_queue: whether to create the dead-letter queue. Default: True.
        sqs_dlq_queue_props: arguments of `aws_sqs_queue`. Default: encrypted, messages kept for 14 days.
        lambda_role_props: `name`, `path`, `permissions_boundary` and `tags` of the created `aws_iam_role`.
        lambda_role_statements: statements for what the function itself does, such as writing to a search domain; they
            stand beside the grants in the policy of the function's role, which the mapping waits for. Default: none.
        silence_warnings: the ids of warnings on overridden protective defaults that are not to be shown. Default: none.

    Raises:
        PatternError: at once, naming every wrong input of the call with its value and the way out. The limits are
            listed in `ddb_stream_lambda.limits`, each with its AWS or provider documentation.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        existing_lambda_obj: function.ExistingFunction | None = None,
        lambda_function_props: LambdaFunctionProps | LambdaFunctionConfig | None = None,
        existing_table_interface: table.ExistingTable | None = None,
        dynamo_table_props: DynamoTableProps | DynamodbTableConfig | None = None,
        dynamo_event_source_props: DynamoEventSourceProps | LambdaEventSourceMappingConfig | None = None,
        deploy_sqs_dlq_queue: bool = True,
        sqs_dlq_queue_props: SqsQueueProps | SqsQueueConfig | None = None,
        lambda_role_props: LambdaRoleProps | None = None,
        lambda_role_statements: Sequence[permissions.RoleStatement] | None = None,
        silence_warnings: Collection[protection.WarningId] = (),
        **unknown: Never,
    ) -> None:
        place = _place_within(scope, id)
        path = place.path
        with engine_errors_of(path):
            # What is asked for, in the order of the data flow, checked as a whole before anything exists.
            mistakes = Mistakes(path)
            _check_keywords(unknown, mistakes)
            protection.check_silenced(silence_warnings, mistakes)
            table_asked = table.check_table(path, existing_table_interface, dynamo_table_props, mistakes)
            mapping_asked = event_source.check_mapping(dynamo_event_source_props, mistakes)
            function_asked = function.check_function(path, existing_lambda_obj, lambda_function_props, mistakes)
            role_asked = function.check_role(path, existing_lambda_obj, lambda_role_props, function_asked, mistakes)
            own_statements = permissions.check_statements(lambda_role_statements, existing_lambda_obj, mistakes)
            own_destination = event_source.failure_destination_of(mapping_asked)
            queue_asked = queue.check_queue(path, deploy_sqs_dlq_queue, sqs_dlq_queue_props, own_destination, mistakes)
            mistakes.raise_any()

            try:
                super().__init__(scope, id)
            except RuntimeError as refused:
                mistakes.add("id", id, f"the scope refuses it: {reason_of(refused)}; choose another id")
            mistakes.raise_any()

            # The table and its stream.
            source = table.build_table(self, existing_table_interface, table_asked)

            # Where failed batches go.
            destination = queue.build_destination(self, queue_asked, own_destination)

            # The function, and what it may do.
            identity = function.build_identity(self, existing_lambda_obj, function_asked, role_asked)
            grants = permissions.Grants(
                stream_arn=source.stream_arn,
                table_kms_key_arn=source.kms_key_arn,
                destination_arn=destination.arn,
                send_actions=destination.send_actions,
                destination_kms_key_arn=destination.kms_key_arn,
                log_group_arn=identity.log_group_arn,
                traces=function.traces(function_asked),
                joins_vpc=function.joins_vpc(function_asked),
                own=own_statements,
            )
            policy = permissions.build_policy(
                self, path, identity.role_name, grants, beside(function_asked, region=False)
            )
            invoked = function.build_function(self, existing_lambda_obj, function_asked, identity, policy, place.stack)

            # The mapping joins them: it reads the stream, invokes the function, and sends on what fails.
            mapping = event_source.build_mapping(
                self,
                beside(function_asked) | mapping_asked,
                stream_arn=source.stream_arn,
                function_arn=invoked.arn,
                destination_arn=destination.arn,
                policy=policy,
            )

            for override in protection.overrides(table_asked, mapping_asked, function_asked, queue_asked, destination):
                if override.id not in silence_warnings:
                    # Not Annotations.add_warning, which writes a stack trace of this machine's paths.
                    self.node.add_metadata(WARNING, str(override), stack_trace=False)

        self._source = source
        self._function = invoked
        self._mapping = mapping
        self._queue = destination.queue
        self._identity = identity

    @property
    def dynamo_table_interface(self) -> table.ExistingTable:
        """The table in use: the one given, or the one created."""
        return self._source.interface

    @property
    def dynamo_table(self) -> DynamodbTable | None:
        """The table created; None when one was given."""
        return self._source.created

    @property
    def event_source_mapping(self) -> LambdaEventSourceMapping:
        """The mapping from the table's stream to the function."""
        return self._mapping

    @property
    def lambda_function(self) -> function.ExistingFunction:
        """The function in use: the one given, or the one created."""
        return self._function

    @property
    def lambda_role(self) -> IamRole | None:
        """The function's role; None when the function or its role was given."""
        return self._identity.role

    @property
    def log_group(self) -> CloudwatchLogGroup | None:
        """The function's log group; None when the function or its log group was given."""
        return self._identity.log_group

    @property
    def dead_letter_queue(self) -> SqsQueue | None:
        """The queue that receives failed batches; None without one."""
        return self._queue


def _place_within(scope: object, id: object) -> Place:
    """Where the construct will stand; where it cannot, `PatternError`."""
    mistakes = Mistakes(str(id))
    if not isinstance(id, str) or not id.strip():
        mistakes.add("id", id, "must be text that is unique in its scope, such as pipeline")
    elif tokens.is_token(id) or "/" in id:
        mistakes.add("id", id, "must be plain text without / and Terraform expressions, such as pipeline")
    try:
        around = place_of(scope) if isinstance(scope, Construct) else None
    except RuntimeError:
        around = None
    if around is None:
        mistakes.add("scope", scope, "must be a TerraformStack, or a construct in one: self inside it")
    mistakes.raise_any()
    assert around is not None  # noqa: S101
    return Place(f"{around.path}/{id}", around.stack)


def _check_keywords(unknown: Mapping[str, object], mistakes: Mistakes) -> None:
    known = [
        name
        for name, parameter in inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for name, value in unknown.items():
        mistakes.add(name, value, way_out(name, known, "inputs"))

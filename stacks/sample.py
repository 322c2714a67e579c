"""The sample app's stack: a table, and the function of the folder `function/` that keeps a search index equal to it.

Terraform variables hold the settings that an operations team decides. So the same bundle can be deployed to every
environment, each with its own ``-var-file``.
"""

from pathlib import Path
from typing import TypeVar

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from .variables import SampleVariables

FUNCTION = Path(__file__).parent.parent / "function"
# The age of a record at which the alarm goes off: one hour. The stream keeps records for 24 hours.
MAX_ITERATOR_AGE_IN_MILLISECONDS = 60 * 60 * 1000

Resource = TypeVar("Resource")


class SampleStack(TerraformStack):
    """A table, the function that indexes its changes, and two alarms."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        variables = self._variables = SampleVariables(self)
        AwsProvider(self, "aws", region=variables.region)
        # A relative path, so that the output folder also works after it was copied. Use a remote backend in production:
        # if main.py no longer creates a stack, cdktf removes the stack's folder, and with it the state.
        LocalBackend(self, path=f"terraform.{id}.tfstate")
        name = self._name = f"{variables.name_prefix}-search-indexer"
        pattern = DynamoDBStreamsToLambda(
            self,
            "pipeline",
            dynamo_table_props={
                "name": name,
                "deletion_protection_enabled": variables.table_deletion_protection,
            },
            dynamo_event_source_props={
                "batch_size": variables.batch_size,
                "function_response_types": ["ReportBatchItemFailures"],
            },
            lambda_function_props={
                "function_name": name,
                "code": Code.from_python_project(
                    FUNCTION, runtime="python3.13", architecture="arm64", exclude=["README.md", "requirements.txt"]
                ),
                "handler": "index.handler",
                "memory_size": 512,
                "timeout": 60,
                "environment": {"variables": {"SEARCH_ENDPOINT": variables.search_endpoint, "SEARCH_SERVICE": "es"}},
            },
            lambda_role_props={"name": name},
            # The function sends POST requests for _bulk and _mget. For OpenSearch Serverless, use aoss:APIAccessAll on
            # the collection's ARN instead, and set SEARCH_SERVICE=aoss.
            lambda_role_statements=[
                {"Sid": "WriteIndex", "Action": "es:ESHttpPost", "Resource": f"{variables.search_domain_arn}/*"}
            ],
            sqs_dlq_queue_props={
                "name": f"{name}-dlq",
                "message_retention_seconds": variables.queue_retention_in_seconds,
            },
        )
        table = _created(pattern.dynamo_table)
        queue = _created(pattern.dead_letter_queue)
        log_group = _created(pattern.log_group)
        log_group.retention_in_days = variables.log_retention_in_days

        self._alarm(
            "records-given-up",
            "The dead-letter queue has messages about records that the function could not process.",
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue.name},
            threshold=0,
            minutes=1,
        )
        self._alarm(
            "records-late",
            "The function processes records more than an hour late. The stream deletes records after 24 hours.",
            metric=("AWS/Lambda", "IteratorAge"),
            dimensions={"FunctionName": pattern.lambda_function.function_name},
            threshold=MAX_ITERATOR_AGE_IN_MILLISECONDS,
            minutes=5,
        )

        outputs = {
            "table_name": (table.name, "The table's name."),
            "table_arn": (table.arn, "The table's ARN."),
            "stream_arn": (table.stream_arn, "The ARN of the table's stream."),
            "function_name": (pattern.lambda_function.function_name, "The function's name."),
            "function_arn": (pattern.lambda_function.arn, "The function's ARN."),
            "queue_url": (queue.url, "The dead-letter queue's URL, to receive its messages."),
            "queue_arn": (queue.arn, "The dead-letter queue's ARN."),
            "mapping_uuid": (
                pattern.event_source_mapping.uuid,
                "The event source mapping's UUID, to pause and resume it.",
            ),
            "log_group_name": (log_group.name, "The name of the function's log group."),
        }
        for output, (value, description) in outputs.items():
            TerraformOutput(self, output, value=value, description=description)

    def _alarm(
        self,
        id: str,
        description: str,
        *,
        metric: tuple[str, str],
        dimensions: dict[str, str],
        threshold: int,
        minutes: int,
    ) -> None:
        """Add an alarm for a metric that stays above a threshold.

        Args:
            id: the construct's id, also the suffix of the alarm's name.
            description: the alarm's description.
            metric: the metric's namespace and name.
            dimensions: the metric's dimensions.
            threshold: the value that the metric must exceed.
            minutes: the number of minutes for which it must exceed the value.
        """
        namespace, metric_name = metric
        CloudwatchMetricAlarm(
            self,
            id,
            alarm_name=f"{self._name}-{id}",
            alarm_description=description,
            namespace=namespace,
            metric_name=metric_name,
            dimensions=dimensions,
            statistic="Maximum",
            period=60,
            evaluation_periods=minutes,
            comparison_operator="GreaterThanThreshold",
            threshold=threshold,
            treat_missing_data="notBreaching",
            alarm_actions=self._variables.alarm_actions,
        )


def _created(resource: Resource | None) -> Resource:
    """Return a resource that the pattern creates with the inputs of this stack.

    Raises:
        ValueError: if the pattern did not create it.
    """
    if resource is None:
        raise ValueError("the pattern did not create this resource: change the inputs, or do not use the resource here")
    return resource

"""The sample app's stack: a table whose changes reach a search index, by the function in function/.

What an operations team decides is a Terraform variable, so that one bundle serves every environment by its own
``-var-file``.
"""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from .variables import SampleVariables

FUNCTION = Path(__file__).parent.parent / "function"
# Records wait this long in the stream before the alarm, an hour of the 24 that it keeps them.
OLDEST_RECORD_IN_MILLISECONDS = 60 * 60 * 1000


class SampleStack(TerraformStack):
    """A table whose changes reach a search index, and the alarms that say when they do not."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        asked = self._asked = SampleVariables(self)
        AwsProvider(self, "aws", region=asked.region)
        # Relative, so that the output folder works wherever it is copied. Choose a remote backend for a stack that
        # matters: cdktf removes the folder of a stack that main.py no longer names, and the state in it.
        LocalBackend(self, path=f"terraform.{id}.tfstate")
        name = self._name = f"{asked.name_prefix}-search-indexer"
        pattern = DynamoDBStreamsToLambda(
            self,
            "pipeline",
            dynamo_table_props={
                "name": name,
                "deletion_protection_enabled": asked.table_deletion_protection,
            },
            dynamo_event_source_props={
                "batch_size": asked.batch_size,
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
                "environment": {"variables": {"SEARCH_ENDPOINT": asked.search_endpoint, "SEARCH_SERVICE": "es"}},
            },
            lambda_role_props={"name": name},
            # What opensearch-py needs for _bulk and _mget. A collection of OpenSearch Serverless takes
            # aoss:APIAccessAll on its own ARN instead, and SEARCH_SERVICE=aoss.
            lambda_role_statements=[
                {"Sid": "WriteIndex", "Action": "es:ESHttpPost", "Resource": f"{asked.search_domain_arn}/*"}
            ],
            sqs_dlq_queue_props={"name": f"{name}-dlq", "message_retention_seconds": asked.queue_retention_in_seconds},
        )
        assert pattern.dynamo_table is not None  # noqa: S101 - none was given
        assert pattern.dead_letter_queue is not None  # noqa: S101
        assert pattern.log_group is not None  # noqa: S101
        pattern.log_group.retention_in_days = asked.log_retention_in_days

        self._alarm(
            "records-given-up",
            "Records that the function could not process lie in the dead-letter queue.",
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": pattern.dead_letter_queue.name},
            above=0,
            minutes=1,
        )
        self._alarm(
            "records-late",
            "The function lags behind the table; the stream drops records after 24 hours.",
            metric=("AWS/Lambda", "IteratorAge"),
            dimensions={"FunctionName": pattern.lambda_function.function_name},
            above=OLDEST_RECORD_IN_MILLISECONDS,
            minutes=5,
        )

        outputs = {
            "table_name": (pattern.dynamo_table.name, "The table."),
            "table_arn": (pattern.dynamo_table.arn, "The table's ARN."),
            "stream_arn": (pattern.dynamo_table.stream_arn, "The ARN of the table's stream."),
            "function_name": (pattern.lambda_function.function_name, "The function."),
            "function_arn": (pattern.lambda_function.arn, "The function's ARN."),
            "queue_url": (pattern.dead_letter_queue.url, "The dead-letter queue, as its readers name it."),
            "queue_arn": (pattern.dead_letter_queue.arn, "The dead-letter queue's ARN."),
            "mapping_uuid": (pattern.event_source_mapping.uuid, "The event source mapping, to pause and resume it."),
            "log_group_name": (pattern.log_group.name, "The function's log group."),
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
        above: int,
        minutes: int,
    ) -> None:
        """An alarm for a metric that stays above a threshold for some minutes."""
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
            threshold=above,
            treat_missing_data="notBreaching",
            alarm_actions=self._asked.alarm_actions,
        )

"""The stacks that the tests hand over: the pattern with variables, an alarm and outputs; and one with a backfill."""

from pathlib import Path

from ddb_stream_lambda import Backfill, Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformOutput, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider

HELLO = Path(__file__).parent.parent / "assets" / "hello"


def synthesize(folder: Path) -> Path:
    """Synthesize an app with the stack "orders" into the folder, and return the folder."""
    app = App(outdir=str(folder))
    stack = TerraformStack(app, "orders")
    region = TerraformVariable(stack, "region", type="string", description="The AWS region.", default="eu-west-1")
    prefix = TerraformVariable(
        stack, "name_prefix", type="string", description="The prefix of all resource names.", nullable=False
    )
    prefix.add_validation(
        condition='${can(regex("^[a-z-]{1,40}$", var.name_prefix)) && !startswith(var.name_prefix, "-")}',
        error_message="name_prefix must be 1 to 40 lowercase letters and hyphens.",
    )
    actions = TerraformVariable(
        stack, "alarm_actions", type="list(string)", description="The ARNs of the alarm's actions.", default=[]
    )
    AwsProvider(stack, "aws", region=region.string_value)
    pattern = DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        dynamo_table_props={"name": f"{prefix.string_value}-orders", "tags": {"Team": "orders"}},
        lambda_function_props={
            "function_name": f"{prefix.string_value}-orders",
            "code": Code.from_asset(HELLO),
            "runtime": "python3.13",
            "handler": "index.handler",
            "environment": {"variables": {"GREETING": 'Say "hello" to $${name}'}},
        },
        dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": '{"eventName": ["INSERT", "MODIFY"]}'}]}},
        lambda_role_props={"name": f"{prefix.string_value}-orders"},
        sqs_dlq_queue_props={"name": f"{prefix.string_value}-orders-dlq"},
    )
    table, queue = pattern.dynamo_table, pattern.dead_letter_queue
    assert table is not None
    assert queue is not None
    CloudwatchMetricAlarm(
        stack,
        "given_up",
        alarm_name=f"{prefix.string_value}-orders-given-up",
        alarm_description="The dead-letter queue has messages about records that could not be processed.",
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue.name},
        statistic="Maximum",
        period=60,
        evaluation_periods=1,
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        alarm_actions=actions.list_value,
    )
    TerraformOutput(stack, "table_name", value=table.name, description="The table's name.")
    TerraformOutput(stack, "queue_url", value=queue.url, description="The dead-letter queue's URL.")
    app.synth()
    return folder


def synthesize_backfill(folder: Path) -> Path:
    """Synthesize an app with the stack "shop", which has a backfill, into the folder, and return the folder."""
    app = App(outdir=str(folder))
    stack = TerraformStack(app, "shop")
    AwsProvider(stack, "aws", region="eu-west-1")
    pattern = DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        lambda_function_props={
            "s3_bucket": "code",
            "s3_key": "a.zip",
            "runtime": "python3.13",
            "handler": "index.handler",
        },
    )
    Backfill(stack, "backfill", pattern=pattern, export_bucket="shop-exports", export_prefix="orders")
    app.synth()
    return folder


if __name__ == "__main__":
    synthesize(Path("cdktf.out"))

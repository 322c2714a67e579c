"""Watch the pattern: alarms that notify a topic, and a dashboard."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
on_call = SnsTopic(stack, "on_call", name="orders-on-call")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
    deploy_alarms=True,
    alarm_props={
        "alarm_actions": [on_call.arn],
        "ok_actions": [on_call.arn],
        # Records should arrive within 15 minutes. Lambda repeats throttled invocations.
        "thresholds": {"iterator_age": 15 * 60 * 1000, "throttles": None},
    },
)
if pattern.dashboard is not None:
    TerraformOutput(stack, "dashboard_name", value=pattern.dashboard.dashboard_name)
app.synth()

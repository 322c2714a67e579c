"""Synthesizes the same resources with plain imports of the provider's classes: ``plain.py COUNT OUTDIR``."""

import base64
import hashlib
import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from cdktf import App, AssetType, Fn, TerraformAsset, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableServerSideEncryption,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingDestinationConfig,
    LambdaEventSourceMappingDestinationConfigOnFailure,
)
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction, LambdaFunctionTracingConfig
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

READ_STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
SEND_MESSAGES = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]


def policy_document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(sid: str, actions: list[str], resource: str) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def pattern(stack: TerraformStack, id: str, archive: TerraformAsset, digest: str) -> None:
    scope, name = Construct(stack, id), f"orders_{id}"
    table = DynamodbTable(
        scope,
        "table",
        name=name,
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attribute=[DynamodbTableAttribute(name="id", type="S")],
        stream_enabled=True,
        stream_view_type="NEW_AND_OLD_IMAGES",
        server_side_encryption=DynamodbTableServerSideEncryption(enabled=True),
        point_in_time_recovery=DynamodbTablePointInTimeRecovery(enabled=True),
        deletion_protection_enabled=True,
        lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
    )
    queue = SqsQueue(
        scope,
        "dead-letter-queue",
        name=f"{name}-dlq",
        kms_master_key_id="alias/aws/sqs",
        message_retention_seconds=1209600,
    )
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": queue.arn}
    others = {
        "StringNotEquals": {"aws:PrincipalAccount": Fn.element(Fn.split(":", queue.arn), 4)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    SqsQueuePolicy(
        scope,
        "dead-letter-queue-policy",
        queue_url=queue.url,
        policy=policy_document(
            {"Sid": "HttpsOnly", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "OwnAccountOnly", **deny, "Condition": others},
        ),
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = IamRole(scope, "role", name=name, assume_role_policy=policy_document(trust))
    logs = CloudwatchLogGroup(scope, "log-group", name=f"/aws/lambda/{name}", retention_in_days=365)
    policy = IamRolePolicy(
        scope,
        "role-policy",
        name=name,
        role=role.name,
        policy=policy_document(
            allow("ListStreams", ["dynamodb:ListStreams"], "*"),
            allow("ReadStream", READ_STREAM, table.stream_arn),
            allow("SendFailedBatches", SEND_MESSAGES, queue.arn),
            allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs.arn}:*"),
            allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
        ),
    )
    function = LambdaFunction(
        scope,
        "function",
        function_name=name,
        role=role.arn,
        runtime="python3.13",
        handler="index.handler",
        filename=archive.path,
        source_code_hash=digest,
        tracing_config=LambdaFunctionTracingConfig(mode="Active"),
        depends_on=[policy, logs],
    )
    LambdaEventSourceMapping(
        scope,
        "event-source-mapping",
        event_source_arn=table.stream_arn,
        function_name=function.arn,
        starting_position="TRIM_HORIZON",
        batch_size=100,
        bisect_batch_on_function_error=True,
        maximum_record_age_in_seconds=86400,
        maximum_retry_attempts=500,
        destination_config=LambdaEventSourceMappingDestinationConfig(
            on_failure=LambdaEventSourceMappingDestinationConfigOnFailure(destination_arn=queue.arn)
        ),
        depends_on=[policy],
    )


count, outdir = int(sys.argv[1]), sys.argv[2]
archive_path = Path(outdir).parent / "function.zip"
with zipfile.ZipFile(archive_path, "w") as file:
    for path in sorted(Path("tests/assets/hello").glob("*.py")):
        file.write(path, path.name)
app = App(outdir=outdir)
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
asset = TerraformAsset(stack, "code", path=str(archive_path), type=AssetType.FILE)
source_code_hash = base64.b64encode(hashlib.sha256(archive_path.read_bytes()).digest()).decode()
for number in range(count):
    pattern(stack, f"pipeline{number}", asset, source_code_hash)
app.synth()

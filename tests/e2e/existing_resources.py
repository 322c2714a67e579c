"""The resources that exist before the variants of the pattern are planned."""

import io
import json
import zipfile

from .emulator_process import Emulator
from .variants import CODE_IN_BUCKET, EXISTING, EXISTING_ALIAS, KEY_ALIAS, KEY_ID, OTHER_REGION


def create_existing_resources(emulator: Emulator) -> None:
    """Create what the data sources of the variants look up."""
    principal = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [principal]}
    role = emulator.client("iam").create_role(RoleName=EXISTING, AssumeRolePolicyDocument=json.dumps(trust))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", "def handler(event, context): pass")
    s3 = emulator.client("s3")
    location = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=CODE_IN_BUCKET["s3_bucket"], CreateBucketConfiguration=location)
    s3.put_object(Bucket=CODE_IN_BUCKET["s3_bucket"], Key=CODE_IN_BUCKET["s3_key"], Body=archive.getvalue())
    for region in ("eu-west-1", OTHER_REGION):
        emulator.client("dynamodb", region).create_table(
            TableName=EXISTING,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        kms, functions = emulator.client("kms", region), emulator.client("lambda", region)
        # The emulator takes the key's id from this tag.
        kms.create_key(Tags=[{"TagKey": "_custom_id_", "TagValue": KEY_ID}])
        kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=KEY_ID)
        functions.create_function(
            FunctionName=EXISTING,
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            Publish=True,
        )
        functions.create_alias(FunctionName=EXISTING, Name=EXISTING_ALIAS, FunctionVersion="1")

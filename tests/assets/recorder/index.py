"""Notes each event in a file, and fails as the items say: ``poison`` raises, ``bad`` is reported.

``overreaches`` has it do what its role does not allow."""

import json
import os
from pathlib import Path


def handler(event, context):
    records = event["Records"]
    images = [record["dynamodb"].get("NewImage", {}) for record in records]
    note = {
        "ids": [record["dynamodb"]["Keys"]["id"]["S"] for record in records],
        "names": [record["eventName"] for record in records],
        "numbers": [record["dynamodb"]["SequenceNumber"] for record in records],
        "version": os.environ.get("VERSION"),
    }
    if any("overreaches" in image for image in images):
        note["refused"] = overreach()
    with Path(os.environ["EFFECTS"]).open("a") as effects:
        effects.write(json.dumps(note) + "\n")
    if any("poison" in image for image in images):
        raise ValueError("cannot digest this")
    failed = [number for number, image in zip(note["numbers"], images, strict=True) if "bad" in image]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def overreach():
    """The answer of AWS when the function reads the table itself."""
    import boto3
    from botocore.exceptions import ClientError

    try:
        boto3.client("dynamodb").scan(TableName=os.environ["TABLE"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None

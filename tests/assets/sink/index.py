"""Writes each record to a file, and refuses items with the attribute ``poison`` while the file ``broken`` exists."""

import json
import os
import time
from pathlib import Path

FOLDER = Path(os.environ["FOLDER"])


def handler(event, context):
    time.sleep(float(os.environ.get("PAUSE", "0")))
    failed = []
    with (FOLDER / "records").open("a") as file:
        for record in event["Records"]:
            data = record["dynamodb"]
            if "poison" in data.get("NewImage", {}) and (FOLDER / "broken").exists():
                failed.append({"itemIdentifier": data["SequenceNumber"]})
                break
            line = {
                "id": data["Keys"]["id"]["S"],
                "number": data["SequenceNumber"],
                "image": data.get("NewImage"),
                "event": record["eventID"],
            }
            file.write(json.dumps(line) + "\n")
    return {"batchItemFailures": failed}

"""The handler that the function is compared with: one request for each record, and nothing else."""

import os
from typing import Any

from opensearchpy import OpenSearch

client = OpenSearch(os.environ["SEARCH_ENDPOINT"])


def plain(value: dict[str, Any]) -> Any:
    ((type_name, content),) = value.items()
    match type_name:
        case "N":
            return float(content)
        case "M":
            return {name: plain(member) for name, member in content.items()}
        case "L":
            return [plain(member) for member in content]
    return content


def handler(event: dict[str, Any], _: object) -> None:
    for record in event["Records"]:
        data = record["dynamodb"]
        index = record["eventSourceARN"].split("/")[1]
        id_ = data["Keys"]["id"]["S"]
        if record["eventName"] == "REMOVE":
            client.delete(index=index, id=id_, ignore=404)
        else:
            client.index(index=index, id=id_, body={name: plain(value) for name, value in data["NewImage"].items()})

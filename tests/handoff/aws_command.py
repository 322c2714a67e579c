"""The part of the AWS CLI that the runbook uses, as a script: ``aws SERVICE OPERATION --OPTION VALUE...``.

Services, operations and options come from the models of botocore, from which the AWS CLI takes them too. So an
operation or an option that the AWS CLI lacks is an error here.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]  # it has no types
from botocore import xform_name


def main(arguments: list[str]) -> None:
    service, operation, *rest = arguments
    # The AWS CLI has its own name for the operations of S3.
    client: Any = boto3.client("s3" if service == "s3api" else service)
    if operation == "wait":
        waiter = client.get_waiter(rest[0].replace("-", "_"))
        waiter.wait(**parameters(client, waiter.config.operation, rest[1:])[0])
        return
    method = operation.replace("-", "_")
    api_name = client.meta.method_to_api_mapping[method]
    given, output_options, files = parameters(client, api_name, rest)
    answer = getattr(client, method)(**given)
    answer.pop("ResponseMetadata")
    if files:
        Path(files[0]).write_bytes(answer.pop("Body").read())
    print_answer(answer, output_options)


def parameters(client: Any, api_name: str, words: list[str]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Return the operation's parameters, the options of the output, and the file to write."""
    members = client.meta.service_model.operation_model(api_name).input_shape.members
    options = {f"--{xform_name(name, '-')}": (name, shape) for name, shape in members.items()}
    given: dict[str, Any] = {}
    output: dict[str, str] = {}
    files = []
    while words:
        option = words.pop(0)
        if option in ("--query", "--output"):
            output[option] = words.pop(0)
        elif option.startswith("--no-") and options[option.replace("--no-", "--")][1].type_name == "boolean":
            given[options[option.replace("--no-", "--")][0]] = False
        elif option.startswith("--"):
            name, shape = options[option]
            given[name] = True if shape.type_name == "boolean" else value_of(shape, words)
        else:
            files.append(option)
    return given, output, files


def value_of(shape: Any, words: list[str]) -> Any:
    if shape.type_name == "list":
        values = []
        while words and not words[0].startswith("--"):
            values.append(words.pop(0))
        return values
    word = words.pop(0)
    if shape.type_name == "structure":
        return dict(part.split("=", 1) for part in word.split(","))
    if shape.type_name == "blob":
        return Path(word.removeprefix("fileb://")).read_bytes()
    return int(word) if shape.type_name in ("integer", "long") else word


def print_answer(answer: Any, options: dict[str, str]) -> None:
    if "--query" in options:
        answer = jmespath.search(options["--query"], answer)
    if options.get("--output") != "text":
        print(json.dumps(answer, default=str, indent=2))
        return
    rows = answer if isinstance(answer, list) else [answer]
    for row in rows:
        print("\t".join(map(str, row)) if isinstance(row, list) else row)


if __name__ == "__main__":
    main(sys.argv[1:])

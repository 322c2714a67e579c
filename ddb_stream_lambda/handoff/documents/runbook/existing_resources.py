"""The chapter about importing resources that exist, with the ids that the configuration determines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...synthesized import templates
from ...synthesized.configuration import Resource
from ..markdown import code_list, paragraph
from .commands import Commands, chapter, file_block, shell, steps_lost

# The argument that is the id of a resource of the type in an import.
NAMES = {
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_kms_alias": "name",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
    "aws_sqs_queue": "name",
}
# Terraform creates these again without a loss.
NOT_IMPORTED = frozenset({"terraform_data", "null_resource"})


@dataclass(frozen=True)
class ImportId:
    """The id of a resource in an import.

    Attributes:
        text: the id as a template, or a placeholder in capital letters.
        lookup: the command that prints the id; empty if the template gives it.
        is_known: whether the template or the command gives the id.
    """

    text: str
    lookup: str = ""
    is_known: bool = True


def import_existing(commands: Commands) -> str:
    """Return the chapter about importing existing resources."""
    facts = commands.facts
    resources = {described.resource.address: described.resource for described in facts.resources}
    by_bundle = {str(block.get("to")) for block in facts.configuration.imports}
    wanted = [
        resource
        for resource in resources.values()
        if resource.type not in NOT_IMPORTED and resource.address not in by_bundle
    ]
    ids = {resource.address: _import_id(resource, resources, commands) for resource in wanted}
    parts = [_bundle_imports(len(by_bundle))] if by_bundle else []
    if ids:
        parts += _by_hand(ids, commands)
    return chapter("Import existing resources", *parts) if parts else ""


def _bundle_imports(count: int) -> str:
    return paragraph(
        f"The bundle has `import` blocks for {count} existing resources. The plan of the first apply must show `to "
        "import` for each of them, and `0 to destroy`. If it shows `must be replaced`, do not apply it: an argument "
        "differs from the existing resource, and you would lose what the resource contains. After the first apply, you "
        "can keep the blocks: they do nothing for a resource in the state."
    )


def _by_hand(ids: Mapping[str, ImportId], commands: Commands) -> list[str]:
    lookups = [f"{entry.lookup}    # {entry.text}" for entry in ids.values() if entry.lookup]
    unknown = [address for address, entry in ids.items() if not entry.is_known]
    lines = [
        line
        for address, entry in ids.items()
        for line in ("import {", f"  to = {address}", f'  id = "{entry.text}"', "}", "")
    ]
    return [
        paragraph(
            "Do this if resources of the stack exist, and the state does not have them: because the state is lost, or "
            "because an apply reports that a resource already exists. You need Terraform 1.6 or later. Write the file "
            "`existing.tf`, and leave out the blocks of the resources that do not exist or that `terraform state list` "
            "shows:"
        ),
        file_block("existing.tf", *lines[:-1]),
        *(
            [
                "These commands print the ids for the words in capital letters:",
                shell(*dict.fromkeys(lookups)),
            ]
            if lookups
            else []
        ),
        paragraph(
            "For the other words in capital letters, the page of the resource's type in the provider's documentation "
            f"describes the id in its section Import: {code_list(unknown)}. A resource with `count` or `for_each` "
            "also needs its key, such as `[0]`, after the address."
        )
        if unknown
        else "",
        shell(commands.plan("import")),
        paragraph(
            "The plan must show `to import` for each block, and `0 to destroy`. If it shows `must be replaced`, do not "
            "apply it: an argument differs from the existing resource."
        ),
        shell(commands.apply("import"), "rm existing.tf"),
        steps_lost("with a replacement, everything in the replaced resource. An import itself destroys nothing."),
    ]


def _import_id(resource: Resource, resources: Mapping[str, Resource], commands: Commands) -> ImportId:
    word = re.sub(r"\W", "_", resource.address.removeprefix("aws_")).upper()
    unknown = ImportId(f"{word}_ID", is_known=False)
    if {"count", "for_each"} & set(resource.arguments):
        return unknown
    if resource.type == "aws_lambda_event_source_mapping":
        function = _referenced(resource.arguments.get("function_name"), resources)
        name = _name(function, resources) if function else None
        if name is None:
            return unknown
        query = "--query 'EventSourceMappings[].UUID' --output text"
        command = f"aws lambda list-event-source-mappings --function-name {commands.value(name)} {query}"
        return ImportId(f"{word}_UUID", command)
    if resource.type == "aws_iam_role_policy":
        role = _resolved(resource.arguments.get("role"), resources)
        name = _resolved(resource.arguments.get("name"), resources)
        return ImportId(f"{role}:{name}") if role and name else unknown
    if resource.type.startswith("aws_s3_bucket"):
        return _bucket_id(resource, resources, commands) or unknown
    queue = resource
    if resource.type == "aws_sqs_queue_policy":
        referenced = _referenced(resource.arguments.get("queue_url"), resources)
        if referenced is None:
            return unknown
        queue = referenced
    name = _name(queue, resources)
    if name is None:
        return unknown
    if queue.type == "aws_sqs_queue":
        word = re.sub(r"\W", "_", queue.name).upper()
        command = f"aws sqs get-queue-url --queue-name {commands.value(name)} --query QueueUrl --output text"
        return ImportId(f"{word}_QUEUE_URL", command)
    return ImportId(name)


def _bucket_id(resource: Resource, resources: Mapping[str, Resource], commands: Commands) -> ImportId | None:
    """Return the id of a bucket or of one of its settings: the bucket's name. None if it is unknown."""
    is_bucket = resource.type == "aws_s3_bucket"
    bucket = resource if is_bucket else _referenced(resource.arguments.get("bucket"), resources)
    if bucket is None or bucket.type != "aws_s3_bucket":
        return None
    name = _name(bucket, resources)
    if name is not None:
        return ImportId(name)
    prefix = _resolved(bucket.arguments.get("bucket_prefix"), resources)
    if prefix is None:
        return None
    word = re.sub(r"\W", "_", bucket.name).upper()
    query = f'"Buckets[?starts_with(Name, \'"{commands.value(prefix)}"\')].Name"'
    return ImportId(f"{word}_BUCKET", f"aws s3api list-buckets --query {query} --output text")


def _name(resource: Resource, resources: Mapping[str, Resource]) -> str | None:
    """Return the resource's name as a template that needs no state; None if only the provider knows it."""
    argument = NAMES.get(resource.type)
    return _resolved(resource.arguments.get(argument), resources) if argument else None


def _referenced(value: object, resources: Mapping[str, Resource]) -> Resource | None:
    expression = templates.sole_expression(value) if isinstance(value, str) else None
    return resources.get(expression.rpartition(".")[0]) if expression else None


def _resolved(value: object, resources: Mapping[str, Resource], depth: int = 5) -> str | None:
    """Return a template with only variables, locals and functions. None if it needs the state."""
    if not isinstance(value, str) or not value or not depth:
        return None
    parts = []
    for part in templates.parts_of(value):
        if isinstance(part, templates.LiteralText):
            parts.append(part.text)
            continue
        expression = part.expression or ""
        address, _, attribute = expression.rpartition(".")
        if resource := resources.get(address):
            if attribute == "id":
                attribute = NAMES.get(resource.type, attribute)
            name = _resolved(resource.arguments.get(attribute), resources, depth - 1)
        else:
            # Any other reference may need the state, which may be lost.
            name = part.text if re.fullmatch(r"(var|local)\.\w+", expression) else None
        if name is None:
            return None
        parts.append(name)
    return "".join(parts)

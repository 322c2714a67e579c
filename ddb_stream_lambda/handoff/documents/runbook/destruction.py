"""The chapters about destroying the stack, with and without its retained resources."""

from __future__ import annotations

from collections.abc import Sequence

from ...facts.bucket_settings import settings_of
from ...synthesized.configuration import Resource
from ...synthesized.templates import sole_expression
from ..markdown import code_list, paragraph
from .commands import Commands, chapter, file_block, shell, steps_lost

# The contents of a resource that are lost when it is destroyed, by the resource's type. No apply restores them.
LOSSES = {
    "aws_cloudwatch_log_group": "all logs",
    "aws_db_instance": "all data",
    "aws_dynamodb_table": (
        "all items, and the records in its stream. If point-in-time recovery is enabled, DynamoDB keeps a last backup "
        "for 35 days"
    ),
    "aws_kms_key": "after its waiting period, everything that is encrypted with it",
    "aws_s3_bucket": "all objects",
    "aws_secretsmanager_secret": "after its recovery window, the secret",
    "aws_sqs_queue": "all messages",
    "random_password": "the password",
}
# Arguments with which AWS refuses to delete a resource.
PROTECTIONS = ("deletion_protection_enabled", "deletion_protection", "enable_deletion_protection")


def destroy(commands: Commands) -> list[str]:
    """Return the chapter about destroying everything, and one about each resource that can be kept."""
    resources = [described.resource for described in commands.facts.resources]
    retained = [resource for resource in resources if _is_retained(resource)]
    return [
        *(
            _destroy_others(resource, _kept_with(resource, resources), retained=retained, commands=commands)
            for resource in retained
        ),
        _destroy_all(resources, commands),
    ]


def _destroy_all(resources: Sequence[Resource], commands: Commands) -> str:
    losses = [f"- `{resource.address}`: {LOSSES[resource.type]}." for resource in resources if resource.type in LOSSES]
    tables = [resource for resource in resources if resource.type == "aws_dynamodb_table"]
    blocks = [line for resource in resources for line in _unprotected(resource)]
    variables = dict.fromkeys(variable for resource in resources if (variable := _protection_variable(resource)))
    options = "".join(f" -var={variable}=false" for variable in variables)
    return chapter(
        "Destroy everything",
        steps_lost("everything that the resources contain. Nothing brings it back, except for a backup.")
        if losses
        else steps_lost("the resources. An apply creates them again."),
        "\n".join(losses),
        *(
            [
                "Make a backup of each table first. Wait until its status is `AVAILABLE`:",
                shell(
                    *(
                        f"aws dynamodb create-backup --table-name {commands.attribute(table, 'name')} \\\n"
                        "  --backup-name before-destroy --query BackupDetails.BackupStatus --output text"
                        for table in tables
                    )
                ),
            ]
            if tables
            else []
        ),
        *(
            [
                paragraph(
                    "Settings protect some resources: Terraform refuses to destroy them (`prevent_destroy`), or AWS "
                    "refuses to delete them (deletion protection). To remove the protections, add the file "
                    "`destroy_override.tf`. The files of the bundle stay as they are."
                    + (
                        " S3 refuses to delete a bucket that has objects: `force_destroy` deletes all of them."
                        if any("force_destroy" in line for line in blocks)
                        else ""
                    )
                ),
                file_block("destroy_override.tf", *blocks[:-1]),
            ]
            if blocks
            else []
        ),
        *(
            [
                "This disables the deletion protection. The plan must show `0 to add` and `0 to destroy`:",
                shell(commands.plan("unprotect", options)),
                shell(commands.apply("unprotect")),
            ]
            if blocks or options
            else []
        ),
        "Read the plan to destroy. It lists every resource that you lose:",
        shell(commands.plan("destroy", f"{options} -destroy")),
        shell(commands.apply("destroy"), *(["rm destroy_override.tf"] if blocks else [])),
        "The state is now empty. Keep the earlier versions of the state until you are sure.",
    )


def _kept_with(resource: Resource, resources: Sequence[Resource]) -> list[Resource]:
    """Return the resources that are kept together with a retained one: a bucket keeps its settings.

    Without them, it would be neither private nor encrypted as before. Its notification would have no queue.
    """
    return [setting for setting in settings_of(resource, resources) if setting.type != "aws_s3_bucket_notification"]


def _destroy_others(
    resource: Resource, settings: Sequence[Resource], *, retained: Sequence[Resource], commands: Commands
) -> str:
    """Return the chapter about keeping a resource.

    Args:
        resource: the resource.
        settings: the resources that are kept with it, which have the same id.
        retained: all resources that Terraform refuses to destroy.
        commands: the commands for the stack.
    """
    address = resource.address
    others = [other.address for other in retained if other is not resource]
    file = f"kept-{address}.txt" if others else "kept-resource.txt"
    addresses = [address, *(setting.address for setting in settings)]
    return chapter(
        f"Destroy everything except `{address}`",
        paragraph(
            "Terraform refuses to destroy this resource (`prevent_destroy`). To destroy the others, remove it from the "
            "state. The first commands save its id, which you need to manage it with Terraform again."
            + (" The settings of the bucket stay with it." if settings else "")
        ),
        shell(
            f"ID={commands.attribute(resource, 'id')}",
            *_save_blocks(addresses, file),
            f"cat {file}",
            *(f"terraform state rm '{kept}'" for kept in addresses),
        ),
        steps_lost("what Terraform knows about the resource. The resource itself stays as it is."),
        paragraph(
            f"Terraform refuses to destroy other resources, too: {code_list(others)}. Before the plan, do the commands "
            "above in their chapters as well, or remove their protections as the chapter Destroy everything describes."
        )
        if others
        else "",
        "The plan to destroy must not list the resource:",
        shell(commands.plan("destroy", " -destroy")),
        shell(commands.apply("destroy")),
        steps_lost("what the other resources contain. The chapter Destroy everything lists it."),
        paragraph(
            "Until you manage the resource again, an apply fails, since its name exists. To manage it again, copy the "
            "saved block, and do the steps of Import existing resources from its plan on:"
        ),
        shell("cat kept-*.txt > existing.tf" if others else f"cp {file} existing.tf"),
    )


def _save_blocks(addresses: Sequence[str], file: str) -> list[str]:
    """Return the commands that write an import block for each address to a file, all with the id in ``ID``."""
    block = "printf 'import {\\n  to = %s\\n  id = \"%s\"\\n}\\n'"
    return [f"{block} '{address}' \"$ID\" {'>>' if index else '>'} {file}" for index, address in enumerate(addresses)]


def _is_retained(resource: Resource) -> bool:
    lifecycle = resource.arguments.get("lifecycle")
    blocks = lifecycle if isinstance(lifecycle, list) else [lifecycle]
    return any(isinstance(block, dict) and bool(block.get("prevent_destroy")) for block in blocks)


def _protection_variable(resource: Resource) -> str | None:
    """Return the variable of the stack that enables the resource's deletion protection; None if there is none."""
    for argument in PROTECTIONS:
        value = resource.arguments.get(argument)
        expression = sole_expression(value) if isinstance(value, str) else None
        if expression and expression.startswith("var."):
            return expression.removeprefix("var.")
    return None


def _unprotected(resource: Resource) -> list[str]:
    """Return the lines of an override that removes the resource's protections; none if it has none."""
    settings = [
        f"  {argument} = false"
        for argument in PROTECTIONS
        if resource.arguments.get(argument) and not _protection_variable(resource)
    ]
    if resource.type == "aws_s3_bucket" and resource.arguments.get("force_destroy") is not True:
        # S3 refuses to delete a bucket that has objects.
        settings.append("  force_destroy = true")
    lifecycle = ["  lifecycle {", "    prevent_destroy = false", "  }"] if _is_retained(resource) else []
    if not settings and not lifecycle:
        return []
    between = [""] if settings and lifecycle else []
    return [f'resource "{resource.type}" "{resource.name}" {{', *settings, *between, *lifecycle, "}", ""]

"""The bundle's README: how to run the bundle, and its contents in the format of terraform-docs."""

from __future__ import annotations

import re

from ..facts.backends import Backends
from ..facts.constraints import Requirements
from ..facts.permissions import Permissions, Statement
from ..facts.stack import DescribedResource, StackFacts
from ..facts.variables import Output, Variable
from ..formats import Format
from ..synthesized import templates
from .markdown import anchor, code, code_list, json_code, paragraph, table
from .module_usage import module_introduction

DEPLOY = """\
```sh
sha256sum --check --quiet SHA256SUMS       # check that no file has changed
cp terraform.tfvars.example prod.tfvars    # one file for each environment; fill it in
terraform init
terraform apply -var-file=prod.tfvars
```"""


def readme(facts: StackFacts, format: Format) -> str:
    """Return the README's text.

    Args:
        facts: the facts about the stack.
        format: the syntax of the bundle's configuration.
    """
    sections = [
        *_first_sections(facts, format),
        _requirements(facts.requirements),
        _providers(facts.requirements),
        "## Modules\n\nNo modules.",
        _resources([*facts.resources, *facts.data_sources]),
        _permissions(facts.permissions),
        _inputs(facts.variables),
        _outputs(facts.outputs),
        _suppressed_checks(facts.resources),
    ]
    return "\n\n".join(sections) + "\n"


def _first_sections(facts: StackFacts, format: Format) -> list[str]:
    if facts.module is None:
        return [_introduction(facts.stack, facts.variables, format), _state(facts.backends, format)]
    resources = [described.resource for described in facts.resources]
    return [
        module_introduction(
            facts.stack, facts.module.split, resources=resources, variables=facts.variables, format=format
        )
    ]


def _introduction(stack: str, variables: tuple[Variable, ...], format: Format) -> str:
    required = code_list(variable.name for variable in variables if variable.is_required)
    paragraphs = [
        f"# {stack}",
        paragraph(
            f"This folder contains the Terraform of the stack `{stack}`. It is complete: it has the configuration "
            f"(`*{format.suffix}`), the code to deploy (`assets/`), and this documentation, which is generated "
            "from the configuration. You do not need Python to use it."
        ),
        DEPLOY,
        paragraph(
            f"These variables have no default, so set them for each environment: {required}."
            if required
            else "Every variable has a default."
        ),
        "[RUNBOOK.md](RUNBOOK.md) has the steps for the first deployment, for a rollback, and for other operations.",
    ]
    return "\n\n".join(paragraphs)


def _state(backends: Backends, format: Format) -> str:
    if backends.chosen is not None:
        type = backends.chosen.type
        where = paragraph(
            f"Terraform keeps the state in the backend `{type}`. The file `backend{format.suffix}` has the `backend` "
            "block, without settings. You provide the settings:"
        )
        return f"""\
## State

{where}

```sh
cp backends/{type}.tfbackend.example prod.{type}.tfbackend    # one file for each environment; fill it in
terraform init -backend-config=prod.{type}.tfbackend
```"""
    copy_block = f"cp backends/s3{format.suffix}.example backend{format.suffix}"
    types = code_list(backend.type for backend in backends.offered)
    offer = paragraph(
        f"The folder `backends/` has these files for the types {types}. For another type, write similar files."
    )
    copy_settings = "cp backends/s3.tfbackend.example prod.s3.tfbackend"
    width = max(len(copy_block), len(copy_settings))
    return f"""\
## State

This bundle names no backend, so Terraform keeps the state in a file in this folder. The option `-backend-config` is not
enough to choose a backend: without a `backend` block, Terraform prints a warning and still uses the file. To choose a
backend, copy the file with its block, and then its settings. For example, for S3:

```sh
{copy_block:{width}}    # the `backend` block; it has no settings
{copy_settings:{width}}    # one file for each environment; fill it in
terraform init -backend-config=prod.s3.tfbackend
```

{offer}"""


def _requirements(requirements: Requirements) -> str:
    rows = [(code("terraform"), code(requirements.terraform))]
    rows += [(code(provider.name), code(provider.version)) for provider in requirements.providers]
    return "## Requirements\n\n" + table(["Name", "Version"], rows)


def _providers(requirements: Requirements) -> str:
    rows = [(code(provider.name), code(provider.source), code(provider.version)) for provider in requirements.providers]
    return "## Providers\n\n" + table(["Name", "Source", "Version"], rows)


def _resources(resources: list[DescribedResource]) -> str:
    rows = [
        (
            code(described.resource.address),
            "data source" if described.resource.is_data else "resource",
            described.description,
        )
        for described in resources
    ]
    return "## Resources\n\n" + table(["Name", "Type", "Description"], rows)


def _permissions(permissions: Permissions) -> str:
    heads = ["Role or resource", "Effect", "Actions", "Resources", "Principal and condition", "Statement"]
    text = "## Permissions\n\n" + table(heads, map(_permission_row, permissions.statements))
    if permissions.unreadable:
        text += f"\n\nThese policies are known only after `terraform apply`: {code_list(permissions.unreadable)}."
    return text


def _permission_row(statement: Statement) -> tuple[str, ...]:
    restrictions = []
    if statement.principal:
        restrictions.append(f"principal {code(_as_expression(statement.principal))}")
    if statement.condition:
        restrictions.append(f"condition {code(_as_expression(statement.condition))}")
    return (
        code(_as_expression(statement.owner)),
        statement.effect,
        "<br>".join(map(code, statement.actions)),
        "<br>".join(code(_as_expression(resource)) for resource in statement.resources),
        "<br>".join(restrictions),
        statement.sid,
    )


def _inputs(variables: tuple[Variable, ...]) -> str:
    if not variables:
        return "## Inputs\n\nNo inputs."
    rows = [
        (
            anchor("input", variable.name),
            variable.description,
            code(variable.type or "any"),
            "n/a" if variable.is_required else json_code(variable.default),
            "yes" if variable.is_required else "no",
        )
        for variable in variables
    ]
    return "## Inputs\n\n" + table(["Name", "Description", "Type", "Default", "Required"], rows)


def _outputs(outputs: tuple[Output, ...]) -> str:
    if not outputs:
        return "## Outputs\n\nNo outputs."
    rows = [(anchor("output", output.name), output.description) for output in outputs]
    return "## Outputs\n\n" + table(["Name", "Description"], rows)


def _suppressed_checks(resources: tuple[DescribedResource, ...]) -> str:
    rows = [
        (code(entry.check), code(described.resource.address), entry.reason)
        for described in resources
        for entry in described.suppressed_checks
    ]
    if not rows:
        return "## Suppressed checks\n\nNo check of [checkov](https://www.checkov.io) is suppressed."
    return "\n\n".join(
        [
            "## Suppressed checks",
            "These checks of [checkov](https://www.checkov.io) are suppressed, each for the reason in the table.",
            table(["Check", "Resource", "Reason"], rows),
        ]
    )


def _as_expression(template: str) -> str:
    """Return the expression of a template that is only one expression; any other template on one line."""
    expression = templates.sole_expression(template)
    return expression if expression is not None else re.sub(r"\s+", " ", template)

"""The bundle's README: how to run the bundle, and its contents in the format of terraform-docs."""

from __future__ import annotations

import re

from ..facts.backends import Backends
from ..facts.constraints import Requirements
from ..facts.permissions import Permissions, Statement
from ..facts.policy_documents import Clause
from ..facts.stack import DescribedResource, StackFacts
from ..facts.variables import Output, Variable
from ..formats import Format, Syntax
from ..synthesized import templates
from .markdown import anchor, code, code_list, json_code, paragraph, table

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
        format: the format of the bundle's configuration.
    """
    sections = [
        _introduction(facts.stack, facts.variables, format),
        _state(facts.backends, format.syntax),
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


def _introduction(stack: str, variables: tuple[Variable, ...], format: Format) -> str:
    required = code_list(variable.name for variable in variables if variable.is_required)
    paragraphs = [
        f"# {stack}",
        paragraph(
            f"This folder contains the Terraform of the stack `{stack}`. It is complete: it has the configuration "
            f"(`*{format.syntax.suffix}`), the code to deploy (`assets/`), and this documentation, which is generated "
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
    if format is Format.BOTH:
        paragraphs.append(
            paragraph(
                "The folder `json/` has the same configuration in Terraform's JSON syntax. Terraform does not read "
                "this folder. Both configurations produce the same plan. To use the JSON instead: "
                "`rm *.tf && mv json/*.tf.json .`"
            )
        )
    return "\n\n".join(paragraphs)


def _state(backends: Backends, syntax: Syntax) -> str:
    if backends.chosen is not None:
        type = backends.chosen.type
        where = paragraph(
            f"Terraform keeps the state in the backend `{type}`. The file `backend{syntax.suffix}` has the `backend` "
            "block, without settings. You provide the settings:"
        )
        return f"""\
## State

{where}

```sh
cp backends/{type}.tfbackend.example prod.{type}.tfbackend    # one file for each environment; fill it in
terraform init -backend-config=prod.{type}.tfbackend
```"""
    copy_block = f"cp backends/s3{syntax.suffix} ."
    types = code_list(backend.type for backend in backends.offered)
    offer = paragraph(
        f"The folder `backends/` has these files for the types {types}. For another type, write similar files."
    )
    copy_settings = "cp backends/s3.tfbackend.example prod.s3.tfbackend"
    return f"""\
## State

This bundle names no backend, so Terraform keeps the state in a file in this folder. The option `-backend-config` is not
enough to choose a backend: without a `backend` block, Terraform prints a warning and still uses the file. To choose a
backend, copy the file with its block, and then its settings. For example, for S3:

```sh
{copy_block:{len(copy_settings)}}    # the `backend` block; it has no settings
{copy_settings}    # one file for each environment; fill it in
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
    sections = ["## Permissions"]
    if permissions.statements:
        heads = [
            "Role or resource",
            "Effect",
            "Actions",
            "Resources",
            "Principals and condition",
            "Statement",
            "Policy",
        ]
        sections.append(table(heads, map(_permission_row, permissions.statements)))
    else:
        sections.append("No policy of the configuration was read.")
    if permissions.attachments:
        rows = [
            (code(_as_expression(entry.owner)), code(_as_expression(entry.policy)), code(entry.source))
            for entry in permissions.attachments
        ]
        sections += ["These managed policies are attached:", table(["Role, user or group", "Policy", "Address"], rows)]
    if permissions.unread:
        sections += [
            "The tables do not have everything. These were not read:",
            table(["Address", "Reason"], [(code(entry.address), entry.reason) for entry in permissions.unread]),
        ]
    return "\n\n".join(sections)


def _permission_row(statement: Statement) -> tuple[str, ...]:
    rule = statement.rule
    restrictions = [_clause(rule.principals)] if rule.principals.values else []
    if rule.condition:
        restrictions.append(f"condition {code(_as_expression(rule.condition))}")
    return (
        code(_as_expression(statement.owner)),
        rule.effect,
        _clause(rule.actions),
        _clause(rule.resources),
        "<br>".join(restrictions),
        rule.sid,
        code(statement.source),
    )


def _clause(clause: Clause) -> str:
    values = "<br>".join(code(_as_expression(value)) for value in clause.values)
    return f"all except for:<br>{values}" if clause.is_negated else values


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

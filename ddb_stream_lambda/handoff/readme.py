"""The bundle's README: terraform-docs' form, and the reason of each resource, generated from the configuration."""

from __future__ import annotations

import re

from . import backend, templates
from .configuration import Configuration
from .grants import grants_of
from .markdown import code, escaped, table, value
from .reasons import reason_of
from .suppressions import suppressions_of
from .versions import required_providers, required_version


def readme(stack: str, configuration: Configuration, form: str, chosen: backend.Backend | None) -> str:
    """The README's text.

    Args:
        stack: the stack's name.
        configuration: what is handed over.
        form: ``json``, ``hcl`` or ``both``.
        chosen: the backend that the bundle names; None when it names none.
    """
    sections = [
        _opening(stack, configuration, form),
        _state(stack, chosen, form),
        _requirements(configuration),
        _providers(configuration),
        "## Modules\n\nNo modules.",
        _resources(configuration),
        _grants(configuration),
        _inputs(configuration),
        _outputs(configuration),
        _findings(configuration),
    ]
    return "\n\n".join(sections) + "\n"


def _opening(stack: str, configuration: Configuration, form: str) -> str:
    required = sorted(name for name, given in configuration.variables.items() if "default" not in given)
    settings = ", ".join(map(code, required))
    ending = {"json": "`*.tf.json`", "hcl": "`*.tf`", "both": "`*.tf`"}[form]
    lines = [
        f"# {stack}",
        "",
        f"Terraform for the stack `{stack}`, complete in this folder: the configuration ({ending}), the code that it",
        "deploys (`assets/`), and this documentation, which is generated from the configuration. No Python is needed.",
        "",
        "```sh",
        "sha256sum --check --quiet SHA256SUMS         # nothing was changed on the way",
        "cp terraform.tfvars.example prod.tfvars      # one for each environment: fill it in",
        "terraform init",
        "terraform apply -var-file=prod.tfvars",
        "```",
        "",
        f"Required of each environment: {settings}." if required else "Every input has a default.",
        "How to deploy, roll back, redeploy, drain and destroy is in [RUNBOOK.md](RUNBOOK.md).",
    ]
    if form == "both":
        lines += [
            "",
            "The same configuration in Terraform's JSON syntax is in `json/`, where Terraform does not read it. It",
            "plans the same. To run it instead: `rm *.tf && mv json/*.tf.json .`",
        ]
    return "\n".join(lines)


def _state(stack: str, chosen: backend.Backend | None, form: str) -> str:
    lines = ["## Where the state lies", ""]
    if chosen is not None:
        lines += [
            f"In the backend `{chosen.type}`, which `backend.tf{'.json' if form == 'json' else ''}` names and whose",
            "settings are yours to give:",
            "",
            "```sh",
            f"cp backends/{chosen.type}.tfbackend.example prod.{chosen.type}.tfbackend   # fill it in",
            f"terraform init -backend-config=prod.{chosen.type}.tfbackend",
            "```",
        ]
        return "\n".join(lines)
    ending = "tf.json" if form == "json" else "tf"
    offered = ", ".join(map(code, backend.offered(stack)))
    lines += [
        "In a file in this folder, until you choose a backend. Terraform cannot choose one by `-backend-config` alone:",
        "without a `backend` block it only warns, and keeps the state here. So choose by one file, and configure it:",
        "",
        "```sh",
        f"cp backends/s3.{ending} .{' ' * (24 - len(ending))}# chooses the type, and holds no setting",
        "cp backends/s3.tfbackend.example prod.s3.tfbackend   # fill it in, one for each environment",
        "terraform init -backend-config=prod.s3.tfbackend",
        "```",
        "",
        f"`backends/` holds {offered}; another type is a file of three lines like them.",
    ]
    return "\n".join(lines)


def _requirements(configuration: Configuration) -> str:
    rows = [(code("terraform"), code(required_version(configuration)))]
    rows += [(code(name), code(given["version"])) for name, given in required_providers(configuration).items()]
    return "\n".join(["## Requirements", "", *table(["Name", "Version"], rows)])


def _providers(configuration: Configuration) -> str:
    rows = [
        (code(name), code(given["source"]), code(given["version"]))
        for name, given in required_providers(configuration).items()
    ]
    return "\n".join(["## Providers", "", *table(["Name", "Source", "Version"], rows)])


def _resources(configuration: Configuration) -> str:
    rows = []
    for resource in [*configuration.resources, *configuration.data_sources]:
        kind = "data source" if resource.data else "resource"
        reason = "Read, not managed." if resource.data else reason_of(resource)
        rows.append((code(resource.address), kind, reason))
    return "\n".join(["## Resources", "", *table(["Name", "Type", "Reason"], rows)])


def _grants(configuration: Configuration) -> str:
    grants, unread = grants_of(configuration)
    rows = [
        (
            code(_plain(grant.owner)),
            grant.effect,
            "<br>".join(map(code, grant.actions)),
            "<br>".join(code(_plain(resource)) for resource in grant.resources),
            " ".join(
                filter(
                    None,
                    (
                        f"to {code(_plain(grant.principal))}" if grant.principal else "",
                        f"when {code(_plain(grant.condition))}" if grant.condition else "",
                        f"({grant.sid})" if grant.sid else "",
                    ),
                )
            ),
        )
        for grant in grants
    ]
    lines = ["## Grants", "", *table(["Role, or resource", "Effect", "Actions", "On", "To, when, statement"], rows)]
    if unread:
        lines += ["", f"Decided only when applied: {', '.join(map(code, unread))}."]
    return "\n".join(lines)


def _inputs(configuration: Configuration) -> str:
    rows = [
        (
            f'<a name="input_{name}"></a> [{escaped(name)}](#input\\_{escaped(name)})',
            str(given.get("description", "")),
            code(str(given.get("type", "any"))),
            value(given["default"]) if "default" in given else "n/a",
            "no" if "default" in given else "yes",
        )
        for name, given in sorted(configuration.variables.items())
    ]
    if not rows:
        return "## Inputs\n\nNo inputs."
    return "\n".join(["## Inputs", "", *table(["Name", "Description", "Type", "Default", "Required"], rows)])


def _outputs(configuration: Configuration) -> str:
    rows = [
        (
            f'<a name="output_{name}"></a> [{escaped(name)}](#output\\_{escaped(name)})',
            str(given.get("description", "")),
        )
        for name, given in sorted(configuration.outputs.items())
    ]
    if not rows:
        return "## Outputs\n\nNo outputs."
    return "\n".join(["## Outputs", "", *table(["Name", "Description"], rows)])


def _findings(configuration: Configuration) -> str:
    rows = [
        (code(entry.check), code(resource.address), entry.reason)
        for resource in configuration.resources
        for entry in suppressions_of(resource)
    ]
    if not rows:
        return "## Findings of checkov that are not followed\n\nNone."
    heads = ["Check", "Resource", "Reason"]
    return "\n".join(["## Findings of checkov that are not followed", "", *table(heads, rows)])


def _plain(text: str) -> str:
    """A template that is one expression, as that expression; any other as it stands."""
    sole = templates.sole_expression(text)
    return sole if sole is not None else re.sub(r"\s+", " ", text)

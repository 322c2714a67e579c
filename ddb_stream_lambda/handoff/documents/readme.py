"""The bundle's README: how to run the bundle, and its contents in the format of terraform-docs."""

from __future__ import annotations

import re

from ..facts.backends import Backends
from ..facts.constraints import Requirements
from ..facts.permissions import Permissions, Statement
from ..facts.policy_documents import Clause
from ..facts.stack import DescribedResource, StackFacts
from ..formats import Format
from ..synthesized import templates
from ..synthesized.configuration import Resource
from .diagram import diagram
from .markdown import code, code_list, paragraph, table
from .module_usage import module_introduction
from .terraform_docs import page_of, terraform_docs

DEPLOY = """\
```sh
sha256sum --check --quiet SHA256SUMS       # finds damaged files; see "Origin"
cp terraform.tfvars.example prod.tfvars    # one file for each environment; fill it in
terraform init                             # first choose where the state is; see "State"
terraform apply -var-file=prod.tfvars
```"""
ORIGIN = """\
## Origin

`sha256sum --check` finds files that were damaged, lost or mixed up. It does not find added files, and it does not find
a deliberate change: whoever changes a file can also change `SHA256SUMS`. To find that, compare the digest of
`SHA256SUMS` with the one that the hand-off printed, which you receive by another way than this folder:

```sh
sha256sum SHA256SUMS
```

Or the team that hands over signs `SHA256SUMS`, and you verify the signature. Keep the signature outside of this folder,
because a folder with added files is not replaced by the next hand-off. One of these tools is enough:

```sh
gpg --output ../{stack}.sig --detach-sign SHA256SUMS    # sign with GnuPG
gpg --verify ../{stack}.sig SHA256SUMS                  # verify

minisign -S -m SHA256SUMS -x ../{stack}.minisig                     # sign with minisign
minisign -V -m SHA256SUMS -x ../{stack}.minisig -P PUBLIC_KEY       # verify

cosign sign-blob --bundle ../{stack}.sigstore.json SHA256SUMS       # sign with Sigstore
cosign verify-blob --bundle ../{stack}.sigstore.json \\
  --certificate-identity IDENTITY --certificate-oidc-issuer ISSUER SHA256SUMS    # verify
```"""
OPENTOFU = """\
## OpenTofu

{support}

OpenTofu writes the name of its registry into the state, which Terraform cannot read then. To go from OpenTofu back to
Terraform, first change the state:

```sh
{replacements}
```

Tried with OpenTofu 1.11.14 and version 5.100.0 of the AWS provider: bundles of the tests, as JSON and as HCL, had the
same plan as with Terraform and were applied."""
OPENTOFU_WITHOUT_PROVIDERS = "## OpenTofu\n\n{support}"


def readme(facts: StackFacts, format: Format) -> str:
    """Return the README's text.

    Args:
        facts: the facts about the stack.
        format: the syntax of the bundle's configuration.
    """
    sections = [
        *_first_sections(facts, format),
        ORIGIN.format(stack=facts.stack),
        _opentofu(facts.requirements),
        _diagram(facts),
        terraform_docs(facts),
        _descriptions(facts),
        _permissions(facts.permissions),
        _suppressed_checks(facts.resources),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _first_sections(facts: StackFacts, format: Format) -> list[str]:
    if facts.module is None:
        return [_introduction(facts, format), _state(facts.backends, format)]
    resources = [described.resource for described in facts.resources]
    return [
        module_introduction(
            facts.stack, facts.module.split, resources=resources, variables=facts.variables, format=format
        )
    ]


def _introduction(facts: StackFacts, format: Format) -> str:
    stack = facts.stack
    required = code_list(variable.name for variable in facts.variables if variable.is_required)
    contents = [f"the configuration (`*{format.suffix}`)"]
    if any(name.startswith("assets/") for name in facts.assets.files):
        contents.append("the files that it deploys (`assets/`)")
    paragraphs = [
        f"# {stack}",
        paragraph(
            f"This folder contains the Terraform of the stack `{stack}`: {', '.join(contents)}, and this "
            "documentation, which is generated from the configuration. You do not need Python to use it."
        ),
        DEPLOY,
        paragraph(
            f"These variables have no default, so set them for each environment: {required}."
            if required
            else "Every variable has a default."
            if facts.variables
            else "The stack has no variables."
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
cp backends/{type}.tfbackend.example prod.tfbackend    # one file for each environment; fill it in
terraform init -backend-config=prod.tfbackend
```"""
    copy_block = f"cp backends/s3{format.suffix}.example backend{format.suffix}"
    types = code_list(backend.type for backend in backends.offered)
    offer = paragraph(
        f"The folder `backends/` has these files for the types {types}. For another type, write similar files."
    )
    copy_settings = "cp backends/s3.tfbackend.example prod.tfbackend"
    width = max(len(copy_block), len(copy_settings))
    return f"""\
## State

This bundle names no backend, so Terraform keeps the state in a file in this folder. The option `-backend-config` is not
enough to choose a backend: without a `backend` block, Terraform prints a warning and still uses the file. To choose a
backend, copy the file with its block, and then its settings. For example, for S3:

```sh
{copy_block:{width}}    # the `backend` block; it has no settings
{copy_settings:{width}}    # one file for each environment; fill it in
terraform init -backend-config=prod.tfbackend
```

{offer}"""


def _opentofu(requirements: Requirements) -> str:
    opentofu = requirements.opentofu
    if opentofu.version is None:
        support = "No version of OpenTofu reads this configuration."
    else:
        support = f"OpenTofu {opentofu.version} and later read this configuration: use `tofu` instead of `terraform`."
    sources = [provider.source for provider in requirements.providers if provider.source.count("/") == 1]
    replacements = [
        f"terraform state replace-provider registry.opentofu.org/{source} registry.terraform.io/{source}"
        for source in sources
    ]
    text = OPENTOFU if replacements else OPENTOFU_WITHOUT_PROVIDERS
    return text.format(
        support=paragraph(" ".join([support, *opentofu.differences])), replacements="\n".join(replacements)
    )


def _diagram(facts: StackFacts) -> str:
    text = diagram(facts.references, facts.configuration.patterns)
    if not text:
        return ""
    return f"## Diagram\n\nAn arrow goes from a resource to another one that its configuration refers to.\n\n{text}"


def _descriptions(facts: StackFacts) -> str:
    resources = [*facts.resources, *facts.data_sources]
    if not resources:
        return ""
    providers = {provider.name: provider for provider in facts.requirements.providers}

    def page(resource: Resource) -> str:
        name = str(resource.arguments.get("provider") or resource.type.split("_")[0]).split(".")[0]
        provider = providers.get(name)
        if provider is None or provider.source.count("/") != 1:
            return "n/a"
        is_exact = re.fullmatch(r"\d+\.\d+\.\d+", provider.synthesized_for)
        version = provider.synthesized_for if is_exact else "latest"
        return f"[{code(resource.type)}]({page_of(resource, source=provider.source, version=version)})"

    rows = [
        (code(described.resource.address), page(described.resource), described.description) for described in resources
    ]
    return "## Descriptions\n\n" + table(["Address", "Documentation", "Description"], rows)


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

"""The commands that several chapters use, in the form that fits the stack."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...facts.stack import StackFacts
from ...synthesized.configuration import Resource
from ...synthesized.templates import expressions_of, sole_expression
from ..markdown import paragraph

BACKEND_SETTINGS = "prod.tfbackend"
VARIABLES = "prod.tfvars"
# A reference to an attribute of a resource or data source: the address and the attribute.
ATTRIBUTE = re.compile(r"((?:data\.)?(?!var\.|local\.|each\.|count\.|path\.)[\w-]+\.[\w-]+)\.(\w+)")


@dataclass(frozen=True)
class Commands:
    """The commands for a stack.

    Attributes:
        facts: the facts about the stack.
        suffix: the suffix of the configuration's files: ``.tf`` or ``.tf.json``.
    """

    facts: StackFacts
    suffix: str

    @property
    def uses_aws(self) -> bool:
        """True if the stack has resources of AWS."""
        return any(described.resource.type.startswith("aws_") for described in self.facts.resources)

    @property
    def variables(self) -> str:
        """The option that passes the environment's variables; empty if the stack has none."""
        return f" -var-file={VARIABLES}" if self.facts.variables else ""

    def init(self, *options: str) -> str:
        """Return the command that prepares the folder."""
        return " ".join(["terraform init", *options, f"-backend-config={BACKEND_SETTINGS}"])

    def plan(self, name: str, options: str = "") -> str:
        """Return the command that writes a plan.

        Args:
            name: the file of the plan, without its suffix.
            options: further options, each with a space before it.
        """
        return f"terraform plan{self.variables}{options} -out={name}.plan"

    def apply(self, name: str) -> str:
        """Return the command that applies a plan."""
        return f"terraform apply {name}.plan"

    def value(self, template: str) -> str:
        """Return a shell expression for a template's value, in double quotes.

        It reads the value from an output if there is one, an attribute of a resource from the state, and evaluates any
        other template with the environment's variables.
        """
        output = next((output for output in self.facts.outputs if output.value == template), None)
        if output is not None:
            return f'"$(terraform output -raw {output.name})"'
        expression = sole_expression(template)
        if expression is None:
            if not expressions_of(template):
                return f'"{template}"'
            expression = f'"{template}"'
        if attribute := ATTRIBUTE.fullmatch(expression):
            # The command `terraform console` ignores the path of the backend `local`, so it may not find the state.
            pattern = f's/^    {attribute[2]} *= "\\(.*\\)"$/\\1/p'
            return f"\"$(terraform state show -no-color '{attribute[1]}' | sed -n '{pattern}')\""
        quoted = expression.replace("'", "'\\''")
        return f"\"$(echo '{quoted}' | terraform console{self.variables} | tr -d '\"')\""

    def attribute(self, resource: Resource, attribute: str) -> str:
        """Return the value of a resource's attribute for a shell, in double quotes."""
        return self.value(f"${{{resource.address}.{attribute}}}")


def shell(*lines: str) -> str:
    """Return lines as a block of shell commands."""
    return "\n".join(["```sh", *lines, "```"])


def file_block(name: str, *lines: str) -> str:
    """Return the contents of a file in HCL as a block that names the file."""
    return "\n".join(["```hcl", f"# {name}", *lines, "```"])


def chapter(title: str, *parts: str) -> str:
    """Return a chapter. Empty parts are left out."""
    return "\n\n".join([f"## {title}", *filter(None, parts)])


def steps_lost(text: str) -> str:
    """Return the sentence about the loss in a step."""
    return paragraph(f"**Lost: {text}**")

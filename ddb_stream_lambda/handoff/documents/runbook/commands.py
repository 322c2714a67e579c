"""The commands that several chapters use, in the form that fits the stack."""

from __future__ import annotations

from dataclasses import dataclass

from ...facts.stack import StackFacts
from ...synthesized.configuration import Resource
from ...synthesized.templates import sole_expression
from ..markdown import paragraph

BACKEND_SETTINGS = "prod.tfbackend"
VARIABLES = "prod.tfvars"


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
        """Whether the stack has resources of AWS."""
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
        """Return a template's value for a shell, in double quotes: from an output, or from the console."""
        output = next((output for output in self.facts.outputs if output.value == template), None)
        if output is not None:
            return f'"$(terraform output -raw {output.name})"'
        expression = sole_expression(template)
        if expression is None:
            if "${" not in template and "%{" not in template:
                return f'"{template}"'
            expression = f'"{template}"'
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
    """Return the sentence that says what a step destroys."""
    return paragraph(f"**Lost: {text}**")

"""The parts of the README that only a reusable module has, and the README of its example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts.variables import Variable
from ..formats import Format
from ..synthesized import templates
from ..synthesized.configuration import Resource
from ..synthesized.module import EXAMPLE_FOLDER, ReusableModule
from .markdown import code, paragraph

# Arguments whose value AWS allows once in an account and region, or once in all of AWS.
NAME_ARGUMENTS = ("name", "function_name", "alarm_name", "bucket", "domain_name", "dashboard_name", "identifier")
# Types whose name has to differ only from the names in the same role, function, user or group.
NAMED_INSIDE_ANOTHER = frozenset(
    {"aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_lambda_alias"}
)


def module_introduction(
    stack: str,
    module: ReusableModule,
    *,
    resources: Sequence[Resource],
    variables: Sequence[Variable],
    format: Format,
) -> str:
    """Return the first part of the module's README: how to call the module.

    Args:
        stack: the stack's name.
        module: the module.
        resources: the module's resources.
        variables: the module's variables.
        format: the syntax of the module's configuration.
    """
    sections = [
        f"# {stack}",
        paragraph(
            f"This folder contains the stack `{stack}` as a reusable Terraform module. It is complete: it has the "
            f"configuration (`*{format.suffix}`), the code to deploy (`assets/`), and this documentation, which is "
            "generated from the configuration. You do not need Python to use it."
        ),
        "```sh\nsha256sum --check --quiet SHA256SUMS    # check that no file has changed\n```",
        "## Usage",
        _call(module.name, variables),
        paragraph(
            f"[{EXAMPLE_FOLDER}]({EXAMPLE_FOLDER}) is a root module that you can apply. It passes every variable to "
            "the module, and has each output of the module."
        ),
        _several_calls(module.name, resources, variables),
        _caller(module),
    ]
    return "\n\n".join(filter(None, sections))


def example_readme(stack: str, module: ReusableModule) -> str:
    """Return the README of the example.

    Args:
        stack: the stack's name.
        module: the module.
    """
    note = paragraph(
        f"This root module calls the module `{stack}` in `../..`. Terraform keeps the state in a file in this folder, "
        "unless you add a `backend` block."
    )
    return f"""# Example of {stack}

{note}

```sh
cp terraform.tfvars.example prod.tfvars    # fill it in
terraform init
terraform apply -var-file=prod.tfvars
```

The address of each resource starts with `module.{module.name}.`.
"""


def _call(name: str, variables: Sequence[Variable]) -> str:
    return _block(name, [("source", f'"./modules/{name}"')], _required_arguments(variables))


def _required_arguments(variables: Sequence[Variable]) -> list[tuple[str, str]]:
    return [
        (variable.name, '"CHANGE-ME"' if variable.type in (None, "string") else "null")
        for variable in variables
        if variable.is_required
    ]


def _several_calls(name: str, resources: Sequence[Resource], variables: Sequence[Variable]) -> str:
    fixed, used = [*_fixed_names(resources)], _variables_of_names(resources)
    by_call = next((variable.name for variable in variables if variable.name in used), None)
    parts = ["### Several calls"]
    if by_call is not None:
        parts += [
            paragraph(f"The variable `{by_call}` is part of the resources' names, so each call needs its own:"),
            _block(
                name,
                [("source", f'"./modules/{name}"'), ("for_each", 'toset(["first", "second"])')],
                [(by_call, "each.key"), *((n, value) for n, value in _required_arguments(variables) if n != by_call)],
            ),
        ]
    if fixed:
        parts.append(
            paragraph(
                "These names are fixed, so a second call in the same account and region can fail because the name is "
                "in use:"
            )
        )
        parts.append("\n".join(fixed))
    return "\n\n".join(parts) if len(parts) > 1 else ""


def _caller(module: ReusableModule) -> str:
    entries = [f"- {entry}" for entry in module.left_to_caller]
    if not entries:
        return ""
    note = "A reusable module has no `provider`, `backend` and `import` blocks. Its caller has, of this stack:"
    return "\n\n".join(["### Left to the caller", paragraph(note), "\n".join(entries)])


def _block(name: str, first: list[tuple[str, str]], arguments: list[tuple[str, str]]) -> str:
    groups = [_aligned(group) for group in (first, arguments) if group]
    body = "\n\n".join("\n".join(group) for group in groups)
    return f'```hcl\nmodule "{name}" {{\n{body}\n}}\n```'


def _aligned(arguments: list[tuple[str, str]]) -> list[str]:
    width = max(len(name) for name, _ in arguments)
    return [f"  {name:{width}} = {value}" for name, value in arguments]


def _names(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    for resource in resources:
        for argument in NAME_ARGUMENTS:
            value = resource.arguments.get(argument)
            if isinstance(value, str) and resource.type not in NAMED_INSIDE_ANOTHER:
                yield resource.address, value


def _fixed_names(resources: Sequence[Resource]) -> Iterator[str]:
    """Yield the name and the address of each resource whose name is the same in every call."""
    for address, value in _names(resources):
        if not templates.expressions_of(value):
            yield f"- {code(value)} of {code(address)}"


def _variables_of_names(resources: Sequence[Resource]) -> set[str]:
    expressions = [expression for _, value in _names(resources) for expression in templates.expressions_of(value)]
    return {expression.removeprefix("var.") for expression in expressions if expression.startswith("var.")}

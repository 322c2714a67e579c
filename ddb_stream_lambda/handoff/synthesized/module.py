"""A stack as a reusable module: what the module keeps, and what the root module that calls it has instead.

Terraform allows some blocks only in a root module, such as ``import`` and ``backend``. A module with ``provider``
blocks is not reusable: its caller cannot use ``for_each``, ``count`` or ``depends_on``. See
https://developer.hashicorp.com/terraform/language/modules/develop/providers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ConfigurationError
from . import templates
from .configuration import Configuration
from .module_paths import ASSET, seen_from_example
from .strings import texts_of
from .terraform_json import as_list

EXAMPLE_FOLDER = "examples/complete"
# The module's folder, seen from the example.
MODULE_SOURCE = "../.."
CALLER_BLOCKS = ("provider", "import")
# Parts of an import block that are addresses, not values.
IMPORT_ADDRESSES = ("to", "provider")
REFERENCE = re.compile(r"(?<![\w.-])(?P<kind>var|local)\.(?P<name>[A-Za-z_][\w-]*)")
ROOT_FOLDER = re.compile(r"(?<![\w.-])path\.root\b")
# Parts of a variable that its caller's variable does not repeat: the module checks the value.
CHECKS = ("validation",)


@dataclass(frozen=True)
class ReusableModule:
    """A stack as a reusable module.

    Attributes:
        name: the name of the module in its example.
        configuration: the module's configuration.
        example: the configuration of a root module that calls the module.
        left_to_caller: what the stack has and the module does not, each in a few words of Markdown.
    """

    name: str
    configuration: Configuration
    example: Configuration
    left_to_caller: tuple[str, ...]


@dataclass(frozen=True)
class _Names:
    """The names of variables and local values."""

    variables: frozenset[str]
    local_values: frozenset[str]


def as_module(stack: str, configuration: Configuration) -> ReusableModule:
    """Return a stack as a reusable module.

    Args:
        stack: the stack's name.
        configuration: the stack's configuration, import blocks included.

    Raises:
        ConfigurationError: if the stack's providers or imports need something of the module's inside, or if a path is
            relative to the folder of the root module.
    """
    name = module_name(stack)
    blocks = configuration.blocks
    _check_paths(configuration)
    values_of_caller = [blocks.get("provider", {}), [_import_values(block) for block in configuration.imports]]
    of_caller = _reachable(configuration, values_of_caller)
    _check_values_of_caller(configuration, values_of_caller, of_caller)
    inside = {type: block for type, block in blocks.items() if type not in (*CALLER_BLOCKS, "variable", "locals")}
    other_variables = _without(configuration.variables, of_caller.variables)
    other_locals = _without(blocks.get("locals", {}), of_caller.local_values)
    of_module = _reachable(configuration, [inside, other_variables, other_locals])
    moved_variables = sorted(of_caller.variables - of_module.variables)
    moved_locals = sorted(of_caller.local_values - of_module.local_values)

    module_blocks = {type: block for type, block in blocks.items() if type not in (*CALLER_BLOCKS, "terraform")}
    module_blocks["variable"] = _without(configuration.variables, moved_variables)
    module_blocks["locals"] = _without(blocks.get("locals", {}), moved_locals)
    module_blocks["terraform"] = _module_settings(configuration)
    module = replace(configuration, blocks={type: block for type, block in module_blocks.items() if block})
    return ReusableModule(
        name=name,
        configuration=module,
        example=_example(name, configuration, module, moved_variables, of_caller.local_values),
        left_to_caller=tuple(_left_to_caller(configuration, moved_variables, moved_locals)),
    )


def module_name(stack: str) -> str:
    """Return a name for the stack's module, as Terraform's conventions want it: lowercase words and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", stack.lower()).strip("_")
    return name if name[:1].isalpha() else f"module_{name}".rstrip("_")


def aliases_of(configuration: Configuration) -> Mapping[str, list[str]]:
    """Return the aliases of each provider, such as ``aws.east``, by the provider's name."""
    return {
        provider: [f"{provider}.{block['alias']}" for block in as_list(blocks) if "alias" in block]
        for provider, blocks in configuration.blocks.get("provider", {}).items()
    }


def _check_paths(configuration: Configuration) -> None:
    """Refuse paths that are relative to the caller's folder in a module."""
    for resource in [*configuration.resources, *configuration.data_sources]:
        # The key of an S3 object can look like the path of an asset, but it is not a path of this machine.
        for text in texts_of({name: value for name, value in resource.arguments.items() if name != "key"}):
            if ASSET.search(text):
                raise ConfigurationError(
                    f"{resource.address}: {text!r} has a path that is relative to the caller's folder in a reusable "
                    "module; write ${path.module}/ before it, or use --as root"
                )
    for text in texts_of(configuration.blocks):
        if any(ROOT_FOLDER.search(expression) for expression in templates.expressions_of(text)):
            raise ConfigurationError(
                f"{text!r}: path.root is the caller's folder in a reusable module; use path.module, or --as root"
            )


def _check_values_of_caller(configuration: Configuration, values: list[Any], names: _Names) -> None:
    """Refuse values that refer to something inside the module."""
    local_values = configuration.blocks.get("locals", {})
    texts = texts_of([values, *(local_values[name] for name in names.local_values)])
    expressions = [expression for text in texts for expression in templates.expressions_of(text)]
    for address in _addresses(configuration):
        pattern = re.compile(rf"(?<![\w.-]){re.escape(address)}(?![\w-])")
        if any(pattern.search(expression) for expression in expressions):
            raise ConfigurationError(
                f"the provider or import blocks refer to {address}. A reusable module cannot have these blocks, and "
                "its caller does not have this object; use --as root"
            )


def _addresses(configuration: Configuration) -> Iterator[str]:
    for block, prefix in (("resource", ""), ("data", "data."), ("ephemeral", "ephemeral.")):
        for type, resources in configuration.blocks.get(block, {}).items():
            yield from (f"{prefix}{type}.{name}" for name in resources)
    yield from (f"module.{name}" for name in configuration.blocks.get("module", {}))


def _import_values(block: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name not in IMPORT_ADDRESSES}


def _reachable(configuration: Configuration, values: Any) -> _Names:
    """Return the variables and local values that the values need, also through other local values and validations."""
    local_values, variables = configuration.blocks.get("locals", {}), configuration.variables
    found: set[tuple[str, str]] = set()
    remaining = [values]
    while remaining:
        for text in texts_of(remaining.pop()):
            for match in REFERENCE.finditer(text):
                reference = (match["kind"], match["name"])
                known = local_values if match["kind"] == "local" else variables
                if match["name"] in known and reference not in found:
                    found.add(reference)
                    remaining.append(known[match["name"]])
    return _Names(
        frozenset(name for kind, name in found if kind == "var"),
        frozenset(name for kind, name in found if kind == "local"),
    )


def _module_settings(configuration: Configuration) -> dict[str, Any]:
    settings = {name: value for name, value in configuration.settings.items() if name != "backend"}
    providers = {name: dict(entry) for name, entry in settings.get("required_providers", {}).items()}
    for provider, aliases in aliases_of(configuration).items():
        if aliases:
            providers.setdefault(provider, {})["configuration_aliases"] = aliases
    return settings | ({"required_providers": providers} if providers else {})


def _example(
    name: str,
    configuration: Configuration,
    module: Configuration,
    moved_variables: Iterable[str],
    local_values: Iterable[str],
) -> Configuration:
    call: dict[str, Any] = {"source": MODULE_SOURCE}
    call |= {variable: f"${{var.{variable}}}" for variable in module.variables}
    if providers := _passed_providers(configuration):
        call["providers"] = providers
    variables = {
        variable: {key: value for key, value in block.items() if key not in CHECKS}
        for variable, block in module.variables.items()
    }
    blocks = {
        "provider": seen_from_example(configuration.blocks.get("provider", {})),
        "locals": seen_from_example({value: configuration.blocks["locals"][value] for value in sorted(local_values)}),
        "variable": variables | {variable: configuration.variables[variable] for variable in moved_variables},
        "module": {name: call},
        "output": {output: _passed_output(name, output, block) for output, block in module.outputs.items()},
        "import": [_in_module(name, block) for block in configuration.imports],
    }
    return Configuration({type: block for type, block in blocks.items() if block})


def _passed_providers(configuration: Configuration) -> dict[str, str]:
    """Return the argument ``providers`` of the call. Without aliases, the module inherits the providers."""
    aliases = [alias for names in aliases_of(configuration).values() for alias in names]
    if not aliases:
        return {}
    defaults = sorted(configuration.settings.get("required_providers", {}))
    return {name: name for name in [*defaults, *aliases]}


def _passed_output(module: str, output: str, block: Mapping[str, Any]) -> dict[str, Any]:
    passed = {key: block[key] for key in ("description", "sensitive") if key in block}
    return {**passed, "value": f"${{module.{module}.{output}}}"}


def _in_module(module: str, block: Mapping[str, Any]) -> dict[str, Any]:
    address = str(block.get("to", ""))
    return {**block, "to": f"module.{module}.{templates.sole_expression(address) or address}"}


def _left_to_caller(
    configuration: Configuration, moved_variables: Iterable[str], moved_locals: Iterable[str]
) -> Iterator[str]:
    for provider, blocks in sorted(configuration.blocks.get("provider", {}).items()):
        aliases = [block["alias"] for block in as_list(blocks) if "alias" in block]
        with_aliases = f" and of its aliases {', '.join(f'`{alias}`' for alias in aliases)}" if aliases else ""
        yield f"the settings of the provider `{provider}`{with_aliases}"
    yield from (f"the variable `{name}`, which only these settings use" for name in moved_variables)
    yield from (f"the local value `{name}`, which only these settings use" for name in moved_locals)
    if count := len(configuration.imports):
        yield f"the `import` blocks ({count})"
    for type in configuration.settings.get("backend", {}):
        yield f"the backend `{type}`, which the example does not have"


def _without(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}

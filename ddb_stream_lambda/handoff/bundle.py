"""The contents of a bundle: which files it has, and which writer produces each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .documents import manifest as manifest_file
from .documents.checkov_settings import checkov_settings
from .documents.manifest import manifest
from .documents.module_usage import example_readme
from .documents.readme import readme
from .documents.runbook import runbook
from .documents.tool_settings import tool_settings
from .errors import ConfigurationError
from .facts.stack import ModuleFacts, StackFacts
from .facts.variables import read_variables
from .formats import BundleKind, Format
from .synthesized.module import EXAMPLE_FOLDER
from .terraform.backend_files import backend_files
from .terraform.hcl_files import hcl_files
from .terraform.json_files import json_files
from .terraform.variables_example import variables_example

VARIABLES_EXAMPLE = "terraform.tfvars.example"


def bundle_files(facts: StackFacts, format: Format, *, stack_folder: Path) -> dict[str, str | Path]:
    """Return the files of a bundle by their paths: the text of each, or the file to copy.

    Args:
        facts: the facts about the stack.
        format: the syntax of the configuration.
        stack_folder: the folder that the configuration's assets are relative to.

    Raises:
        ConfigurationError: if an asset is outside the folder, or a block cannot be written as HCL.
    """
    suppressed_checks = [entry for described in facts.resources for entry in described.suppressed_checks]
    return {
        **_configuration_files(facts, format),
        **(_root_files(facts, format) if facts.module is None else _example_files(facts.module, facts.stack, format)),
        **_assets(facts.configuration.assets, stack_folder),
        **tool_settings(),
        "README.md": readme(facts, format),
        manifest_file.FILE: manifest(
            stack=facts.stack,
            format=format,
            kind=BundleKind.ROOT if facts.module is None else BundleKind.MODULE,
            tool_versions=facts.tool_versions,
            requirements=facts.requirements,
        ),
        ".checkov.yaml": checkov_settings(suppressed_checks, format),
    }


def _configuration_files(facts: StackFacts, format: Format) -> dict[str, str]:
    if format is Format.JSON:
        return json_files(configuration=facts.configuration, requirements=facts.requirements)
    return hcl_files(
        configuration=facts.configuration,
        requirements=facts.requirements,
        resources=[*facts.data_sources, *facts.resources],
    )


def _root_files(facts: StackFacts, format: Format) -> dict[str, str]:
    """Return the files that an operator of a root module needs, and the user of a reusable module does not."""
    return {
        **backend_files(facts.backends, format),
        "RUNBOOK.md": runbook(
            stack=facts.stack,
            resources=[described.resource for described in facts.resources],
            outputs=facts.outputs,
            has_imports=bool(facts.configuration.imports),
        ),
        VARIABLES_EXAMPLE: variables_example(facts.variables),
    }


def _example_files(module: ModuleFacts, stack: str, format: Format) -> dict[str, str]:
    configuration, requirements = module.split.example, module.example_requirements
    if format is Format.JSON:
        files = json_files(configuration=configuration, requirements=requirements)
    else:
        files = hcl_files(configuration=configuration, requirements=requirements, resources=[])
    files |= {
        "README.md": example_readme(stack, module.split),
        VARIABLES_EXAMPLE: variables_example(read_variables(configuration)),
    }
    return {f"{EXAMPLE_FOLDER}/{name}": text for name, text in files.items()}


def _assets(assets: list[str], stack_folder: Path) -> Mapping[str, Path]:
    for asset in assets:
        if Path(asset).is_absolute() or ".." in Path(asset).parts:
            raise ConfigurationError(f"{asset} is outside the stack's folder, so the bundle would not be complete")
    return {asset: stack_folder / asset for asset in assets}

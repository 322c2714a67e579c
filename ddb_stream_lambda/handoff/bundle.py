"""The contents of a bundle: which files it has, and which writer produces each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .documents import manifest as manifest_file
from .documents.checkov_settings import checkov_settings
from .documents.manifest import manifest
from .documents.module_usage import example_readme
from .documents.readme import readme
from .documents.runbook import runbook
from .documents.tool_settings import tool_settings
from .errors import ConfigurationError
from .facts.constraints import Requirements
from .facts.stack import DescribedResource, ModuleFacts, StackFacts
from .facts.variables import read_variables
from .formats import BundleKind, Format
from .synthesized.configuration import Configuration
from .synthesized.module import EXAMPLE_FOLDER
from .terraform.backend_files import backend_files
from .terraform.hcl_check import checked_hcl_files
from .terraform.hcl_tool import HclTool
from .terraform.json_files import json_files
from .terraform.variables_example import variables_example

VARIABLES_EXAMPLE = "terraform.tfvars.example"


@dataclass(frozen=True)
class ConfigurationWriter:
    """Writes the files of a configuration.

    Attributes:
        format: the syntax.
        stack_folder: the stack's folder.
        hcl_tool: the formatter and the parser of HCL.
        check: whether HCL is checked: parsed and compared with the JSON configuration.
    """

    format: Format
    stack_folder: Path
    hcl_tool: HclTool
    check: bool = True

    def write(
        self, configuration: Configuration, requirements: Requirements, resources: Sequence[DescribedResource] = ()
    ) -> dict[str, str]:
        """Return the text of each file by its name.

        Args:
            configuration: the configuration.
            requirements: the constraints on Terraform and the providers.
            resources: the data sources and resources, in the order of the file.

        Raises:
            ConfigurationError: if the configuration cannot be written as HCL.
        """
        if self.format is Format.JSON:
            return json_files(configuration=configuration, requirements=requirements)
        return checked_hcl_files(
            configuration=configuration,
            requirements=requirements,
            resources=resources,
            stack_folder=self.stack_folder,
            tool=self.hcl_tool,
            check=self.check,
        )


def bundle_files(facts: StackFacts, writer: ConfigurationWriter) -> dict[str, str | Path]:
    """Return the files of a bundle by their paths: the text of each, or the file to copy.

    Args:
        facts: the facts about the stack.
        writer: the writer of the configuration, which has the syntax and the folder of the assets.

    Raises:
        ConfigurationError: if an asset is outside the folder, or the configuration cannot be written as HCL.
    """
    suppressed_checks = [entry for described in facts.resources for entry in described.suppressed_checks]
    format = writer.format
    if facts.module is None:
        further_files = _root_files(facts, format)
    else:
        further_files = _example_files(facts.module, facts.stack, writer)
    return {
        **writer.write(facts.configuration, facts.requirements, [*facts.data_sources, *facts.resources]),
        **further_files,
        **_assets(facts.configuration.assets, writer.stack_folder),
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


def _example_files(module: ModuleFacts, stack: str, writer: ConfigurationWriter) -> dict[str, str]:
    configuration = module.split.example
    files = writer.write(configuration, module.example_requirements) | {
        "README.md": example_readme(stack, module.split),
        VARIABLES_EXAMPLE: variables_example(read_variables(configuration)),
    }
    return {f"{EXAMPLE_FOLDER}/{name}": text for name, text in files.items()}


def _assets(assets: list[str], stack_folder: Path) -> Mapping[str, Path]:
    for asset in assets:
        if Path(asset).is_absolute() or ".." in Path(asset).parts:
            raise ConfigurationError(f"{asset} is outside the stack's folder, so the bundle would not be complete")
    return {asset: stack_folder / asset for asset in assets}

"""The contents of a bundle: which files it has, and which writer produces each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import checksums
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
from .terraform.hcl_files import NO_BLOCKS, STANDARD_FILES
from .terraform.hcl_tool import HclTool
from .terraform.json_files import json_files
from .terraform.variables_example import variables_example

VARIABLES_EXAMPLE = "terraform.tfvars.example"


@dataclass(frozen=True)
class ConfigurationWriter:
    """Writes the files of a configuration.

    Attributes:
        format: the syntax.
        stack_folder: the folder of the stack, for the schemas of its providers.
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
        return dict.fromkeys(STANDARD_FILES, NO_BLOCKS) | checked_hcl_files(
            configuration=configuration,
            requirements=requirements,
            resources=resources,
            stack_folder=self.stack_folder,
            tool=self.hcl_tool,
            check=self.check,
        )


def bundle_files(facts: StackFacts, writer: ConfigurationWriter) -> dict[str, str | Path]:
    """Return the files of a bundle by their paths: the text of each, or the file to copy.

    A folder in place of a file is an empty folder.

    Args:
        facts: the facts about the stack.
        writer: the writer of the configuration.

    Raises:
        ConfigurationError: if two files have the same path, or the configuration cannot be written as HCL.
    """
    suppressed_checks = [entry for described in facts.resources for entry in described.suppressed_checks]
    format = writer.format
    if facts.module is None:
        further_files = _root_files(facts, format)
    else:
        further_files = _example_files(facts.module, facts.stack, writer)
    own_files = {
        **writer.write(facts.configuration, facts.requirements, [*facts.data_sources, *facts.resources]),
        **further_files,
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
    _check_names(own_files, facts.assets.files)
    return {**own_files, **facts.assets.files}


def _root_files(facts: StackFacts, format: Format) -> dict[str, str]:
    """Return the files that an operator of a root module needs, and the user of a reusable module does not."""
    return {
        **backend_files(facts.backends, format),
        "RUNBOOK.md": runbook(facts, format.suffix),
        VARIABLES_EXAMPLE: variables_example(facts.variables),
    }


def _example_files(module: ModuleFacts, stack: str, writer: ConfigurationWriter) -> dict[str, str]:
    configuration = module.split.example
    files = writer.write(configuration, module.example_requirements) | {
        "README.md": example_readme(stack, module.split),
        VARIABLES_EXAMPLE: variables_example(read_variables(configuration)),
    }
    return {f"{EXAMPLE_FOLDER}/{name}": text for name, text in files.items()}


def _check_names(own_files: Iterable[str], assets: Iterable[str]) -> None:
    """Check that no two files have the same path on any machine, some of which do not distinguish case.

    An asset must not be in a folder of the bundle's own files either, because these would become part of the asset.
    """
    reserved = {_folded(name.split("/")[0]) for name in [*own_files, checksums.FILE]}
    known: dict[str, str] = {}
    for asset in assets:
        if _folded(asset.split("/")[0]) in reserved:
            raise ConfigurationError(f"{asset} has the name of a file or folder of the bundle; give it another name")
        parts = asset.split("/")
        for length in range(1, len(parts) + 1):
            path = "/".join(parts[:length])
            if known.setdefault(_folded(path), path) != path:
                raise ConfigurationError(
                    f"{path} and {known[_folded(path)]} are the same name on machines that do not distinguish case; "
                    "rename one"
                )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

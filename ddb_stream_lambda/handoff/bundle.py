"""The contents of a bundle: which files it has, and which writer produces each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .documents import manifest as manifest_file
from .documents.checkov_settings import checkov_settings
from .documents.manifest import manifest
from .documents.readme import readme
from .documents.runbook import runbook
from .errors import ConfigurationError
from .facts.stack import StackFacts
from .formats import Format
from .terraform.backend_files import backend_files
from .terraform.hcl_files import hcl_files
from .terraform.json_files import json_files
from .terraform.variables_example import variables_example

# Files that Terraform writes and that must not be committed.
GITIGNORE = ".terraform/\n*.tfstate\n*.tfstate.*\n*.plan\ncrash.log\n"


def bundle_files(facts: StackFacts, format: Format, *, stack_folder: Path) -> dict[str, str | Path]:
    """Return the files of a bundle by their paths: the text of each, or the file to copy.

    Args:
        facts: the facts about the stack.
        format: the format of the configuration.
        stack_folder: the folder that the configuration's assets are relative to.

    Raises:
        ConfigurationError: if an asset is outside the folder, or a block cannot be written as HCL.
    """
    suppressed_checks = [entry for described in facts.resources for entry in described.suppressed_checks]
    return {
        **_configuration_files(facts, format),
        **backend_files(facts.backends, format.syntax),
        **_assets(facts.configuration.assets, stack_folder),
        "README.md": readme(facts, format),
        "RUNBOOK.md": runbook(facts, format.syntax.suffix),
        manifest_file.FILE: manifest(
            stack=facts.stack,
            format=format,
            tool_versions=facts.tool_versions,
            requirements=facts.requirements,
        ),
        "terraform.tfvars.example": variables_example(facts.variables),
        ".checkov.yaml": checkov_settings(suppressed_checks, format.syntax),
        ".gitignore": GITIGNORE,
    }


def _configuration_files(facts: StackFacts, format: Format) -> dict[str, str]:
    files: dict[str, str] = {}
    if format is not Format.JSON:
        files |= hcl_files(
            configuration=facts.configuration,
            requirements=facts.requirements,
            resources=[*facts.data_sources, *facts.resources],
        )
    if format is not Format.HCL:
        json = json_files(configuration=facts.configuration, requirements=facts.requirements)
        # With both formats, Terraform reads the HCL, so the JSON goes to a folder that Terraform does not read.
        folder = "json/" if format is Format.BOTH else ""
        files |= {f"{folder}{name}": text for name, text in json.items()}
    return files


def _assets(assets: list[str], stack_folder: Path) -> Mapping[str, Path]:
    for asset in assets:
        if Path(asset).is_absolute() or ".." in Path(asset).parts:
            raise ConfigurationError(f"{asset} is outside the stack's folder, so the bundle would not be complete")
    return {asset: stack_folder / asset for asset in assets}

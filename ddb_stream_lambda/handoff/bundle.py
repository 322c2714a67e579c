"""The contents of a bundle: which files it has, and which writer produces each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from . import checksums
from .documents import manifest as manifest_file
from .documents.checkov_settings import checkov_settings
from .documents.manifest import manifest
from .documents.readme import readme
from .documents.runbook import runbook
from .errors import ConfigurationError
from .facts.stack import StackFacts
from .formats import Format
from .terraform.backend_files import backend_files
from .terraform.hcl_check import checked_hcl_files
from .terraform.hcl_tool import HclTool
from .terraform.json_files import json_files
from .terraform.variables_example import variables_example

# Files that Terraform writes and that must not be committed.
GITIGNORE = ".terraform/\n*.tfstate\n*.tfstate.*\n*.plan\ncrash.log\n"


def bundle_files(
    facts: StackFacts, format: Format, *, stack_folder: Path, hcl_tool: HclTool, check: bool = True
) -> dict[str, str | Path]:
    """Return the files of a bundle by their paths: the text of each, or the file to copy.

    A folder in place of a file is an empty folder.

    Args:
        facts: the facts about the stack.
        format: the format of the configuration.
        stack_folder: the folder of the stack, for the schemas of its providers.
        hcl_tool: the formatter and the parser of HCL.
        check: whether the HCL is checked: parsed and compared with the JSON configuration.

    Raises:
        ConfigurationError: if two files have the same path, or the configuration cannot be written as HCL.
    """
    suppressed_checks = [entry for described in facts.resources for entry in described.suppressed_checks]
    own_files = {
        **_configuration_files(facts, format, stack_folder, hcl_tool, check=check),
        **backend_files(facts.backends, format.syntax),
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
    _check_names(own_files, facts.assets.files)
    return {**own_files, **facts.assets.files}


def _configuration_files(
    facts: StackFacts, format: Format, stack_folder: Path, hcl_tool: HclTool, *, check: bool
) -> dict[str, str]:
    files: dict[str, str] = {}
    if format is not Format.JSON:
        files |= checked_hcl_files(
            configuration=facts.configuration,
            requirements=facts.requirements,
            resources=[*facts.data_sources, *facts.resources],
            stack_folder=stack_folder,
            tool=hcl_tool,
            check=check,
        )
    if format is not Format.HCL:
        json = json_files(configuration=facts.configuration, requirements=facts.requirements)
        # With both formats, Terraform reads the HCL, so the JSON goes to a folder that Terraform does not read.
        folder = "json/" if format is Format.BOTH else ""
        files |= {f"{folder}{name}": text for name, text in json.items()}
    return files


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

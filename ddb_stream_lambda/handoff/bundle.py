"""A bundle's contents: every file that an operations team gets, by its path in the folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import backend, hcl, schema, suppressions, variables
from .configuration import Configuration
from .errors import ConfigurationError
from .manifest import FILE, manifest
from .readme import readme
from .reasons import reason_of
from .runbook import runbook
from .versions import required_providers, required_version

JSON, HCL, BOTH = FORMS = ("json", "hcl", "both")


@dataclass(frozen=True)
class Request:
    """What is handed over, and how.

    Attributes:
        stack: the stack's name.
        configuration: its Terraform, the imports included.
        form: one of `FORMS`.
        backend: the type of backend that the bundle names, or `backend.NONE`; None for what the stack says.
        source: the folder that the configuration's assets are relative to.
        cdktf: the version that synthesised.
        project: the project's folder.
    """

    stack: str
    configuration: Configuration
    form: str
    backend: str | None
    source: Path
    cdktf: str
    project: Path


def contents_of(request: Request) -> dict[str, str | Path]:
    """Every file of the bundle: its text, or the file to copy.

    Raises:
        ConfigurationError: where an asset is missing, lies outside, or something cannot be written as HCL.
    """
    configuration = request.configuration
    offered = backend.offered(request.stack)
    chosen = _chosen(request, offered)
    if chosen is not None:
        offered[chosen.type] = chosen
    main_form = JSON if request.form == JSON else HCL
    files: dict[str, str | Path] = {
        "README.md": readme(request.stack, configuration, request.form, chosen),
        "RUNBOOK.md": runbook(request.stack, configuration),
        FILE: manifest(request.stack, configuration, request.form, request.cdktf, request.project),
        "terraform.tfvars.example": variables.example(configuration),
        ".checkov.yaml": suppressions.settings(configuration, main_form),
        ".gitignore": ".terraform/\n*.tfstate\n*.tfstate.*\n*.plan\ncrash.log\n",
    }
    ending = {JSON: "tf.json", HCL: "tf"}
    for type, entry in offered.items():
        files[f"backends/{type}.{ending[main_form]}"] = entry.block(main_form)
        files[f"backends/{type}.tfbackend.example"] = entry.example()
    if chosen is not None:
        files[f"backend.{ending[main_form]}"] = chosen.block(main_form)
    if request.form in (HCL, BOTH):
        files |= _hcl_files(configuration)
    if request.form in (JSON, BOTH):
        folder = "json/" if request.form == BOTH else ""
        files |= {f"{folder}{name}": text for name, text in _json_files(configuration).items()}
    for asset in configuration.assets:
        files[_within(asset)] = request.source / asset
    return files


def _chosen(request: Request, offered: Mapping[str, backend.Backend]) -> backend.Backend | None:
    configured = backend.configured(request.configuration.terraform)
    if request.backend is None:
        return configured
    if request.backend == backend.NONE:
        return None
    return configured if configured and configured.type == request.backend else offered[request.backend]


def _settings(configuration: Configuration) -> dict[str, Any]:
    return {
        "required_version": required_version(configuration),
        "required_providers": required_providers(configuration),
    }


def _json_files(configuration: Configuration) -> dict[str, str]:
    blocks = configuration.blocks
    known = {"terraform", "variable", "output", "import"}
    files = {
        "versions.tf.json": {"terraform": _settings(configuration)},
        "main.tf.json": {name: block for name, block in blocks.items() if name not in known},
    }
    for name in ("variable", "output", "import"):
        if blocks.get(name):
            files[f"{name}s.tf.json"] = {name: blocks[name]}
    return {
        name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in files.items() if content
    }


def _hcl_files(configuration: Configuration) -> dict[str, str]:
    resources = [*configuration.data_sources, *configuration.resources]
    providers = [
        (name, given)
        for name, settings in sorted(configuration.blocks.get("provider", {}).items())
        for given in (settings if isinstance(settings, list) else [settings])
    ]
    bodies = schema.bodies_of([*(r.kind for r in resources), *(f"provider.{name}" for name, _ in providers)])
    main = [
        hcl.block_of(f'provider "{name}"', given, bodies[f"provider.{name}"], f"provider.{name}")
        for name, given in providers
    ]
    if values := configuration.blocks.get("locals"):
        main.append(hcl.block_of("locals", values, schema.Body(set(values)), "locals"))
    for resource in resources:
        block = hcl.resource_block(resource, bodies[resource.kind])
        block.comments = () if resource.data else hcl.comment(reason_of(resource))
        block.inner = [f"checkov:skip={entry.check}:{entry.reason}" for entry in suppressions.suppressions_of(resource)]
        main.append(block)
    for kind in ("module", "moved", "removed"):
        if kind in configuration.blocks:
            raise ConfigurationError(f"{kind} blocks cannot be written as HCL here; use --format json")
    files = {
        "main.tf": main,
        "versions.tf": [hcl.settings_block(_settings(configuration))],
        "variables.tf": hcl.variable_blocks(configuration),
        "outputs.tf": hcl.output_blocks(configuration),
        "imports.tf": hcl.import_blocks(configuration),
    }
    return {name: hcl.file_of(blocks) for name, blocks in files.items() if blocks}


def _within(asset: str) -> str:
    if Path(asset).is_absolute() or ".." in Path(asset).parts:
        raise ConfigurationError(f"{asset} lies outside the stack's folder, so that the bundle would not be complete")
    return asset

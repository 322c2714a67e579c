"""The paths of a stack's assets, as paths in the module's folder: ``${path.module}/assets/code.zip``.

cdktf writes paths that are relative to the folder that Terraform runs in. A module can be in another folder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from . import templates
from .configuration import MODULE_FOLDER, Configuration

# Blocks whose values can have expressions. The source of a module cannot, and is relative to the module already.
BLOCKS = ("resource", "data", "ephemeral", "provider", "locals", "module", "output", "check")
MODULE_SOURCE = "source"
PARENT_FOLDERS = "/../.."


def with_module_paths(configuration: Configuration) -> Configuration:
    """Return the configuration with ``${path.module}/`` before the path of each asset."""
    assets = configuration.assets
    blocks = {
        type: _with_folder(block, assets, is_module=type == "module") if type in BLOCKS else block
        for type, block in configuration.blocks.items()
    }
    return Configuration(blocks)


def without_module_folder(path: str) -> str:
    """Return a path in the module's folder relative to this folder; any other path as it is."""
    return path.removeprefix(MODULE_FOLDER)


def from_example(value: Any) -> Any:
    """Return a value for a root module that is two folders below the module, such as ``examples/complete``."""
    if isinstance(value, dict):
        return {key: from_example(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_example(item) for item in value]
    return value.replace("${path.module}", "${path.module}" + PARENT_FOLDERS) if isinstance(value, str) else value


def _with_folder(value: Any, assets: Sequence[str], *, is_module: bool, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_folder(item, assets, is_module=is_module, key=name) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_folder(item, assets, is_module=is_module) for item in value]
    if not isinstance(value, str) or (is_module and key == MODULE_SOURCE):
        return value
    if any(value == asset or value.startswith(f"{asset}/") for asset in assets):
        return MODULE_FOLDER + value
    return "".join(
        _in_expression(part.text, assets) if isinstance(part, templates.TemplateSequence) else part.text
        for part in templates.parts_of(value)
    )


def _in_expression(sequence: str, assets: Sequence[str]) -> str:
    for asset in assets:
        string = re.compile(rf'"(?={re.escape(asset)}["/])')
        sequence = string.sub(lambda _: f'"{MODULE_FOLDER}', sequence)
    return sequence

"""Paths of files as paths in the module's folder: ``${path.module}/assets/code.zip``.

cdktf writes paths that are relative to the folder that Terraform runs in. The folder of a module can be another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import templates
from .configuration import Configuration
from .file_references import INPUT_ARGUMENTS

MODULE_FOLDER = "${path.module}/"
# The start of a path that is relative to the folder that Terraform runs in.
RELATIVE_START = r"(?:\./)?(?![./~$%\"]|[A-Za-z]:[\\/])"
RELATIVE_PATH = re.compile(RELATIVE_START)
# The first argument of a function that reads a file, if it is text.
FILE_CALL = re.compile(
    r"(?<![\w.:-])((?:file(?:base64|base64sha256|base64sha512|md5|sha1|sha256|sha512|exists|set)?|templatefile)"
    rf"\(\s*\"){RELATIVE_START}"
)
# The path of an asset of cdktf or of this package: the construct, and the hash of the content.
ASSET = re.compile(r"(?<![\w./-])(?:\./)?assets/[^\s\"'$]+/(?:[0-9A-F]{32}|[0-9a-f]{64})\b")
PARENT_FOLDERS = "/../.."


def with_module_paths(configuration: Configuration) -> Configuration:
    """Return the configuration with ``${path.module}/`` before each relative path of a file that Terraform reads.

    A path is known by its place: an argument that names a file, or a function that reads one.
    """
    blocks = {
        type: _in_resources(type, block) if type in ("resource", "data") and isinstance(block, Mapping) else block
        for type, block in configuration.blocks.items()
    }
    return replace(configuration, blocks={type: _in_calls(block) for type, block in blocks.items()})


def without_module_folder(path: str) -> str:
    """Return a path in the module's folder relative to this folder; any other path as it is."""
    return path.removeprefix(MODULE_FOLDER)


def seen_from_example(value: Any) -> Any:
    """Return a value for a root module that is two folders below the module, such as ``examples/complete``."""
    return _map_strings(value, lambda text: text.replace("${path.module}", "${path.module}" + PARENT_FOLDERS))


def _in_resources(block: str, types: Mapping[str, Any]) -> dict[str, Any]:
    return {
        type: {name: _in_arguments(block, type, arguments) for name, arguments in resources.items()}
        for type, resources in types.items()
    }


def _in_arguments(block: str, type: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: MODULE_FOLDER + value.removeprefix("./")
        if (block, type, name) in INPUT_ARGUMENTS and isinstance(value, str) and RELATIVE_PATH.match(value)
        else value
        for name, value in arguments.items()
    }


def _in_calls(value: Any) -> Any:
    return _map_strings(
        value,
        lambda text: "".join(
            FILE_CALL.sub(lambda call: call[1] + MODULE_FOLDER, part.text)
            if isinstance(part, templates.TemplateSequence)
            else part.text
            for part in templates.parts_of(text)
        ),
    )


def _map_strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _map_strings(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_strings(item, change) for item in value]
    if not isinstance(value, str):
        return value
    changed = change(value)
    # An unchanged string keeps its class.
    return value if changed == value else changed

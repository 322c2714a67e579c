"""The file ``MANIFEST.json``: the versions that made a bundle. It contains no time and no path of a machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..facts.constraints import Requirements
from ..formats import BundleKind, Format

FILE = "MANIFEST.json"
FORMAT_NAME = "ddb_stream_lambda hand-off"
FORMAT_VERSION = 1


def manifest(
    *,
    stack: str,
    format: Format,
    kind: BundleKind,
    tool_versions: Mapping[str, str],
    requirements: Requirements,
) -> str:
    """Return the file's text.

    Args:
        stack: the stack's name.
        format: the syntax of the bundle's configuration.
        kind: the kind of module that the bundle is.
        tool_versions: the version of each tool that made the stack.
        requirements: the constraints on Terraform and the providers.
    """
    content = {
        "format": FORMAT_NAME,
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "form": format.value,
        "kind": kind.value,
        "made_by": dict(tool_versions),
        "terraform": requirements.terraform,
        "providers": {
            provider.name: {
                "source": provider.source,
                "version": provider.version,
                "synthesized_for": provider.synthesized_for,
            }
            for provider in requirements.providers
        },
    }
    return json.dumps(content, indent=2) + "\n"


def is_bundle(folder: Path) -> bool:
    """Return whether the folder is a bundle of this command."""
    try:
        return bool(json.loads((folder / FILE).read_text(encoding="utf-8"))["format"] == FORMAT_NAME)
    except (OSError, ValueError, KeyError, TypeError):
        return False

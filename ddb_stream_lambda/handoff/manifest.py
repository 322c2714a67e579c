"""What made a bundle, and the checksums of what it holds. Neither a time nor a machine is in them."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from .configuration import Configuration
from .versions import required_providers, required_version

FILE = "MANIFEST.json"
CHECKSUMS = "SHA256SUMS"
FORMAT = "ddb_stream_lambda hand-off"
FORMAT_VERSION = 1
CHUNK = 1 << 20
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def manifest(stack: str, configuration: Configuration, form: str, cdktf: str, project: Path) -> str:
    """The text of MANIFEST.json.

    Args:
        stack: the stack's name.
        configuration: what is handed over.
        form: ``json``, ``hcl`` or ``both``.
        cdktf: the version that synthesised.
        project: the folder with the project's pyproject.toml.
    """
    providers = required_providers(configuration)
    built_with = configuration.terraform.get("required_providers", {})
    made_by = {
        "ddb_stream_lambda": _project_version(project),
        "cdktf": cdktf,
        **{
            name: version
            for name in sorted(f"cdktf-cdktf-provider-{provider}" for provider in providers)
            if (version := _installed(name))
        },
    }
    return (
        json.dumps(
            {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "stack": stack,
                "form": form,
                "made_by": made_by,
                "terraform": required_version(configuration),
                "providers": {
                    name: given | {"synthesised_for": built_with.get(name, {}).get("version", "")}
                    for name, given in providers.items()
                },
            },
            indent=2,
        )
        + "\n"
    )


def is_ours(folder: Path) -> bool:
    """Whether the folder is a bundle of this command."""
    try:
        return bool(json.loads((folder / FILE).read_text())["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def checksums(folder: Path) -> str:
    """The text of SHA256SUMS for every file of the folder but itself."""
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return "".join(f"{digest(folder / name)}  {name}\n" for name in files if name != CHECKSUMS)


def listed(folder: Path) -> Mapping[str, str]:
    """What the folder's SHA256SUMS says: names to checksums; empty where it cannot be read."""
    try:
        lines = (folder / CHECKSUMS).read_text().splitlines()
    except OSError:
        return {}
    return {match[2]: match[1] for match in map(LINE.fullmatch, lines) if match}


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    sum = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sum.update(chunk)
    return sum.hexdigest()


def _project_version(project: Path) -> str:
    with (project / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None

"""The code archives: each must be the one that the configuration's hash describes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from ..errors import ConfigurationError
from ..synthesized import templates
from ..synthesized.configuration import Configuration
from ..synthesized.module_paths import without_module_folder

# The provider has the second one since version 6.27.
HASHES = ("source_code_hash", "code_sha256")
TYPES = frozenset({"aws_lambda_function", "aws_lambda_layer_version"})


def check_archives(configuration: Configuration, stack_folder: Path) -> None:
    """Check that each archive has the hash in its argument ``source_code_hash`` or ``code_sha256``.

    A hash that Terraform computes, and an archive that is missing, are not checked here.

    Args:
        configuration: the configuration.
        stack_folder: the folder that the archives are relative to.

    Raises:
        ConfigurationError: naming each function or layer whose archive has another hash.
    """
    mismatches = []
    for resource in configuration.resources:
        file = resource.arguments.get("filename")
        if resource.type not in TYPES or not isinstance(file, str):
            continue
        path = stack_folder / without_module_folder(file)
        for name in HASHES:
            expected = resource.arguments.get(name)
            if not isinstance(expected, str) or not expected or templates.expressions_of(expected):
                continue
            if path.is_file() and hash_of(path) != expected:
                mismatches.append(f"{resource.address}: {file} has not the hash in {name}")
    if mismatches:
        raise ConfigurationError(
            "code archives were changed after the stack was synthesized; synthesize it again:\n  "
            + "\n  ".join(mismatches)
        )


def hash_of(archive: Path) -> str:
    """Return the hash that ``source_code_hash`` takes: SHA-256 in base64."""
    with archive.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()

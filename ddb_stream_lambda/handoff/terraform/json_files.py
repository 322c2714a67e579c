"""The configuration of a bundle in Terraform's JSON syntax: which blocks are in which file."""

from __future__ import annotations

from ..facts.constraints import Requirements
from ..synthesized.configuration import Configuration
from ..synthesized.json_text import write_json

# Blocks with a separate file.
SEPARATE_FILES = {
    "provider": "providers.tf.json",
    "variable": "variables.tf.json",
    "output": "outputs.tf.json",
    "import": "imports.tf.json",
    "moved": "moved.tf.json",
    "removed": "removed.tf.json",
}


def json_files(*, configuration: Configuration, requirements: Requirements) -> dict[str, str]:
    """Return the text of each file by its name."""
    blocks = configuration.blocks
    main = {type: block for type, block in blocks.items() if type not in SEPARATE_FILES and type != "terraform"}
    files = {"terraform.tf.json": {"terraform": requirements.block}, "main.tf.json": main}
    files |= {file: {type: blocks[type]} for type, file in SEPARATE_FILES.items() if blocks.get(type)}
    return {name: write_json(content) + "\n" for name, content in files.items() if content}

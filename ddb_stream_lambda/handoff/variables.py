"""The file that an environment's ``-var-file`` is copied from."""

from __future__ import annotations

import textwrap

from .configuration import Configuration
from .hcl import expression

WIDTH = 100


def example(configuration: Configuration) -> str:
    """The example: what is required to fill in, what has a default behind a comment sign."""
    sections = []
    for name, given in sorted(configuration.variables.items(), key=lambda item: ("default" in item[1], item[0])):
        told = [str(given.get("description", "")), *(check["error_message"] for check in _checks(given))]
        comments = textwrap.wrap(" ".join(filter(None, told)), WIDTH, initial_indent="# ", subsequent_indent="# ")
        if "default" in given:
            setting = "\n".join(f"# {line}" for line in f"{name} = {expression(given['default'])}".split("\n"))
        else:
            setting = f'{name} = "CHANGE-ME"' if given.get("type", "string") == "string" else f"{name} = null"
        sections.append("\n".join([*comments, setting]))
    return "\n\n".join(sections) + "\n" if sections else "# This stack has no variables.\n"


def _checks(given: object) -> list[dict[str, str]]:
    checks = given.get("validation", []) if isinstance(given, dict) else []
    return checks if isinstance(checks, list) else [checks]

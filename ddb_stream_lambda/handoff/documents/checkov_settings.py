"""The file ``.checkov.yaml``: the settings of checkov for the bundle."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts.checkov import SuppressedCheck
from ..formats import Syntax

COMMON = """\
# Settings of checkov for this folder. Run: checkov -d .
skip-download: true
quiet: true
compact: true
framework:
"""
HCL = """\
  - terraform
  - secrets
# Suppressed checks are listed with their reasons at each resource in main.tf.
"""
JSON = """\
  - terraform_json
  - secrets
# In JSON, checkov reads neither required_version nor moved blocks. The skipped files contain nothing else to check.
skip-path:
  - versions.tf.json
  - moved.tf.json
"""


def checkov_settings(suppressed_checks: Iterable[SuppressedCheck], syntax: Syntax) -> str:
    """Return the file's text.

    In HCL, a comment in each resource suppresses its checks. JSON has no comments, so this file suppresses them for the
    whole bundle.

    Args:
        suppressed_checks: the checks that are suppressed for any resource.
        syntax: the syntax of the configuration.
    """
    if syntax is Syntax.HCL:
        return COMMON + HCL
    entries = {entry.check: entry for entry in suppressed_checks}
    heading = "# Suppressed checks, each with its reason. JSON has no comments, so they hold for every resource here:"
    lines = [heading, "skip-check:"] if entries else []
    for check, entry in sorted(entries.items()):
        lines += [f"  # {entry.type}: {entry.reason}", f"  - {check}"]
    return COMMON + JSON + "".join(f"{line}\n" for line in lines)

"""The file ``.checkov.yaml``: the settings of checkov for the bundle."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts.checkov import SuppressedCheck
from ..formats import Format

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
# In JSON, checkov reads neither required_version nor import, moved and removed blocks. The skipped files contain
# nothing else.
skip-path:
  - terraform.tf.json
  - imports.tf.json
  - moved.tf.json
  - removed.tf.json
"""
SUPPRESSION = """\
# Suppressed checks, each with its reason. JSON has no comments, so each check is suppressed for the whole folder: also
# for a resource that someone adds later. In HCL, a comment suppresses a check for one resource only.
"""


def checkov_settings(suppressed_checks: Iterable[SuppressedCheck], format: Format) -> str:
    """Return the file's text.

    In HCL, a comment in each resource suppresses its checks. JSON has no comments, so this file suppresses them for
    every resource of the bundle.

    Args:
        suppressed_checks: the checks that are suppressed for any resource.
        format: the syntax of the configuration.
    """
    if format is Format.HCL:
        return COMMON + HCL
    # A check has a reason for each kind of resource.
    reasons: dict[str, list[str]] = {}
    for entry in suppressed_checks:
        reason = f"  # {entry.type}: {entry.reason}"
        if reason not in reasons.setdefault(entry.check, []):
            reasons[entry.check].append(reason)
    lines = [*SUPPRESSION.splitlines(), "skip-check:"] if reasons else []
    for check in sorted(reasons):
        lines += [*reasons[check], f"  - {check}"]
    return COMMON + JSON + "".join(f"{line}\n" for line in lines)

"""The formats of a bundle's configuration: Terraform's JSON syntax, its native syntax HCL, or both.

See https://developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

from enum import StrEnum


class Syntax(StrEnum):
    """A syntax that Terraform reads."""

    JSON = "json"
    HCL = "hcl"

    @property
    def suffix(self) -> str:
        """The suffix of the syntax's files."""
        return ".tf.json" if self is Syntax.JSON else ".tf"


class Format(StrEnum):
    """A format of a bundle."""

    JSON = "json"
    HCL = "hcl"
    BOTH = "both"

    @property
    def syntax(self) -> Syntax:
        """The syntax of the files that Terraform reads. The format ``both`` keeps the JSON in a separate folder."""
        return Syntax.JSON if self is Format.JSON else Syntax.HCL

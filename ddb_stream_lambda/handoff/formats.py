"""The forms of a bundle: its syntax, and whether it is a root module or a reusable module."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The syntax of a bundle's configuration: Terraform's JSON syntax, or its native syntax HCL.

    See https://developer.hashicorp.com/terraform/language/syntax/json.
    """

    JSON = "json"
    HCL = "hcl"

    @property
    def suffix(self) -> str:
        """The suffix of the syntax's files."""
        return ".tf.json" if self is Format.JSON else ".tf"


class BundleKind(StrEnum):
    """The kind of module that a bundle is.

    Operators run a root module. A reusable module is called by a root module, which configures the providers and the
    backend.
    """

    ROOT = "root"
    MODULE = "module"

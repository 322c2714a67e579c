"""Dependency specifiers, such as ``requests[socks]==2.32.0; python_version < "3.14"`` (https://peps.python.org/pep-0508/)."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
SPECIFIER = re.compile(rf"({NAME})\s*(?:\[([^\]]*)\])?\s*([^;]*?)\s*(?:;(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Requirement:
    """A required distribution.

    Attributes:
        name: The distribution's normalized name.
        version: The version specifier as written, such as ``==1.2``; may be empty.
        extras: The normalized names of the required extras.
        marker: The environment marker under which the distribution is required; may be empty.
        hashes: The allowed hashes of the distribution's file, such as ``sha256:…``; empty if any file is allowed.
    """

    name: str
    version: str
    extras: frozenset[str] = frozenset()
    marker: str = ""
    hashes: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str, hashes: tuple[str, ...] = ()) -> Requirement | None:
        """Return the requirement that the text specifies, or None if the text is not a specifier."""
        match = SPECIFIER.fullmatch(text.strip())
        if match is None:
            return None
        name, extras, version, marker = match.groups()
        extra_names = frozenset(normalize_name(extra) for extra in (extras or "").split(",") if extra.strip())
        return Requirement(normalize_name(name), version, extra_names, (marker or "").strip(), hashes)


def normalize_name(name: str) -> str:
    """Return the name of a distribution or an extra in the form that names are compared in.

    See https://peps.python.org/pep-0503/#normalized-names.
    """
    return re.sub(r"[-_.]+", "-", name.strip()).lower()

"""Names that are stable, readable, and unique to a construct's path within each service's limit."""

from __future__ import annotations

import hashlib
import re

from ..limits import NameRule

SEPARATOR = "_"
DIGEST_LENGTH = 8


def unique_name(
    path: str, rule: NameRule, *, suffix: str = "", case_sensitive: bool = True, with_digest: bool = False
) -> str:
    """Return a name for a resource of the construct at `path`.

    The name is the parts of the path, joined by ``_``. A digest of the whole path is added only where two paths could
    give the same name: where a part holds a ``_`` or a character that had to be replaced, where the name was cut to the
    limit, or, for a service whose names are case-insensitive, where it has capital letters.

    Args:
        path: The construct's path, such as ``orders-dev/pipeline``.
        rule: The service's limit.
        suffix: An ending that names the resource's role in the pattern.
        case_sensitive: Whether the service accepts two names that differ only by case.
        with_digest: Whether the name always has the digest, since other names are not made from a path.
    """
    parts = path.split("/")
    readable = SEPARATOR.join(re.sub("[^A-Za-z0-9-]+", "-", part) for part in parts) + suffix
    is_ambiguous = (
        with_digest
        or any(re.search("[^A-Za-z0-9-]", part) for part in parts)
        or len(readable) > rule.max_length
        or (not case_sensitive and readable != readable.lower())
    )
    if not is_ambiguous:
        return readable
    digest = hashlib.sha256(path.encode()).hexdigest()[:DIGEST_LENGTH]
    ending = f"-{digest}{suffix}"
    head = readable.removesuffix(suffix)[: rule.max_length - len(ending)]
    return head.rstrip("-_") + ending


def breaks_rule(name: str, rule: NameRule) -> bool:
    """Return whether the service would refuse the name."""
    return not re.fullmatch(f"[{rule.characters}]{{{rule.min_length},{rule.max_length}}}", name)

"""Names that are stable, readable, and unique to a construct's path within each service's limit."""

from __future__ import annotations

import hashlib
import re

from ..limits import NameRule

SEPARATOR = "_"
DIGEST_LENGTH = 8


def unique_name(path: str, rule: NameRule, *, suffix: str = "", case_sensitive: bool = True) -> str:
    """A name for a resource of the construct at `path`.

    The parts of the path, joined by ``_``, are the name. A digest of the whole path is added only where two paths
    could otherwise meet: when a part holds a ``_`` itself or a character that had to be replaced, when the name was
    cut to the limit, or, for a service that compares names without case, when it has capital letters.

    Args:
        path: the construct's path, such as ``orders-dev/pipeline``.
        rule: the service's limit.
        suffix: an ending that tells the resource's part in the pattern.
        case_sensitive: whether the service tells names apart that differ only by case.
    """
    parts = path.split("/")
    readable = SEPARATOR.join(re.sub("[^A-Za-z0-9-]+", "-", part) for part in parts) + suffix
    could_meet = (
        any(re.search("[^A-Za-z0-9-]", part) for part in parts)
        or len(readable) > rule.longest
        or (not case_sensitive and readable != readable.lower())
    )
    if not could_meet:
        return readable
    digest = hashlib.sha256(path.encode()).hexdigest()[:DIGEST_LENGTH]
    ending = f"-{digest}{suffix}"
    head = readable.removesuffix(suffix)[: rule.longest - len(ending)]
    return head.rstrip("-_") + ending


def breaks_rule(name: str, rule: NameRule) -> bool:
    """Whether the service would refuse the name."""
    return not re.fullmatch(f"[{rule.characters}]{{{rule.shortest},{rule.longest}}}", name)

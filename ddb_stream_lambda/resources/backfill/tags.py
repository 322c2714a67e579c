"""The tags of all resources of a backfill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from cdktf import IResolvable

from ..._engine.creation import StringMap
from ..._engine.tokens import is_token, merge_maps
from ...arguments.conforming import conform
from ...errors import Mistakes

TAGS = "tags"

Tags = StringMap


class _TagProps(TypedDict, total=False):
    tags: Mapping[str, str | IResolvable] | IResolvable | None


def check_tags(given: object, mistakes: Mistakes) -> Tags | None:
    """Return the tags, which can be an expression; add a mistake for each wrong one.

    Args:
        given: The user's ``tags``.
        mistakes: The collector of mistakes.
    """
    found = Mistakes(mistakes.path)
    tags: Tags | None = conform(_TagProps, {TAGS: given}, property="", mistakes=found)[TAGS]
    for mistake in found.found:
        mistakes.add(mistake.property.removeprefix("."), mistake.value, mistake.message)
    return tags


def merge_tags(tags: Tags, specific: Mapping[str, str] | None) -> Tags:
    """Return the tags of one resource over those of all; Terraform merges them if one of the two is an expression."""
    if specific is None:
        return tags
    if is_token(tags) or is_token(specific):
        return StringMap(merge_maps(tags, specific))
    return StringMap({**tags, **specific})

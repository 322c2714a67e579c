"""Checks of single values. An expression that only Terraform knows is never checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .._engine.tokens import is_token
from ..errors import Mistakes
from ..limits import Minimum, NameRule, Range
from .names import breaks_rule

# A duration of Go, which the provider parses: https://pkg.go.dev/time#ParseDuration
DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+")


def check_present(names: Collection[str], *, arguments: Mapping[str, Any], property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each argument that AWS requires and that is missing."""
    for name in names:
        if name not in arguments:
            mistakes.add(f"{property}.{name}", None, "AWS requires it; add it")


def check_ranges(
    ranges: Mapping[str, Range], *, arguments: Mapping[str, Any], property: str, mistakes: Mistakes
) -> None:
    """Add a mistake for each number outside its range."""
    for name, allowed in ranges.items():
        value = arguments.get(name)
        if isinstance(value, int | float) and not is_token(value) and value not in allowed:
            is_too_high = isinstance(allowed, Minimum) and value > allowed.maximum
            limit = f"at most {allowed.maximum} {allowed.unit}" if is_too_high else str(allowed)
            mistakes.add(f"{property}.{name}", value, f"must be {limit}")


def check_choice(choices: Sequence[str], *, value: object, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for a string that is none of the choices."""
    if isinstance(value, str) and not is_token(value) and value not in choices:
        nearest = difflib.get_close_matches(value.upper(), [choice.upper() for choice in choices], n=1)
        hint = "".join(f"; did you mean {choice}?" for choice in choices if choice.upper() in nearest)
        mistakes.add(property, value, f"must be {' or '.join(choices)}{hint}")


def check_name(
    rule: NameRule,
    *,
    value: object,
    property: str,
    mistakes: Mistakes,
    fix: str = "leave it out to use a name from the construct's path",
) -> None:
    """Add a mistake for a name that the service would refuse."""
    if isinstance(value, str) and not is_token(value) and breaks_rule(value, rule):
        length = f"{rule.min_length} to {rule.max_length} characters of {rule.characters}"
        mistakes.add(property, value, f"must be {length}; {fix}")


def check_timeouts(arguments: Mapping[str, Any], *, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each duration in the block `timeouts` that the provider cannot parse."""
    timeouts = arguments.get("timeouts")
    for name, value in timeouts.items() if isinstance(timeouts, dict) and not is_token(timeouts) else ():
        if isinstance(value, str) and not is_token(value) and not DURATION.fullmatch(value):
            mistakes.add(f"{property}.timeouts.{name}", value, "must be a duration, such as 30m or 1h30m")

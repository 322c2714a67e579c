"""Writes filter patterns for the records of a DynamoDB stream, in the words of AWS CDK's `FilterRule`.

```python
filter_pattern(event_name=["INSERT"], new_image={"status": is_equal("open"), "total": not_equals(0)})
```

The functions add the type letters of DynamoDB's JSON. There is no `between`: numbers in a stream record are text, and
Lambda does not compare text with a range. Compare numbers in the function instead:
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .._engine import tokens
from ..errors import Mistake, PatternError
from .filters import OR, number_text

EventName = Literal["INSERT", "MODIFY", "REMOVE"]
AttributeType = Literal["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"]
ScalarValue = str | int | Decimal | bool | bytes | None

LEAF_TYPES: tuple[AttributeType, ...] = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS")


@dataclass(frozen=True)
class FilterRule:
    """A condition for one attribute, as the functions below return it.

    Attributes:
        alternatives: The type letters with the values that match under each; all of them have to match in one mapping,
            and one of the mappings has to match.
    """

    alternatives: tuple[Mapping[str, Sequence[object]], ...]

    def pattern(self) -> dict[str, object]:
        """Return the part of a filter pattern that belongs to the attribute."""
        written: list[dict[str, object]] = [
            {letter: list(values) for letter, values in mapping.items()} for mapping in self.alternatives
        ]
        return written[0] if len(written) == 1 else {OR: written}


FilterValue = FilterRule | ScalarValue | Sequence[ScalarValue] | Mapping[str, "FilterValue"]


def filter_pattern(
    *,
    event_name: EventName | Sequence[EventName] | None = None,
    keys: Mapping[str, FilterValue] | None = None,
    new_image: Mapping[str, FilterValue] | None = None,
    old_image: Mapping[str, FilterValue] | None = None,
) -> dict[str, object]:
    """Return the value of a filter's `pattern`. A record has to meet all conditions.

    An attribute takes a rule, such as ``is_equal("open")``. A plain value means `is_equal`, a list means one of its
    values, and a mapping is a map attribute with its attributes.

    Args:
        event_name: ``INSERT``, ``MODIFY`` or ``REMOVE``, or several of them. Default: None, for all.
        keys: Conditions for the key attributes of the item.
        new_image: Conditions for the item after the change. A removed item has none.
        old_image: Conditions for the item before the change. An inserted item has none.

    Raises:
        PatternError: If a value is of a type that has no type letter.
    """
    pattern: dict[str, object] = {}
    if event_name is not None:
        pattern["eventName"] = [event_name] if isinstance(event_name, str) else list(event_name)
    conditions = {"Keys": keys, "NewImage": new_image, "OldImage": old_image}
    parts = {name: _attributes(part, name) for name, part in conditions.items() if part is not None}
    if parts:
        pattern["dynamodb"] = parts
    return pattern


def is_equal(value: ScalarValue) -> FilterRule:
    """Match an attribute that has this value and its type; None matches a null attribute."""
    letter, written = _typed("is_equal", value)
    return FilterRule(({letter: [written]},))


def not_equals(value: ScalarValue) -> FilterRule:
    """Match an attribute of the value's type that has another value.

    An attribute of another type, or one that is missing, does not match. `not_equals(None)` matches every attribute
    that is not null, and one that is missing.
    """
    letter, written = _typed("not_equals", value)
    if letter == "NULL":
        return FilterRule(({letter: [{"exists": False}]},))
    if isinstance(written, bool):
        return FilterRule(({letter: [not written]},))
    return FilterRule(({letter: [{"anything-but": [written]}]},))


def begins_with(value: str) -> FilterRule:
    """Match text that begins with this one."""
    return FilterRule(({"S": [{"prefix": _text("begins_with", value)}]},))


def ends_with(value: str) -> FilterRule:
    """Match text that ends with this one."""
    return FilterRule(({"S": [{"suffix": _text("ends_with", value)}]},))


def exists(type: AttributeType | None = None) -> FilterRule:
    """Match an attribute that exists.

    Lambda finds only values at the lowest level of the record, so that this does not match a list or a map. Name one of
    their elements: ``{"address": {"city": exists()}}``.

    Args:
        type: The type letter of the attribute. Default: None, for any.
    """
    return FilterRule(tuple({letter: [{"exists": True}]} for letter in _types("exists", type)))


def not_exists(type: AttributeType | None = None) -> FilterRule:
    """Match an item that has no such attribute, or a list or a map under its name (see `exists`).

    Args:
        type: The type letter that the attribute would have. Default: None, for any.
    """
    return FilterRule(({letter: [{"exists": False}] for letter in _types("not_exists", type)},))


def null() -> FilterRule:
    """Match an attribute that is null."""
    return FilterRule(({"NULL": [True]},))


def empty() -> FilterRule:
    """Match empty text."""
    return FilterRule(({"S": [""]},))


def or_(*rules: FilterRule | ScalarValue) -> FilterRule:
    """Match an attribute that meets one of the rules; a plain value means `is_equal`."""
    if not rules:
        raise _error("or_", rules, "needs at least one rule")
    merged: list[dict[str, list[object]]] = []
    for rule in rules:
        taken = rule if isinstance(rule, FilterRule) else is_equal(rule)
        for alternative in taken.alternatives:
            same = next(
                (known for known in merged if len(known) == len(alternative) == 1 and [*known] == [*alternative]), None
            )
            if same is None:
                merged.append({letter: list(values) for letter, values in alternative.items()})
            else:
                for letter, values in alternative.items():
                    same[letter].extend(values)
    return FilterRule(tuple(merged))


def _attributes(conditions: Mapping[str, FilterValue], name: str) -> dict[str, object]:
    if not isinstance(conditions, Mapping):
        raise _error(name, conditions, "must be a mapping of attribute names to rules")
    return {attribute: _attribute(value, f"{name}.{attribute}") for attribute, value in conditions.items()}


def _attribute(value: FilterValue, name: str) -> dict[str, object]:
    match value:
        case FilterRule():
            return value.pattern()
        case Mapping():
            return {"M": _attributes(value, name)}
        case list() | tuple():
            return or_(*value).pattern()
        case _:
            letter, written = _typed(name, value)
            return {letter: [written]}


def _typed(name: str, value: object) -> tuple[str, object]:
    """Return the type letter of a Python value, and the value as a stream record has it."""
    match value:
        case None:
            return "NULL", True
        case bool():
            return "BOOL", value
        case str():
            return "S", value
        case int() | Decimal() | float() if tokens.is_token(value):
            return "N", tokens.as_string(value)
        case int() | Decimal():
            text = number_text(value)
            if text is None:
                raise _error(name, value, "must be a number of at most 38 digits")
            return "N", text
        case bytes() | bytearray():
            return "B", base64.b64encode(value).decode()
        case float():
            raise _error(name, value, f"is not exact; write Decimal({str(value)!r})")
    if tokens.is_token(value):
        message = 'has an unknown type; write the pattern as a mapping with the type letter, such as {"BOOL": [...]}'
        raise _error(name, value, message)
    raise _error(name, value, f"must be text, int, Decimal, bool, bytes or None, not {type(value).__name__}")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _error(name, value, f"must be text, not {type(value).__name__}")
    return value


def _types(name: str, type: str | None) -> tuple[str, ...]:
    if type is None:
        return LEAF_TYPES
    if type not in LEAF_TYPES:
        raise _error(name, type, f"must be one of {', '.join(LEAF_TYPES)}; a list or a map has no value by itself")
    return (type,)


def _error(name: str, value: object, message: str) -> PatternError:
    return PatternError("filter_pattern", [Mistake(name, value, message)])

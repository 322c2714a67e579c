"""Evaluates the filter patterns of an event source mapping.

A message has only the range of a batch. Where the mapping has filters, the range holds more records than the batch.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import OperationError

OR = "$or"
MISSING = object()
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXT_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "prefix": str.startswith,
    "suffix": str.endswith,
    "equals-ignore-case": lambda value, operand: value.casefold() == operand.casefold(),
}


class Filters:
    """The filters of a mapping. A record passes if it matches one of them, or if there are none.

    Args:
        patterns: the patterns as JSON text.

    Raises:
        OperationError: if a pattern has an operator that is not supported here.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [json.loads(pattern) for pattern in patterns]
        for pattern in self._patterns:
            _matches(pattern, {})  # also evaluates every operator

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def match(self, record: Mapping[str, Any]) -> bool:
        """Return whether Lambda delivers a record to the function."""
        return not self._patterns or any(_matches(pattern, record) for pattern in self._patterns)


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    """Return whether a value has all that a part of a pattern requires.

    Evaluates all conditions, so that an operator that is not supported is found with any record.
    """
    results = []
    for name, condition in pattern.items():
        if name == OR and isinstance(condition, list) and all(isinstance(part, dict) for part in condition):
            alternatives = [_matches(part, value) for part in condition]
            results.append(any(alternatives))
        elif isinstance(condition, Mapping):
            inner = _get(value, name)
            # A list of objects matches if one of its objects does.
            values = inner if isinstance(inner, list) and inner else [inner]
            alternatives = [_matches(condition, part) for part in values]
            results.append(any(alternatives))
        else:
            results.append(_matches_value(condition, _get(value, name)))
    return all(results)


def _get(value: Any, name: str) -> Any:
    return value.get(name, MISSING) if isinstance(value, Mapping) else MISSING


def _matches_value(conditions: Sequence[Any], value: Any) -> bool:
    values = [part for part in (value if isinstance(value, list) else [value]) if not isinstance(part, Mapping | list)]
    values = values or [MISSING]
    results = [_meets(condition, part) for condition in conditions for part in values]
    return any(results)


def _meets(condition: Any, value: Any) -> bool:
    if not isinstance(condition, Mapping):
        return _equals(condition, value)
    ((name, operand),) = condition.items() if len(condition) == 1 else [("", None)]
    if name == "exists":
        return (value is not MISSING) is operand
    if name == "anything-but":
        excluded = operand if isinstance(operand, list) else [operand]
        met = [_meets(part, value) for part in excluded]
        return value is not MISSING and not any(met)
    if name == "numeric" and isinstance(operand, list):
        comparisons = zip(operand[::2], operand[1::2], strict=True)
        return _is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in comparisons)
    if name in TEXT_OPERATORS:
        if isinstance(operand, Mapping) and name != "equals-ignore-case":
            operand = operand.get("equals-ignore-case")
            value = value.casefold() if isinstance(value, str) else value
            operand = operand.casefold() if isinstance(operand, str) else operand
        if isinstance(operand, list):
            met = [_meets({name: part}, value) for part in operand]
            return any(met)
        if isinstance(operand, str):
            return isinstance(value, str) and TEXT_OPERATORS[name](value, operand)
    raise OperationError(
        f"the mapping's filter has an operator that is not supported: {json.dumps(condition)}",
        "give --no-filter to send all records of each batch's range",
    )


def _equals(condition: Any, value: Any) -> bool:
    if _is_number(condition) and _is_number(value):
        return bool(condition == value)
    return type(condition) is type(value) and bool(condition == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

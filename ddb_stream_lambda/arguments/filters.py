"""Checks a filter pattern against the record of a DynamoDB stream that Lambda compares it with.

Lambda refuses some wrong patterns only when the mapping is created. Others it accepts, and they never match: then the
function is never invoked, and no record reaches the failure destination.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax,
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html and the compiler of the patterns,
https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/JsonRuleCompiler.java
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import cdktf

from .._engine import tokens
from ..errors import Mistakes
from ..limits import (
    ATTRIBUTE_TYPES,
    FILTER_OPERATORS,
    MAX_FILTER_PATTERN_LENGTH,
    MAX_NUMBER_DIGITS,
    STREAM_EVENT_NAMES,
    STREAM_VIEW_TYPES,
)

OR = "$or"
NUMERIC_OPERATORS = ("=", "<", "<=", ">", ">=")
IMAGES: Mapping[str, tuple[str, ...]] = {
    "NewImage": ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"),
    "OldImage": ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
}
# Event name -> the image that its records never have.
IMAGE_THAT_AN_EVENT_LACKS = {"INSERT": "OldImage", "REMOVE": "NewImage"}
NUMBERS_ARE_TEXT = "numbers in a stream record are text"


@dataclass(frozen=True)
class Leaf:
    """A value of the record.

    Attributes:
        kind: Its type in JSON. ``digits`` is a number that is written as text, ``any`` is not checked.
        values: All texts that the record can have here; empty if there are others.
    """

    kind: Literal["text", "digits", "number", "true", "boolean", "any"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fields:
    """An object of the record with fixed keys."""

    keys: Mapping[str, Fields | Leaf | Attributes]


@dataclass(frozen=True)
class Attributes:
    """An object whose keys are the names of an item's attributes: an image, the keys, or a map."""


@dataclass(frozen=True)
class AttributeValue:
    """The value of an attribute: an object whose key is the type letter."""


Node = Fields | Leaf | Attributes | AttributeValue

TEXT = Leaf("text")
DIGITS = Leaf("digits")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
STREAM_RECORD = Fields(
    {
        "ApproximateCreationDateTime": Leaf("any"),
        "Keys": Attributes(),
        "NewImage": Attributes(),
        "OldImage": Attributes(),
        "SequenceNumber": TEXT,
        "SizeBytes": Leaf("number"),
        "StreamViewType": Leaf("text", STREAM_VIEW_TYPES),
    }
)
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html; Lambda adds eventSourceARN:
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html. The keys of userIdentity:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
RECORD = Fields(
    {
        "awsRegion": TEXT,
        "dynamodb": STREAM_RECORD,
        "eventID": TEXT,
        "eventName": Leaf("text", STREAM_EVENT_NAMES),
        "eventSource": Leaf("text", ("aws:dynamodb",)),
        "eventSourceARN": TEXT,
        "eventVersion": TEXT,
        "userIdentity": Fields({"principalId": TEXT, "type": TEXT}),
    }
)
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
VALUE_OF_TYPE: Mapping[str, Node] = {
    "B": TEXT,
    "BOOL": Leaf("boolean"),
    "BS": TEXT,
    "L": AttributeValue(),
    "M": Attributes(),
    "N": DIGITS,
    "NS": DIGITS,
    "NULL": Leaf("true"),
    "S": TEXT,
    "SS": TEXT,
}


def check_filter_pattern(
    pattern: str | Mapping[str, object], *, stream_view: str | None, property: str, mistakes: Mistakes
) -> str:
    """Return the pattern as JSON; add a mistake for each part that Lambda refuses or that never matches.

    An expression in the pattern is not checked.

    Args:
        pattern: JSON text, or the same as a mapping.
        stream_view: The view type of the table's stream; None if it is unknown.
        property: The name of the pattern in messages.
        mistakes: The collector of mistakes.
    """
    if tokens.is_token(pattern):
        return pattern if isinstance(pattern, str) else str(cdktf.Fn.jsonencode(pattern))
    parsed = _parse(pattern) if isinstance(pattern, str) else pattern
    if not isinstance(parsed, Mapping):
        mistakes.add(property, pattern, 'must be a JSON object, such as {"eventName": ["INSERT"]}')
        return ""
    check = _Check(stream_view, Mistakes(mistakes.path))
    check.fields(RECORD, parsed, property)
    check.images_of_events(parsed, property)
    mistakes.found.extend(check.mistakes.found)
    if check.mistakes.found:
        return ""
    text = pattern if isinstance(pattern, str) else pattern_text(pattern)
    if not tokens.is_token(text) and len(text) > MAX_FILTER_PATTERN_LENGTH:
        message = f"Lambda accepts at most {MAX_FILTER_PATTERN_LENGTH} characters; split it into several filters"
        mistakes.add(property, f"{len(text)} characters", message)
    return text


def pattern_text(pattern: Mapping[str, object]) -> str:
    """Return the JSON of a pattern that may hold expressions.

    An expression in text is kept. Terraform writes the JSON of every other one, such as a list or a number.
    """
    encoded: list[str] = []

    def plain(value: object) -> object:
        if tokens.is_token(value) and not isinstance(value, str):
            encoded.append(str(cdktf.Fn.jsonencode(value)))
            return f"expression {len(encoded) - 1} of {id(encoded)}"
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    text = json.dumps(plain(pattern))
    for number, expression in enumerate(encoded):
        text = text.replace(f'"expression {number} of {id(encoded)}"', expression)
    return text


def number_text(value: int | Decimal | str) -> str | None:
    """Return a number as DynamoDB writes it: without an exponent and without zeros at its ends.

    Returns:
        None for text that is not a number, and for a number that takes more digits than DynamoDB keeps.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) >= MAX_NUMBER_DIGITS:
        return None
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _parse(text: str) -> object:
    """Return the parsed JSON; None if it is none.

    AWS's page on filters of DynamoDB has an example with a key that occurs twice. Lambda takes both, so they are
    merged.
    """

    def merged(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        result: dict[str, object] = {}
        for key, value in pairs:
            earlier = result.get(key)
            if isinstance(earlier, dict) and isinstance(value, dict):
                value = merged([*earlier.items(), *value.items()])
            result[key] = value
        return result

    def refuse(constant: str) -> object:
        raise ValueError(constant)

    try:
        return json.loads(text, object_pairs_hook=merged, parse_constant=refuse)
    except ValueError:
        return None


class _Check:
    """The check of one pattern."""

    def __init__(self, stream_view: str | None, mistakes: Mistakes) -> None:
        self.stream_view = stream_view
        self.mistakes = mistakes

    def node(self, node: Node, value: object, property: str) -> None:
        """Check the pattern of one part of the record."""
        if tokens.is_token(value):
            return
        if isinstance(node, Leaf):
            self.leaf(node, value, property)
        elif not isinstance(value, Mapping):
            self.refuse(property, value, self.object_needed(node, value))
        elif isinstance(node, Fields):
            self.fields(node, value, property)
        elif isinstance(node, Attributes):
            self.each(value, property, lambda _, item, path: self.node(AttributeValue(), item, path))
        else:
            self.each(value, property, self.typed_value)

    def object_needed(self, node: Node, value: object) -> str:
        """Return why a value other than an object is refused for a node that is not a leaf."""
        match node:
            case AttributeValue():
                values = value if isinstance(value, list | tuple) else [value]
                return f"needs the type letter of the attribute, such as {_shown(_with_letters(values))}"
            case Attributes():
                return 'must be an object of attributes, such as {"status": {"S": ["open"]}}'
            case _:
                keys = ", ".join(node.keys) if isinstance(node, Fields) else ""
                return f"must be an object with one or more of {keys}; a list matches only values at the lowest level"

    def fields(self, fields: Fields, value: Mapping[str, object], property: str) -> None:
        """Check an object with fixed keys."""

        def check(key: str, item: object, path: str) -> None:
            if key not in fields.keys:
                self.refuse(path, item, self.unknown_key(fields, key))
                return
            if self.stream_view in STREAM_VIEW_TYPES and self.stream_view not in IMAGES.get(key, STREAM_VIEW_TYPES):
                message = (
                    f"never matches: the table's stream has the view type {self.stream_view}, without {key};"
                    f" set stream_view_type to {' or '.join(IMAGES[key])}, or remove it"
                )
                self.refuse(path, item, message)
                return
            self.node(fields.keys[key], item, path)

        self.each(value, property, check)

    def unknown_key(self, fields: Fields, key: str) -> str:
        """Return why a key that the record does not have is refused."""
        if fields is RECORD and key in STREAM_RECORD.keys:
            return f'never matches: {key} is a key of "dynamodb"; write {{"dynamodb": {{"{key}": …}}}}'
        if fields is RECORD and key in ("body", "data", "value"):
            return 'never matches: it is the key of another event source; filter a DynamoDB stream by "dynamodb"'
        if fields is STREAM_RECORD and key in RECORD.keys:
            return f'never matches: {key} is a key of the record; move it out of "dynamodb"'
        matches = difflib.get_close_matches(key.lower(), [known.lower() for known in fields.keys], n=1)
        hint = "".join(f"; did you mean {known}?" for known in fields.keys if known.lower() in matches)
        return f"never matches: a stream record has the keys {', '.join(fields.keys)}{hint}"

    def typed_value(self, letter: str, value: object, property: str) -> None:
        """Check the pattern under one type letter."""
        if letter in VALUE_OF_TYPE:
            self.node(VALUE_OF_TYPE[letter], value, property)
            return
        hint = ""
        if letter.upper() in ATTRIBUTE_TYPES:
            hint = f"; did you mean {letter.upper()}?"
        elif isinstance(value, Mapping):
            hint = f'; the attributes of a map are under M: {{"M": {{"{letter}": …}}}}'
        message = f"never matches: must be a type letter of DynamoDB ({', '.join(ATTRIBUTE_TYPES)}){hint}"
        self.refuse(property, value, message)

    def each(self, value: Mapping[str, object], property: str, check: Callable[[str, object, str], None]) -> None:
        """Check each entry of an object, and of the objects in its `$or`."""
        if not value:
            self.refuse(property, dict(value), "must not be empty; remove it, or add what to match")
        for key, item in value.items():
            path = _path_to(property, key)
            if not isinstance(key, str):
                self.refuse(path, item, "the keys of a pattern are text")
            elif tokens.is_token(key):
                continue
            elif key == OR:
                self.alternatives(item, path, check)
            else:
                check(key, item, path)

    def alternatives(self, value: object, property: str, check: Callable[[str, object, str], None]) -> None:
        """Check the objects in an `$or`."""
        if tokens.is_token(value):
            return
        if not isinstance(value, list | tuple) or len(value) < 2:
            self.refuse(property, value, "must be a list of two or more objects, one of which has to match")
            return
        for index, item in enumerate(value):
            path = f"{property}[{index}]"
            if isinstance(item, Mapping):
                self.each(item, path, check)
            elif not tokens.is_token(item):
                self.refuse(path, item, "must be an object")

    def leaf(self, leaf: Leaf, value: object, property: str) -> None:
        """Check the list of values and operators of a leaf."""
        if not isinstance(value, list | tuple):
            self.refuse(property, value, f"must be a list of the values that match; write {_shown([value])}")
        elif not value:
            self.refuse(property, value, "must not be empty: an empty list matches nothing; add a value, or remove it")
        else:
            for index, item in enumerate(value):
                self.matcher(leaf, item, f"{property}[{index}]")

    def matcher(self, leaf: Leaf, value: object, property: str) -> None:
        """Check one value or operator in the list of a leaf."""
        if tokens.is_token(value):
            return
        if not isinstance(value, Mapping):
            self.equals(leaf, value, property)
            return
        if len(value) != 1:
            self.refuse(property, dict(value), "must have exactly one operator; write each one in its own object")
            return
        ((operator, operand),) = value.items()
        path = _path_to(property, operator)
        if tokens.is_token(operator):
            return
        if operator not in FILTER_OPERATORS:
            hint = "".join(
                f"; did you mean {near}?" for near in difflib.get_close_matches(str(operator), FILTER_OPERATORS)
            )
            self.refuse(path, operand, f"unknown; the operators are {', '.join(FILTER_OPERATORS)}{hint}")
            return
        if tokens.is_token(operand):
            return
        match operator:
            case "exists":
                if not isinstance(operand, bool):
                    self.refuse(path, operand, "must be true or false")
            case "numeric":
                self.numeric(leaf, operand, path)
            case "anything-but":
                self.anything_but(leaf, operand, path)
            case _:
                self.text_operator(leaf, str(operator), operand, path)

    def equals(self, leaf: Leaf, value: object, property: str) -> None:
        """Check a value that must be equal."""
        if value is None:
            fix = 'write {"NULL": [true]} for a null attribute, or {"exists": false} for a missing one'
            if leaf.kind != "any":
                self.refuse(property, value, f"never matches: a stream record has no JSON null; {fix}")
        elif isinstance(value, bool):
            if leaf.kind == "true" and value is False:
                fix = 'write {"exists": false} for an attribute that is not null'
                self.refuse(property, value, f"never matches: NULL is always true; {fix}")
            elif leaf.kind not in ("boolean", "true", "any"):
                self.refuse(property, value, f"never matches: {self.has(leaf)}; write {_shown(str(value).lower())}")
        elif isinstance(value, float) and not math.isfinite(value):
            self.refuse(property, value, "is no number in JSON; remove it")
        elif isinstance(value, int | float):
            if leaf.kind in ("text", "digits"):
                reason = NUMBERS_ARE_TEXT if leaf.kind == "digits" else self.has(leaf)
                self.refuse(property, value, f"never matches: {reason}; write {_shown(_as_text(value))}")
            elif leaf.kind in ("boolean", "true"):
                self.refuse(property, value, f"never matches: {self.has(leaf)}")
        elif isinstance(value, str):
            self.text(leaf, value, property)
        else:
            message = f"must be text, a number, true, false or an operator, not {type(value).__name__}"
            self.refuse(property, value, message)

    def text(self, leaf: Leaf, value: str, property: str) -> None:
        """Check a text that must be equal, or must not be."""
        if leaf.values and value not in leaf.values:
            near = difflib.get_close_matches(value.upper(), [known.upper() for known in leaf.values], n=1)
            hint = "".join(f"; did you mean {known}?" for known in leaf.values if known.upper() in near)
            self.refuse(property, value, f"never matches: must be {' or '.join(leaf.values)}{hint}")
        elif leaf.kind in ("boolean", "true"):
            fix = "true" if leaf.kind == "true" else "true or false, without quotation marks"
            self.refuse(property, value, f"never matches: {self.has(leaf)}; write {fix}")
        elif leaf.kind == "number":
            self.refuse(property, value, f"never matches: {self.has(leaf)}; write it without quotation marks")
        elif leaf.kind == "digits":
            written = number_text(value)
            if written is None and not _is_number(value):
                self.refuse(property, value, "never matches: must be a number as text, such as 5")
            elif written is not None and written != value:
                self.refuse(
                    property, value, f"never matches: DynamoDB writes this number as {_shown(written)}; write that"
                )

    def text_operator(self, leaf: Leaf, operator: str, operand: object, property: str) -> None:
        """Check `prefix`, `suffix` or `equals-ignore-case`."""
        ignore_case = operator == "equals-ignore-case"
        if isinstance(operand, Mapping) and list(operand) == ["equals-ignore-case"] and not ignore_case:
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
            operand, ignore_case = operand["equals-ignore-case"], True
        if tokens.is_token(operand):
            return
        if not isinstance(operand, str):
            fix = f"; write {_shown(_as_text(operand))}" if _is_plain_number(operand) else ""
            self.refuse(property, operand, f"must be text{fix}")
        elif leaf.kind in ("boolean", "true", "number"):
            self.refuse(property, operand, f"never matches: {self.has(leaf)}, and {operator} compares text")
        elif leaf.values and not any(_matches(operator, operand, known, ignore_case) for known in leaf.values):
            self.refuse(property, operand, f"never matches: the values are {', '.join(leaf.values)}")

    def anything_but(self, leaf: Leaf, operand: object, property: str) -> None:
        """Check `anything-but`."""
        if leaf.kind in ("boolean", "true"):
            fix = "write [true] or [false]" if leaf.kind == "boolean" else 'write [{"exists": false}]'
            self.refuse(property, operand, f"does not take true and false; {fix}")
        elif isinstance(operand, Mapping):
            if len(operand) != 1 or not set(operand) <= {"prefix", "suffix", "equals-ignore-case"}:
                message = "must be text, a number, a list of them, or one of prefix, suffix and equals-ignore-case"
                self.refuse(property, dict(operand), message)
                return
            ((operator, nested),) = operand.items()
            # Each of the three takes one text or a list of texts:
            # https://github.com/aws/event-ruler/blob/main/README.md#anything-but-matching
            several = isinstance(nested, list | tuple) and not tokens.is_token(nested)
            if several and not nested:
                self.refuse(_path_to(property, operator), nested, "must not be empty; add a value, or remove it")
            for item in nested if several else [nested]:
                if not isinstance(item, str) and not tokens.is_token(item):
                    self.refuse(_path_to(property, operator), nested, "must be text")
                elif item == "" and operator != "equals-ignore-case":
                    self.refuse(_path_to(property, operator), nested, "must not be empty")
        elif isinstance(operand, list | tuple):
            known = [item for item in operand if not tokens.is_token(item)]
            texts = [item for item in known if isinstance(item, str)]
            numbers = [item for item in known if _is_plain_number(item)]
            if not operand:
                self.refuse(property, operand, "must not be empty; add a value, or remove it")
            elif len(texts) + len(numbers) < len(known) or (texts and numbers):
                self.refuse(property, operand, "must be a list of texts, or a list of numbers")
            else:
                for index, item in enumerate(operand):
                    if not tokens.is_token(item):
                        self.differs(leaf, item, f"{property}[{index}]")
        elif isinstance(operand, str) or _is_plain_number(operand):
            self.differs(leaf, operand, property)
        else:
            self.refuse(property, operand, "must be text, a number, or a list of them")

    def differs(self, leaf: Leaf, value: object, property: str) -> None:
        """Check a value that must not be equal: one that the record cannot have excludes nothing."""
        check = _Check(self.stream_view, Mistakes(self.mistakes.path))
        check.equals(leaf, value, property)
        for mistake in check.mistakes.found:
            message = mistake.message.replace("never matches:", "excludes no record:", 1)
            self.refuse(mistake.property, mistake.value, message)

    def numeric(self, leaf: Leaf, operand: object, property: str) -> None:
        """Check `numeric`."""
        if leaf.kind not in ("number", "any"):
            # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html, under Boolean expressions
            reason = NUMBERS_ARE_TEXT if leaf.kind == "digits" else self.has(leaf)
            fix = 'match single numbers as text, such as {"N": ["5"]}, and compare ranges in the function'
            self.refuse(property, operand, f"never matches: {reason}, and Lambda compares only numbers; {fix}")
            return
        message = 'must be an operator and a number, such as ["=", 5], or a range, such as [">", 0, "<=", 5]'
        if not isinstance(operand, list | tuple) or len(operand) not in (2, 4):
            self.refuse(property, operand, message)
            return
        if any(tokens.is_token(item) for item in operand):
            return
        operators, numbers = operand[::2], operand[1::2]
        if not all(item in NUMERIC_OPERATORS for item in operators) or not all(map(_is_plain_number, numbers)):
            self.refuse(property, operand, f"{message}; the operators are {', '.join(NUMERIC_OPERATORS)}")
        elif len(operators) == 2:
            if operators[0] not in (">", ">=") or operators[1] not in ("<", "<="):
                self.refuse(property, operand, "a range begins with > or >=, and ends with < or <=")
            elif numbers[0] >= numbers[1]:
                self.refuse(property, operand, "the first number of a range must be lower than the second one")

    def images_of_events(self, pattern: Mapping[str, object], property: str) -> None:
        """Refuse an image that none of the events has: an inserted item has no old image, a removed one no new one."""
        names, stream_record = pattern.get("eventName"), pattern.get("dynamodb")
        if not isinstance(names, list | tuple) or not isinstance(stream_record, Mapping):
            return
        for event, image in IMAGE_THAT_AN_EVENT_LACKS.items():
            if names and all(name == event for name in names) and _requires_value(stream_record.get(image)):
                message = f"never matches: the records of {event} have no {image}; remove it, or add another event name"
                self.refuse(_path_to(_path_to(property, "dynamodb"), image), stream_record[image], message)

    def has(self, leaf: Leaf) -> str:
        """Return what the record has at a leaf."""
        values = {"true": "only true", "boolean": "true or false", "number": "a number", "any": "a value"}
        return f"the record has {values.get(leaf.kind, 'text')} here"

    def refuse(self, property: str, value: object, message: str) -> None:
        """Add a mistake."""
        self.mistakes.add(property, value, message)


def _matches(operator: str, operand: str, value: str, ignore_case: bool) -> bool:
    if ignore_case:
        operand, value = operand.casefold(), value.casefold()
    match operator:
        case "prefix":
            return value.startswith(operand)
        case "suffix":
            return value.endswith(operand)
        case _:
            return value == operand


def _requires_value(pattern: object) -> bool:
    """Return whether a part of the pattern surely needs a value in the record."""
    if tokens.is_token(pattern):
        return False
    if isinstance(pattern, Mapping):
        return any(_requires_value(item) for key, item in pattern.items() if key != OR)
    if not isinstance(pattern, list | tuple) or any(tokens.is_token(item) for item in pattern):
        return False
    return not any(isinstance(item, Mapping) and item.get("exists") is False for item in pattern)


def _with_letters(values: Iterable[object]) -> dict[str, list[object]]:
    typed: dict[str, list[object]] = {}
    for value in values:
        if isinstance(value, bool):
            typed.setdefault("BOOL", []).append(value)
        elif value is None:
            typed.setdefault("NULL", []).append(True)
        elif isinstance(value, int | float):
            typed.setdefault("N", []).append(_as_text(value))
        elif isinstance(value, Mapping) and value and all(key in VALUE_OF_TYPE for key in value):
            typed.update(value)  # an attribute value in a list
        else:
            typed.setdefault("S", []).append(value)
    return typed or {"S": ["…"]}


def _is_plain_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _as_text(value: Any) -> str:
    return number_text(str(value)) or str(value)


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _path_to(property: str, key: object) -> str:
    return f"{property}.{key}" if isinstance(key, str) and key.isidentifier() else f"{property}[{key!r}]"

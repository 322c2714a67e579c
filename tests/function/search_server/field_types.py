"""The types of fields: the values that they accept, and the type that a new field gets."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .errors import RefusedError, illegal_argument

LONG_LIMIT = 2**63
FLOAT_LIMITS = {"float": Decimal("3.4028235e38"), "double": Decimal("1.7976931348623157e308")}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
MAX_TERM_BYTES = 32_766

OPTIONAL_TIME = r"(T(?P<hour>\d\d)(:[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?)?"
ISO_DATE = re.compile(rf"(?P<year>\d{{4}})(-(?P<month>\d\d)(-(?P<day>\d\d){OPTIONAL_TIME})?)?")
SLASHED_DATE = re.compile(r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)( (?P<hour>\d\d):[0-5]\d:[0-5]\d)?")
EPOCH = re.compile(r"-?\d{1,18}(\.\d+)?")
DATE_FORMATS = {
    "strict_date_optional_time||epoch_millis": ISO_DATE,
    "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis": SLASHED_DATE,
}
ISO, SLASHED = DATE_FORMATS


@dataclass(frozen=True)
class FieldType:
    """The type of a field.

    Attributes:
        name: the name, such as "long".
        date_format: the format of a date field.
        ignore_above: the number of characters above which a keyword field ignores a text.
        subfields: the number of fields below it, which count for the limit of fields.
    """

    name: str
    date_format: str = ISO
    ignore_above: int | None = None
    subfields: int = 0

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> "FieldType":
        return cls(
            mapping.get("type", "object"),
            ignore_above=mapping.get("ignore_above"),
            subfields=len(mapping.get("fields", {})),
        )

    @property
    def is_object(self) -> bool:
        return self.name == "object"

    @property
    def can_ignore_malformed(self) -> bool:
        return self.name in {"long", "float", "double", "date"}


OBJECT = FieldType("object")


def type_of(value: Any, *, date_detection: bool) -> FieldType:
    """Return the type of a new field with this value."""
    if isinstance(value, str):
        # The engines do not take a text for a date if it has none of these letters, such as "2026".
        if date_detection and re.search("[:/-]", value):
            for date_format in DATE_FORMATS:
                if is_date(value, date_format):
                    return FieldType("date", date_format)
        return FieldType("text", subfields=1)
    types = {bool: "boolean", int: "long", Decimal: "float", dict: "object"}
    return FieldType(types[type(value)])


def is_date(text: str, date_format: str) -> bool:
    match = DATE_FORMATS[date_format].fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match["year"]) or 1, int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return False
    return int(match["hour"] or 0) < 24


def refusal(field_type: FieldType, value: Any) -> RefusedError | None:
    """Return why a field refuses a value that is not null, or None if it accepts it."""
    match field_type.name:
        case "long":
            return refusal_of_long(value)
        case "float" | "double":
            return refusal_of_fraction(field_type.name, value)
        case "boolean":
            return refusal_of_boolean(value)
        case "date":
            return refusal_of_date(field_type, value)
        case "text" | "keyword" if isinstance(value, dict):
            return RefusedError(400, "illegal_state_exception", "Can't get text on a START_OBJECT at 1:6")
    return None


def refusal_of_long(value: Any) -> RefusedError | None:
    if isinstance(value, bool | dict):
        return wrong_token(value, "numeric, can not use numeric value accessors")
    if value == "":
        return None
    if isinstance(value, str):
        if NUMBER.fullmatch(value) is None:
            return illegal_argument(f'For input string: "{value}"')
        if not -LONG_LIMIT <= int(Decimal(value)) < LONG_LIMIT:
            return illegal_argument(f"Value [{value}] is out of range for a long")
    elif not -LONG_LIMIT <= value < LONG_LIMIT:
        reason = f"Numeric value ({value}) out of range of long (-9223372036854775808 - 9223372036854775807)"
        return RefusedError(400, "input_coercion_exception", reason)
    return None


def refusal_of_fraction(name: str, value: Any) -> RefusedError | None:
    if isinstance(value, bool | dict):
        return wrong_token(value, "numeric, can not use numeric value accessors")
    if value == "":
        return None
    if value == "NaN":
        return illegal_argument(f"[{name}] supports only finite values, but got [NaN]")
    if isinstance(value, str) and NUMBER.fullmatch(value) is None:
        return RefusedError(400, "number_format_exception", f'For input string: "{value}"')
    if abs(Decimal(value)) > FLOAT_LIMITS[name]:
        return illegal_argument(f"[{name}] supports only finite values, but got [Infinity]")
    return None


def refusal_of_boolean(value: Any) -> RefusedError | None:
    if isinstance(value, bool) or value in {"true", "false", ""} if isinstance(value, bool | str) else False:
        return None
    if isinstance(value, str):
        return illegal_argument(f"Failed to parse value [{value}] as only [true] or [false] are allowed.")
    return wrong_token(value, "of boolean type")


def refusal_of_date(field_type: FieldType, value: Any) -> RefusedError | None:
    if isinstance(value, dict):
        return RefusedError(400, "illegal_state_exception", "Can't get text on a START_OBJECT at 1:6")
    if value == "":
        return illegal_argument("cannot parse empty date")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if is_date(text, field_type.date_format) or EPOCH.fullmatch(text):
        return None
    return illegal_argument(f"failed to parse date field [{text}] with format [{field_type.date_format}]")


def wrong_token(value: Any, expected: str) -> RefusedError:
    names = {bool: f"VALUE_{str(value).upper()}", int: "VALUE_NUMBER_INT", Decimal: "VALUE_NUMBER_FLOAT"}
    token = names.get(type(value), "START_OBJECT")
    return RefusedError(400, "json_parse_exception", f"Current token ({token}) not {expected}")


def check_term(path: str, field_type: FieldType, value: Any) -> None:
    """Check the length of a keyword.

    Raises:
        RefusedError: if the term is too long for the index.
    """
    if field_type.name != "keyword" or not isinstance(value, str):
        return
    length = len(value.encode("utf-8", "surrogatepass"))
    if length > MAX_TERM_BYTES and (field_type.ignore_above is None or len(value) <= field_type.ignore_above):
        reason = (
            f'Document contains at least one immense term in field="{path}" (whose UTF8 encoding is longer than the '
            f"max length {MAX_TERM_BYTES}), all of which were skipped."
        )
        longest = f"bytes can be at most {MAX_TERM_BYTES} in length; got {length}"
        raise illegal_argument(reason, RefusedError(400, "max_bytes_length_exceeded_exception", longest))

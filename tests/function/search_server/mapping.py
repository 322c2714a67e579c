"""The mapping of an index: the fields that it has, and how documents add fields to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import strict_json
from .errors import RefusedError, illegal_argument, unparsable
from .field_types import OBJECT, FieldType, check_term, refusal, type_of

METADATA_FIELDS = {
    *("_id", "_index", "_source", "_routing", "_version", "_seq_no", "_field_names", "_ignored", "_nested_path"),
    "_data_stream_timestamp",
}
MATCH_TYPES = {"float": "double", "text": "string"}


@dataclass
class Mapping:
    """The fields of an index, and the settings for new ones.

    Attributes:
        fields: the type of each field and map by path.
        dynamic: "true", "false" or "strict", whether unknown fields are added, left out of the index, or refused.
        date_detection: whether a text that looks like a date makes a date field.
        dynamic_templates: the type of a new field for a kind of value.
        ignore_malformed: whether a value that does not fit its field is left out of the index.
        depth_limit: how deep maps and lists may be nested.
        field_limit: the number of fields.
        routing_required: whether each operation must have a routing.
        keeps_source: whether the documents' sources are stored.
    """

    fields: dict[str, FieldType] = field(default_factory=dict)
    dynamic: str = "true"
    date_detection: bool = True
    dynamic_templates: dict[str, FieldType] = field(default_factory=dict)
    ignore_malformed: bool = False
    depth_limit: int = 20
    field_limit: int = 1000
    routing_required: bool = False
    keeps_source: bool = True

    @classmethod
    def create(cls, settings: dict[str, Any], mappings: dict[str, Any]) -> "Mapping":
        """Create the mapping of a new index.

        Args:
            settings: the settings by their full names.
            mappings: the object "mappings" of the request.
        """
        mapping = cls(
            dynamic=str(mappings.get("dynamic", "true")).lower(),
            date_detection=mappings.get("date_detection", True),
            ignore_malformed=str(settings.get("index.mapping.ignore_malformed")).lower() == "true",
            depth_limit=int(settings.get("index.mapping.depth.limit", 20)),
            field_limit=int(settings.get("index.mapping.total_fields.limit", 1000)),
            routing_required=mappings.get("_routing", {}).get("required", False),
            keeps_source=mappings.get("_source", {}).get("enabled", True),
        )
        for template in mappings.get("dynamic_templates", []):
            for rule in template.values():
                if "match_mapping_type" in rule:
                    mapping.dynamic_templates[rule["match_mapping_type"]] = FieldType.from_mapping(rule["mapping"])
        mapping.add_properties(mappings.get("properties", {}), "")
        return mapping

    def add_properties(self, properties: dict[str, Any], prefix: str) -> None:
        for name, definition in properties.items():
            self.fields[prefix + name] = FieldType.from_mapping(definition)
            self.add_properties(definition.get("properties", {}), f"{prefix}{name}.")

    def add(self, source: bytes, id_: str, *, may_grow: bool = True) -> None:
        """Add the new fields of a document.

        Args:
            source: the document.
            id_: the document's id.
            may_grow: whether new fields are allowed; an index can have a block.

        Raises:
            RefusedError: if the document does not fit the mapping.
        """
        document = parse_document(source)
        new: dict[str, FieldType] = {}
        values = list(self.walk(document, id_, new))
        for name in document:
            if name == "_primary_term" and not isinstance(document[name], str):
                raise illegal_argument(
                    "Inconsistency of field data structures across documents for field [_primary_term]"
                )
        if new and not may_grow:
            raise RefusedError(403, "cluster_block_exception", "index blocked by: [FORBIDDEN/9/index metadata (api)];")
        count = sum(1 + field_type.subfields for field_type in (self.fields | new).values())
        if new and count > self.field_limit:
            raise illegal_argument(f"Limit of total fields [{self.field_limit}] has been exceeded")
        self.fields |= new
        for path, value in values:
            check_term(path, self.fields[path], value)

    def walk(self, document: dict[str, Any], id_: str, new: dict[str, FieldType]) -> Iterator[tuple[str, Any]]:
        """Yield the path and value of each field, and collect the new fields.

        Raises:
            RefusedError: if a value does not fit.
        """
        for name, value in document.items():
            check_root_name(name, value, id_)
            yield from self.walk_field("", name, value, id_, new, depth=1)

    def walk_field(
        self, prefix: str, name: str, value: Any, id_: str, new: dict[str, FieldType], *, depth: int
    ) -> Iterator[tuple[str, Any]]:
        parts = split_name(name)
        path = prefix
        for part in parts[:-1]:
            path += part
            known = self.fields.get(path)
            if known is not None and not known.is_object:
                raise unparsable(
                    f"Could not dynamically add mapping for field [{prefix}{name}]. Existing mapping for [{path}] must "
                    f"be of type object but found [{known.name}]."
                )
            if self.accepts_new(path, known):
                self.set_new(new, path, OBJECT)
            path += "."
        yield from self.walk_value(path + parts[-1], value, id_, new, depth=depth, lists=0)

    def walk_value(
        self, path: str, value: Any, id_: str, new: dict[str, FieldType], *, depth: int, lists: int
    ) -> Iterator[tuple[str, Any]]:
        if isinstance(value, list):
            if lists >= self.depth_limit:
                raise self.too_deep("nested array field")
            for member in value:
                yield from self.walk_value(path, member, id_, new, depth=depth, lists=lists + 1)
            return
        if value is None:
            return
        known = self.fields.get(path)
        if known is not None and not known.is_object:
            if self.fits(path, known, value, id_):
                yield path, value
            return
        if known is not None and not isinstance(value, dict):
            reason = f"object mapping for [{path}] tried to parse field [{path}] as object, but found a concrete value"
            raise unparsable(reason)
        if self.accepts_new(path, known):
            field_type = self.new_type(value)
            self.set_new(new, path, field_type)
            if not isinstance(value, dict):
                if self.fits(path, field_type, value, id_):
                    yield path, value
                return
        if isinstance(value, dict):
            if depth >= self.depth_limit:
                raise self.too_deep("field")
            for name, member in value.items():
                yield from self.walk_field(f"{path}.", name, member, id_, new, depth=depth + 1)

    def accepts_new(self, path: str, known: FieldType | None) -> bool:
        """Return whether a field is to be added."""
        if known is not None or self.dynamic == "false":
            return False
        if self.dynamic == "strict":
            within, _, name = path.rpartition(".")
            reason = (
                f"mapping set to strict, dynamic introduction of [{name}] within [{within or '_doc'}] is not allowed"
            )
            raise RefusedError(400, "strict_dynamic_mapping_exception", reason)
        return True

    def new_type(self, value: Any) -> FieldType:
        field_type = type_of(value, date_detection=self.date_detection)
        return self.dynamic_templates.get(MATCH_TYPES.get(field_type.name, field_type.name), field_type)

    def set_new(self, new: dict[str, FieldType], path: str, field_type: FieldType) -> None:
        check_new_path(path)
        earlier = new.setdefault(path, field_type)
        if earlier.is_object != field_type.is_object:
            raise illegal_argument(f"can't merge a non object mapping [{path}] with an object mapping")
        if earlier.name != field_type.name:
            raise illegal_argument(
                f"mapper [{path}] cannot be changed from type [{earlier.name}] to [{field_type.name}]"
            )

    def fits(self, path: str, field_type: FieldType, value: Any, id_: str) -> bool:
        """Return whether a field takes a value; False if it ignores it.

        Raises:
            RefusedError: if it refuses the value.
        """
        cause = refusal(field_type, value)
        if cause is None:
            return True
        if self.ignore_malformed and field_type.can_ignore_malformed:
            return False
        raise unparsable(failed_field(path, field_type.name, id_, value), cause)

    def too_deep(self, what: str) -> RefusedError:
        reason = f"The depth of the {what} has exceeded the allowed limit of [{self.depth_limit}]."
        return unparsable("failed to parse", RefusedError(400, "parse_exception", reason))


def parse_document(source: bytes) -> dict[str, Any]:
    if not source.strip():
        raise unparsable("failed to parse, document is empty")
    if not source.lstrip().startswith(b"{"):
        reason = "Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes"
        raise unparsable("failed to parse", RefusedError(400, "not_x_content_exception", reason))
    try:
        document: dict[str, Any] = strict_json.parse(source)
    except RefusedError as refused:
        raise unparsable("failed to parse", refused) from None
    except RecursionError:
        reason = "The depth of the nested array field has exceeded the allowed limit of [20]."
        raise unparsable("failed to parse", RefusedError(400, "parse_exception", reason)) from None
    return document


def check_root_name(name: str, value: Any, id_: str) -> None:
    """Check the name of a field that is not in a map.

    Raises:
        RefusedError: if it is the name of a metadata field.
    """
    if name in METADATA_FIELDS and value != []:
        reason = (
            f"Field [{name}] is a metadata field and cannot be added inside a document. "
            "Use the index API request parameters."
        )
        raise unparsable(failed_field(name, name, id_, value), unparsable(reason))
    first = name.split(".", 1)[0]
    if first != name and first in METADATA_FIELDS:
        raise unparsable(
            f"Could not dynamically add mapping for field [{name}]. Existing mapping for [{first}] must be of type "
            f"object but found [{first}]."
        )
    if name == "_doc_count" and (cause := refusal_of_count(value)) is not None:
        raise unparsable(failed_field(name, name, id_, value), cause)


def refusal_of_count(value: Any) -> RefusedError | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        reason = "Failed to parse object: expecting token of type [VALUE_NUMBER] but found another"
        return RefusedError(400, "parsing_exception", reason)
    if value <= 0 or value != int(value):
        return illegal_argument("Field [_doc_count] must be a positive integer.")
    return None


def split_name(name: str) -> list[str]:
    """Split a name at its dots.

    Raises:
        RefusedError: if a part is empty or blank. A dot at the end is allowed.
    """
    if not name:
        raise unparsable("failed to parse", illegal_argument("field name cannot be an empty string"))
    parts = name.rstrip(".").split(".")
    if parts == [""]:
        raise unparsable("failed to parse", illegal_argument("field name cannot contain only the character [.]"))
    if len(parts) == 1:
        return [name]
    try:
        check_parts(parts, name)
    except RefusedError as refused:
        raise unparsable("failed to parse", refused) from None
    return parts


def check_new_path(path: str) -> None:
    parts = path.rstrip(".").split(".")
    if len(parts) > 1:
        check_parts(parts, path)


def check_parts(parts: list[str], name: str) -> None:
    for part in parts:
        if not part:
            reason = f"object field starting or ending with a [.] makes object resolution ambiguous: [{name}]"
            raise illegal_argument(reason)
        if not part.strip():
            raise illegal_argument(f"object field cannot contain only whitespace: ['{name}']")


def failed_field(path: str, kind: str, id_: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    failed = f"failed to parse field [{path}] of type [{kind}] in document with id '{id_}'."
    return f"{failed} Preview of field's value: '{text}'"

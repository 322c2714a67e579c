"""The state of a search engine: its indexes, their documents and versions, blocks, aliases and templates."""

import fnmatch
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import RefusedError, illegal_argument, index_not_found
from .mapping import Mapping

VERSION_LIMIT = 2**63
MAX_ID_BYTES = 512
BLOCKS = {
    "read_only": (403, "FORBIDDEN/5/index read-only (api)"),
    "write": (403, "FORBIDDEN/8/index write (api)"),
    "read_only_allow_delete": (
        429,
        "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block",
    ),
}
READ_BLOCK = (403, "FORBIDDEN/7/index read (api)")


@dataclass
class Operation:
    """One operation of a `_bulk` request.

    Attributes:
        action: index, create, update or delete.
        index: the name of the index or alias.
        id: the document's id; an empty text is refused.
        source: the document; empty for a deletion.
        version: the version that the request gives, or None.
        version_type: internal, external or external_gte.
        routing: the routing, or None.
        require_alias: whether `index` must be an alias.
    """

    action: str
    index: str
    id: str
    source: bytes = b""
    version: int | None = None
    version_type: str = "internal"
    routing: str | None = None
    require_alias: bool = False


@dataclass
class Index:
    """An index.

    Attributes:
        documents: version and source by id.
        deleted: version and time of the deletion by id.
        mapping: the fields.
        settings: the settings by their full names; only blocks and the required zone have an effect.
        aliases: for each alias, whether this is its write index.
        is_open: whether the index is open.
        is_data_stream: whether the index takes only the action create.
    """

    documents: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    deleted: dict[str, tuple[int, float]] = field(default_factory=dict)
    mapping: Mapping = field(default_factory=Mapping)
    settings: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, bool] = field(default_factory=dict)
    is_open: bool = True
    is_data_stream: bool = False

    def is_blocked(self, block: str) -> bool:
        return str(self.settings.get(f"index.blocks.{block}")).lower() == "true"

    @property
    def has_active_primary(self) -> bool:
        return "index.routing.allocation.require.zone" not in self.settings


class Engine:
    """The state of all indexes.

    Attributes:
        now: returns the time in seconds.
        gc_deletes: the seconds for which the engine remembers the version of a deleted document.
        indexes: the indexes by name.
        templates: the index templates by name.
        auto_create: the setting `action.auto_create_index`.
        busy: for each of the next `_bulk` requests, the ids of the documents that get a 429.
        refused: for each of the next `_bulk` requests, the ids of the documents that get a 400, as it happens while
            several shards learn a field.
        broken: the ids of the documents that get a 500 each time.
        blocked: whether all writes are refused.
        refused_look_ups: for each document's id, the errors of its next look-ups.
    """

    def __init__(self, now: Callable[[], float], gc_deletes: float = 60) -> None:
        self.now = now
        self.gc_deletes = gc_deletes
        self.indexes: dict[str, Index] = {}
        self.templates: dict[str, dict[str, Any]] = {}
        self.auto_create = "true"
        self.busy: list[set[str]] = []
        self.refused: list[set[str]] = []
        self.broken: set[str] = set()
        self.blocked = False
        self.refused_look_ups: dict[str, list[RefusedError]] = {}

    def sources(self, index: str) -> dict[str, bytes]:
        return {id_: source for id_, (_, source) in self.indexes.get(index, Index()).documents.items()}

    # Changes without a request

    def put(self, index: str, id_: str, version: int, source: bytes) -> None:
        """Store a document."""
        self.indexes.setdefault(index, Index()).documents[id_] = (version, source)

    def update(self, index: str, id_: str, fields: dict[str, Any]) -> None:
        """Change some fields of a document, as `_update` does."""
        operation = Operation("update", index, id_, json.dumps({"doc": fields}).encode())
        self.apply(operation, index)

    def forget_deletions(self) -> None:
        """Forget the versions of deleted documents, as an engine does that is flushed and started again."""
        for index in self.indexes.values():
            index.deleted.clear()

    # Indexes

    def create_index(self, name: str, body: dict[str, Any]) -> None:
        """Create an index with the body of the request, and the template that its name matches.

        Raises:
            RefusedError: if the name is not allowed, or the index exists.
        """
        check_index_name(name)
        if name in self.indexes:
            raise RefusedError(400, "resource_already_exists_exception", f"index [{name}] already exists")
        template = self.template_of(name)
        part = template.get("template", {})
        settings = flatten(part.get("settings", {})) | flatten(body.get("settings", {}))
        mappings = merge(part.get("mappings", {}), body.get("mappings", {}))
        aliases = part.get("aliases", {}) | body.get("aliases", {})
        self.indexes[name] = Index(
            mapping=Mapping.create(settings, mappings),
            settings=settings,
            aliases={alias: options.get("is_write_index", False) for alias, options in aliases.items()},
            is_data_stream="data_stream" in template,
        )

    def template_of(self, name: str) -> dict[str, Any]:
        """Return the template with the highest priority that matches the name of an index; empty if there is none."""
        matching = [
            template
            for template in self.templates.values()
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in template["index_patterns"])
        ]
        return max(matching, key=lambda template: template.get("priority", 0), default={})

    def open_index(self, name: str) -> Index:
        """Return the index with a name, or the only index of an alias.

        Raises:
            RefusedError: if there is no such index, the alias has several, or the index is closed.
        """
        names = [name] if name in self.indexes else self.indexes_of(name)
        if not names:
            raise index_not_found(name)
        if len(names) > 1:
            reason = f"alias [{name}] has more than one index associated with it {sorted(names)}"
            raise illegal_argument(f"{reason}, can't execute a single index op")
        return check_open(self.indexes[names[0]])

    def indexes_of(self, alias: str) -> list[str]:
        return [name for name, index in self.indexes.items() if alias in index.aliases]

    def index_to_write(self, operation: Operation, *, may_create: bool) -> str:
        """Return the name of the index of an operation; create the index if it does not exist.

        Raises:
            RefusedError: if the operation cannot be written to an index.
        """
        name = operation.index
        members = self.indexes_of(name)
        if operation.require_alias and not members:
            raise index_not_found(name, f" and [require_alias] request flag is [true] and [{name}] is not an alias")
        if name in self.indexes:
            return name
        if members:
            writable = [member for member in members if self.indexes[member].aliases[name]] or members
            if len(writable) > 1:
                reason = f"no write index is defined for alias [{name}]. The write index may be explicitly disabled"
                raise illegal_argument(reason)
            return writable[0]
        if not may_create:
            raise index_not_found(name)
        self.check_auto_create(name)
        self.create_index(name, {})
        return name

    def check_auto_create(self, name: str) -> None:
        for pattern in self.auto_create.split(","):
            if pattern == "true":
                return
            if pattern == "false":
                raise index_not_found(name)
            if fnmatch.fnmatchcase(name, pattern.lstrip("+-")):
                if pattern.startswith("-"):
                    setting = (
                        f"[action.auto_create_index] contains [{pattern}] which forbids automatic creation of the index"
                    )
                    raise index_not_found(name, f" and {setting}")
                return
        raise index_not_found(name)

    # Operations

    def bulk(self, operations: list[Operation]) -> dict[str, Any]:
        busy = self.busy.pop(0) if self.busy else set()
        refused = self.refused.pop(0) if self.refused else set()
        # The engines create missing indexes before the first operation, for operations that do not require an alias.
        creatable = {operation.index for operation in operations if not operation.require_alias}
        items = []
        for operation in operations:
            result: dict[str, Any] = {"_index": operation.index, "_id": operation.id}
            try:
                if operation.id in busy:
                    raise RefusedError(429, "rejected_execution_exception", "rejected execution of operation")
                if operation.id in refused:
                    raise illegal_argument("mapper [value] cannot be changed from type [long] to [float]")
                if operation.id in self.broken:
                    raise RefusedError(500, "array_index_out_of_bounds_exception", "Index 3 out of bounds for length 3")
                name = self.index_to_write(operation, may_create=operation.index in creatable)
                result["_index"] = name
                status, text, version = self.apply(operation, name)
                result |= {"status": status, "result": text, "_version": version}
            except RefusedError as error:
                result |= {"status": error.status, "error": error.error}
            items.append({operation.action: result})
        return {"took": 1, "errors": any("error" in next(iter(item.values())) for item in items), "items": items}

    def apply(self, operation: Operation, name: str) -> tuple[int, str, int]:
        """Apply an operation. Return the status, the result and the document's new version.

        Raises:
            RefusedError: if the engine refuses the operation.
        """
        index = self.indexes[name]
        self.check_writable(index, name, operation)
        if operation.action == "update":
            return self.merge_update(index, operation)
        if operation.action != "delete":
            index.mapping.add(operation.source, operation.id, may_grow=not index.is_blocked("metadata"))
        version = self.next_version(index, operation)
        return self.store(index, operation.id, version, None if operation.action == "delete" else operation.source)

    def check_writable(self, index: Index, name: str, operation: Operation) -> None:
        if index.is_data_stream and operation.action != "create":
            raise illegal_argument("only write ops with an op_type of create are allowed in data streams")
        if not operation.id:
            raise illegal_argument("if _id is specified it must not be empty")
        if index.mapping.routing_required and operation.routing is None:
            reason = f"routing is required for [{name}]/[_doc]/[{operation.id}]"
            raise RefusedError(400, "routing_missing_exception", reason)
        check_open(index)
        for block, (status, text) in BLOCKS.items():
            if index.is_blocked(block) or (self.blocked and block == "write"):
                raise RefusedError(status, "cluster_block_exception", f"index [{name}] blocked by: [{text}];")
        if not index.has_active_primary:
            reason = f"[{name}][0] primary shard is not active Timeout: [0s], request: [BulkShardRequest]"
            raise RefusedError(503, "unavailable_shards_exception", reason)

    def next_version(self, index: Index, operation: Operation) -> int:
        """Return the version after an operation.

        Raises:
            RefusedError: if the operation's version conflicts with the document's.
        """
        id_, version = operation.id, operation.version
        current = self.version(index, id_)
        if operation.action == "create" and id_ in index.documents:
            raise conflict(f"[{id_}]: version conflict, document already exists (current version [{current}])")
        if version is None:
            return 1 if current is None else wrap(current + 1)
        equal_is_lower = operation.version_type == "external"
        if current is not None and (current > version or (equal_is_lower and current == version)):
            bound = "higher or equal to" if equal_is_lower else "higher than"
            raise conflict(
                f"[{id_}]: version conflict, current version [{current}] is {bound} the one provided [{version}]"
            )
        return version

    def version(self, index: Index, id_: str) -> int | None:
        if id_ in index.documents:
            return index.documents[id_][0]
        version, deleted_at = index.deleted.get(id_, (None, 0.0))
        return version if self.now() - deleted_at <= self.gc_deletes else None

    def store(self, index: Index, id_: str, version: int, source: bytes | None) -> tuple[int, str, int]:
        existed = index.documents.pop(id_, None) is not None
        index.deleted.pop(id_, None)
        if source is None:
            index.deleted[id_] = (version, self.now())
            return (200, "deleted", version) if existed else (404, "not_found", version)
        index.documents[id_] = (version, source)
        return (200, "updated", version) if existed else (201, "created", version)

    def merge_update(self, index: Index, operation: Operation) -> tuple[int, str, int]:
        """Merge the object "doc" of the source with the document."""
        version, source = index.documents.get(operation.id, (None, b""))
        if version is None:
            raise RefusedError(404, "document_missing_exception", f"[{operation.id}]: document missing")
        merged = merge(json.loads(source), json.loads(operation.source)["doc"])
        updated = json.dumps(merged).encode()
        index.mapping.add(updated, operation.id, may_grow=not index.is_blocked("metadata"))
        return self.store(index, operation.id, wrap(version + 1), updated)

    # Look-ups

    def get(self, name: str, id_: str, routing: str | None = None) -> tuple[int, bytes] | None:
        """Return a document's version and source; the source is empty if the index does not keep it.

        Returns:
            None if there is no such document.

        Raises:
            RefusedError: if the document cannot be read.
        """
        if not id_:
            raise illegal_argument("Ids can't be empty")
        if errors := self.refused_look_ups.get(id_):
            raise errors.pop(0)
        index = self.open_index(name)
        if index.mapping.routing_required and routing is None:
            raise RefusedError(400, "routing_missing_exception", f"routing is required for [{name}]/[_doc]/[{id_}]")
        if index.is_blocked("read"):
            status, text = READ_BLOCK
            raise RefusedError(status, "cluster_block_exception", f"index [{name}] blocked by: [{text}];")
        if not index.has_active_primary:
            raise RefusedError(503, "no_shard_available_action_exception", "No shard available for [get]")
        if id_ not in index.documents:
            return None
        version, source = index.documents[id_]
        return version, source if index.mapping.keeps_source else b""


def conflict(reason: str) -> RefusedError:
    return RefusedError(409, "version_conflict_engine_exception", reason)


def wrap(version: int) -> int:
    """Return a version within 64 bits; the engines count on from the lowest number after the highest."""
    return (version + VERSION_LIMIT) % (2 * VERSION_LIMIT) - VERSION_LIMIT


def check_open(index: Index) -> Index:
    if not index.is_open:
        raise RefusedError(400, "index_closed_exception", "closed")
    return index


def check_index_name(name: str) -> None:
    if (
        not name
        or name in {".", ".."}
        or name[0] in "_-+"
        or name != name.lower()
        or re.search(r'[\\/*?"<>| ,#:]', name)
        or len(name.encode()) > 255
    ):
        raise RefusedError(400, "invalid_index_name_exception", f"Invalid index name [{name}]")


def flatten(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the settings by their full names, such as "index.blocks.write"."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        path = prefix + name
        if isinstance(value, dict):
            flat |= flatten(value, f"{path}.")
        else:
            flat[path if path.startswith("index.") else f"index.{path}"] = value
    return flat


def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for name, value in second.items():
        earlier = merged.get(name)
        merged[name] = merge(earlier, value) if isinstance(earlier, dict) and isinstance(value, dict) else value
    return merged

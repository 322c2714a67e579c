"""A search engine for tests, with the documented behavior of `_bulk` and `_mget`, over HTTP on the loopback interface.

It implements: the version types external and external_gte for index and delete; version conflicts (409) with the
engines' wording; the deletion of a document that does not exist (404, not_found, and its version is remembered); the
versions of deleted documents, which it forgets after `index.gc_deletes`; dynamic mapping and its errors; field names
that are refused; the limit of 512 bytes for an id; gzip in both directions; and a body that must end with a newline.
`SearchServer.fail` makes the next requests fail.
"""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

METADATA_FIELDS = {"_id", "_index", "_routing", "_source", "_type", "_version", "_seq_no", "_field_names", "_ignored"}
LONG_LIMIT = 2**63
FLOAT_LIMIT = Decimal("3.4028235e38")


class RefusedError(Exception):
    """The error of an operation, as the engine reports it."""

    def __init__(self, status: int, kind: str, reason: str, cause: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.error = {"type": kind, "reason": reason} | (
            {"caused_by": {"type": cause, "reason": "'…'"}} if cause else {}
        )


@dataclass
class Index:
    documents: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    deleted: dict[str, tuple[int, float]] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    sent: bytes
    body: bytes

    @property
    def operations(self) -> list[dict[str, Any]]:
        return [operation for operation, _ in entries(self.body)]


class Engine:
    """The state of all indexes.

    Attributes:
        now: returns the time in seconds.
        gc_deletes: the seconds for which the engine remembers the version of a deleted document.
        indexes: the indexes by name.
        busy: for each of the next `_bulk` requests, the ids of the documents that get a 429.
        refused: for each of the next `_bulk` requests, the ids of the documents that get a 400.
        broken: the ids of the documents that get a 500 each time.
        blocked: whether all writes are refused.
        failing_look_ups: for each of the next `_mget` requests, the errors by the id of the document.
    """

    def __init__(self, now: Callable[[], float], gc_deletes: float = 60) -> None:
        self.now = now
        self.gc_deletes = gc_deletes
        self.indexes: dict[str, Index] = {}
        self.busy: list[set[str]] = []
        self.refused: list[set[str]] = []
        self.broken: set[str] = set()
        self.blocked = False
        self.failing_look_ups: list[dict[str, dict[str, Any]]] = []

    def sources(self, index: str) -> dict[str, bytes]:
        return {id_: source for id_, (_, source) in self.indexes.get(index, Index()).documents.items()}

    def bulk(self, body: bytes) -> dict[str, Any]:
        busy = self.busy.pop(0) if self.busy else set()
        refused = self.refused.pop(0) if self.refused else set()
        items = []
        for operation, source in entries(body):
            ((action, meta),) = operation.items()
            result: dict[str, Any] = {"_index": meta["_index"], "_id": meta["_id"]}
            try:
                if meta["_id"] in busy:
                    raise RefusedError(429, "rejected_execution_exception", "rejected execution of operation")
                if meta["_id"] in refused:
                    reason = "mapper [value] cannot be changed from type [long] to [float]"
                    raise RefusedError(400, "illegal_argument_exception", reason)
                if meta["_id"] in self.broken:
                    raise RefusedError(500, "array_index_out_of_bounds_exception", "Index 3 out of bounds for length 3")
                if self.blocked:
                    raise RefusedError(403, "cluster_block_exception", "blocked by: [FORBIDDEN/8/index write (api)];")
                status, text = self.apply(action, meta, source)
                result |= {"status": status, "result": text, "_version": meta.get("version", 1)}
            except RefusedError as error:
                result |= {"status": error.status, "error": error.error}
            items.append({action: result})
        return {"took": 1, "errors": any("error" in next(iter(item.values())) for item in items), "items": items}

    def apply(self, action: str, meta: dict[str, Any], source: bytes | None) -> tuple[int, str]:
        id_, version, kind = meta["_id"], meta.get("version"), meta.get("version_type")
        if version is None:
            version, kind = 1, "external_gte"
        assert isinstance(version, int)
        assert 0 <= version < LONG_LIMIT
        if len(id_.encode()) > 512:
            raise RefusedError(400, "illegal_argument_exception", "id is too long, must be no longer than 512 bytes")
        index = self.indexes.setdefault(meta["_index"], Index())
        if source is not None:
            extend_mapping(index.mapping, source, id_)
        current = self.version(index, id_)
        if current is not None and (current > version if kind == "external_gte" else current >= version):
            bound = "higher" if kind == "external_gte" else "higher or equal to"
            reason = f"[{id_}]: version conflict, current version [{current}] is {bound} the one provided [{version}]"
            raise RefusedError(409, "version_conflict_engine_exception", reason)
        existed = index.documents.pop(id_, None) is not None
        index.deleted.pop(id_, None)
        if action == "delete":
            index.deleted[id_] = (version, self.now())
            return (200, "deleted") if existed else (404, "not_found")
        assert source is not None
        index.documents[id_] = (version, source)
        return (200, "updated") if existed else (201, "created")

    def put(self, index: str, id_: str, version: int, source: bytes) -> None:
        """Store a document."""
        self.indexes.setdefault(index, Index()).documents[id_] = (version, source)

    def update(self, index: str, id_: str, fields: dict[str, Any]) -> None:
        """Change some fields of a document, as `_update` does: it adds 1 to the version."""
        version, source = self.indexes[index].documents[id_]
        self.put(index, id_, version + 1, json.dumps(json.loads(source) | fields).encode())

    def forget_deletions(self) -> None:
        """Forget the versions of deleted documents, as an engine does that is flushed and started again."""
        for index in self.indexes.values():
            index.deleted.clear()

    def version(self, index: Index, id_: str) -> int | None:
        if id_ in index.documents:
            return index.documents[id_][0]
        version, deleted_at = index.deleted.get(id_, (None, 0.0))
        return version if self.now() - deleted_at <= self.gc_deletes else None

    def mget(self, body: bytes) -> dict[str, Any]:
        failing = self.failing_look_ups.pop(0) if self.failing_look_ups else {}
        docs = json.loads(body)["docs"]
        return {"docs": [{"error": failing[doc["_id"]]} if doc["_id"] in failing else self.get(doc) for doc in docs]}

    def get(self, doc: dict[str, Any]) -> dict[str, Any]:
        result = {"_index": doc["_index"], "_id": doc["_id"]}
        if doc["_index"] not in self.indexes:
            return result | {"error": {"type": "index_not_found_exception", "reason": "no such index"}}
        version, source = self.indexes[doc["_index"]].documents.get(doc["_id"], (None, b""))
        if version is None:
            return result | {"found": False}
        fields = {name: value for name, value in json.loads(source).items() if name in doc["_source"]}
        return result | {"found": True, "_version": version, "_source": fields}


def entries(body: bytes) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    assert body.endswith(b"\n")
    lines = iter(body[:-1].split(b"\n"))
    for line in lines:
        operation = json.loads(line)
        yield operation, None if "delete" in operation else next(lines)


def extend_mapping(mapping: dict[str, str], source: bytes, id_: str) -> None:
    """Add the fields of a document to a dynamic mapping.

    Raises:
        RefusedError: if the document does not fit the mapping.
    """
    new = dict(mapping)
    for path, value in leaves(json.loads(source, parse_float=Decimal), ""):
        if value is None:
            continue
        field_type = field_type_of(value)
        mapped = new.setdefault(path, field_type)
        failure = f"failed to parse field [{path}] of type [{mapped}] in document with id '{id_}'."
        if (mapped == "object") != (field_type == "object"):
            raise RefusedError(
                400, "mapper_parsing_exception", f"object mapping for [{path}] tried to parse field as object"
            )
        if mapped in {"long", "float"} and not is_number(value):
            reason = f"{failure} Preview of field's value: '{value}'"
            raise RefusedError(400, "mapper_parsing_exception", reason, "number_format_exception")
        if mapped == "long" and abs(Decimal(str(value))) >= LONG_LIMIT:
            raise RefusedError(400, "mapper_parsing_exception", failure, "illegal_argument_exception")
        if mapped == "float" and abs(Decimal(str(value))) > FLOAT_LIMIT:
            raise RefusedError(400, "mapper_parsing_exception", failure, "illegal_argument_exception")
    mapping.update(new)


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a document, and the objects in it, by path."""
    if isinstance(value, dict):
        if path:
            yield path, value
        for name, member in value.items():
            if not name.strip():
                raise RefusedError(400, "mapper_parsing_exception", "field name cannot be an empty string")
            if any(not part.strip() for part in name.split(".")):
                raise RefusedError(400, "mapper_parsing_exception", "object field starting or ending with a [.]")
            if not path and name in METADATA_FIELDS:
                reason = f"Field [{name}] is a metadata field and cannot be added inside a document."
                raise RefusedError(400, "mapper_parsing_exception", reason)
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, path)
    else:
        yield path, value


def field_type_of(value: Any) -> str:
    types = {bool: "boolean", int: "long", Decimal: "float", str: "text", dict: "object"}
    return types[type(value)]


def is_number(value: Any) -> bool:
    return not isinstance(value, bool) and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", str(value)) is not None


# Gets the correct response, and returns the status and body to send instead, or None to cut the connection.
Fault = Callable[[bytes], tuple[int, bytes] | None]


def status(code: int, kind: str = "some_exception") -> Fault:
    return lambda _: (code, json.dumps({"error": {"type": kind, "reason": "…"}, "status": code}).encode())


def no_failure(response: bytes) -> tuple[int, bytes]:
    return 200, response


def cut_after_applying(_: bytes) -> None:
    return None


def malformed(response: bytes) -> Fault:
    return lambda _: (200, response)


class SearchServer:
    """An engine with an HTTP interface.

    Attributes:
        url: its endpoint.
        engine: its state.
        requests: the requests that it received.
        max_body_bytes: the size of the largest request body that it accepts.
    """

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self.engine = Engine(now)
        self.requests: list[Request] = []
        self.faults: list[tuple[Fault, bool]] = []
        self.max_body_bytes = 100_000_000
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                response = server.respond(self)
                if response is None:
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                code, body = response
                self.send_response(code)
                self.send_header("content-type", "application/json; charset=UTF-8")
                if "gzip" in self.headers.get("accept-encoding", ""):
                    body = gzip.compress(body, 1)
                    self.send_header("content-encoding", "gzip")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def fail(self, *faults: Fault, applied: bool = False) -> None:
        """Make the next requests fail, one for each fault.

        Args:
            faults: the failures.
            applied: whether the engine carries out the requests although they fail.
        """
        self.faults += [(fault, applied) for fault in faults]

    def respond(self, http: BaseHTTPRequestHandler) -> tuple[int, bytes] | None:
        body = http.rfile.read(int(http.headers["content-length"]))
        if len(body) > self.max_body_bytes:
            return 413, b""
        sent = body
        if http.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(sent)
        self.requests.append(Request(http.path, dict(http.headers.items()), sent, body))
        fault, applied = self.faults.pop(0) if self.faults else (None, True)
        response = b""
        if applied:
            result = self.engine.bulk(body) if http.path.startswith("/_bulk") else self.engine.mget(body)
            response = json.dumps(result).encode()
        return (200, response) if fault is None else fault(response)

    def documents(self, index: str = "orders") -> dict[str, dict[str, Any]]:
        """Return the documents of an index by id, without the field that the function adds."""
        found = {id_: json.loads(source) for id_, source in self.engine.sources(index).items()}
        return {
            id_: {name: document[name] for name in document if name != "_sequence_number"}
            for id_, document in found.items()
        }

    def bulks(self) -> list[Request]:
        return [request for request in self.requests if request.path.startswith("/_bulk")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

"""The engine's API: routes, parameters and bodies."""

import fnmatch
import json
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import strict_json
from .engine import MAX_ID_BYTES, VERSION_LIMIT, Engine, Operation, flatten
from .errors import RefusedError, illegal_argument, index_not_found, invalid

VERSION = "2.19.6"
CONTENT_TYPES = {"application/json", "application/x-ndjson"}
ACTIONS = {"index", "create", "update", "delete"}
META = {
    *("_index", "_id", "routing", "version", "version_type", "if_seq_no", "if_primary_term", "require_alias"),
    *("retry_on_conflict", "pipeline", "_source"),
}
VERSION_TYPES = {"internal", "external", "external_gte"}
PARAMETERS = {
    *("pretty", "human", "error_trace", "format", "filter_path"),
    *("timeout", "refresh", "wait_for_active_shards", "routing", "pipeline", "require_alias", "batch_size"),
    *(
        "realtime",
        "preference",
        "_source",
        "stored_fields",
        "ignore_unavailable",
        "expand_wildcards",
        "size",
        "master_timeout",
    ),
}


class Api:
    """Answers requests.

    Attributes:
        engine: the engine's state.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def answer(self, method: str, target: str, content_type: str, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a request."""
        url = urlsplit(target)
        parameters = dict(parse_qsl(url.query, keep_blank_values=True))
        sources: dict[str, bytes] = {}
        try:
            if body and content_type.split(";")[0].strip() not in CONTENT_TYPES:
                raise RefusedError.text(406, f"Content-Type header [{content_type}] is not supported")
            self.check_parameters(url.path, parameters)
            status, result = self.route(method, url.path, parameters, body, sources)
        except RefusedError as refused:
            status, result = refused.status, {"error": refused.error, "status": refused.status}
        if "filter_path" in parameters:
            result = filter_fields(result, parameters["filter_path"].split(","))
        text = json.dumps(result).encode()
        # The sources are copied as they were sent, so that numbers keep their digits.
        for token, source in sources.items():
            text = text.replace(json.dumps(token).encode(), source)
        return status, text

    def check_parameters(self, path: str, parameters: dict[str, str]) -> None:
        for name, value in parameters.items():
            if name not in PARAMETERS:
                raise illegal_argument(f"request [{path}] contains unrecognized parameter: [{name}]")
            if name == "timeout" and not re.fullmatch(r"\d+(d|h|m|s|ms|micros|nanos)|-1|0", value):
                reason = f"failed to parse setting [timeout] with value [{value}] as a time value: unit is missing"
                raise illegal_argument(reason)

    def route(
        self, method: str, path: str, parameters: dict[str, str], body: bytes, sources: dict[str, bytes]
    ) -> tuple[int, Any]:
        """Carry out a request.

        Args:
            method: the HTTP method.
            path: the path.
            parameters: the query.
            body: the body.
            sources: collects the documents' sources by the texts that are replaced with them in the result.

        Returns:
            The status and the result.

        Raises:
            RefusedError: if the engine refuses the request.
        """
        engine = self.engine
        done: tuple[int, Any] = 200, {"acknowledged": True}
        match [method, *map(unquote, path.strip("/").split("/"))]:
            case ["GET", ""]:
                return 200, {"version": {"number": VERSION, "distribution": "opensearch"}}
            case ["POST" | "PUT", "_bulk"]:
                return 200, engine.bulk(read_operations(body, None, parameters))
            case ["POST" | "PUT", index, "_bulk"]:
                return 200, engine.bulk(read_operations(body, index, parameters))
            case ["POST" | "GET", "_mget"]:
                return 200, self.look_up(body, None, sources)
            case ["POST" | "GET", index, "_mget"]:
                return 200, self.look_up(body, index, sources)
            case ["PUT", "_cluster", "settings"]:
                settings = read_object(body)
                value = (settings.get("transient", {}) | settings.get("persistent", {})).get("action.auto_create_index")
                engine.auto_create = "true" if value is None else str(value).lower()
                return done
            case ["PUT", "_index_template", name]:
                engine.templates[name] = read_object(body)
                return done
            case ["DELETE", "_index_template", name]:
                engine.templates.pop(name, None)
                return done
            case ["PUT", index] if not index.startswith("_"):
                engine.create_index(index, read_object(body))
                return done
            case ["DELETE", pattern] if not pattern.startswith("_"):
                if "*" not in pattern:
                    self.existing(pattern)
                for index in fnmatch.filter(engine.indexes, pattern):
                    del engine.indexes[index]
                return done
            case ["PUT", index, "_settings"]:
                for name, value in flatten(read_object(body)).items():
                    self.existing(index).settings[name] = value
                return done
            case ["POST", index, "_close"]:
                # Closing flushes the index, and the versions of deleted documents are not kept on the disk.
                self.existing(index).is_open = False
                self.existing(index).deleted.clear()
                return done
            case ["POST", index, "_open"]:
                self.existing(index).is_open = True
                return done
            case ["POST", index, "_refresh" | "_flush"]:
                self.existing(index)
                return done
            case ["GET" | "POST", index, "_search"]:
                return 200, self.search(index, sources)
            case ["POST", index, "_update", id_]:
                operation = Operation("update", index, id_, body)
                status, text, version = engine.apply(operation, engine.index_to_write(operation, may_create=True))
                return status, {"_index": index, "_id": id_, "result": text, "_version": version}
            case ["PUT" | "POST", index, "_doc", id_]:
                operation = Operation("index", index, id_, body)
                status, text, version = engine.apply(operation, engine.index_to_write(operation, may_create=True))
                return status, {"_index": index, "_id": id_, "result": text, "_version": version}
            case [_, "_bulk"]:
                raise RefusedError.text(405, f"Incorrect HTTP method for uri [{path}] and method [{method}]")
        raise RefusedError.text(400, f"no handler found for uri [{path}] and method [{method}]")

    def existing(self, name: str) -> Any:
        if name not in self.engine.indexes:
            raise index_not_found(name)
        return self.engine.indexes[name]

    def search(self, index: str, sources: dict[str, bytes]) -> dict[str, Any]:
        """Return all documents of an index; the server runs no queries."""
        found = self.engine.sources(index)
        hits = [{"_index": index, "_id": id_, "_source": keep(source, sources)} for id_, source in found.items()]
        return {"hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}}

    def look_up(self, body: bytes, index: str | None, sources: dict[str, bytes]) -> dict[str, Any]:
        if not body:
            raise RefusedError(400, "parse_exception", "request body or source parameter is required")
        request = strict_json.parse(body)
        if not isinstance(request, dict):
            raise RefusedError(400, "parsing_exception", "unexpected token, expected [START_OBJECT]")
        docs = request.get("docs") or [{"_id": id_} for id_ in request.get("ids", [])]
        if not docs:
            raise invalid("no documents to get")
        return {"docs": [self.look_up_one({"_index": index} | doc, sources) for doc in docs]}

    def look_up_one(self, doc: dict[str, Any], sources: dict[str, bytes]) -> dict[str, Any]:
        name, id_ = doc["_index"], str(doc["_id"])
        result: dict[str, Any] = {"_index": name, "_id": id_}
        try:
            document = self.engine.get(name, id_, doc.get("routing"))
        except RefusedError as refused:
            return result | {"error": refused.error}
        if document is None:
            return result | {"found": False}
        version, source = document
        result |= {"_version": version, "found": True}
        wanted = doc.get("_source", True)
        if not source or wanted is False:
            return result
        if wanted is True:
            return result | {"_source": keep(source, sources)}
        patterns = [wanted] if isinstance(wanted, str) else wanted
        # As with the engines, a part of the source loses digits of its numbers.
        return result | {"_source": filter_fields(json.loads(source), patterns)}


def keep(source: bytes, sources: dict[str, bytes]) -> str:
    """Return a text that is later replaced with the source."""
    token = uuid.uuid4().hex
    sources[token] = source
    return token


def read_object(body: bytes) -> dict[str, Any]:
    value = json.loads(body) if body else {}
    if not isinstance(value, dict):
        raise RefusedError(400, "parsing_exception", "unexpected token, expected [START_OBJECT]")
    return value


def read_operations(body: bytes, index: str | None, parameters: dict[str, str]) -> list[Operation]:
    """Read the body of a `_bulk` request.

    Raises:
        RefusedError: if the request is wrong; then nothing of it is done.
    """
    if not body:
        raise RefusedError(400, "parse_exception", "request body is required")
    if not body.endswith(b"\n"):
        raise illegal_argument(r"The bulk request must be terminated by a newline [\n]")
    lines = iter(body[:-1].split(b"\n"))
    operations: list[Operation] = []
    mistakes: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        action, meta = read_action(line, number)
        source = b"" if action == "delete" else next(lines, None)
        if source is None:
            break
        operations.append(read_operation(action, meta, source, index, parameters, mistakes))
    if not operations:
        raise invalid("no requests added")
    if mistakes:
        raise invalid(*mistakes)
    return operations


def read_action(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    read = strict_json.parse(line)
    if not isinstance(read, dict) or len(read) != 1:
        raise illegal_argument(f"Malformed action/metadata line [{number}], expected START_OBJECT")
    ((action, meta),) = read.items()
    if action not in ACTIONS:
        expected = "expected one of [create, delete, index, update]"
        raise illegal_argument(f"Malformed action/metadata line [{number}], {expected} but found [{action}]")
    if not isinstance(meta, dict):
        raise illegal_argument(f"Malformed action/metadata line [{number}], expected START_OBJECT")
    for name in meta:
        if name not in META:
            raise illegal_argument(f"Action/metadata line [{number}] contains an unknown parameter [{name}]")
    return action, meta


def read_operation(
    action: str,
    meta: dict[str, Any],
    source: bytes,
    index: str | None,
    parameters: dict[str, str],
    mistakes: list[str],
) -> Operation:
    """Return an operation, and add what is wrong with it to the mistakes."""
    id_ = meta.get("_id")
    version = read_version(meta.get("version"))
    version_type = meta.get("version_type", "internal")
    if version_type not in VERSION_TYPES:
        raise illegal_argument(f"No version type match [{version_type}]")
    operation = Operation(
        action,
        meta.get("_index", index) or "",
        uuid.uuid4().hex if id_ is None else str(id_),
        source,
        version,
        version_type,
        meta.get("routing", parameters.get("routing")),
        meta.get("require_alias", parameters.get("require_alias") == "true"),
    )
    mistakes += mistakes_of(operation, has_id=id_ is not None)
    return operation


def read_version(value: Any) -> int | None:
    """Return the version of an action; a text is a number, and a fraction is cut off.

    Raises:
        RefusedError: if the version is no number of 63 bits.
    """
    if value is None:
        return None
    try:
        version = int(Decimal(value))
    except (ArithmeticError, TypeError, ValueError):
        raise illegal_argument(f"Failed to parse version [{value}]") from None
    if not -VERSION_LIMIT <= version < VERSION_LIMIT:
        raise RefusedError(400, "input_coercion_exception", f"Numeric value ({version}) out of range of long")
    return version


def mistakes_of(operation: Operation, *, has_id: bool) -> Iterator[str]:
    if not operation.index:
        yield "index is missing"
    version, external = operation.version, operation.version_type != "internal"
    if operation.action == "delete":
        if not has_id or not operation.id:
            yield "id is missing"
    else:
        if not has_id and (version is not None or external):
            yield "an id must be provided if version type or value are set"
        length = len(operation.id.encode("utf-8", "surrogatepass"))
        if length > MAX_ID_BYTES:
            yield f"id [{operation.id}] is too long, must be no longer than {MAX_ID_BYTES} bytes but was: {length}"
    if operation.action == "create" and (version is not None or external):
        reason = f"create operations only support internal versioning. use index instead, was: [{version}]"
        yield reason
    elif external and (version is None or version < 0):
        shown = -3 if version is None else version
        yield f"illegal version value [{shown}] for version type [{operation.version_type.upper()}]"
    elif version is not None and not external:
        yield "internal versioning can not be used for optimistic concurrency control"


def filter_fields(value: Any, patterns: list[str]) -> Any:
    """Return the fields of an object that one of the patterns names; a pattern with a minus sign excludes.

    A pattern is a path in which `*` matches any name and `**` any path.
    """
    wanted = [pattern.split(".") for pattern in patterns if not pattern.startswith("-")]
    unwanted = [pattern[1:].split(".") for pattern in patterns if pattern.startswith("-")]
    if wanted:
        value = include(value, wanted)
    return exclude(value, unwanted) if unwanted else value


NOTHING = object()


def include(value: Any, patterns: list[list[str]]) -> Any:
    found = included(value, patterns)
    return {} if found is NOTHING else found


def included(value: Any, patterns: list[list[str]]) -> Any:
    """Return what the patterns name, or `NOTHING`."""
    if isinstance(value, list):
        members = [found for member in value if (found := included(member, patterns)) is not NOTHING]
        return members or NOTHING
    if not isinstance(value, dict):
        return NOTHING
    result = {}
    for name, member in value.items():
        rests = remaining(name, patterns)
        found = member if [] in rests else included(member, rests) if rests else NOTHING
        if found is not NOTHING:
            result[name] = found
    return result or NOTHING


def exclude(value: Any, patterns: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [exclude(member, patterns) for member in value]
    if not isinstance(value, dict):
        return value
    rests = {name: remaining(name, patterns) for name in value}
    return {name: exclude(member, rests[name]) for name, member in value.items() if [] not in rests[name]}


def remaining(name: str, patterns: list[list[str]]) -> list[list[str]]:
    """Return what is left of the patterns whose first part matches a name."""
    rests = []
    for pattern in patterns:
        if not pattern:
            continue
        if pattern[0] == "**":
            rests += [pattern, *remaining(name, [pattern[1:]])]
        elif fnmatch.fnmatchcase(name, pattern[0]):
            rests.append(pattern[1:])
    return rests

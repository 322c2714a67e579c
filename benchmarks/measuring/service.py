"""An engine for measuring: it stores nothing, and answers each request in the shape of the real engines.

    python -m benchmarks.measuring.service DELAY [--conflicts] [--signed]

Prints its port. Applies `filter_path`, as real engines do, and compresses its answer only for a client that accepts
gzip.
"""

import argparse
import gzip
import json
import time
from fnmatch import fnmatchcase
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Stand for the values of an operation in the text of an item.
ID, VERSION = "order-500", 4_140_000_000_000_000_000
WRITTEN = {
    "_index": "orders",
    "_id": ID,
    "_version": VERSION,
    "result": "updated",
    "_shards": {"total": 1, "successful": 1, "failed": 0},
    "_seq_no": 100_000,
    "_primary_term": 1,
    "status": 200,
}
CONFLICT = {
    "_index": "orders",
    "_id": ID,
    "status": 409,
    "error": {
        "type": "version_conflict_engine_exception",
        "reason": f"[{ID}]: version conflict, current version [{VERSION}] is higher or equal to the one provided "
        f"[{VERSION}]",
        "index": "orders",
        "shard": "0",
        "index_uuid": "1pYyQmm7RbSdxxBiPNGmUw",
    },
}
# Newer than every record of the benchmark.
NEWER = {"found": True, "_version": 2**62, "_seq_no": 1, "_primary_term": 1, "_source": {"_sequence_number": "9" * 40}}


def answer_bulk(body: bytes, filter_path: str, *, conflicts: bool) -> bytes:
    """Return the answer to `_bulk`.

    The text of an item is kept, because building each item would take longer than what is measured.
    """
    items = []
    lines = iter(body.split(b"\n"))
    for line in lines:
        if not line:
            continue
        action = "delete" if line.startswith(b'{"delete"') else "index"
        if action == "index":
            next(lines)
        item = item_text(action, filter_path, conflicts=conflicts)
        if conflicts:
            ((_, meta),) = json.loads(line).items()
            item = item.replace(ID, meta["_id"]).replace(str(VERSION), str(meta["version"]))
        items.append(item)
    rest = filtered_text({"took": 1, "errors": conflicts}, filter_path)[1:-1]
    parts = [rest] if rest else []
    if any(items):
        parts.append(f'"items":[{",".join(items)}]')
    return f"{{{','.join(parts)}}}".encode()


@cache
def item_text(action: str, filter_path: str, *, conflicts: bool) -> str:
    """Return the JSON of the answer to one operation, or nothing if the filter leaves nothing of it."""
    answer = {"items": [{action: CONFLICT if conflicts else WRITTEN}]}
    text = filtered_text(answer, filter_path)
    return text.removeprefix('{"items":[').removesuffix("]}") if text != "{}" else ""


def answer_mget(body: bytes, filter_path: str, *, conflicts: bool) -> bytes:
    found = NEWER if conflicts else {"found": False}
    docs = [{"_index": doc["_index"], "_id": doc["_id"]} | found for doc in json.loads(body)["docs"]]
    return filtered_text({"docs": docs}, filter_path).encode()


def filtered_text(answer: dict[str, Any], filter_path: str) -> str:
    """Return the JSON of an answer with only the parts that the parameter `filter_path` selects."""
    filtered = apply_filter(answer, [path.split(".") for path in filter_path.split(",")]) if filter_path else answer
    return json.dumps(filtered or {}, separators=(",", ":"))


def apply_filter(value: Any, patterns: list[list[str]]) -> Any:
    """Return the parts of a value that match one of the patterns, split at their dots, or None if none does."""
    if [] in patterns:
        return value
    if isinstance(value, list):
        members = [apply_filter(member, patterns) for member in value]
        return [member for member in members if member is not None] or None
    if not isinstance(value, dict):
        return None
    found = {}
    for name, member in value.items():
        rest = [pattern[1:] for pattern in patterns if fnmatchcase(name, pattern[0])]
        filtered = apply_filter(member, rest) if rest else None
        if filtered is not None:
            found[name] = filtered
    return found or None


class Service(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    delay = 0.0
    conflicts = False
    signed = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        url = urlsplit(self.path)
        filter_path = parse_qs(url.query).get("filter_path", [""])[0]
        status = 200
        if self.signed and not self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
            status, text = 403, b'{"message":"the request is not signed"}'
        elif url.path == "/_bulk":
            text = answer_bulk(body, filter_path, conflicts=self.conflicts)
        elif url.path == "/_mget":
            text = answer_mget(body, filter_path, conflicts=self.conflicts)
        else:
            text = filtered_text(WRITTEN, filter_path).encode()
        time.sleep(self.delay)
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=UTF-8")
        if "gzip" in self.headers.get("accept-encoding", ""):
            text = gzip.compress(text, 1)
            self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_PUT = do_DELETE = do_POST  # noqa: N815 - the base class calls these names

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("delay", type=float, help="seconds before each answer")
    parser.add_argument("--conflicts", action="store_true", help="answer each write with a version conflict")
    parser.add_argument("--signed", action="store_true", help="refuse requests without a signature of AWS")
    options = parser.parse_args()
    Service.delay, Service.conflicts, Service.signed = options.delay, options.conflicts, options.signed
    server = HTTPServer(("127.0.0.1", 0), Service)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

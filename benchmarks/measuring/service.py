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
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SHARDS = {"total": 1, "successful": 1, "failed": 0}


def answer_bulk(body: bytes, *, conflicts: bool) -> dict[str, Any]:
    items = []
    lines = iter(body.split(b"\n"))
    for line in lines:
        if not line:
            continue
        action = "delete" if line.startswith(b'{"delete"') else "index"
        if action == "index":
            next(lines)
        items.append({action: answer_conflict(line) if conflicts else answer_write()})
    return {"took": 1, "errors": conflicts, "items": items}


def answer_write() -> dict[str, Any]:
    return {
        "_index": "orders",
        "_id": "order-500",
        "_version": 4_140_000_000_000_000_000,
        "result": "updated",
        "_shards": SHARDS,
        "_seq_no": 100_000,
        "_primary_term": 1,
        "status": 200,
    }


def answer_conflict(line: bytes) -> dict[str, Any]:
    """Return the answer to a write of the version that is stored already."""
    ((_, meta),) = json.loads(line).items()
    version = meta["version"]
    reason = (
        f"[{meta['_id']}]: version conflict, current version [{version}] is higher or equal to the one provided "
        f"[{version}]"
    )
    details = {"index": meta["_index"], "shard": "0", "index_uuid": "1pYyQmm7RbSdxxBiPNGmUw"}
    error = {"type": "version_conflict_engine_exception", "reason": reason} | details
    return {"_index": meta["_index"], "_id": meta["_id"], "status": 409, "error": error}


def answer_mget(body: bytes, *, conflicts: bool) -> dict[str, Any]:
    docs = []
    for doc in json.loads(body)["docs"]:
        found = {"_index": doc["_index"], "_id": doc["_id"], "found": conflicts}
        if conflicts:
            # Newer than every record of the benchmark.
            found |= {"_version": 2**62, "_seq_no": 1, "_primary_term": 1, "_source": {"_sequence_number": "9" * 40}}
        docs.append(found)
    return {"docs": docs}


def apply_filter(value: Any, patterns: list[list[str]]) -> Any:
    """Return the parts of an answer that match one of the patterns, split at their dots, or None if none does."""
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
        status, answer = 200, None
        if self.signed and not self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
            status, answer = 403, {"message": "the request is not signed"}
        elif url.path == "/_bulk":
            answer = answer_bulk(body, conflicts=self.conflicts)
        elif url.path == "/_mget":
            answer = answer_mget(body, conflicts=self.conflicts)
        else:
            answer = answer_write()
        filter_path = parse_qs(url.query).get("filter_path")
        if filter_path:
            answer = apply_filter(answer, [path.split(".") for path in filter_path[0].split(",")]) or {}
        text = json.dumps(answer, separators=(",", ":")).encode()
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

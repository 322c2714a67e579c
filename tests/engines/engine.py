"""A running search engine, as the tests use it."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import urllib3

SHARDS_FAILED = 503

_http = urllib3.PoolManager(retries=False, timeout=60)


@dataclass(frozen=True)
class Answer:
    """An answer of the engine; `body` is None if the answer has no body."""

    status: int
    body: Any


class Engine:
    """A running search engine.

    Attributes:
        url: its endpoint.
        version: its version, such as "2.19.6".
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.version: str = self.request("GET", "/").body["version"]["number"]

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            method: the HTTP method.
            path: the path, with a query if it has one.
            body: bytes, text, or an object that is sent as JSON.
            content_type: the type of the body.
            headers: further headers.
        """
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
        content = {"content-type": content_type} if body is not None else {}
        response = _http.request(method, self.url + path, body=body, headers=content | (headers or {}))
        return Answer(response.status, json.loads(response.data) if response.data else None)

    def new_index(self) -> str:
        """Return the name of an index that no test uses. A late request of another test would re-create an old one."""
        return f"i-{uuid.uuid4().hex}"

    def documents(self, index: str) -> dict[str, dict[str, Any]]:
        """Return the documents of an index by id; none if there is no such index."""
        self.request("POST", f"/{index}/_refresh")
        answer = self.request("POST", f"/{index}/_search?ignore_unavailable=true&size=10000")
        if answer.status == SHARDS_FAILED:
            # The index was created in this moment, and its shards have not started.
            time.sleep(0.2)
            return self.documents(index)
        return {hit["_id"]: hit["_source"] for hit in answer.body["hits"]["hits"]}

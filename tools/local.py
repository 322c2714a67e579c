"""Run the sample function on this machine: send events to its handler, and print what the search engine then holds.

    python tools/local.py [EVENTS] [--engine opensearch|server] [--batch-size N] [--function FOLDER]

EVENTS is a JSON file with an event of a DynamoDB stream, or with a list of events. The engine is the one at
SEARCH_ENDPOINT or TEST_SEARCH_URL, if one of them is set. Otherwise a real OpenSearch is started, which needs Java and
Maven. If that is not possible, the simple search server of the tests takes its place. A started engine ends with this
program, and its documents are lost. Other variables of the function, such as NUMBERS, work as on Lambda.

Exits with 1 if the handler raised an exception, and with 2 if the input is wrong.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import sys
import tempfile
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engines.engine import Engine  # noqa: E402
from tests.engines.install import CannotInstallError, Installation, install  # noqa: E402
from tests.engines.node import Node  # noqa: E402
from tests.function.search_server import SearchServer  # noqa: E402

DEFAULT_EVENTS = ROOT / "examples" / "events" / "orders.json"
ENDPOINT_VARIABLES = ("SEARCH_ENDPOINT", "TEST_SEARCH_URL")
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
OPENSEARCH = "opensearch_2"
STREAM_ARN = re.compile(r"arn:[\w-]+:dynamodb:[^:/]*:[^:/]*:table/[^/]+/stream/.+")
# The batch size of the sample stack.
BATCH_SIZE = 100
TIMEOUT_SECONDS = 30

Event = dict[str, Any]


class InputError(Exception):
    """The input is wrong; the message names the change to make."""


@dataclass(frozen=True)
class LocalEngine:
    """A running engine.

    Attributes:
        url: its endpoint.
        description: what it is.
        takes_templates: whether the index templates are applied, as after a deployment: to an OpenSearch that is
            started for this run, and not to the user's own engine.
        documents: returns the JSON of each document of an index, as it is stored, by id.
    """

    url: str
    description: str
    takes_templates: bool
    documents: Callable[[str], Mapping[str, str]]


class Context:
    """The context of an invocation, as Lambda passes it to the handler."""

    function_name = "local"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:local"

    def __init__(self, batch: int) -> None:
        self.aws_request_id = f"batch-{batch}"
        self._end = time.monotonic() + TIMEOUT_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


def read_batches(path: Path, size: int) -> list[Event]:
    """Return the events of a file, in batches of at most `size` records.

    Raises:
        InputError: if the file does not have events of a DynamoDB stream.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; name a JSON file with events") from None
    except ValueError as error:
        raise InputError(f"{path}: is not JSON: {error}") from None
    events = content if isinstance(content, list) else [content]
    if not events:
        raise InputError(f'{path}: has no event; an event is an object with the list "Records"')
    batches = []
    for number, event in enumerate(events, start=1):
        records = event.get("Records") if isinstance(event, dict) else None
        if not isinstance(records, list) or not records:
            raise InputError(f'{path}: event {number} is not an event: it must be an object with the list "Records"')
        for position, record in enumerate(records, start=1):
            if not is_stream_record(record):
                raise InputError(
                    f"{path}: record {position} of event {number} is not a record of a DynamoDB stream: it must have "
                    'the object "dynamodb", and the ARN of the stream in "eventSourceARN"'
                )
        batches += [{"Records": records[start : start + size]} for start in range(0, len(records), size)]
    return batches


def is_stream_record(record: object) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("dynamodb"), dict)
        and STREAM_ARN.fullmatch(str(record.get("eventSourceARN"))) is not None
    )


@contextmanager
def open_engine(choice: str | None) -> Iterator[LocalEngine]:
    """Return the engine that the environment names, or start one.

    Args:
        choice: "opensearch" or "server" to start this engine, or None for the first that is possible.

    Raises:
        InputError: if the engine is not on this machine, or cannot be started.
    """
    named = next((name for name in ENDPOINT_VARIABLES if os.environ.get(name)), None)
    if choice is None and named is not None:
        url = os.environ[named].rstrip("/")
        if urlsplit(url).hostname not in LOOPBACK_HOSTS:
            raise InputError(f"{named}: must be on the loopback interface, since events are written to it; unset it")
        yield open_running(url, f"the one of {named}", takes_templates=False)
        return
    reason = ""
    if choice != "server":
        try:
            installation = load_or_install()
        except CannotInstallError as error:
            reason = f", since {OPENSEARCH} is missing: {error}"
            if choice == "opensearch":
                raise InputError(f"--engine opensearch: {error}") from None
        else:
            with tempfile.TemporaryDirectory() as folder, Node(installation, Path(folder, OPENSEARCH)) as node:
                yield open_running(node.url, "started for this run", takes_templates=True)
            return
    with SearchServer(time.time) as server:
        yield LocalEngine(
            url=server.url,
            description=f"the search server of the tests{reason}",
            takes_templates=False,
            documents=lambda index: {id_: text.decode() for id_, text in server.engine.sources(index).items()},
        )


def load_or_install() -> Installation:
    """Return the installed OpenSearch; the first time, install it with Maven.

    Raises:
        CannotInstallError: if the machine lacks Java or Maven, or the download fails.
    """
    try:
        return Installation.load(OPENSEARCH)
    except CannotInstallError:
        print("Installing OpenSearch …", flush=True)
        install(OPENSEARCH)
        return Installation.load(OPENSEARCH)


def open_running(url: str, origin: str, *, takes_templates: bool) -> LocalEngine:
    """Return the running engine at a URL.

    Raises:
        InputError: if no engine answers there.
    """
    try:
        engine = Engine(url)
    except Exception as error:  # the client and the JSON of another server can raise anything
        raise InputError(f"{url}: no search engine answers: {type(error).__name__}") from None

    def documents(index: str) -> dict[str, str]:
        return {id_: read_source(url, index, id_) for id_ in engine.documents(index)}

    description = f"version {engine.version}, {origin}"
    return LocalEngine(url=url, description=description, takes_templates=takes_templates, documents=documents)


def read_source(url: str, index: str, id: str) -> str:
    """Return the JSON of a document exactly as it is stored. A search gives numbers that Python would round."""
    with urllib.request.urlopen(f"{url}/{quote(index)}/_source/{quote(id, safe='')}") as response:
        text: bytes = response.read()
    return text.decode()


def load_function(folder: Path, endpoint: str) -> Any:
    """Import the function's module `index` as a cold start does.

    Raises:
        InputError: if the folder does not have the function, or the configuration is invalid.
    """
    if not (folder / "index.py").is_file():
        raise InputError(f"--function {folder}: has no index.py")
    os.environ.update(SEARCH_ENDPOINT=endpoint, SEARCH_SERVICE="none")
    sys.path.insert(0, str(folder))
    from indexer.settings import SettingsError

    try:
        return importlib.import_module("index")
    except SettingsError as error:
        raise InputError(str(error)) from None


def indexes_of(index_template: str, batches: Sequence[Event]) -> list[str]:
    """Return the indexes of the tables that the events come from.

    Raises:
        InputError: if the setting INDEX does not fit a table's name.
    """
    from indexer.settings import SettingsError, index_name

    tables = {record["eventSourceARN"].split("/")[1] for batch in batches for record in batch["Records"]}
    try:
        return sorted({index_name(index_template, table) for table in tables})
    except SettingsError as error:
        raise InputError(str(error)) from None


def apply_index_templates(function: Any, indexes: Sequence[str]) -> None:
    """Apply the index templates, as the command `manage.py apply-template` does."""
    from indexer.deadline import Deadline
    from management.templates import apply_templates, build_templates

    for index in indexes:
        apply_templates(build_templates(index), client=function.client, deadline=Deadline(TIMEOUT_SECONDS))


def send(function: Any, batches: Sequence[Event]) -> bool:
    """Send the batches to the handler, and print its log lines and its responses.

    Returns:
        Whether no batch failed as a whole. Lambda delivers such a batch again; here, the rest is not sent.
    """
    for number, batch in enumerate(batches, start=1):
        print(f"\nBatch {number} of {len(batches)}, records: {len(batch['Records'])}. Log:", flush=True)
        try:
            response = function.handler(batch, Context(number))
        except Exception:  # as on Lambda, whatever the function raises is a failure of the batch
            traceback.print_exc(file=sys.stdout)
            print("The function raised an exception. Lambda would deliver the batch again.", flush=True)
            return False
        print(f"Response: {json.dumps(response)}", flush=True)
    return True


def print_documents(engine: LocalEngine, indexes: Sequence[str]) -> None:
    """Print the documents of all indexes that the events can have changed."""
    from indexer.settings import archive_index, rejected_index, tombstone_index

    for index in indexes:
        kinds = {
            index: "documents",
            tombstone_index(index): "tombstones of deleted items",
            rejected_index(index): "rejected records",
            archive_index(index): "documents of expired items",
        }
        for name, kind in kinds.items():
            documents = engine.documents(name)
            print(f"\n{name}: {kind}: {len(documents) or 'none'}")
            for id_, source in sorted(documents.items()):
                print(f"  {id_}: {summarize_rejection(source) if name == rejected_index(index) else source}")


def summarize_rejection(source: str) -> str:
    """Return the item's key and the reason. The document also has the whole stream record."""
    document = json.loads(source)
    return f"{document['keys']}: {document['reason']}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "events", nargs="?", type=Path, default=DEFAULT_EVENTS, help="default: examples/events/orders.json"
    )
    parser.add_argument("--engine", choices=("opensearch", "server"), help="the engine to start")
    parser.add_argument(
        "--batch-size", type=int, default=BATCH_SIZE, help=f"records in a batch (default: {BATCH_SIZE})"
    )
    parser.add_argument("--function", type=Path, default=ROOT / "function", help="default: function/")
    options = parser.parse_args(arguments)
    if options.batch_size < 1:
        parser.error("--batch-size: must be at least 1")
    try:
        batches = read_batches(options.events, options.batch_size)
        with open_engine(options.engine) as engine:
            print(f"Engine: {engine.url}, {engine.description}")
            function = load_function(options.function.resolve(), engine.url)
            indexes = indexes_of(function.settings.index, batches)
            if engine.takes_templates:
                apply_index_templates(function, indexes)
            done = send(function, batches)
            print_documents(engine, indexes)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())

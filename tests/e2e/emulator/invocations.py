"""The limit of the size of an invocation, written after AWS's documentation; localemu has none.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import functools
import io
import json
from collections.abc import Iterator
from typing import Any

from localemu.aws.api.lambda_ import RequestTooLargeException
from localemu.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller
from localemu.services.lambda_.provider import LambdaProvider

Record = dict[str, Any]

MAX_SYNCHRONOUS_BYTES = 6 * 1024 * 1024
MAX_ASYNCHRONOUS_BYTES = 1024 * 1024

invoke = LambdaProvider.invoke
forward_events = StreamPoller.forward_events_to_target


def install() -> None:
    """Replace localemu's functions by the ones below."""
    global forward_events
    forward_events = StreamPoller.forward_events_to_target  # with the repairs of mappings
    LambdaProvider.invoke = invoke_if_small
    StreamPoller.forward_events_to_target = forward_in_parts


@functools.wraps(invoke)  # also copies the attributes by which localemu finds the handler of an operation
def invoke_if_small(provider: Any, context: Any, *args: Any, payload: Any = None, **kwargs: Any) -> Any:
    """Invoke a function; refuse a payload that is too large."""
    content = payload.read() if payload else b""
    limit = MAX_ASYNCHRONOUS_BYTES if kwargs.get("invocation_type") == "Event" else MAX_SYNCHRONOUS_BYTES
    if len(content) > limit:
        raise RequestTooLargeException(f"Request must be smaller than {limit} bytes for the InvokeFunction operation")
    return invoke(provider, context, *args, payload=io.BytesIO(content) if payload else None, **kwargs)


def forward_in_parts(poller: Any, shard_id: str, records: list[Record]) -> None:
    """Deliver a batch in parts that are small enough, as a mapping of AWS does."""
    for part in parts_of(list(records)):
        forward_events(poller, shard_id, part)


def parts_of(records: list[Record]) -> Iterator[list[Record]]:
    """Divide records among events of at most 6 MB."""
    part: list[Record] = []
    size = envelope = 1000
    for record in records:
        record_size = len(json.dumps(record, default=str)) + 1000  # the event adds fields to each record
        if part and size + record_size > MAX_SYNCHRONOUS_BYTES:
            yield part
            part, size = [], envelope
        part.append(record)
        size += record_size
    if part:
        yield part

"""The queue or the bucket that holds the failed batches."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ..aws import calling, one_line
from ..errors import AwsError, UsageError
from .batches import FailedBatch, ForeignError, read_batch, read_json, read_time
from .messages import ObjectLocation, TestEvent, read_message

# Seconds that a received message stays invisible to others. A thread extends it while the command works.
VISIBILITY = 900
WAIT = 1
MAX_RECEIVED = 10
# A queue can be read to the end only by receiving messages until none comes.
EMPTY_RECEIVES = 2
# Messages that are held at once. They are put in the order of their shards.
WINDOW = 10_000
MAX_BATCH = 10
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
OBJECT_KEY = re.compile(r"(?:.*/)?aws/lambda/(?P<uuid>[^/]+)/(?P<shard>[^/]+)/\d{4}/\d\d/\d\d/(?P<time>[^/]+)")
OBJECT_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)\.(\d\d)\.(\d\d)")


@dataclass(frozen=True)
class Message:
    """A message that was received.

    Attributes:
        id: the id of the message.
        receipt: the handle of this receipt, which deletes the message.
    """

    id: str
    receipt: str


@dataclass
class Entry:
    """A failed batch to send, and where it comes from.

    Attributes:
        content: the failed batch, or the object that holds it.
        messages: the messages about it. They are deleted when all records are done.
        label: its name in the report; the identity by default.
    """

    content: FailedBatch | ObjectLocation
    messages: list[Message] = field(default_factory=list)
    label: str = ""

    @property
    def identity(self) -> str:
        """A name that is the same in each message about the batch."""
        return self.content.identity

    @property
    def shard_id(self) -> str:
        """The shard of the records; that of the key for an object."""
        if isinstance(self.content, FailedBatch):
            return self.content.shard_id
        match = OBJECT_KEY.fullmatch(self.content.key)
        return match["shard"] if match else ""

    @property
    def failed(self) -> datetime | None:
        """The time at which Lambda gave up; None if it is unknown."""
        if isinstance(self.content, FailedBatch):
            return self.content.failed
        match = OBJECT_KEY.fullmatch(self.content.key)
        time = OBJECT_TIME.match(match["time"]) if match else None
        return read_time("{}:{}:{}+00:00".format(*time.groups())) if time else None

    @property
    def order(self) -> tuple[str, int, str]:
        """The position among the entries of a shard: by sequence number, or by the time in the key."""
        if isinstance(self.content, FailedBatch):
            return (self.content.stream_arn, self.content.start, "")
        return (self.content.bucket, 0, self.content.key)


@dataclass(frozen=True)
class Foreign:
    """A message that is not about a failed batch. It stays in the queue."""

    name: str
    reason: str


@dataclass
class Window:
    """The part of a source that is worked on at once.

    Attributes:
        entries: the failed batches.
        foreign: what is not about a failed batch.
        test_events: the messages that S3 sent when notifications were configured.
    """

    entries: list[Entry] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)
    test_events: list[Message] = field(default_factory=list)


class Source(Protocol):
    """Holds failed batches.

    Attributes:
        name: the URL of a queue, the location of objects, or the path of a file.
        is_emptied: whether a batch leaves the source when it is done.
        on_receive: called with the receipts of messages when they were received.
    """

    name: str
    is_emptied: bool
    on_receive: Callable[[list[str]], None]

    def count(self) -> int | None:
        """Return about how many batches there are; None if it is unknown."""

    def count_invisible(self) -> int:
        """Return about how many messages someone holds."""

    def windows(self) -> Iterator[Window]:
        """Yield the batches."""

    def release(self, receipts: Sequence[str]) -> None:
        """Make messages visible again."""

    def delete(self, messages: Iterable[Message]) -> int:
        """Delete messages that one of their batches is done of, and return how many were deleted."""

    def close(self) -> None:
        """Give back what is left."""


class QueueSource:
    """A queue of failed batches. Its messages are held until `close`, so that each is received once.

    Args:
        client: a client of SQS.
        url: the URL of the queue.
        stop: ends the reading when it is set.
        visibility: seconds that a message stays invisible.
        window: the number of messages that are put in order at once.
        wait: seconds to wait for a message.

    Attributes:
        name: the URL of the queue.
        on_receive: called with the receipts of messages when they were received.
    """

    def __init__(
        self,
        client: Any,
        url: str,
        *,
        stop: threading.Event | None = None,
        visibility: int = VISIBILITY,
        window: int = WINDOW,
        wait: int = WAIT,
    ) -> None:
        self.on_receive: Callable[[list[str]], None] = lambda _: None
        self.is_emptied = True
        self._stop = stop or threading.Event()
        # Message id -> the number of batches that it is about and that are not done.
        self._unfinished: dict[str, int] = {}
        self._client = client
        self.name = url
        self._visibility = visibility
        self._window = window
        self._wait = wait
        # Receipts by message id.
        self._held: dict[str, str] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._heartbeat: threading.Thread | None = None

    @property
    def held(self) -> list[str]:
        """The receipts of the messages that are held."""
        with self._lock:
            return list(self._held.values())

    def release(self, receipts: Sequence[str]) -> None:
        """Make messages visible again. Receipts that are not valid any more are ignored."""
        self._change_visibility(receipts, 0)

    def count(self) -> int | None:
        """Return about how many messages are visible; None if that may not be read."""
        return self._attribute("ApproximateNumberOfMessages")

    def count_invisible(self) -> int:
        """Return about how many messages someone holds; 0 if that may not be read."""
        return self._attribute("ApproximateNumberOfMessagesNotVisible") or 0

    def _attribute(self, name: str) -> int | None:
        try:
            with calling(f"read the queue {self.name}"):
                answer = self._client.get_queue_attributes(QueueUrl=self.name, AttributeNames=[name])
        except AwsError as error:
            if error.code in ("NonExistentQueue", "QueueDoesNotExist"):
                raise
            return None
        return int(answer["Attributes"][name])

    def windows(self) -> Iterator[Window]:
        """Yield the messages, until none comes.

        Raises:
            AwsError: if AWS refuses to receive messages.
        """
        self._heartbeat = threading.Thread(target=self._extend, daemon=True, name="visibility")
        self._heartbeat.start()
        empty = 0
        while empty < EMPTY_RECEIVES and not self._stop.is_set():
            window, by_identity, count = Window(), dict[str, Entry](), 0
            while count < self._window and empty < EMPTY_RECEIVES and not self._stop.is_set():
                received = self._receive()
                empty = 0 if received else empty + 1
                for message, body in received:
                    count += 1
                    self._sort(message, body, window, by_identity)
            if count:
                yield window

    def _receive(self) -> list[tuple[Message, str]]:
        try:
            with calling(f"receive messages of the queue {self.name}"):
                answer = self._client.receive_message(
                    QueueUrl=self.name,
                    MaxNumberOfMessages=MAX_RECEIVED,
                    VisibilityTimeout=self._visibility,
                    WaitTimeSeconds=self._wait,
                )
        except AwsError as error:
            if error.code != "OverLimit":  # 120,000 messages are held
                raise
            return []
        new = []
        with self._lock:
            for received in answer.get("Messages", []):
                message = Message(received["MessageId"], received["ReceiptHandle"])
                is_new = message.id not in self._held
                # A message that comes twice is worked on once. Its last receipt deletes it.
                self._held[message.id] = message.receipt
                if is_new:
                    new.append((message, received["Body"]))
        if answer.get("Messages"):
            self.on_receive([received["ReceiptHandle"] for received in answer["Messages"]])
        return new

    def _sort(self, message: Message, body: str, window: Window, by_identity: dict[str, Entry]) -> None:
        try:
            contents = read_message(body)
        except ForeignError as error:
            window.foreign.append(Foreign(message.id, one_line(str(error))))
            return
        for content in contents:
            if isinstance(content, TestEvent):
                window.test_events.append(message)
                continue
            entry = by_identity.get(content.identity)
            if entry is None:
                entry = by_identity[content.identity] = Entry(content)
                window.entries.append(entry)
            entry.messages.append(message)
            self._unfinished[message.id] = self._unfinished.get(message.id, 0) + 1

    def delete(self, messages: Iterable[Message]) -> int:
        """Delete messages that one of their batches is done of. A message about several is deleted with the last one.

        Returns:
            The number of messages that were deleted.

        Raises:
            AwsError: if AWS refuses it.
        """
        receipts = []
        with self._lock:
            for message in messages:
                left = self._unfinished.get(message.id, 1) - 1
                self._unfinished[message.id] = left
                if left == 0 and message.id in self._held:
                    receipts.append(self._held.pop(message.id))
                    del self._unfinished[message.id]
        for start in range(0, len(receipts), MAX_BATCH):
            part = receipts[start : start + MAX_BATCH]
            entries = [{"Id": str(index), "ReceiptHandle": receipt} for index, receipt in enumerate(part)]
            with calling(f"delete messages of the queue {self.name}"):
                answer = self._client.delete_message_batch(QueueUrl=self.name, Entries=entries)
                # The single request has the whole error.
                for failed in answer.get("Failed", []):
                    self._client.delete_message(QueueUrl=self.name, ReceiptHandle=part[int(failed["Id"])])
        return len(receipts)

    def close(self) -> None:
        """Make the messages that are left visible again."""
        self._closed.set()
        if self._heartbeat is not None:
            self._heartbeat.join()
        receipts = self.held
        with self._lock:
            self._held.clear()
        with contextlib.suppress(AwsError, UsageError):  # they become visible by themselves
            self.release(receipts)

    def _extend(self) -> None:
        while not self._closed.wait(self._visibility / 3):
            # The next try comes before the messages become visible.
            with contextlib.suppress(AwsError, UsageError):
                self._change_visibility(self.held, self._visibility)

    def _change_visibility(self, receipts: Sequence[str], seconds: int) -> None:
        for start in range(0, len(receipts), MAX_BATCH):
            entries = [
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for index, receipt in enumerate(receipts[start : start + MAX_BATCH])
            ]
            with calling(f"change the visibility of messages of the queue {self.name}"):
                self._client.change_message_visibility_batch(QueueUrl=self.name, Entries=entries)


class SourceWithoutMessages:
    """The part of `Source` about messages, for batches that no queue announces: nothing is held."""

    on_receive: Callable[[list[str]], None]

    def __init__(self) -> None:
        self.on_receive = lambda _: None

    def count_invisible(self) -> int:
        """Return 0."""
        return 0

    def release(self, receipts: Sequence[str]) -> None:
        """Do nothing."""

    def delete(self, messages: Iterable[Message]) -> int:  # noqa: ARG002  # as `QueueSource.delete`
        """Return 0."""
        return 0

    def close(self) -> None:
        """Do nothing."""


class BucketSource(SourceWithoutMessages):
    """The objects of a failure bucket.

    Args:
        client: a client of S3.
        bucket: the name of the bucket.
        prefix: the beginning of the keys.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, *, window: int = WINDOW) -> None:
        super().__init__()
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._window = window
        self.name = f"s3://{bucket}/{prefix}"
        self.is_emptied = True

    def count(self) -> int | None:
        """Return None: the number of objects is known only after listing them."""
        return None

    def windows(self) -> Iterator[Window]:
        """Yield the objects, in the order of their keys.

        Raises:
            AwsError: if AWS refuses to list the objects.
        """
        window = Window()
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        iterator = iter(pages)
        while True:
            with calling(f"list the objects of {self.name}"):
                page = next(iterator, None)
            if page is None:
                break
            window.entries += [Entry(ObjectLocation(self._bucket, file["Key"])) for file in page.get("Contents", [])]
            if len(window.entries) >= self._window:
                yield window
                window = Window()
        if window.entries:
            yield window


MISSING_OBJECT = frozenset({"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"})


class MissingObjectError(Exception):
    """An object of a message does not exist any more."""


def read_object(client: Any, location: ObjectLocation) -> FailedBatch:
    """Return the failed batch in an object.

    Raises:
        MissingObjectError: if the object does not exist.
        ForeignError: if the object is something else.
        AwsError: if AWS refuses to read it.
    """
    version = {"VersionId": location.version} if location.version else {}
    try:
        with calling(f"read {location}"):
            body = client.get_object(Bucket=location.bucket, Key=location.key, **version)["Body"].read()
    except AwsError as error:
        if error.code in MISSING_OBJECT:
            raise MissingObjectError(str(location)) from None
        raise
    document = read_json(body)
    if not isinstance(document, dict):
        raise ForeignError("it is not a JSON object")
    return read_batch(document)


def delete_object(client: Any, location: ObjectLocation) -> None:
    """Delete an object. A bucket with versions keeps its content until the version expires.

    Raises:
        AwsError: if AWS refuses it.
    """
    with calling(f"delete {location}"):
        client.delete_object(Bucket=location.bucket, Key=location.key)

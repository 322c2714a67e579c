"""Bodies of the messages in a queue of failed batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from .batches import FailedBatch, ForeignError, read_batch, read_json

# A topic that delivers to a topic is not possible. One more level than that costs nothing.
MAX_NESTING = 3


@dataclass(frozen=True)
class ObjectLocation:
    """An object in a failure bucket.

    Attributes:
        bucket: the name of the bucket.
        key: the key of the object.
        version: the version of the object; None if the bucket has no versions.
    """

    bucket: str
    key: str
    version: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def identity(self) -> str:
        """A name that is the same in each message about this object."""
        return f"{self}?versionId={self.version}" if self.version else str(self)


class TestEvent:
    """The message that S3 sends when the notifications of a bucket are configured."""

    __test__ = False


Content = FailedBatch | ObjectLocation | TestEvent


def read_message(body: str) -> list[Content]:
    """Return the content of a message: a failed batch, or the objects that hold one each.

    The message can come from Lambda, from a topic with or without raw delivery, or from S3.

    Raises:
        ForeignError: if the message is something else.
    """
    return _read(read_json(body), nesting=0)


def _read(document: object, nesting: int) -> list[Content]:
    match document:
        case {"Event": "s3:TestEvent"}:
            return [TestEvent()]
        case {"Message": str(text), "TopicArn": _} if nesting < MAX_NESTING:
            return _read(read_json(text), nesting + 1)
        case {"Records": [*notifications]} if notifications:
            return [_read_notification(notification) for notification in notifications]
        case {"detail-type": "Object Created", "source": "aws.s3", "detail": {"bucket": bucket, "object": object_}}:
            # EventBridge, unlike S3, does not encode the key.
            return [_location(bucket, object_, str(object_.get("key")), "version-id")]
        case dict():
            return [read_batch(document)]
        case _:
            raise ForeignError("it is not a JSON object")


def _read_notification(notification: object) -> ObjectLocation:
    match notification:
        case {
            "eventSource": str(source),
            "s3": {"bucket": {"name": str(_)} as bucket, "object": {"key": str(key)} as file},
        }:
            if source == "aws:s3":
                return _location(bucket, file, unquote_plus(key), "versionId")
    raise ForeignError("its Records are not notifications of S3")


def _location(bucket: Mapping[str, Any], file: Mapping[str, Any], key: str, version: str) -> ObjectLocation:
    return ObjectLocation(str(bucket.get("name")), key, file.get(version) or None)

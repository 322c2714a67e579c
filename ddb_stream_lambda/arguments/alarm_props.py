"""The mapping ``alarm_props`` of the pattern. Its words are the library's, so that it is not generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from .wrong_props import WrongProps


class AlarmThresholds(TypedDict, total=False):
    """The value that each figure must exceed for its alarm. `None` leaves the alarm out."""

    iterator_age: int | float | None
    """The age of the last record of a batch, in milliseconds."""
    failed_events: int | float | None
    """The events whose invocation failed, in each of three periods of five minutes."""
    dropped_events: int | float | None
    """The events that Lambda gave up and sent to no failure destination, in five minutes."""
    errors: int | float | None
    """The invocations that ended with an error, in each of three periods of five minutes."""
    throttles: int | float | None
    """The throttled invocations, in each of three periods of five minutes."""
    destination_failures: int | float | None
    """The failed attempts to write to the failure destination, in five minutes."""
    delivered_events: int | float | None
    """The events that Lambda sent to a failure destination that is not a queue, in five minutes of the last hour."""
    queue_messages: int | float | None
    """The visible messages in the queue that is the failure destination."""
    queue_age: int | float | None
    """The age of the oldest message in that queue, in seconds."""


class AlarmProps(TypedDict, total=False):
    """The arguments that all alarms of a pattern share, and their thresholds."""

    alarm_actions: Sequence[str] | None
    """The ARNs that each alarm notifies when it turns on, such as that of an SNS topic."""
    ok_actions: Sequence[str] | None
    """The ARNs that each alarm notifies when it turns off."""
    tags: Mapping[str, str] | None
    """The tags of each alarm. A dashboard has no tags."""
    thresholds: AlarmThresholds | None
    """The thresholds that differ from the defaults."""


WrongAlarmProps = WrongProps[Literal["alarm_actions", "ok_actions", "tags", "thresholds"], object, str]

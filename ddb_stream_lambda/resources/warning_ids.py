"""The ids of all warnings, and the check of ``silence_warnings``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from ..errors import Mistakes
from .alarms import AlarmWarningId
from .dead_letter_queue import QueueWarningId
from .event_source import EventSourceWarningId
from .failure_bucket import FailureBucketWarningId
from .failure_destination import DestinationWarningId
from .function import FunctionWarningId
from .lambda_alias import AliasWarningId
from .permissions import PermissionsWarningId
from .policy_size import PolicySizeWarningId
from .regions import RegionWarningId
from .table import TableWarningId

PROPERTY = "silence_warnings"

WarningId = Literal[
    TableWarningId,
    EventSourceWarningId,
    FunctionWarningId,
    AliasWarningId,
    DestinationWarningId,
    QueueWarningId,
    FailureBucketWarningId,
    PermissionsWarningId,
    PolicySizeWarningId,
    RegionWarningId,
    AlarmWarningId,
]


def check_silenced(*, silenced: object, mistakes: Mistakes) -> None:
    """Add a mistake for each id that silences nothing."""
    known = get_args(WarningId)
    if isinstance(silenced, str) or not isinstance(silenced, Collection):
        mistakes.add(PROPERTY, silenced, 'must be a list, such as ["tracing_config"]')
        return
    for id in silenced:
        if id not in known:
            mistakes.add(PROPERTY, id, f"silences nothing; the known ids are {', '.join(known)}")

"""The statements of the two roles of a backfill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...arguments.policies import Statement

BackfillSid = Literal[
    "DecryptExports",
    "DecryptFilters",
    "DeliverLogs",
    "DescribeTable",
    "EncryptResults",
    "FindMapping",
    "InvokeFunction",
    "InvokeWorker",
    "ListResults",
    "ReadExports",
    "ReadListOfFiles",
    "ReadMapping",
    "RunChildren",
    "SendTraces",
    "StartChildren",
    "WriteLogs",
    "WriteResults",
]


def allow(sid: BackfillSid, actions: Sequence[str], resource: str | list[str]) -> Statement:
    """Return a statement that allows actions on a resource."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}

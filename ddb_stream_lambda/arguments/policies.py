"""Statements of IAM policies, and the Sids that the pattern's own statements have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

Statement = dict[str, Any]

PatternSid = Literal[
    "ListStreams",
    "ReadStream",
    "DecryptStream",
    "AccessTable",
    "UseTableKey",
    "SendFailedBatches",
    "EncryptFailedBatches",
    "WriteLogs",
    "SendTraces",
    "JoinVpc",
    "SendFailedEvents",
    "MountFileSystem",
    "CheckpointExecutions",
]


def allow(sid: PatternSid, actions: Sequence[str], resource: str | list[str]) -> Statement:
    """Return a statement that allows actions on a resource."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def policy_document(statements: Iterable[Statement]) -> str:
    """Return the JSON of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

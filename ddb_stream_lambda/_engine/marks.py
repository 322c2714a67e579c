"""Marks the resources that a pattern created, so that the hand-off can recognize them in a stack.

The mark is in the comment property ``//`` of the stack's JSON, which Terraform ignores. It names each pattern by its
path, with the ids of its resources. cdktf writes the path of each resource next to the resource, so the two together
identify a resource, whatever its name in Terraform is. One call to the engine marks a whole pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import Construct

# The hand-off reads this property: ddb_stream_lambda/handoff/synthesized/patterns.py.
MARK = "//.ddb_stream_lambda"

_ids: WeakKeyDictionary[Construct, list[str]] = WeakKeyDictionary()


def record(scope: Construct, id: str) -> None:
    """Remember that this package creates a resource in a scope."""
    _ids.setdefault(scope, []).append(id)


def mark_pattern(pattern: Construct, *, path: str, stack: TerraformStack) -> None:
    """Write the ids of the resources that were created in a pattern into the stack's comment property."""
    ids: Sequence[str] = _ids.pop(pattern, [])
    # The engine splits the name of a property at its dots.
    stack.add_override(f"{MARK}.{path.replace('%', '%25').replace('.', '%2E')}", sorted(ids))

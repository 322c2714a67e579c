"""Finds where a construct is in the tree.

The engine answers each question about a construct with a round trip, and the answers never change. So the answers about
a scope, which can hold many patterns, are kept as long as the scope exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import Construct

from .failures import is_engine_error
from .installation import is_of_other_tool


@dataclass(frozen=True)
class Location:
    """The location of a construct.

    Attributes:
        path: Its path in the tree, such as ``orders/pipeline``.
        stack: The stack that it belongs to.
    """

    path: str
    stack: TerraformStack


_locations: WeakKeyDictionary[Construct, Location] = WeakKeyDictionary()


def locate(scope: object) -> Location | None:
    """Return the scope's location; None if it is neither a stack nor a construct in one.

    Both tools mark their stacks with the same symbol, so that cdktf accepts a stack of the other tool.
    Such a stack has no location.
    """
    if not isinstance(scope, Construct) or is_of_other_tool(scope):
        return None
    location = _locations.get(scope)
    if location is None:
        try:
            stack = TerraformStack.of(scope)
        except RuntimeError as error:
            if not is_engine_error(error):
                raise
            return None
        if is_of_other_tool(stack):
            return None
        location = _locations[scope] = Location(scope.node.path, stack)
    return location


def is_in_other_tool(scope: object) -> bool:
    """Return whether the scope, or a construct that it is in, belongs to the other tool."""
    return isinstance(scope, Construct) and any(map(is_of_other_tool, scope.node.scopes))

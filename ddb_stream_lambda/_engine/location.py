"""Where a pattern stands in the construct tree.

The engine answers each question about a construct with a round trip, and the answers never change, so those about a
scope that holds many patterns are kept as long as the scope is.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from constructs import Construct


@dataclass(frozen=True)
class Place:
    """A scope's path, and the stack it belongs to."""

    path: str
    stack: TerraformStack


_places: WeakKeyDictionary[Construct, Place] = WeakKeyDictionary()


def place_of(scope: Construct) -> Place:
    """The scope's path and stack.

    Args:
        scope: a stack, or a construct in one; the engine raises RuntimeError for any other.
    """
    place = _places.get(scope)
    if place is None:
        place = _places[scope] = Place(scope.node.path, TerraformStack.of(scope))
    return place

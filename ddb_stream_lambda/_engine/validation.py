"""Checks that cdktf runs when the app is synthesized, after all constructs exist."""

from __future__ import annotations

from collections.abc import Callable

import jsii
from constructs import Construct, IValidation


@jsii.implements(IValidation)
class _Validation:
    """A check in the form that the engine calls."""

    def __init__(self, find_errors: Callable[[], list[str]]) -> None:
        self._find_errors = find_errors

    def validate(self) -> list[str]:
        """Return the errors."""
        return self._find_errors()


def check_at_synth(scope: Construct, find_errors: Callable[[], list[str]]) -> None:
    """Add a check to a construct: the synthesis fails with the errors that it returns.

    Args:
        scope: The construct, whose path cdktf writes before each error.
        find_errors: A function that returns the errors, and none if all is well.
    """
    scope.node.add_validation(_Validation(find_errors))

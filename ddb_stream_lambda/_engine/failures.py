"""Separates the errors that the engine raises from bugs of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jsii.errors import JavaScriptError, JSIIError

from ..errors import Mistake, Mistakes, PatternError


@contextmanager
def report_engine_errors(path: str) -> Iterator[None]:
    """Report an error of the engine as a `PatternError`, without the engine's stack trace.

    Every other exception passes: a bug of this package reaches the user as itself, with its traceback.

    Args:
        path: The construct's path.
    """
    try:
        yield
    except (RuntimeError, JSIIError) as error:
        if not is_engine_error(error):
            raise
        message = f"cdktf refused it: {reason_of(error)}; correct the construct, or the values that it was given"
        raise PatternError(path, [Mistake("construct", path, message)]) from None


@contextmanager
def report_refused_id(id: str, mistakes: Mistakes) -> Iterator[None]:
    """Report as a mistake that the scope refuses a construct, for example because the id is used already.

    Args:
        id: The construct's id.
        mistakes: The collector of mistakes.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_engine_error(error):
            raise
        message = f"the scope refuses it: {reason_of(error)}; choose another id, or create it before synthesis"
        mistakes.add("id", id, message)


def is_engine_error(error: Exception) -> bool:
    """Return whether JavaScript raised the error: jsii names JavaScript's own error as the cause."""
    return isinstance(error.__cause__, JavaScriptError)


def reason_of(error: Exception) -> str:
    """Return the first line of an engine's error: what went wrong, without the engine's stack."""
    return str(error).strip().splitlines()[0].removeprefix("Error: ").rstrip(".")

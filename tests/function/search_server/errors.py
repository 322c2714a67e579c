"""Errors, as an engine reports them."""

from typing import Any


class RefusedError(Exception):
    """The error of a request, of an operation or of a document.

    Attributes:
        status: the HTTP status.
        error: the object "error" of the answer, or a text, which the HTTP layer of the engines uses.
    """

    def __init__(self, status: int, kind: str, reason: str, cause: "RefusedError | None" = None) -> None:
        super().__init__(f"{kind}: {reason}")
        self.status = status
        self.error: dict[str, Any] | str = {"type": kind, "reason": reason}
        if cause is not None:
            self.error["caused_by"] = cause.error

    @classmethod
    def text(cls, status: int, reason: str) -> "RefusedError":
        refused = cls(status, "text", reason)
        refused.error = reason
        return refused


def illegal_argument(reason: str, cause: RefusedError | None = None) -> RefusedError:
    return RefusedError(400, "illegal_argument_exception", reason, cause)


def unparsable(reason: str, cause: RefusedError | None = None) -> RefusedError:
    return RefusedError(400, "mapper_parsing_exception", reason, cause)


def invalid(*mistakes: str) -> RefusedError:
    """Return the error of a request whose parts are wrong, before anything of it is done."""
    listed = "".join(f" {number}: {mistake};" for number, mistake in enumerate(mistakes, 1))
    return RefusedError(400, "action_request_validation_exception", f"Validation Failed:{listed}")


def index_not_found(name: str, detail: str = "") -> RefusedError:
    return RefusedError(404, "index_not_found_exception", f"no such index [{name}]{detail}")

"""The exit codes of the commands, and the errors that end them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    DONE = 0
    FAILED = 1  # some records failed; they are kept
    USAGE = 2
    REFUSED = 3  # AWS refused a request: credentials, permissions, a resource that does not exist
    EXPIRED = 4  # some records have expired from the stream
    INTERRUPTED = 130


class OperationError(Exception):
    """An error that ends a command. Its message is one line: the problem, the value, and the fix.

    Args:
        message: the problem with its value, such as "--limit 0: must be at least 1".
        fix: the fix, such as "give a whole number"; empty if the message has it.

    Attributes:
        exit_code: the exit code of the command.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(f"{message}; {fix}" if fix else message)


class UsageError(OperationError):
    """An option or an argument of the command is wrong, or the machine lacks something that the command needs."""

    exit_code = ExitCode.USAGE


class AwsError(OperationError):
    """AWS refused a request, or could not be reached.

    Args:
        message: the request and the reason.
        fix: the fix.
        code: the error code of AWS, such as "AccessDeniedException"; empty if no answer came.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, fix: str = "", *, code: str = "") -> None:
        super().__init__(message, fix)
        self.code = code

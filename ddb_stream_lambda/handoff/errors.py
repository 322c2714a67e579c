"""The errors that end a hand-off, each with the exit code of the command."""

from __future__ import annotations


class HandoffError(Exception):
    """An error that ends a hand-off. Its message names the reason and the fix.

    Attributes:
        exit_code: the exit code of the command.
    """

    exit_code = 1


class UsageError(HandoffError):
    """An argument of the command is wrong: an unknown stack, an unknown address to import, a wrong option."""

    exit_code = 2


class ConfigurationError(HandoffError):
    """The stack cannot be handed over: it has an absolute path, a missing file or an unknown block."""

    exit_code = 3


class OutputError(HandoffError):
    """The output folder must not be replaced, or cannot be written."""

    exit_code = 4


class SynthesisError(HandoffError):
    """The app could not be synthesized."""

    exit_code = 5


class LockError(HandoffError):
    """The lock file could not be written: Terraform is missing, or cannot find the providers for a platform."""

    exit_code = 6


class InterruptionError(HandoffError):
    """A signal stopped the run.

    Args:
        signal_number: the signal. The exit code is 128 more, as in a shell.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted; no bundle was replaced")
        self.exit_code = 128 + signal_number

"""What stops a hand-off, each kind with the exit code that the command ends with."""

from __future__ import annotations


class HandoffError(Exception):
    """A hand-off that cannot be made; the message says why and what to do.

    Attributes:
        exit_code: what the command ends with.
    """

    exit_code = 1


class UsageError(HandoffError):
    """What was asked for does not exist or does not fit: a stack's name, an address to import, an option."""

    exit_code = 2


class ConfigurationError(HandoffError):
    """The synthesised stack cannot be handed over: a path of this machine, a file that is missing, an unknown block."""

    exit_code = 3


class OutputError(HandoffError):
    """The output folder is not ours to replace, or cannot be written."""

    exit_code = 4


class SynthesisError(HandoffError):
    """The app did not synthesise."""

    exit_code = 5


class InterruptionError(HandoffError):
    """A signal asked the run to stop.

    Args:
        signal_number: which; the exit code is 128 more, as a shell has it.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted; nothing was replaced")
        self.exit_code = 128 + signal_number

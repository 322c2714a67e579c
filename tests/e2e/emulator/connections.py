"""Connections to the emulator stay open until the client ends them, as with AWS.

localemu ends a connection after each answer, or after five seconds without a call. A call that meets this end is done,
but its client gets no answer and calls again. The provider then reports that the resource exists already.
"""

from hypercorn.config import Config
from localemu.aws import handlers
from localemu.aws.handlers import legacy


def install() -> None:
    """Let the server keep connections open."""
    legacy.set_close_connection_header = handlers.set_close_connection_header = lambda *_: None
    Config.keep_alive_timeout = 3600
    Config.keep_alive_max_requests = 10**9

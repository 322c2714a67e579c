"""A search engine for tests, over HTTP on the loopback interface. It behaves like OpenSearch 2.

The list of cases in `tests.function.engine_cases` runs against it and against real engines, and must give the same
answers. It has what a real engine cannot give: simulated time, faults (`SearchServer.fail`) and lack of capacity for
single documents (`Engine.busy`). It runs no queries.
"""

from .engine import Engine, Index
from .server import Fault, Request, SearchServer, cut_after_applying, malformed, no_failure, status

__all__ = [
    "Engine",
    "Fault",
    "Index",
    "Request",
    "SearchServer",
    "cut_after_applying",
    "malformed",
    "no_failure",
    "status",
]

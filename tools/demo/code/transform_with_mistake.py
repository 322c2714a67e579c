"""The team's code of the demo, with a mistake: an order with a coupon ends the process."""

import sys
from typing import Any

from indexer.changes import Change


def transform(document: dict[str, Any] | None, change: Change) -> dict[str, Any] | None:
    """Return the document to index for one changed item."""
    if document is not None and "coupon" in document:
        # An exception would only reject this record. This ends the process, and the whole batch fails.
        sys.exit(f"the coupon {document['coupon']} of {change.id} is unknown")
    return document

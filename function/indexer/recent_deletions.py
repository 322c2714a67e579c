"""Remembers the deletions of the last seconds, so that a put which may undo one of them is looked up."""

# Twice the age below which a put counts as recent (see `indexer.batch`), because clocks differ.
REMEMBERED_SECONDS = 4.0
MAX_REMEMBERED = 10_000


class RecentDeletions:
    """The documents that this execution environment deleted in the last seconds.

    It only decides whether a tombstone is looked up. So a deletion that it forgets early, or that another environment
    carried out, does no harm unless the engine forgets it within seconds as well.
    """

    def __init__(self) -> None:
        self._deleted_at: dict[tuple[str, str], float] = {}

    def add(self, index: str, id: str, now: float) -> None:
        """Remember a deletion.

        Args:
            index: the name of the document's index.
            id: the document's id.
            now: the time in seconds since 1970.
        """
        self._deleted_at.pop((index, id), None)
        self._deleted_at[index, id] = now
        if len(self._deleted_at) > MAX_REMEMBERED:
            # A dict keeps the order of insertion, so this is the oldest one.
            del self._deleted_at[next(iter(self._deleted_at))]

    def has(self, index: str, id: str, now: float) -> bool:
        """Return whether a document was deleted in the last seconds."""
        deleted_at = self._deleted_at.get((index, id))
        return deleted_at is not None and now - deleted_at < REMEMBERED_SECONDS

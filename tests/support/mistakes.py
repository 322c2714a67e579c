"""The mistakes that a check adds."""

from collections.abc import Callable

from ddb_stream_lambda.errors import Mistakes


def messages_of(check: Callable[[Mistakes], object]) -> dict[str, str]:
    """Return the messages of the mistakes that the check adds, by property."""
    mistakes = Mistakes("orders/pipeline")
    check(mistakes)
    return {mistake.property: mistake.message for mistake in mistakes.found}

"""The order of one item's changes, as a number that a search engine can compare.

A stream's sequence numbers are decimal strings of up to 40 digits; an engine's external version is a signed 64-bit
integer. No injective map exists, so `version_of` is monotone but not strictly so:

    version = (number of digits) * 10**17 + (the first 17 digits)

For a < b without leading zeros: if a has fewer digits, its version is smaller, because the second term is always
less than 10**17. If they have as many digits, the shorter prefix of a is at most that of b. Hence a <= b implies
version_of(a) <= version_of(b), and version_of(a) < version_of(b) implies a < b: the engine, comparing versions,
never takes an older change for a newer one. Two numbers share a version only when they have the same length, more
than 17 digits, and the same first 17; `is_exact` tells when that cannot be. Such ties are resolved by comparing the
whole numbers, which every document and tombstone carries (see `indexer.batch`).
"""

_DIGITS = 17
_SCALE = 100_000_000_000_000_000
# 91 * 10**17 + (10**17 - 1) is the largest value of this form below 2**63.
_MAX_LENGTH = 91


def version_of(sequence_number: str) -> int:
    """Return the external version (1 to 2**63 - 1) for a stream record's sequence number.

    Raises ValueError for anything but 1 to 91 decimal digits, not counting leading zeros.
    """
    if not (sequence_number.isascii() and sequence_number.isdigit()):
        raise ValueError(f"sequence number {sequence_number!r} is not a decimal number")
    digits = sequence_number.lstrip("0") or "0"
    if len(digits) > _MAX_LENGTH:
        raise ValueError(f"sequence number has {len(digits)} digits; the largest supported length is {_MAX_LENGTH}")
    return len(digits) * _SCALE + int(digits[:_DIGITS])


def is_exact(sequence_number: str) -> bool:
    """Tell whether no other sequence number has this one's version."""
    return len(sequence_number.lstrip("0")) <= _DIGITS

"""Converts sequence numbers to versions that a search engine can compare.

The sequence number of a stream record is a decimal string of up to 40 digits. The external version of a document is a
signed 64-bit integer. No function can give every sequence number a different version, so some share one:

    version = (number of digits) * 10**17 + (the first 17 digits)

Versions never decrease: a <= b implies version_of(a) <= version_of(b). Proof, for numbers without leading zeros: if a
has fewer digits than b, its version is smaller, because the second term is always less than 10**17. If both have the
same number of digits, the first 17 digits of a are at most those of b.

It follows that version_of(a) < version_of(b) implies a < b: the engine never takes an older change for a newer one.
Two numbers share a version only if they have the same length, more than 17 digits, and the same first 17 digits
(`has_unique_version` returns False for them). For such a tie the full sequence numbers are compared, which every
document and tombstone stores (see `indexer.batch`).
"""

PREFIX_DIGITS = 17
LENGTH_FACTOR = 100_000_000_000_000_000
# 91 * 10**17 + (10**17 - 1) is the largest version below 2**63.
MAX_DIGITS = 91


def version_of(sequence_number: str) -> int:
    """Return the external version (1 to 2**63 - 1) of a sequence number.

    Raises:
        ValueError: if the sequence number does not have 1 to 91 decimal digits, without leading zeros.
    """
    if not (sequence_number.isascii() and sequence_number.isdigit()):
        raise ValueError(f"sequence number {sequence_number!r} is not a decimal number")
    digits = sequence_number.lstrip("0") or "0"
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"sequence number has {len(digits)} digits; the largest supported length is {MAX_DIGITS}")
    return len(digits) * LENGTH_FACTOR + int(digits[:PREFIX_DIGITS])


def has_unique_version(sequence_number: str) -> bool:
    """Return whether no other sequence number has the same version."""
    return len(sequence_number.lstrip("0")) <= PREFIX_DIGITS

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.versions import FIRST_VERSION, creation_from_label, creation_from_version, version_of

numbers = st.integers(min_value=0, max_value=10**40 - 1) | st.integers(min_value=1, max_value=40).flatmap(
    lambda digits: st.integers(min_value=10 ** (digits - 1), max_value=10**digits - 1)
)
neighbors = st.tuples(numbers, st.integers(min_value=0, max_value=10**25)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
labels = st.datetimes(min_value=datetime(2014, 1, 1), max_value=datetime(2091, 1, 1)).map(
    lambda time: time.isoformat(timespec="milliseconds")
)
LABEL = "2026-01-01T00:00:00.000"
CREATED = creation_from_label(LABEL)


def former_version(sequence_number: str) -> int:
    """Return the version that the releases before the present scheme wrote."""
    return len(sequence_number) * 10**17 + int(sequence_number[:17])


@given(st.tuples(numbers, numbers).map(sorted) | neighbors.filter(lambda pair: pair[1] < 10**40))
@example([10**8 - 1, 10**8])
@example([10**20 - 1, 10**20])
@example([10**21 - 1, 10**21])
@example([10**39 - 1, 10**39])
def test_a_later_sequence_number_of_a_stream_never_gets_a_smaller_version(pair: list[int]) -> None:
    earlier, later = pair

    assert version_of(CREATED, str(earlier)) <= version_of(CREATED, str(later))


@given(st.tuples(labels, labels).map(sorted), numbers, numbers)
@example([LABEL, "2026-01-01T00:00:01.000"], 10**40 - 1, 0)
@example([LABEL, "2026-01-01T00:09:59.999"], int("500" + "0" * 20), int("1" + "0" * 20))
@example(["2014-01-01T00:00:00.000", "2014-01-01T00:00:01.000"], 10**40 - 1, 0)
def test_every_version_of_a_new_stream_is_larger_than_every_version_of_an_earlier_one(
    pair: list[str], before: int, after: int
) -> None:
    earlier, later = map(creation_from_label, pair)

    if earlier < later:
        assert version_of(earlier, str(before)) < version_of(later, str(after))


@given(labels, numbers, numbers.filter(bool))
@example("2014-01-01T00:00:00.000", 0, 10**40 - 1)
def test_every_version_is_larger_than_every_version_of_former_releases(label: str, number: int, former: int) -> None:
    assert version_of(creation_from_label(label), str(number)) > former_version(str(former))


@given(labels, numbers)
@example("2091-01-01T00:00:00.000", 10**40 - 1)
def test_every_version_fits_in_a_signed_64_bit_integer(label: str, number: int) -> None:
    assert 0 < version_of(creation_from_label(label), str(number)) < 2**63


@given(numbers, numbers)
def test_only_numbers_with_the_same_length_and_first_digits_share_a_version(one: int, other: int) -> None:
    texts = [str(one), str(other)]

    if one != other and version_of(CREATED, texts[0]) == version_of(CREATED, texts[1]):
        assert len(texts[0]) == len(texts[1]) > 6
        assert texts[0][:6] == texts[1][:6]


@given(labels, numbers)
def test_a_version_shows_the_creation_of_its_stream(label: str, number: int) -> None:
    created = creation_from_label(label)

    assert creation_from_version(version_of(created, str(number))) == created


@given(numbers.filter(bool))
def test_the_version_of_a_former_release_shows_no_stream(number: int) -> None:
    assert creation_from_version(former_version(str(number))) is None
    assert creation_from_version(FIRST_VERSION) == 0


@given(numbers, st.integers(min_value=0, max_value=30))
def test_leading_zeros_change_nothing(number: int, zeros: int) -> None:
    assert version_of(CREATED, "0" * zeros + str(number)) == version_of(CREATED, str(number))


def test_the_records_of_a_real_stream_get_different_versions() -> None:
    # The records of one shard differ in the digits above the lowest twenty.
    stream = ["6200000000002513011398", "6300000000002513012315", "4421584500000000017450439091"]

    versions = [version_of(CREATED, number) for number in stream]

    assert sorted(set(versions)) == versions


@pytest.mark.parametrize("number", ["", "-1", "1.5", "12a", "١٢", "9" * 41])
def test_an_invalid_sequence_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="sequence number"):
        version_of(CREATED, number)


@pytest.mark.parametrize("label", ["", "latest", "2013-12-31T23:59:59.999", "2092-01-01T00:00:00.000"])
def test_an_invalid_stream_label_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match=r"label|isoformat"):
        creation_from_label(label)


def test_the_creation_of_a_stream_is_counted_in_whole_seconds() -> None:
    later = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1, seconds=1)

    assert creation_from_label(later.strftime("%Y-%m-%dT%H:%M:%S.999")) - CREATED == 24 * 60 * 60 + 1

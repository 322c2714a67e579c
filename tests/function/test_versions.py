import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.versions import has_unique_version, version_of

numbers = st.integers(min_value=0, max_value=10**40 - 1) | st.integers(min_value=1, max_value=91).flatmap(
    lambda digits: st.integers(min_value=10 ** (digits - 1), max_value=10**digits - 1)
)
neighbors = st.tuples(numbers, st.integers(min_value=0, max_value=10**25)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


@given(st.tuples(numbers, numbers).map(sorted) | neighbors.filter(lambda pair: pair[1] < 10**91))
@example([10**17 - 1, 10**17])
@example([10**40 - 1, 10**40])
def test_a_later_sequence_number_never_gets_a_smaller_version(pair: list[int]) -> None:
    earlier, later = pair

    assert version_of(str(earlier)) <= version_of(str(later))


@given(st.tuples(numbers, numbers) | neighbors.filter(lambda pair: pair[1] < 10**91))
def test_only_long_numbers_with_the_same_first_digits_share_a_version(pair: tuple[int, int]) -> None:
    one, other = map(str, pair)

    if one != other and version_of(one) == version_of(other):
        assert len(one) == len(other) > 17
        assert one[:17] == other[:17]
        assert not has_unique_version(one)
        assert not has_unique_version(other)


@given(numbers)
@example(10**91 - 1)
def test_every_version_fits_in_a_signed_64_bit_integer(number: int) -> None:
    assert 0 < version_of(str(number)) < 2**63


@given(numbers, st.integers(min_value=0, max_value=30))
def test_leading_zeros_change_nothing(number: int, zeros: int) -> None:
    padded = "0" * zeros + str(number)

    assert version_of(padded) == version_of(str(number))
    assert has_unique_version(padded) == has_unique_version(str(number))


def test_the_records_of_a_real_stream_get_different_versions() -> None:
    # The records of one shard differ in the digits above the lowest twenty.
    stream = ["6200000000002513011398", "6300000000002513012315", "44215845000000000017450439091"]

    assert sorted({version_of(number) for number in stream}) == [version_of(number) for number in stream]


@pytest.mark.parametrize("number", ["", "-1", "1.5", "12a", "١٢", "9" * 92])
def test_an_invalid_sequence_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="sequence number"):
        version_of(number)

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.ordering import is_exact, version_of

numbers = st.integers(min_value=0, max_value=10**40 - 1) | st.integers(min_value=1, max_value=91).flatmap(
    lambda digits: st.integers(min_value=10 ** (digits - 1), max_value=10**digits - 1)
)
neighbours = st.tuples(numbers, st.integers(min_value=0, max_value=10**25)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


@given(st.tuples(numbers, numbers).map(sorted) | neighbours.filter(lambda pair: pair[1] < 10**91))
@example([10**17 - 1, 10**17])
@example([10**40 - 1, 10**40])
def test_a_later_sequence_number_never_gets_a_smaller_version(pair: list[int]) -> None:
    earlier, later = pair

    assert version_of(str(earlier)) <= version_of(str(later))


@given(st.tuples(numbers, numbers) | neighbours.filter(lambda pair: pair[1] < 10**91))
def test_only_long_numbers_with_the_same_beginning_share_a_version(pair: tuple[int, int]) -> None:
    one, other = map(str, pair)

    if one != other and version_of(one) == version_of(other):
        assert len(one) == len(other) > 17
        assert one[:17] == other[:17]
        assert not is_exact(one)
        assert not is_exact(other)


@given(numbers)
@example(10**91 - 1)
def test_every_version_fits_a_signed_64_bit_integer(number: int) -> None:
    assert 0 < version_of(str(number)) < 2**63


@given(numbers, st.integers(min_value=0, max_value=30))
def test_leading_zeros_change_nothing(number: int, zeros: int) -> None:
    padded = "0" * zeros + str(number)

    assert version_of(padded) == version_of(str(number))
    assert is_exact(padded) == is_exact(str(number))


def test_the_records_of_a_real_stream_get_different_versions() -> None:
    # Successive records of one shard count on above the lowest twenty digits.
    stream = ["6200000000002513011398", "6300000000002513012315", "44215845000000000017450439091"]

    assert sorted({version_of(number) for number in stream}) == [version_of(number) for number in stream]


@pytest.mark.parametrize("number", ["", "-1", "1.5", "12a", "١٢", "9" * 92])
def test_what_is_not_a_sequence_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="sequence number"):
        version_of(number)

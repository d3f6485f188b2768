"""How often one address may ask."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from api import rate_limit
from api.rate_limit import RateLimit
from domain.values.time import ServerTime

NOW = ServerTime.parse("2026-03-03T09:00:00.000000Z")
SECOND = timedelta(seconds=1)


@given(asked=st.lists(st.sampled_from("abc"), max_size=40), most=st.integers(1, 5))
def test_each_address_is_counted_on_its_own(asked: list[str], most: int) -> None:
    limit = RateLimit(per_minute=most)
    found = [(each, limit.allows(each, now=NOW)) for each in asked]

    for address in "abc":
        answers = [allowed for each, allowed in found if each == address]
        assert answers == [number < most for number in range(len(answers))]


def test_the_count_starts_anew_every_minute() -> None:
    limit = RateLimit(per_minute=1)

    assert [limit.allows("a", now=NOW.plus(n * SECOND)) for n in (0, 59, 60)] == [True, False, True]


def test_too_many_addresses_share_what_is_left() -> None:
    limit = RateLimit(per_minute=1)
    for number in range(rate_limit.MOST_ADDRESSES):
        assert limit.allows(str(number), now=NOW)

    assert limit.allows("one more", now=NOW)
    assert not limit.allows("another", now=NOW)
    assert limit.allows("another", now=NOW.plus(60 * SECOND))

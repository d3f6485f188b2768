"""What stands in memory keeps the promises that tests rely on."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from adapters.memory import ManualClock, SeededRandomness
from domain.values.time import ServerTime


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(ServerTime(1_000_000))
    assert clock.now() == clock.now() == ServerTime(1_000_000)
    clock.advance(timedelta(seconds=2))
    clock.advance(timedelta(milliseconds=-500))
    assert clock.now() == ServerTime(2_500_000)


def test_seeded_randomness_repeats_itself_and_never_a_value() -> None:
    first, second = SeededRandomness("seed"), SeededRandomness("seed")
    tokens = [first.token(size) for size in (0, 1, 12, 32, 33, 100)]
    assert tokens == [second.token(size) for size in (0, 1, 12, 32, 33, 100)]
    assert [len(token) for token in tokens] == [0, 1, 12, 32, 33, 100]
    assert SeededRandomness("other").token(32) != SeededRandomness("seed").token(32)
    with ThreadPoolExecutor(4) as pool:
        identifiers = list(pool.map(lambda _: first.uuid(), range(200)))
    assert len(set(identifiers)) == 200
    assert {uuid.UUID(each).version for each in identifiers} == {7}
    one_by_one = [first.uuid() for _ in range(20)]
    assert one_by_one == sorted(one_by_one)

"""The machine's clock and randomness."""

import time
import uuid

from adapters.system import SystemClock, SystemRandomness


def test_the_clock_is_the_machines_in_microseconds() -> None:
    before = time.time_ns() // 1000
    now = SystemClock().now().us
    assert before <= now <= time.time_ns() // 1000


def test_randomness_is_never_the_same_twice() -> None:
    randomness = SystemRandomness()
    assert len(randomness.token(12)) == 12
    assert len({randomness.token(16) for _ in range(100)}) == 100
    identifiers = {randomness.uuid() for _ in range(100)}
    assert len(identifiers) == 100
    assert {str(uuid.UUID(each)) for each in identifiers} == identifiers


def test_an_identifier_begins_with_the_time_of_the_machine() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(SystemRandomness().uuid())
    assert made.version == 7
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000

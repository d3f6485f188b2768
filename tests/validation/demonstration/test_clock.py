"""The story's clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory import ManualClock
from domain.values.time import ServerTime
from validation.demonstration.clock import StoryClock

NOW = ServerTime(1_800_000_000_000_000)
WEEK = timedelta(weeks=1)


@pytest.fixture
def real() -> ManualClock:
    return ManualClock(NOW)


def test_it_begins_in_the_past_and_ends_at_the_true_time(real: ManualClock) -> None:
    clock = StoryClock(real, behind=WEEK)
    assert clock.now() == NOW.plus(-WEEK)

    clock.skip(timedelta(days=6))
    assert clock.now() == NOW.plus(-timedelta(days=1))

    clock.skip(timedelta(days=6))
    assert clock.now() == NOW


def test_it_never_goes_backwards(real: ManualClock) -> None:
    clock = StoryClock(real, behind=timedelta(days=1))

    clock.skip_to(WEEK)

    assert clock.now() == NOW.plus(-timedelta(days=1))


def test_a_story_told_on_goes_on_at_its_own_time(real: ManualClock, tmp_path: Path) -> None:
    kept = tmp_path / "behind"
    StoryClock(real, behind=WEEK, kept=kept).skip(timedelta(seconds=31))

    later = StoryClock(real, behind=WEEK, kept=kept)

    assert later.now() == NOW.plus(timedelta(seconds=31) - WEEK)

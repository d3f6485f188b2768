"""What a station remembers of the light it measured and of the limits it was told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.memory import ManualClock, SeededRandomness
from device.facts import Facts
from device.orders import ToldLimits
from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.events.codec import to_plain
from domain.events.equipment import LightFieldMeasured
from domain.ledger import canonical
from tests.builders import (
    DEVICE,
    a_light_field,
    a_protocol_content,
    an_illumination_record,
    device_time,
    later,
)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A station's queue."""
    made = Outbox(tmp_path / "outbox.sqlite", FileSecureKey.load_or_create(tmp_path / "keys"))
    yield made
    made.close()


@pytest.fixture
def facts(outbox: Outbox, tmp_path: Path) -> Facts:
    """What it states and keeps."""
    return Facts(
        outbox,
        device=DEVICE,
        key=FileSecureKey.load_or_create(tmp_path / "keys"),
        clock=ManualClock(later()),
        randomness=SeededRandomness("facts"),
    )


def test_every_light_field_that_may_be_the_baseline_is_kept_until_it_is_known_which_is(
    facts: Facts,
) -> None:
    first = a_light_field()
    second = replace(first, performed_at=device_time(3))
    compared = replace(a_light_field(baseline=first.performed_at), performed_at=device_time(4))
    failed = replace(a_light_field(passed=False), performed_at=device_time(5))
    for each in (first, second, compared, failed):
        facts.state_light_field(LightFieldMeasured(field=each, basis=None))
    assert facts.light_field(first.performed_at) == first
    assert facts.light_field(second.performed_at) == second
    assert facts.light_field(compared.performed_at) is None
    assert facts.light_field(failed.performed_at) is None
    assert facts.light_field_waits()


def test_the_one_baseline_kept_by_a_station_of_before_is_found_by_its_time_alone(
    facts: Facts, outbox: Outbox
) -> None:
    old = a_light_field()
    outbox.keep("light-baseline", canonical.encode(to_plain(old)))
    assert facts.light_field(old.performed_at) == old
    assert facts.light_field(device_time(3)) is None
    assert not facts.light_field_waits()


def test_the_limits_named_last_are_remembered_also_that_there_are_none(facts: Facts) -> None:
    assert facts.limits() is None
    told = ToldLimits(protocol="Standard face 1.0", calibration=a_protocol_content().calibration)
    facts.keep_limits(told)
    assert facts.limits() == told
    facts.keep_limits(None)
    assert facts.limits() is None


def test_the_light_that_a_station_of_before_kept_is_still_read(
    facts: Facts, outbox: Outbox
) -> None:
    record = an_illumination_record()
    kept = {"record": to_plain(record), "exposure_us": 8000.0}
    outbox.keep("illumination", canonical.encode(kept))
    assert facts.illumination() == (record, 8000.0)

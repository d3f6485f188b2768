"""A check keeps what it measured, nothing beside it, and measures what it keeps."""

import numpy as np
import pytest

from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.decode import decode
from adapters.imaging.pixels import EncodedRgb, LinearRgb
from device import measured_pictures
from device.calibrate_colour import PICTURES, calibrate_colour
from device.calibrate_light import calibrate_light
from device.light_field import measure_light_field
from device.measured_pictures import around_chart, cut, find_reference
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS
from domain.errors import MalformedInput
from domain.values.content import Digest
from tests.builders import device_time
from tests.device.drawn_station import BESIDE_PX, BUILT, HEIGHT, WIDTH, Room, drawn_hardware

AT = device_time()


@pytest.mark.verifies("DRV-20")
def test_only_the_chart_and_a_small_margin_are_kept_of_a_picture() -> None:
    picture = Room().look()
    seen = find_reference(picture)
    window = around_chart(picture)
    assert seen is not None
    assert window is not None
    assert window.left + window.width < BESIDE_PX
    assert window.width - seen.place.window.width <= 2 * seen.place.pitch_px
    assert window.height - seen.place.window.height <= 2 * seen.place.pitch_px
    kept = decode(cut(picture, window))
    assert np.array_equal(kept.encoded, picture[window.rows, window.columns])
    assert kept.facts.colour_claim == "srgb chunk"


@pytest.mark.verifies("DRV-20")
def test_the_light_is_measured_on_the_kept_pictures_of_all_zones_and_each_alone() -> None:
    made = calibrate_light(drawn_hardware(Room(dim=0.8)), BUILT, at=AT)
    basis = made.event.basis
    assert basis is not None
    assert made.event.illumination.passed is False
    assert [each.shows for each in basis.pictures] == ["together", "zone:left", "zone:right"]
    assert [each.content.digest for each in basis.pictures] == [
        Digest.of(each) for each in made.content
    ]
    assert basis.held == made.held
    assert basis.held.exposure_us == pytest.approx(BUILT.exposure_us * 1.25, rel=0.06)
    assert {each.exposure_us for each in basis.pictures} == {made.held.exposure_us}
    assert all(zone.level == pytest.approx(0.8, abs=0.02) for zone in made.event.illumination.zones)


@pytest.mark.verifies("DRV-20", "REQ-IN-086")
def test_light_as_new_passes() -> None:
    made = calibrate_light(drawn_hardware(Room()), BUILT, at=AT)
    assert made.event.illumination.passed, made.event.illumination.reasons
    assert made.event.illumination.cct_k == pytest.approx(5600, abs=100)


@pytest.mark.verifies("DRV-20")
def test_without_the_chart_nothing_is_measured_and_nothing_is_kept() -> None:
    made = calibrate_light(drawn_hardware(Room(chart=False)), BUILT, at=AT)
    assert not made.event.illumination.measured
    assert made.content == ()
    assert made.event.basis is not None
    assert made.event.basis.pictures == ()
    with pytest.raises(MalformedInput, match=r"colour\.chart"):
        calibrate_colour(
            drawn_hardware(Room(chart=False)), BUILT, limits=DEFAULT_COLOUR_LIMITS, at=AT
        )


@pytest.mark.verifies("DRV-20")
def test_a_chart_that_cannot_be_measured_in_its_part_alone_counts_as_not_in_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def only_whole(linear: LinearRgb, encoded: EncodedRgb) -> ChartMeasurement | None:
        return measure_chart(linear, encoded) if linear.shape[1] == WIDTH else None

    monkeypatch.setattr(measured_pictures, "measure_chart", only_whole)
    assert around_chart(Room().look()) is None
    assert calibrate_light(drawn_hardware(Room()), BUILT, at=AT).content == ()


def test_a_chart_too_small_to_be_a_picture_counts_as_not_in_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measured_pictures, "MINIMUM_SIDE", WIDTH)
    assert around_chart(Room().look()) is None


@pytest.mark.verifies("DRV-20")
def test_only_the_middle_of_the_grey_target_is_kept() -> None:
    measured, content = measure_light_field(
        drawn_hardware(Room()), BUILT, BUILT, baseline=None, limits=DEFAULT_FIELD_LIMITS, at=AT
    )
    assert measured.basis is not None
    assert [each.shows for each in measured.basis.pictures] == [
        "together",
        "zone:left",
        "zone:right",
    ]
    for each in content:
        kept = decode(each)
        assert (kept.width, kept.height) == (round(WIDTH * 0.6), round(HEIGHT * 0.6))


@pytest.mark.verifies("DRV-20")
def test_somebody_before_the_grey_target_is_not_measured_and_not_kept() -> None:
    with pytest.raises(MalformedInput, match=r"light\.grey: .* departs from a smooth field"):
        measure_light_field(
            drawn_hardware(Room(before=True)),
            BUILT,
            BUILT,
            baseline=None,
            limits=DEFAULT_FIELD_LIMITS,
            at=AT,
        )


@pytest.mark.verifies("DRV-20", "REQ-IN-091")
def test_every_picture_of_the_chart_is_kept_with_its_number() -> None:
    event, content = calibrate_colour(
        drawn_hardware(Room()), BUILT, limits=DEFAULT_COLOUR_LIMITS, at=AT
    )
    assert event.basis is not None
    assert [each.shows for each in event.basis.pictures] == [
        f"chart:{number}" for number in range(1, PICTURES + 1)
    ]
    assert len(set(content)) == event.colour.pictures == PICTURES

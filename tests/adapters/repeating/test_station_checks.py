"""The checks of a station are calculated again from what was kept, or it is said what differs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from adapters.imaging.board_corners import decode_corners, encode_corners
from adapters.imaging.calibrate import TargetBoard
from adapters.imaging.calibration import calibration_to_bytes
from adapters.imaging.decode import decode
from adapters.inference.reproduction import Outcome
from adapters.repeating import station_checks
from adapters.repeating.repeated import PassedOver, Repeated
from adapters.repeating.table import repeat
from device.calibrate import check_in_field
from device.calibrate_colour import calibrate_colour
from device.calibrate_light import calibrate_light
from device.light_field import measure_light_field
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS, DEFAULT_LIMITS
from domain.errors import NotFound
from domain.events.equipment import (
    CalibrationRecorded,
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.events.names import Event
from domain.events.record import Record
from domain.ports import BlobStore
from domain.values.calibration import WhiteBalance
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId
from tests.adapters.imaging.drawings import TARGET
from tests.adapters.imaging.scenes import png
from tests.adapters.imaging.test_calibrate import calibrated
from tests.adapters.repeating.test_table import Altered
from tests.adapters.workers.clinic_day import CLINIC_KEY, ClinicDay, clinic_day
from tests.builders import DEVICE, a_calibration_record, a_digest, device_time
from tests.device.drawn_station import BUILT, Room, drawn_hardware

NEW = CalibrationId.derived("checked in the field")
BOARD: TargetBoard = TARGET


@dataclass(slots=True)
class Checked:
    """A clinic whose station performed its checks, and the record of each."""

    day: ClinicDay
    records: dict[str, Record]

    def repeat(self, name: str, event: Event | None = None, **how: Any) -> Repeated:  # noqa: ANN401
        """Repeat a check as it was recorded, or as if this had been recorded."""
        record = self.records[name]
        found = repeat(self.day.bench(**how), replace(record, event=event or record.event))
        assert isinstance(found, Repeated)
        return found

    def event(self, name: str) -> Any:  # noqa: ANN401 - each kind by its name
        """Return what was recorded."""
        return self.records[name].event


def kept(day: ClinicDay, event: Event, content: tuple[bytes, ...]) -> Record:
    """Record what the station states, with its content; return the record."""
    blobs = tuple(day.keep(each, CLINIC_KEY) for each in content)
    day.state(DEVICE.stream, event, blobs=blobs)
    return day.log.stream(DEVICE.stream)[-1]


def geometry(day: ClinicDay) -> None:
    """Record a calibration of the drawn rig."""
    parameters = calibration_to_bytes(calibrated())
    reference = ContentReference(
        digest=Digest.of(parameters), size_bytes=len(parameters), media_type="application/json"
    )
    record = replace(a_calibration_record(), calibration=NEW, parameters=reference)
    kept(day, CalibrationRecorded(calibration=record), (parameters,))


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """Return a clinic whose station performed every check, and a light field twice."""
    with clinic_day(tmp_path_factory.mktemp("checked")) as day:
        geometry(day)
        hardware = drawn_hardware(Room())
        light = calibrate_light(hardware, BUILT, at=device_time(1))
        unseen = calibrate_light(drawn_hardware(Room(chart=False)), BUILT, at=device_time(2))
        check, corners = check_in_field(
            hardware,
            BOARD,
            calibrated(),
            calibration=NEW,
            limits=DEFAULT_LIMITS,
            at=device_time(3),
        )
        colour = calibrate_colour(
            hardware, light.held, limits=DEFAULT_COLOUR_LIMITS, at=device_time(4)
        )
        first = measure_light_field(
            hardware,
            BUILT,
            light.held,
            baseline=None,
            limits=DEFAULT_FIELD_LIMITS,
            at=device_time(5),
        )
        later = measure_light_field(
            hardware,
            BUILT,
            light.held,
            baseline=first[0].field,
            limits=DEFAULT_FIELD_LIMITS,
            at=device_time(6),
        )
        records = {
            "light": kept(day, light.event, light.content),
            "unseen": kept(day, unseen.event, unseen.content),
            "check": kept(day, check, (corners,)),
            "colour": kept(day, *colour),
            "first": kept(day, *first),
            "later": kept(day, *later),
        }
        yield Checked(day, records)


@pytest.mark.verifies("DRV-20", "REQ-IN-085", "REQ-IN-086", "REQ-IN-090", "REQ-IN-091")
@pytest.mark.parametrize("name", ["light", "unseen", "check", "colour", "first", "later"])
def test_every_check_comes_out_the_same_to_the_bit(checked: Checked, name: str) -> None:
    found = checked.repeat(name)
    assert found.outcome is Outcome.BIT_IDENTICAL
    assert found.evidence == "nothing changed; result bit-identical"


def test_the_drawn_station_passed_its_checks(checked: Checked) -> None:
    assert checked.event("light").illumination.passed
    assert checked.event("check").passed, checked.event("check").evidence
    assert checked.event("colour").colour.passed
    assert checked.event("later").field.passed
    assert checked.event("later").field.baseline == checked.event("first").field.performed_at


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("name", "number", "shows"),
    [("light", 0, "together"), ("light", 2, "zone:right"), ("colour", 1, "chart:2")],
)
def test_one_changed_pixel_is_named(checked: Checked, name: str, number: int, shows: str) -> None:
    stated = checked.event(name).basis.pictures[number]
    digest = stated.content.digest
    content = b"".join(checked.day.blobs.read(digest, key=CLINIC_KEY))
    pixels = decode(content).encoded.copy()
    pixels[pixels.shape[0] // 2, pixels.shape[1] // 2] ^= 1
    other: BlobStore = Altered(checked.day.blobs, digest, png(pixels))  # type: ignore[assignment]
    found = checked.repeat(name, blobs=other)
    assert found.evidence.startswith(f"changed: input:{shows}; ")


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light", "colour", "first"])
def test_a_picture_that_is_another_gives_another_result(checked: Checked, name: str) -> None:
    stated = checked.event(name).basis.pictures[0]
    digest = stated.content.digest
    content = b"".join(checked.day.blobs.read(digest, key=CLINIC_KEY))
    pixels = (decode(content).encoded * 0.9).astype(np.uint8)
    other: BlobStore = Altered(checked.day.blobs, digest, png(pixels))  # type: ignore[assignment]
    found = checked.repeat(name, blobs=other)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith(f"changed: input:{stated.shows}; ")
    assert found.evidence.endswith("differ")


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("moved_px", "outcome"), [(1e-7, Outcome.BIT_IDENTICAL), (0.5, Outcome.DIFFERENT)]
)
def test_a_corner_that_moved_is_found(checked: Checked, moved_px: float, outcome: Outcome) -> None:
    digest = checked.event("check").basis.corners.digest
    content = b"".join(checked.day.blobs.read(digest, key=CLINIC_KEY))
    (view,), size = decode_corners(content)
    moved = view.left_px.copy()
    moved[0, 1] += moved_px
    altered = encode_corners([replace(view, left_px=moved)], size)
    other: BlobStore = Altered(checked.day.blobs, digest, altered)  # type: ignore[assignment]
    found = checked.repeat("check", blobs=other)
    assert found.outcome is outcome
    changed = "nothing changed" if altered == content else "changed: input:corners"
    assert found.evidence.startswith(changed)


Change = Callable[[Any], Any]


def in_basis(**changes: object) -> Change:
    """Return what states another basis."""
    return lambda event: replace(event, basis=replace(event.basis, **changes))


def in_result(part: str, **changes: object) -> Change:
    """Return what states another result."""
    return lambda event: replace(event, **{part: replace(getattr(event, part), **changes)})


OTHER_LIGHT = WhiteBalance(red=1.0, green=1.0, blue=1.0)


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("name", "change", "differ"),
    [
        ("light", in_basis(built=replace(BUILT, exposure_us=9000.0)), "zones"),
        ("light", in_basis(nominal_cct_k=5000.0), "cct_k"),
        ("light", in_basis(zone_tolerance=1e-6), "passed, reasons, zones"),
        ("light", in_basis(exposure_tolerance=1e-6), "passed, reasons"),
        ("light", in_basis(cct_tolerance_k=1e-6), "passed, reasons"),
        ("light", in_result("illumination", exposure_reached=0.5), "exposure_reached"),
        ("unseen", in_result("illumination", exposure_reached=0.5), "exposure_reached"),
        (
            "unseen",
            in_basis(built=replace(BUILT, white_balance=OTHER_LIGHT)),
            "white_balance",
        ),
        ("first", in_basis(nominal_cct_k=5000.0), "cct_k, duv, quick_cct_k"),
        ("first", in_basis(built=replace(BUILT, exposure_us=9000.0)), "together, zones"),
        ("later", in_result("field", duv=0.5), "duv"),
        (
            "later",
            in_result("field", limits=replace(DEFAULT_FIELD_LIMITS, uniformity=0.999)),
            "passed, reasons",
        ),
        (
            "colour",
            in_result("colour", limits=replace(DEFAULT_COLOUR_LIMITS, valid_days=9)),
            "valid_until",
        ),
        (
            "colour",
            in_result("colour", limits=replace(DEFAULT_COLOUR_LIMITS, mean=1e-6)),
            "passed, reasons",
        ),
        (
            "check",
            in_basis(limits=replace(DEFAULT_LIMITS, epipolar_error_px=1e-6)),
            "evidence, passed",
        ),
    ],
)
def test_a_changed_setting_limit_or_number_is_reported(
    checked: Checked, name: str, change: Change, differ: str
) -> None:
    found = checked.repeat(name, change(checked.event(name)))
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.endswith(f"; {differ} differ")


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("light", in_basis(zone_tolerance=0.2)),
        ("light", in_basis(cct_tolerance_k=500.0)),
        ("first", in_basis(unevenness=0.2)),
    ],
)
def test_settings_that_a_station_would_not_state_now_are_named(
    checked: Checked, name: str, change: Change
) -> None:
    found = checked.repeat(name, change(checked.event(name)))
    assert found.outcome is Outcome.BIT_IDENTICAL
    assert found.evidence == "changed: settings; result bit-identical"


@pytest.mark.verifies("DRV-20")
def test_a_number_a_little_off_is_within_tolerance_and_its_words_are_not(checked: Checked) -> None:
    light = checked.event("light")
    near = light.illumination.cct_k * (1 + 1e-9)
    found = checked.repeat("light", in_result("illumination", cct_k=near)(light))
    assert found.outcome is Outcome.WITHIN_TOLERANCE
    assert found.evidence == "nothing changed; cct_k differ"
    check = checked.event("check")
    words = checked.repeat("check", replace(check, evidence="all is well"))
    assert words.outcome is Outcome.DIFFERENT
    both = replace(
        check, evidence="off by a hair", epipolar_error_px=check.epipolar_error_px + 1e-9
    )
    assert checked.repeat("check", both).outcome is Outcome.WITHIN_TOLERANCE


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light", "check", "colour", "first"])
def test_another_method_is_named_and_not_run(checked: Checked, name: str) -> None:
    found = checked.repeat(name, in_basis(method="other/9")(checked.event(name)))
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence == "changed: method; not run"


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light", "check", "colour", "first"])
def test_another_platform_is_named(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(station_checks, "platform_digest", lambda: a_digest("another"))
    assert checked.repeat(name).evidence == "changed: platform; result bit-identical"


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light", "colour", "first"])
def test_pictures_that_are_missing_altered_or_no_pictures_count_as_different(
    checked: Checked, name: str
) -> None:
    event = checked.event(name)
    first, *rest = event.basis.pictures
    gone = replace(first, content=replace(first.content, digest=a_digest("gone")))
    twice = replace(rest[-1], shows=first.shows)
    for pictures, why in (
        ((gone, *rest), "NotFound"),
        ((first, *rest[:-1], twice), f"check.pictures: two pictures show {first.shows}"),
    ):
        found = checked.repeat(name, in_basis(pictures=pictures)(event))
        assert found.outcome is Outcome.DIFFERENT
        assert found.evidence.startswith("not run; ")
        assert why in found.evidence
    no_picture: BlobStore = Altered(checked.day.blobs, first.content.digest, b"no picture")  # type: ignore[assignment]
    found = checked.repeat(name, blobs=no_picture)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("not run; ")


@pytest.mark.verifies("DRV-20")
def test_pictures_that_were_left_out_are_missed(checked: Checked) -> None:
    light, colour = checked.event("light"), checked.event("colour")
    for name, event, pictures, why in (
        ("light", light, light.basis.pictures[:1], "no picture shows zone:left"),
        ("light", light, light.basis.pictures[1:], "no picture shows together"),
        ("colour", colour, colour.basis.pictures[:1], "1 pictures show the chart, 2 are needed"),
    ):
        found = checked.repeat(name, in_basis(pictures=pictures)(event))
        assert found.outcome is Outcome.DIFFERENT
        assert why in found.evidence
    fewer = in_basis(pictures=colour.basis.pictures[:3])(colour)
    assert "pictures" in checked.repeat("colour", fewer).evidence
    nothing = checked.repeat("light", in_basis(pictures=())(light))
    assert nothing.outcome is Outcome.DIFFERENT
    assert "exposure_reached" in nothing.evidence


@pytest.mark.verifies("DRV-20")
def test_pictures_of_something_else_are_refused(checked: Checked) -> None:
    light, first, colour = (checked.event(name) for name in ("light", "first", "colour"))
    together, left, right = light.basis.pictures
    grey, zone, _ = first.basis.pictures
    shown = replace(grey, shows="together")
    for name, event, pictures, why in (
        ("light", light, (shown, left, right), "does not show the colour reference"),
        ("light", light, (together, replace(zone, shows="zone:left"), right), "is not of the part"),
        ("first", first, (replace(together, shows="together"),), "departs from a smooth field"),
        (
            "colour",
            colour,
            tuple(replace(grey, shows=f"chart:{number}") for number in (1, 2)),
            "no colour chart is in view",
        ),
    ):
        found = checked.repeat(name, in_basis(pictures=pictures)(event))
        assert found.outcome is Outcome.DIFFERENT
        assert why in found.evidence


def test_a_zone_whose_current_is_not_stated_is_refused(checked: Checked) -> None:
    light = checked.event("light")
    half = in_result("illumination", zones=light.illumination.zones[:1])(light)
    assert "no current of zone right" in checked.repeat("light", half).evidence


@pytest.mark.verifies("DRV-20", "REQ-IN-090")
def test_a_baseline_that_is_not_in_the_record_cannot_be_compared_with(checked: Checked) -> None:
    later = in_result("field", baseline=device_time(-500))(checked.event("later"))
    found = checked.repeat("later", later)
    assert found.outcome is Outcome.DIFFERENT
    assert "no light field of" in found.evidence
    first = in_result("field", baseline=device_time(5))(checked.event("first"))
    assert "no light field of" in checked.repeat("first", first).evidence


def test_a_check_of_an_unknown_calibration_or_of_other_corners_is_refused(checked: Checked) -> None:
    check, record = checked.event("check"), checked.records["check"]
    with pytest.raises(NotFound, match="no result of calibration"):
        station_checks.repeat_field_check(
            checked.day.bench(), record, replace(check, calibration=CalibrationId.derived("other"))
        )
    digest = check.basis.corners.digest
    content = b"".join(checked.day.blobs.read(digest, key=CLINIC_KEY))
    (view,), size = decode_corners(content)
    few = replace(
        view, board_mm=view.board_mm[:4], left_px=view.left_px[:4], right_px=view.right_px[:4]
    )
    point = replace(
        view,
        board_mm=view.board_mm,
        left_px=np.repeat(view.left_px[:1], len(view.left_px), axis=0),
        right_px=np.repeat(view.right_px[:1], len(view.right_px), axis=0),
    )
    for altered, why in (
        (encode_corners([view, view], size), "not on 2"),
        (encode_corners([few], size), "fewer than 12 common corners"),
        (encode_corners([view], (10, 10)), "10"),
        (encode_corners([point], size), "differ"),
        (b"{}", "calibration.corners"),
    ):
        other: BlobStore = Altered(checked.day.blobs, digest, altered)  # type: ignore[assignment]
        found = checked.repeat("check", blobs=other)
        assert found.outcome is Outcome.DIFFERENT
        assert why in found.evidence


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light", "check", "colour", "first"])
def test_what_kept_only_its_result_is_passed_over(checked: Checked, name: str) -> None:
    record = checked.records[name]
    event: IlluminationCalibrated | FieldCheckPerformed | ColourCalibrated | LightFieldMeasured = (
        checked.event(name)
    )
    found = repeat(checked.day.bench(), replace(record, event=replace(event, basis=None)))
    assert found == PassedOver(
        seq=record.seq, what=record.name, of=record.stream, why="kept only its result"
    )

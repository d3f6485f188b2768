"""A calibration is calculated again from its corners, or says what differs."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from adapters.imaging.board_corners import decode_corners, encode_corners
from adapters.imaging.calibrate import BoardView
from adapters.imaging.calibration import calibration_to_values
from adapters.imaging.determinism import platform_digest
from adapters.imaging.view_outliers import SiftedCalibration, calibrate_from
from adapters.inference.reproduction import Outcome
from adapters.repeating.calibrations import repeat_calibration
from adapters.repeating.repeated import Repeated
from domain.errors import NotFound
from domain.events.equipment import CalibrationRecorded, CalibrationViewsRecorded
from domain.events.record import Record
from domain.ledger import canonical
from domain.ports import BlobStore
from domain.values.calibration import CalibrationView
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId
from tests.adapters.imaging.test_view_outliers import SIZE, views
from tests.adapters.repeating.test_table import Altered
from tests.adapters.workers.clinic_day import CLINIC_KEY, ClinicDay, clinic_day
from tests.builders import DEVICE, a_calibration_record, a_digest

NEW = CalibrationId.derived("calculated from corners")


@cache
def seen() -> tuple[BoardView, ...]:
    """Return the corners of every pose, found once."""
    return tuple(views())


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic with a station."""
    with clinic_day(tmp_path) as opened:
        yield opened


def reference(content: bytes) -> ContentReference:
    """Return a reference to JSON."""
    return ContentReference(
        digest=Digest.of(content), size_bytes=len(content), media_type="application/json"
    )


def stated(sifted: SiftedCalibration, corners: bytes | None) -> CalibrationViewsRecorded:
    """Return what a station states of the views."""
    return CalibrationViewsRecorded(
        calibration=NEW,
        coverage=sifted.calibration.coverage,
        missing=(),
        rule=sifted.rule,
        corners=None if corners is None else reference(corners),
        platform=None if corners is None else Digest(platform_digest()),
        views=tuple(
            CalibrationView(
                number=number,
                corners=48,
                error_px=error_px,
                yaw_deg=0.0,
                pitch_deg=0.0,
                distance_mm=450.0,
                used=number not in sifted.left_out,
            )
            for number, error_px in enumerate(sifted.view_errors_px)
        ),
    )


def recorded(day: ClinicDay, corners: bytes | None) -> Record:
    """Record a calibration, and that these were its corners; return the record of the views."""
    sifted = calibrate_from(seen(), SIZE)
    parameters = canonical.encode(calibration_to_values(sifted.calibration))
    record = replace(
        a_calibration_record(),
        calibration=NEW,
        parameters=reference(parameters),
        view_errors_px=sifted.calibration.view_rms_px,
    )
    stored = day.keep(parameters, CLINIC_KEY)
    day.state(DEVICE.stream, CalibrationRecorded(calibration=record), blobs=(stored,))
    blobs = () if corners is None else (day.keep(corners, CLINIC_KEY),)
    day.state(DEVICE.stream, stated(sifted, corners), blobs=blobs)
    return day.log.stream(DEVICE.stream)[-1]


def repeated(day: ClinicDay, record: Record) -> Repeated | None:
    """Repeat it."""
    assert isinstance(record.event, CalibrationViewsRecorded)
    return repeat_calibration(day.bench(), record, record.event)


@pytest.mark.verifies("DRV-20", "REQ-IN-126")
def test_a_calibration_comes_out_the_same_to_the_bit(day: ClinicDay) -> None:
    found = repeated(day, recorded(day, encode_corners(seen(), SIZE)))
    assert found is not None
    assert found.outcome is Outcome.BIT_IDENTICAL
    assert found.evidence == "nothing changed; geometry and views bit-identical"


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("moved_px", "outcome"), [(1e-3, Outcome.WITHIN_TOLERANCE), (2.0, Outcome.DIFFERENT)]
)
def test_corners_that_are_not_those_of_the_calibration_are_found(
    day: ClinicDay, moved_px: float, outcome: Outcome
) -> None:
    moved = seen()[0].left_px.copy()
    moved[0, 0] += moved_px
    taken = [replace(seen()[0], left_px=moved), *seen()[1:]]
    found = repeated(day, recorded(day, encode_corners(taken, SIZE)))
    assert found is not None
    assert found.outcome is outcome
    assert found.evidence == "nothing changed; geometry and views differ"


@pytest.mark.verifies("DRV-20")
def test_stored_corners_that_are_others_are_named(day: ClinicDay) -> None:
    kept = encode_corners(seen(), SIZE)
    record = recorded(day, kept)
    assert isinstance(record.event, CalibrationViewsRecorded)
    other: BlobStore = Altered(day.blobs, Digest.of(kept), encode_corners(seen()[:-1], SIZE))  # type: ignore[assignment]
    found = repeat_calibration(day.bench(blobs=other), record, record.event)
    assert found is not None
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence == "changed: input:corners; geometry and views differ"


@pytest.mark.verifies("DRV-20")
def test_another_platform_is_named(day: ClinicDay, monkeypatch: pytest.MonkeyPatch) -> None:
    record = recorded(day, encode_corners(seen(), SIZE))
    monkeypatch.setattr(
        "adapters.repeating.calibrations.platform_digest", lambda: a_digest("another")
    )
    found = repeated(day, record)
    assert found is not None
    assert found.evidence == "changed: platform; geometry and views bit-identical"


def test_what_kept_only_its_result_is_passed_over(day: ClinicDay) -> None:
    assert repeated(day, recorded(day, None)) is None


def test_views_without_a_result_cannot_be_repeated(day: ClinicDay) -> None:
    record = recorded(day, encode_corners(seen(), SIZE))
    assert isinstance(record.event, CalibrationViewsRecorded)
    other = replace(record.event, calibration=CalibrationId.derived("another"))
    with pytest.raises(NotFound, match="no result of calibration"):
        repeat_calibration(day.bench(), record, other)


def test_corners_are_read_as_they_were_kept() -> None:
    taken, size = decode_corners(encode_corners(seen(), SIZE))
    assert calibrate_from(taken, size) == calibrate_from(seen(), SIZE)

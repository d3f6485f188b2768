"""What is said of a calibration now."""

from typing import Any

from api.calibration_words import calibration_notes, calibration_state
from domain.events.codec import to_plain
from domain.values.time import ServerTime
from tests.builders import SERIALS, a_calibration_record, a_configuration, later
from tests.event_builders import a_views_event

Row = dict[str, Any]
RECORD = a_calibration_record()
NOW = later()
DAYS_LATER = 24 * 60


def a_row(**changes: object) -> Row:
    """Return a locked calibration as it is read."""
    return {
        "calibration": str(RECORD.calibration),
        "record": to_plain(RECORD),
        "cameras": list(SERIALS),
        "valid_until": str(RECORD.valid_until),
        "locked_at": str(NOW),
        "invalidated_because": None,
        "drift": None,
        "views": None,
    } | changes


def a_device(row: Row, **changes: object) -> Row:
    """Return its station, with the calibration in force."""
    return {"calibration": row, "configuration": to_plain(a_configuration())} | changes


def notes(row: Row, device: Row, now: ServerTime = NOW) -> list[str]:
    """Return what is said of it."""
    state = calibration_state(row, device, str(now))
    return calibration_notes(row, device, state=state, now=now)


def test_of_a_calibration_in_force_nothing_need_be_known() -> None:
    row = a_row()
    assert calibration_state(row, a_device(row), str(NOW)) == "locked"
    assert notes(row, a_device(row)) == []


def test_what_expires_within_a_week_is_said_with_what_follows() -> None:
    row = a_row()
    (note,) = notes(row, a_device(row), later(26 * DAYS_LATER))
    assert note.startswith("It expires in 3 days; depth is withheld")
    (note,) = notes(row, a_device(row), later(29 * DAYS_LATER - 60))
    assert note.startswith("It expires within a day")
    assert notes(row, a_device(row), later(40 * DAYS_LATER)) == []
    assert calibration_state(row, a_device(row), str(later(40 * DAYS_LATER))) == "expired"


def test_other_lenses_and_other_cameras_are_said() -> None:
    row = a_row(cameras=["OLD-L", "OLD-R"])
    configuration = to_plain(a_configuration())
    assert isinstance(configuration, dict)
    device = a_device(row, configuration=configuration | {"lens_configuration": "16 mm"})
    lenses, cameras = notes(row, device)
    assert lenses.endswith("16 mm is mounted now, so it is not used.")
    assert "OLD-L and OLD-R" in cameras
    assert notes(a_row(cameras=[]), a_device(row))[0].startswith(
        "It was made with the cameras none"
    )
    assert notes(row, a_device(row, configuration=None)) == []


def test_a_superseded_one_says_so_and_no_more() -> None:
    row = a_row()
    device = a_device(row | {"calibration": "another"})
    assert calibration_state(row, device, str(NOW)) == "superseded"
    assert notes(row, device) == [
        "Another calibration was locked after it, and is used in its place."
    ]


def test_failed_invalid_and_waiting_ones_have_their_states() -> None:
    device = a_device(a_row())
    failed = to_plain(a_calibration_record(passed=False))
    assert calibration_state(a_row(record=failed), device, str(NOW)) == "failed"
    assert calibration_state(a_row(invalidated_because="bent"), device, str(NOW)) == "invalidated"
    assert calibration_state(a_row(locked_at=None), device, str(NOW)) == "recorded"
    no_other = a_device(a_row(), calibration=None)
    assert calibration_state(a_row(), no_other, str(NOW)) == "superseded"


def test_a_failed_field_check_and_views_left_out_are_said() -> None:
    row = a_row(
        drift="0.8 px is above 0.3 px",
        views=to_plain(a_views_event(left_out=1, missing=("Tilt it.",))),
    )
    drift, left_out, early = notes(row, a_device(row))
    assert "0.8 px" in drift
    assert left_out.startswith("View 3 was left out")
    assert early.endswith("Tilt it.")
    two = a_row(views=to_plain(a_views_event(left_out=2)))
    assert notes(two, a_device(two))[0].startswith("Views 3, 4 were left out")

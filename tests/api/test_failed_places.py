"""Station and screen say where a gate failed, in the same words."""

from typing import Any

import pytest

from api.capture_views import _attempt
from api.failed_places import failed_places
from api.station_orders import order_of

FACE = {"frame": "left", "x_px": 100, "y_px": 100, "width_px": 300, "height_px": 400}
BRIGHT = {"frame": "left", "x_px": 130, "y_px": 130, "width_px": 40, "height_px": 40}
SAID = "Most of it is in the upper left of the face, as the cameras look."


def measured(name: str, value: float, region: dict[str, Any] | None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "1", "method": "exposure/1", "region": region}


MEASURED = [
    measured("face_found", 1.0, FACE),
    measured("clipped_share", 0.02, BRIGHT),
    measured("blank_rows_share", 0.0, None),
]


def reason(name: str, advice: str, region: dict[str, Any] | None) -> dict[str, Any]:
    return {"name": name, "advice": advice, "region": region}


def rejected() -> dict[str, Any]:
    """Return a rejected attempt as its row tells it."""
    return {
        "attempt": "a",
        "view": "frontal",
        "imported": False,
        "source": None,
        "state": "rejected",
        "captured_at": None,
        "received_at": None,
        "committed_at": "2026-03-03T09:14:00Z",
        "seq": 7,
        "device_sequence": None,
        "frames": [],
        "conditions": None,
        "gates": [],
        "claims": [MEASURED[1]],
        "measurements": MEASURED,
        "verdict": {
            "acceptable": False,
            "reasons": [
                reason("clipped_share", "Repeat the illumination calibration.", BRIGHT),
                reason("motion_extent", "Hold still.", None),
            ],
        },
        "depth": None,
        "failure": None,
    }


def test_places_are_told_where_there_is_one() -> None:
    assert failed_places(MEASURED) == {
        "face_found": "",
        "clipped_share": SAID,
        "blank_rows_share": "",
    }


@pytest.mark.verifies("REQ-IN-097")
def test_a_station_is_told_what_to_change_and_where() -> None:
    row = {
        "session": "s",
        "operator": "o",
        "purpose": "clinical-capture",
        "protocol": "p",
        "prompts": {},
        "model_manifest": "m",
        "attempts": [rejected()],
    }
    (judged,) = order_of(row, {}, ()).judged
    assert judged.advice == [f"Repeat the illumination calibration. {SAID}", "Hold still."]


def test_a_screen_is_told_the_place_of_each_measurement() -> None:
    shown = _attempt(rejected(), 1, {})
    assert [each.place for each in shown.measurements] == ["", SAID, ""]
    assert [each.place for each in shown.claims] == [""]

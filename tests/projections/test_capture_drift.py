"""What is measured on every capture is shown over a station's newest captures."""

import pytest

from projections.capture_drift import capture_drift
from tests.builders import DEVICE
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


def test_every_measured_capture_is_a_point_newest_first(clinic: Clinic) -> None:
    screens = Screens(clinic)
    first, second = a_visit(clinic), a_visit(clinic)
    for visit, focus in ((first, 80.0), (second, 20.0)):
        visit.open()
        visit.measure(visit.hand_in(), focus=focus)
    points = screens(capture_drift, DEVICE, "focus")
    assert [(each["value"], each["passed"]) for each in points] == [(20.0, False), (80.0, True)]
    assert {frozenset(each) for each in points} == {frozenset({"at", "value", "unit", "passed"})}
    assert all(each["passed"] for each in screens(capture_drift, DEVICE, "depth-completeness"))


def test_what_was_not_measured_and_other_stations_give_no_points(clinic: Clinic) -> None:
    screens = Screens(clinic)
    visit = a_visit(clinic)
    visit.open()
    visit.hand_in()
    assert screens(capture_drift, DEVICE, "focus") == []
    visit.measure(visit.hand_in())
    assert screens(capture_drift, DEVICE, "something else") == []
    assert screens(capture_drift, "another station", "focus") == []

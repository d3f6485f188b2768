"""Sessions are shown with all their attempts, good and bad, and everything that was refused."""

import pytest

from domain.values.capture import Gate
from projections.capture_session import content, open_for_device, session, sessions
from projections.rows import Row
from tests.builders import (
    DEVICE,
    FRONTAL,
    MODEL_LIST,
    OPERATOR,
    PROTOCOL,
    a_stereo_pair,
    device_time,
)
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import Visit, a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


def whole(screens: Screens, visit: Visit) -> Row:
    """Return a visit's session as it is shown."""
    found = screens(session, visit.session)
    assert found is not None
    return found


def test_a_session_says_who_what_when_and_on_which_conditions(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    assert screens(session, visit.session) is None
    visit.open()
    found = whole(screens, visit)
    assert (found["subject"], found["operator"], found["device"]) == (visit.who, OPERATOR, DEVICE)
    assert (found["protocol"], found["purpose"]) == (PROTOCOL, "clinical-capture")
    assert found["model_manifest"] == MODEL_LIST
    assert found["prompts"]["makeup"] == "none"
    assert [gate["passed"] for gate in found["preconditions"]] == [True] * 6
    assert (found["state"], found["version"]) == ("open", 2)
    assert (found["attempts"], found["blocked"], found["withheld"]) == ([], [], [])


@pytest.mark.verifies("REQ-IN-200")
def test_every_attempt_is_shown_from_the_moment_it_is_recorded(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.open()
    first = visit.hand_in()
    (found,) = whole(screens, visit)["attempts"]
    assert (found["attempt"], found["state"], found["view"]) == (first, "submitted", FRONTAL)
    assert found["device_sequence"] == clinic.sequence
    assert found["captured_at"] == str(device_time(5)), "by the station's clock"
    assert found["received_at"] <= found["committed_at"] < found["captured_at"]
    assert [frame["role"] for frame in found["frames"]] == ["left", "right"]
    assert (found["imported"], found["source"], found["verdict"]) == (False, None, None)
    assert found["conditions"]["exposure_us"] == 8000.0
    assert [(each["name"], each["value"]) for each in found["claims"]] == [("focus", 80.0)]
    assert found["measurements"] == []


@pytest.mark.verifies("REQ-IN-201")
@pytest.mark.verifies("REQ-IN-202")
def test_attempts_keep_what_became_of_each(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    good, unsharp, cut = visit.hand_in(), visit.hand_in(), visit.hand_in()
    visit.measure(good)
    visit.reconstruct(good)
    visit.withhold(good)
    visit.measure(unsharp, focus=20.0)
    visit.give_up(cut)
    found = whole(screens, visit)
    accepted, rejected, unmeasurable = found["attempts"]
    assert [each["attempt"] for each in found["attempts"]] == [good, unsharp, cut]
    assert [each["state"] for each in found["attempts"]] == ["accepted", "rejected", "unmeasurable"]
    assert accepted["verdict"] == {"acceptable": True, "reasons": []}
    assert accepted["depth"]["completeness"] == 0.97
    assert [each["value"] for each in accepted["measurements"]] == [80.0, 0.97]
    assert accepted["claims"][0]["value"] == 80.0, "the claim stands beside the measurement"
    (reason,) = rejected["verdict"]["reasons"]
    assert (reason["name"], reason["value"], reason["minimum"]) == ("focus", 20.0, 50.0)
    assert rejected["claims"][0]["value"] == 80.0
    assert unmeasurable["failure"] == {
        "rule": "image.truncated",
        "evidence": "the picture is cut off",
    }
    assert {each["rule"] for each in found["withheld"]} == {
        "volume.locked-calibration",
        "volume.validated-claim",
    }
    assert {each["output"] for each in found["withheld"]} == {"volume-change"}


@pytest.mark.verifies("DRV-07")
def test_what_was_refused_is_kept_with_every_gate(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    visit.block()
    (found,) = whole(screens, visit)["blocked"]
    assert (found["stage"], found["view"]) == ("station", FRONTAL)
    assert [gate["gate"] for gate in found["gates"] if not gate["passed"]] == [Gate.DISTANCE]
    assert len(found["gates"]) == 6


def test_an_imported_photograph_says_where_it_comes_from(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open(imports=True)
    visit.bring(source="the phone")
    (found,) = whole(screens, visit)["attempts"]
    assert (found["imported"], found["source"]) == (True, "the phone")
    assert (found["conditions"], found["gates"], found["claims"]) == (None, [], [])
    assert (found["captured_at"], found["device_sequence"]) == (None, None)


def test_a_session_ends_closed_or_abandoned_with_the_reason(
    clinic: Clinic, screens: Screens
) -> None:
    closed, abandoned = a_visit(clinic), a_visit(clinic)
    closed.analyse()
    abandoned.open()
    abandoned.abandon("the client had to leave")
    assert whole(screens, closed)["state"] == "closed"
    found = whole(screens, abandoned)
    assert (found["state"], found["ended_because"]) == ("abandoned", "the client had to leave")
    assert found["version"] == 3


def test_sessions_are_listed_newest_first_with_counts_and_by_state_and_subject(
    clinic: Clinic, screens: Screens
) -> None:
    first = a_visit(clinic)
    first.open()
    first.measure(first.hand_in())
    first.measure(first.hand_in(), focus=20.0)
    first.give_up(first.hand_in())
    first.hand_in()
    second, third = a_visit(clinic, first.who), a_visit(clinic)
    second.open()
    second.abandon()
    third.open()
    listed = screens(sessions)
    assert [row["session"] for row in listed] == [third.session, second.session, first.session]
    assert [(row["accepted"], row["rejected"]) for row in listed] == [(0, 0), (0, 0), (1, 2)]

    def found(**filters: str) -> list[str]:
        return [row["session"] for row in screens(sessions, **filters)]  # type: ignore[arg-type]

    assert found(state="open") == [third.session, first.session]
    assert found(subject=first.who) == [second.session, first.session]
    assert found(subject=first.who, state="abandoned") == [second.session]
    page = screens(sessions, limit=2)
    assert [row["session"] for row in screens(sessions, before=page[-1]["opened_seq"])] == [
        first.session
    ]


def test_a_station_is_told_its_open_sessions_oldest_first(clinic: Clinic, screens: Screens) -> None:
    first, ended, imported, last = (a_visit(clinic) for _ in range(4))
    for visit in (first, ended, last):
        visit.open()
    imported.open(imports=True)
    ended.abandon()
    first.hand_in()
    found = screens(open_for_device, DEVICE)
    assert [row["session"] for row in found] == [first.session, last.session]
    assert [len(row["attempts"]) for row in found] == [1, 0]
    assert screens(open_for_device, first.session) == []


def test_content_belongs_to_the_session_it_was_handed_in_for(
    clinic: Clinic, screens: Screens
) -> None:
    visit, other = a_visit(clinic), a_visit(clinic)
    visit.open()
    other.open(imports=True)
    attempt = visit.hand_in(picture="mine")
    visit.measure(attempt)
    visit.reconstruct(attempt)
    left = str(a_stereo_pair("mine")[0].content.digest)
    found = screens(content, visit.session, left)
    assert found is not None
    assert (found["subject"], found["kind"], found["media_type"]) == (
        visit.who,
        "frame",
        "image/png",
    )
    (shown,) = whole(screens, visit)["attempts"]
    depth = screens(content, visit.session, shown["depth"]["depth"]["digest"])
    assert depth is not None
    assert depth["kind"] == "depth"
    assert screens(content, other.session, left) is None


def test_attempts_of_two_sessions_that_have_one_name_are_two(
    clinic: Clinic, screens: Screens
) -> None:
    first, second = a_visit(clinic), a_visit(clinic)
    first.open()
    second.open()
    attempt = first.hand_in()
    clinic.numbers["attempt"] -= 1
    assert second.hand_in() == attempt
    first.measure(attempt)
    assert whole(screens, first)["attempts"][0]["state"] == "accepted"
    assert whole(screens, second)["attempts"][0]["state"] == "submitted"

"""The audit trail tells everything in order, in words, with filters, and shows no identity."""

from functools import partial

import pytest

from domain.events.names import EVENTS
from domain.rules import practitioner
from domain.values.actor import Actor, Role
from projections.audit_trail import story, trail
from projections.event_words import MILESTONES, detail_of, title_of
from projections.rows import Row
from tests.builders import DEVICE, OPERATOR, PRACTITIONER, an_unseen_light
from tests.example_events import example
from tests.projections.clinic import SERVICE, Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.test_erasure import MARK, a_marked_visit
from tests.projections.visits import a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


def told(rows: list[Row]) -> list[str]:
    """Return each line as it reads."""
    return [": ".join(filter(None, (row["title"], row["detail"]))) for row in rows]


@pytest.mark.verifies("REQ-IN-195")
def test_every_record_has_its_line_newest_first(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    visit.hand_in()
    rows = screens(trail, limit=500)
    records = clinic.log.after(-1, limit=500)
    assert [row["seq"] for row in rows] == [record.seq for record in reversed(records)]
    for row, record in zip(reversed(rows), records, strict=True):
        assert (row["at"], row["actor"]) == (str(record.committed_at), str(record.actor))
        assert (row["stream"], row["version"], row["name"]) == (
            record.stream,
            record.version,
            record.name,
        )
        assert (row["leaf"], row["correlation"]) == (record.leaf.hex(), record.correlation)
    newest = rows[0]
    assert (newest["device"], newest["device_sequence"]) == (DEVICE, clinic.sequence)
    assert newest["device_time"] < newest["received_at"] == newest["at"]
    assert newest["actor"] == f"device:{DEVICE}"


@pytest.mark.verifies("REQ-IN-198")
@pytest.mark.verifies("REQ-IN-199")
@pytest.mark.verifies("REQ-IN-200")
@pytest.mark.verifies("REQ-IN-201")
@pytest.mark.verifies("REQ-IN-202")
@pytest.mark.verifies("REQ-IN-203")
@pytest.mark.verifies("REQ-IN-204")
@pytest.mark.verifies("REQ-IN-205")
@pytest.mark.verifies("REQ-IN-206")
@pytest.mark.verifies("REQ-IN-207")
@pytest.mark.verifies("REQ-IN-208")
def test_the_trail_tells_in_words_what_an_audit_asks_for(clinic: Clinic, screens: Screens) -> None:
    clinic.sign_in()
    visit = a_visit(clinic)
    clinic.consent(visit.who)
    visit.open()
    visit.block()
    visit.measure(visit.hand_in(), focus=20.0)
    good = visit.hand_in()
    visit.measure(good)
    visit.request(good)
    visit.close()
    visit.complete(good)
    visit.lay_out()
    visit.report()
    clinic.export(visit.who)
    clinic.consent(visit.who, answer="withdraw")
    lines = set(told(screens(trail, limit=500)))
    assert lines >= {
        "Signed in: password, totp",
        "Consent granted: clinical-capture, wording 2026-01",
        "Consent withdrawn: clinical-capture",
        "Capture blocked: at station: distance",
        "Attempt submitted: frontal, 2 frames",
        "Attempt judged: rejected: focus",
        "Attempt judged: accepted",
        "Calibration recorded: passed, residual 0.12 px",
        "Calibration locked",
        "Assessment signed off: reviewed",
        "Record exported: report, for referral",
        "Device configuration changed: firmware 2.1.0, software 0.1.0",
        "Software deployed: version 0.1.0, 2 components",
        "Role granted: operator",
    }
    assert any(line.startswith("Report issued: R-") for line in lines)
    clinic.erase(visit.who)
    assert "Content erased for good" in told(screens(trail, limit=5))


@pytest.mark.verifies("REQ-IN-198")
def test_light_that_nobody_measured_has_no_number_in_the_trail(
    clinic: Clinic, screens: Screens
) -> None:
    clinic.light()
    clinic.light(an_unseen_light())
    unseen, seen = told(screens(trail, limit=2))
    assert unseen == "Illumination calibrated: failed, not measured"
    assert seen == "Illumination calibrated: passed, 5600 K"


def test_pages_follow_one_another_however_much_is_recorded_meanwhile(
    clinic: Clinic, screens: Screens
) -> None:
    first = screens(trail, limit=10)
    clinic.deploy("0.2.0")
    second = screens(trail, before=first[-1]["seq"], limit=10)
    assert [row["seq"] for row in first + second] == list(
        range(first[0]["seq"], first[0]["seq"] - 20, -1)
    )
    assert screens(trail, before=0) == []
    assert len(screens(trail, limit=10**6)) == clinic.log.size()


def test_lines_are_found_by_who_where_what_and_whom(clinic: Clinic, screens: Screens) -> None:
    visit, other = a_visit(clinic), a_visit(clinic)
    for each in (visit, other):
        each.open()
        each.hand_in()
    clinic.look_at(f"subject:{visit.who}")
    clinic.export(visit.who)

    def found(**filters: str) -> list[str]:
        rows = screens(trail, limit=500, **filters)  # type: ignore[arg-type]
        return [row["name"] for row in rows]

    assert found(actor=f"device:{DEVICE}", stream=visit.session.stream) == ["AttemptSubmitted"]
    assert found(stream=other.session.stream) == [
        "AttemptSubmitted",
        "PreconditionsChecked",
        "SessionOpened",
    ]
    assert found(name="AttemptSubmitted") == ["AttemptSubmitted"] * 2
    assert found(subject=visit.who) == [
        "RecordExported",
        "RecordViewed",
        "AttemptSubmitted",
        "PreconditionsChecked",
        "SessionOpened",
        "SubjectIdentityLinked",
        "SubjectEnrolled",
    ]
    assert found(actor=str(Actor.practitioner(PRACTITIONER)), subject=other.who) == [
        "PreconditionsChecked",
        "SessionOpened",
    ]
    assert found(name="Nothing") == []


@pytest.mark.verifies("DRV-30")
def test_a_look_at_what_is_no_subjects_names_no_subject(clinic: Clinic, screens: Screens) -> None:
    clinic.look_at("image:0123456789ab")
    (row,) = screens(trail, limit=1)
    assert (row["subject"], row["detail"]) == (None, "image:0123456789ab, for care")


@pytest.mark.verifies("DRV-31")
def test_the_trail_shows_no_name_and_nothing_that_was_written_about_a_subject(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_marked_visit(clinic)
    clinic.request_erasure(visit.who, f"{MARK} asked")
    assert MARK not in repr(screens(trail, limit=500)).lower()


@pytest.mark.verifies("DRV-10")
def test_lines_outlive_an_erasure_and_say_that_their_content_is_gone(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    clinic.consent(visit.who)
    visit.open()
    before = screens(trail, subject=visit.who)
    assert not any(row["erased"] for row in before)
    clinic.erase(visit.who)
    after = screens(trail, subject=visit.who)[2:]
    assert [row["title"] for row in after] == [row["title"] for row in before]
    assert {row["name"] for row in after if row["erased"]} == {
        "SubjectIdentityLinked",
        "ConsentGranted",
        "SessionOpened",
        "PreconditionsChecked",
    }
    assert {row["detail"] for row in after if row["erased"]} == {None}


def test_a_subjects_story_leaves_out_the_steps_between(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    clinic.consent(visit.who)
    visit.analyse()
    visit.report()
    clinic.look_at(f"subject:{visit.who}")
    lines = told(screens(story, visit.who))
    assert lines == [
        f"Report issued: {next(iter(screens(trail, name='ReportIssued')))['detail']}",
        "Assessment signed off: reviewed",
        "Assessment opened: 1 finding, 2 withheld",
        "Session closed: 1 accepted",
        "Attempt judged: accepted",
        "Session opened: clinical-capture",
        "Consent granted: clinical-capture, wording 2026-01",
        "Identity recorded",
        "Subject enrolled",
    ]
    assert len(screens(story, visit.who, limit=2)) == 2


def test_every_fact_has_a_title_and_at_most_one_line_beside_it() -> None:
    titles = {name: title_of(name) for name, _ in EVENTS}
    assert len(set(titles.values())) == len(titles)
    for name, version in EVENTS:
        assert titles[name][0].isupper()
        assert titles[name][1:] == titles[name][1:].lower()
        assert "\n" not in detail_of(example(name, version))
    assert set(titles) >= set(MILESTONES)


def test_changes_of_rights_are_told_with_the_role(clinic: Clinic, screens: Screens) -> None:
    grant = partial(practitioner.grant_role, role=Role.ADMINISTRATOR, granted_by=SERVICE)
    revoke = partial(
        practitioner.revoke_role,
        role=Role.ADMINISTRATOR,
        reason="a mistake",
        revoked_by=SERVICE,
    )
    for rule in (grant, revoke):
        clinic.record(practitioner.PRACTITIONER, OPERATOR.stream, rule)
    assert told(screens(trail, limit=2)) == [
        "Role revoked: administrator",
        "Role granted: administrator",
    ]

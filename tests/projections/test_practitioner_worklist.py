"""The worklist says what is to be done next, through the whole life of a session."""

from datetime import timedelta

import pytest

from domain.values.identifiers import ReportId
from projections.practitioner_worklist import KINDS, counts, worklist
from projections.rows import Row
from tests.builders import DEVICE, OPERATOR
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


def line(screens: Screens, visit: Visit) -> Row:
    """Return a visit's line."""
    (found,) = [row for row in screens(worklist) if row["session"] == visit.session]
    return found


def shown(screens: Screens, visit: Visit, *columns: str) -> tuple[object, ...]:
    """Return what a visit's line shows in some columns."""
    found = line(screens, visit)
    return tuple(found[column] for column in columns)


@pytest.mark.verifies("REQ-IN-006")
def test_a_line_follows_a_session_from_capture_to_report(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    assert screens(worklist) == []
    visit.open()
    counts = ("kind", "accepted", "rejected", "blocked", "withheld")
    assert shown(screens, visit, *counts) == ("capture", 0, 0, 0, 0)
    found = line(screens, visit)
    assert (found["device"], found["operator"], found["subject"]) == (DEVICE, OPERATOR, visit.who)
    visit.block()
    visit.measure(visit.hand_in(), focus=20.0)
    visit.give_up(visit.hand_in())
    good = visit.hand_in()
    visit.measure(good)
    visit.withhold(good)
    assert shown(screens, visit, *counts) == ("capture", 1, 2, 1, 1)
    visit.request(good)
    visit.close()
    assert shown(screens, visit, "kind", "assessment") == ("analysis", None)
    visit.complete(good, ("ita", "redness"))
    visit.lay_out()
    review = ("kind", "assessment", "findings_total", "reviewed", "concluded")
    assert shown(screens, visit, *review) == ("review", visit.assessment, 2, [], False)
    first, second = visit.findings
    visit.reject(first.finding)
    visit.accept(first.finding)
    assert shown(screens, visit, "kind", "reviewed") == ("review", [first.finding])
    visit.conclude()
    assert shown(screens, visit, "kind", "concluded") == ("review", True)
    visit.amend(second.finding)
    assert shown(screens, visit, "kind") == ("sign",)
    assert len(line(screens, visit)["reviewed"]) == 2
    visit.sign()
    assert shown(screens, visit, "kind", "report") == ("signed", None)
    visit.issue()
    report = ReportId.derived(visit.assessment, visit.review.signed_digests[-1])
    number = f"R-{report[:4]}-{report[4:8]}-{report[9:13]}".upper()
    assert shown(screens, visit, "kind", "report", "report_number") == ("done", report, number)


def test_findings_reviewed_after_the_conclusion_complete_the_review(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.analyse()
    visit.conclude()
    visit.accept(visit.findings[0].finding)
    assert shown(screens, visit, "kind") == ("sign",)


def test_an_abandoned_session_is_finished(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    late = visit.hand_in()
    visit.abandon()
    visit.measure(late)
    assert shown(screens, visit, "kind", "accepted") == ("abandoned", 1)


@pytest.mark.verifies("DRV-13")
def test_a_report_that_is_flagged_comes_back_until_it_is_amended(
    clinic: Clinic, screens: Screens
) -> None:
    visit, other = a_visit(clinic), a_visit(clinic)
    for each in (visit, other):
        each.analyse()
        each.report()
    visit.flag(reason="the calibration was found defective")
    assert shown(screens, visit, "kind", "flags") == (
        "attention",
        ["the calibration was found defective"],
    )
    assert screens(worklist)[0]["session"] == visit.session, "what changed last comes first"
    assert shown(screens, other, "kind", "flags") == ("done", [])
    visit.add("Depth is not to be relied on.")
    assert shown(screens, visit, "kind") == ("signed",)
    visit.issue()
    assert shown(screens, visit, "kind", "flags") == (
        "done",
        ["the calibration was found defective"],
    )
    visit.flag(reason="the model was suspended")
    assert shown(screens, visit, "kind") == ("attention",)


@pytest.mark.verifies("DRV-13")
def test_a_flag_between_sign_off_and_report_is_not_lost(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.analyse()
    visit.accept(visit.findings[0].finding)
    visit.conclude()
    visit.sign()
    visit.flag()
    assert shown(screens, visit, "kind") == ("attention",)
    visit.issue()
    assert shown(screens, visit, "kind") == ("attention",)
    assert line(screens, visit)["report"] is not None


def test_what_was_flagged_before_sign_off_is_shown_and_signed_with(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.analyse()
    visit.flag(reason="the model was suspended")
    assert shown(screens, visit, "kind", "flags") == ("review", ["the model was suspended"])
    visit.report()
    assert shown(screens, visit, "kind", "flags") == ("done", ["the model was suspended"])


def test_every_line_is_reached_page_by_page_however_old_it_is(
    clinic: Clinic, screens: Screens
) -> None:
    forgotten, done = a_visit(clinic), [a_visit(clinic) for _ in range(4)]
    forgotten.open()
    for visit in done:
        clinic.clock.advance(timedelta(minutes=1))
        visit.open()
        visit.abandon()
    pages: list[Row] = []
    while page := screens(worklist, before=pages[-1]["updated_seq"] if pages else None, limit=2):
        assert len(page) <= 2
        pages += page
    expected = [*reversed(done), forgotten]
    assert [row["session"] for row in pages] == [each.session for each in expected]


def test_lines_are_shown_by_kind_and_counted_up_to_a_bound(
    clinic: Clinic, screens: Screens
) -> None:
    opened, abandoned = a_visit(clinic), [a_visit(clinic) for _ in range(3)]
    opened.open()
    for visit in abandoned:
        visit.open()
        visit.abandon()
    assert [row["session"] for row in screens(worklist, ["capture"])] == [opened.session]
    assert len(screens(worklist, ["abandoned", "capture"])) == 4
    assert screens(worklist, []) == []
    found = screens(counts)
    assert set(found) == set(KINDS)
    assert (found["capture"], found["abandoned"], found["done"]) == (1, 3, 0)
    assert screens(counts, most=2)["abandoned"] == 2


def test_lines_are_found_by_pseudonym_and_by_the_number_of_the_report(
    clinic: Clinic, screens: Screens
) -> None:
    visit, other = a_visit(clinic), a_visit(clinic)
    visit.analyse()
    visit.report()
    other.open()
    number = line(screens, visit)["report_number"]
    for query in (number, number[:6].lower(), f" {number} ", "P-0001", "0001-0001"):
        found = {row["session"] for row in screens(worklist, query=query)}
        assert visit.session in found, query
    assert [row["session"] for row in screens(worklist, query="p-0002")] == [other.session]
    assert screens(worklist, ["capture"], query=number) == []
    for query in ("nobody", "%", "\x00"):
        assert screens(worklist, query=query) == []

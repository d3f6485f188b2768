"""Assessments: the model's finding beside the practitioner's verdict, signature, reports, flags."""

import pytest

from projections.assessment import assessment, of_session, previous, report, report_by_code
from projections.rows import Row
from tests.builders import PRACTITIONER
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
    """Return a visit's assessment as it is shown."""
    found = screens(assessment, visit.assessment)
    assert found is not None
    return found


def reported(clinic: Clinic, before: Visit | None = None) -> Visit:
    """Return a visit that ended with a report."""
    visit = a_visit(clinic, None if before is None else before.who)
    visit.analyse()
    visit.report()
    return visit


def test_an_assessment_lays_out_findings_withheld_outputs_and_what_they_rest_on(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    attempt = visit.analyse(("ita", "redness"))
    found = whole(screens, visit)
    assert (found["subject"], found["session"]) == (visit.who, visit.session)
    assert found["attempts"] == [attempt]
    assert found["inferences"] == [visit.run_of(attempt)]
    assert len(found["frames"]) == 2
    assert [each["proposed"]["code"] for each in found["findings"]] == ["ita", "redness"]
    assert [each["verdict"] for each in found["findings"]] == ["none", "none"]
    first = found["findings"][0]["proposed"]
    assert (first["value"], first["unit"], first["uncertainty"]) == (38.5, "°", 3.0)
    assert {each["output"] for each in found["withheld"]} == {"volume-change"}
    state = ("state", "conclusion", "signature", "report", "reports", "amendments", "flags")
    assert [found[name] for name in state] == ["open", None, None, None, [], [], []]
    assert found["version"] == 1


@pytest.mark.verifies("REQ-IN-029")
def test_a_verdict_stands_beside_the_finding_and_the_last_one_counts(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.analyse(("ita", "redness", "pores"))
    accepted, amended, rejected = visit.findings
    visit.reject(accepted.finding, reason="a shadow")
    visit.accept(accepted.finding)
    visit.amend(amended.finding, value=41.0, text="light", reason="seen by daylight")
    visit.amend(rejected.finding)
    visit.reject(rejected.finding, reason="a shadow")
    found = {each["finding"]: each for each in whole(screens, visit)["findings"]}
    columns = ("verdict", "amended_value", "amended_text", "reason_code", "reason")

    def of(finding: str) -> list[object]:
        return [found[finding][name] for name in columns]

    assert of(accepted.finding) == ["accepted", None, None, None, None]
    assert of(amended.finding) == [
        "amended",
        41.0,
        "light",
        "clinical-judgement",
        "seen by daylight",
    ]
    assert of(rejected.finding) == ["rejected", None, None, "artefact", "a shadow"]
    assert found[amended.finding]["proposed"]["value"] == 38.5
    assert whole(screens, visit)["version"] == 6


def test_conclusion_signature_and_report_follow(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.analyse()
    visit.accept(visit.findings[0].finding)
    visit.conclude("Uneven.")
    visit.conclude("Even.")
    assert whole(screens, visit)["conclusion"] == "Even."
    visit.sign()
    found = whole(screens, visit)
    assert (found["state"], found["signature"]["signer"]) == ("signed", PRACTITIONER)
    digest = str(visit.review.signed_digests[0])
    assert found["signature"]["digest"] == digest
    visit.issue()
    found = whole(screens, visit)
    assert (found["state"], found["report"]["signed_digest"]) == ("reported", digest)
    assert found["report"]["sources"] == found["frames"]
    assert found["report"]["document"]["media_type"] == "application/pdf"
    assert found["report"]["flags"] == []
    assert screens(report, found["report"]["report"]) == found["report"]
    assert screens(report, visit.assessment) is None


def test_a_report_is_found_by_the_code_printed_on_it(clinic: Clinic, screens: Screens) -> None:
    visit, other = reported(clinic), reported(clinic)
    found = whole(screens, visit)["report"]
    assert screens(report_by_code, found["verification_code"]) == found
    assert screens(report_by_code, "AAAA-BBBB-CCCC-DDDD") is None
    assert whole(screens, other)["report"]["verification_code"] != found["verification_code"]


def test_an_amendment_brings_a_report_of_its_own_and_the_first_one_stays(
    clinic: Clinic, screens: Screens
) -> None:
    visit = reported(clinic)
    first = whole(screens, visit)["report"]
    visit.add("The makeup was light, not none.")
    found = whole(screens, visit)
    assert (found["state"], found["report"]) == ("amended", first)
    (amendment,) = found["amendments"]
    assert (amendment["number"], amendment["text"]) == (1, "The makeup was light, not none.")
    visit.issue()
    found = whole(screens, visit)
    assert found["state"] == "reported"
    assert [each["report"] for each in found["reports"]] == [
        found["report"]["report"],
        first["report"],
    ]
    assert found["report"]["report"] != first["report"]
    assert found["report"]["signed_digest"] == amendment["signature"]["digest"]
    assert screens(of_session, visit.session) == found


@pytest.mark.verifies("DRV-13")
def test_what_is_flagged_after_sign_off_is_shown_with_every_report(
    clinic: Clinic, screens: Screens
) -> None:
    visit, other = reported(clinic), reported(clinic)
    visit.flag("calibration-1", "the target was bent")
    visit.flag("release-1", "the model was suspended")
    first = whole(screens, visit)["report"]
    assert [(each["cause"], each["reason"]) for each in first["flags"]] == [
        ("calibration-1", "the target was bent"),
        ("release-1", "the model was suspended"),
    ]
    visit.add()
    visit.issue()
    found = whole(screens, visit)
    assert [each["flags"] for each in found["reports"]] == [first["flags"]] * 2
    assert whole(screens, other)["report"]["flags"] == []


@pytest.mark.verifies("DRV-13")
def test_what_is_flagged_before_sign_off_is_shown_with_the_assessment(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.analyse()
    visit.flag("calibration-1", "the target was bent")
    (flag,) = whole(screens, visit)["flags"]
    assert (flag["cause"], flag["signed_with"]) == ("calibration-1", True)
    visit.report()
    visit.flag("release-1", "the model was suspended")
    found = whole(screens, visit)
    assert [each["signed_with"] for each in found["flags"]] == [True, False]
    assert [each["cause"] for each in found["report"]["flags"]] == ["release-1"]


def test_the_previous_assessment_is_the_subjects_last_one_that_was_signed(
    clinic: Clinic, screens: Screens
) -> None:
    first = reported(clinic)
    other = reported(clinic)
    unsigned = a_visit(clinic, first.who)
    unsigned.analyse()
    now = a_visit(clinic, first.who)
    now.analyse()
    later = reported(clinic, first)
    place = whole(screens, now)["opened_seq"]
    before = screens(previous, first.who, place)
    assert before is not None
    assert before["assessment"] == first.assessment
    assert [each["verdict"] for each in before["findings"]] == ["accepted"]
    assert screens(previous, other.who, place)["assessment"] == other.assessment  # type: ignore[index]
    assert screens(previous, first.who, before["opened_seq"]) is None
    assert later.who == first.who


def test_a_session_without_assessment_has_none(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    assert screens(of_session, visit.session) is None
    assert screens(assessment, visit.assessment) is None

"""Reports: shown, taken out with a record of it, checked by code."""

from typing import Any, BinaryIO

import pytest

from api.routes import reports
from domain.values.content import Digest
from domain.values.identifiers import ReportId
from tests.api.portal import PREFIX, Clinic, Person, Portal
from tests.api.reporting import Reported, reported
from tests.api.test_subjects import PERSONAL


@pytest.fixture
def made(portal: Portal, clinic: Clinic) -> Reported:
    """A report."""
    return reported(portal, clinic)


@pytest.fixture
def practitioner(portal: Portal) -> Person:
    """The practitioner, signed in."""
    return portal.sign_in("practitioner")


@pytest.mark.verifies("REQ-IN-204", "REQ-IN-205", "REQ-IN-457", "REQ-IN-458")
def test_a_download_is_a_file_with_a_neutral_name_and_the_record_of_it(
    portal: Portal, practitioner: Person, clinic: Clinic, made: Reported
) -> None:
    answered = practitioner.get(f"/reports/{made.report}/document")

    assert answered.content == made.document
    assert answered.headers["content-type"] == "application/pdf"
    disposition = answered.headers["content-disposition"]
    assert disposition == 'attachment; filename="report-R-2026-0001.pdf"'
    assert not [each for each in PERSONAL if each in str(answered.headers)]
    record = portal.system.log.after(int(answered.headers["x-vultus-audit"]) - 1, limit=1)[0]
    exported = portal.events("RecordExported")[-1]
    assert record.event == exported
    assert exported.digest == Digest.of(answered.content)
    assert (exported.kind, exported.subject) == ("report", clinic.subject)
    assert str(record.actor) == f"practitioner:{clinic.people['practitioner']}"


@pytest.mark.verifies("REQ-IN-205", "REQ-IN-457", "REQ-IN-458")
def test_every_bundle_handed_out_is_recorded_by_the_digest_of_its_own_bytes(
    portal: Portal,
    practitioner: Person,
    made: Reported,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    portal.system.runner.catch_up()
    contents = iter([b"first", b"first", b"second, with a newer checkpoint"])

    def pack(report: ReportId, out: BinaryIO, **_named: object) -> None:
        assert report == made.report
        out.write(next(contents))

    monkeypatch.setattr(reports, "pack_bundle", pack)
    path = f"/reports/{made.report}/bundle"
    answers = [practitioner.post(path, {"purpose": "audit"}, key="k" * 32) for _ in range(3)]

    for answered in answers:
        assert answered.headers["content-type"] == "application/zip"
        disposition = answered.headers["content-disposition"]
        assert disposition == 'attachment; filename="evidence-R-2026-0001.zip"'
        seq = int(answered.headers["x-vultus-audit"])
        exported: Any = portal.system.log.after(seq - 1, limit=1)[0].event
        assert exported.digest == Digest.of(answered.content)
        assert exported.purpose == "audit"
    assert len(portal.events("RecordExported")) == 2


def test_nothing_is_taken_out_without_a_purpose(
    portal: Portal, practitioner: Person, made: Reported
) -> None:
    answered = practitioner.post(f"/reports/{made.report}/bundle", {"purpose": " "})

    assert answered.status_code == 422
    assert not portal.events("RecordExported")


@pytest.mark.verifies("DRV-30", "REQ-IN-194")
def test_a_page_is_shown_to_those_who_may_see_and_each_look_is_recorded(
    portal: Portal, practitioner: Person, made: Reported
) -> None:
    path = f"/reports/{made.report}/pages/1.png"
    answered = practitioner.get(path)
    missing = [practitioner.get(f"/reports/{made.report}/pages/{n}.png") for n in (0, 3, -1)]

    assert answered.content.startswith(b"\x89PNG")
    assert [each.status_code for each in missing] == [404, 404, 404]
    assert [each.resource for each in portal.events("RecordViewed")] == [f"report:{made.report}"]
    for account in ("administrator", "auditor", "privacy"):
        assert portal.sign_in(account).get(path).status_code == 403


def test_the_facts_of_a_report_say_what_it_is(practitioner: Person, made: Reported) -> None:
    shown = practitioner.read(f"/reports/{made.report}")

    assert (shown["number"], shown["pages"]) == ("R-2026-0001", 2)
    assert shown["digest"] == Digest.of(made.document)


def test_a_code_tells_anybody_that_a_report_is_ours_and_nothing_else(
    portal: Portal, clinic: Clinic, made: Reported
) -> None:
    portal.system.runner.catch_up()
    answered = portal.http.get(f"{PREFIX}/verify-code/abcd-efgh-jklm")

    assert answered.json() == {
        "known": True,
        "number": "R-2026-0001",
        "issued_at": answered.json()["issued_at"],
        "digest": Digest.of(made.document),
        "flagged": False,
    }
    assert clinic.subject not in answered.text


def test_after_an_erasure_the_document_is_gone(
    portal: Portal, clinic: Clinic, practitioner: Person, made: Reported
) -> None:
    portal.system.runner.catch_up()
    portal.system.keys.destroy(f"subject:{clinic.subject}")

    answered = practitioner.get(f"/reports/{made.report}/document")
    assert answered.status_code == 410
    assert not portal.events("RecordExported")

"""Clients: enrolled under a pseudonym, asked for consent, held, erased by two people."""

import re
from typing import Any

import pytest

from adapters.verification.verify import verify_log
from api import subject_history
from api.routes import subjects
from domain.values.content import Digest
from domain.values.identifiers import SubjectId
from tests.api import pictures
from tests.api.portal import IDENTITY, Clinic, Person, Portal, answer_consent, opening

PERSONAL = ("Wilhelmina", "Featherstonehaugh", "1971-12-29", "CN-778812")


def test_a_client_is_known_by_a_pseudonym_that_says_nothing(portal: Portal, clinic: Clinic) -> None:
    operator = portal.sign_in("operator")
    shown = operator.read(f"/subjects/{clinic.subject}")

    assert re.fullmatch(r"P-\d{4}-\d{4}", shown["pseudonym"])
    assert shown["identity"] == IDENTITY
    assert not [each for each in PERSONAL if each in shown["pseudonym"]]


def test_two_clients_never_share_a_pseudonym(
    portal: Portal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same(_subject: SubjectId, number: int) -> str:
        return f"P-0000-{number:04d}"

    monkeypatch.setattr(subjects, "pseudonym_of", same)
    operator = portal.sign_in("operator")
    given = [operator.done("/subjects", IDENTITY)["pseudonym"] for _ in range(3)]
    repeated = [operator.done("/subjects", IDENTITY, key="k" * 32) for _ in range(2)]

    assert given == ["P-0000-0000", "P-0000-0001", "P-0000-0002"]
    assert repeated[0] == repeated[1]


@pytest.mark.verifies("DRV-30")
def test_a_name_is_looked_for_in_the_body_and_every_name_shown_is_a_look(
    portal: Portal, clinic: Clinic
) -> None:
    operator, auditor = portal.sign_in("operator"), portal.sign_in("auditor")
    portal.system.runner.catch_up()
    found = operator.post("/subjects/search", {"query": "Feather"}).json()["items"]
    in_address = operator.read("/subjects", query="Feather")["items"]
    (listed,) = operator.read("/subjects")["items"]

    assert [each["display_name"] for each in found] == ["Wilhelmina Featherstonehaugh"]
    assert in_address == []
    assert listed["display_name"] is None
    (look,) = portal.events("RecordViewed")
    assert look.resource == f"subject:{clinic.subject}"
    assert auditor.post("/subjects/search", {"query": "Feather"}).status_code == 403


@pytest.mark.verifies("DRV-30")
def test_who_a_client_is_is_shown_to_few_and_each_look_is_recorded(
    portal: Portal, clinic: Clinic
) -> None:
    path = f"/subjects/{clinic.subject}"
    for account in ("auditor", "quality", "administrator"):
        answered = portal.sign_in(account).get(path)
        assert answered.status_code == 200
        assert not [each for each in PERSONAL if each in answered.text]
    assert not portal.events("RecordViewed")
    portal.sign_in("privacy").get(path)
    assert [each.purpose for each in portal.events("RecordViewed")] == ["care"]


@pytest.mark.verifies("REQ-IN-199", "REQ-IN-209")
def test_each_answer_about_consent_is_recorded_with_the_text_that_was_shown(
    portal: Portal, clinic: Clinic
) -> None:
    operator = portal.sign_in("operator")
    wordings = operator.read("/consent-wordings")["items"]
    text = next(each for each in wordings if each["purpose"] == "clinical-capture")
    granted = portal.events("ConsentGranted")[-1]
    answer_consent(operator, clinic.subject, "withdraw")
    answer_consent(operator, clinic.subject, "decline", purpose="marketing")
    shown = operator.read(f"/subjects/{clinic.subject}")["consents"]

    assert granted.wording.text == text["digest"] == Digest.of(text["text"].encode())
    assert {each["purpose"]: each["state"] for each in shown} == {
        "clinical-capture": "withdrawn",
        "marketing": "declined",
    }


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"wording_version": "1999-01"}, 404),
        ({"language": "xx"}, 404),
        ({"purpose": "selling"}, 422),
        ({"decision": "maybe"}, 422),
        ({"given_by": "nobody"}, 422),
        ({"valid_days": 0}, 422),
    ],
)
def test_consent_to_a_text_nobody_showed_is_no_consent(
    portal: Portal, clinic: Clinic, changes: dict[str, Any], status: int
) -> None:
    operator = portal.sign_in("operator")
    size = portal.system.log.size()
    body = {"purpose": "teaching", "decision": "grant", "wording_version": "2026-11"}
    answered = operator.post(f"/subjects/{clinic.subject}/consents", body | changes)

    assert answered.status_code == status
    assert portal.system.log.size() == size


# Erasure


@pytest.fixture
def people(portal: Portal, clinic: Clinic) -> tuple[Person, Person]:
    """Who asks for an erasure, and who approves it; the client has one photograph."""
    operator = portal.sign_in("operator")
    body = opening(clinic, device=None, protocol=clinic.single)
    session = operator.done("/capture-sessions", body)["session"]
    form = {"view": "frontal", "source": "Referring practice"}
    files = {"file": ("face.png", pictures.png())}
    path = f"/capture-sessions/{session}/photographs"
    assert operator.send("POST", path, files=files, data=form).status_code == 201
    return portal.sign_in("practitioner"), portal.sign_in("privacy")


def asked(person: Person, clinic: Clinic) -> str:
    person.done(f"/subjects/{clinic.subject}/erasure-requests", {"reason": "The client asked"})
    request = person.read(f"/subjects/{clinic.subject}")["erasure_request"]
    return str(request["digest"])


@pytest.mark.verifies("REQ-IN-206", "REQ-IN-213", "DRV-11")
def test_after_an_erasure_nobody_reads_anything_and_everything_still_verifies(
    portal: Portal, clinic: Clinic, people: tuple[Person, Person]
) -> None:
    requester, privacy = people
    operator = portal.sign_in("operator")
    (row,) = operator.read("/capture-sessions")["items"]
    session = row["session"]
    (attempt,) = operator.read(f"/capture-sessions/{session}")["attempts"]
    digest = attempt["frames"][0]["digest"]
    asking = asked(requester, clinic)
    answered = privacy.approve(f"/subjects/{clinic.subject}/erasure", asking)

    assert answered.status_code == 200, answered.text
    erased = answered.json()
    assert erased["erased"]
    destroyed = portal.events("SubjectKeyDestroyed")[0]
    assert destroyed.certificate == Digest.of(erased["certificate"].encode())
    assert destroyed.purged_blobs == 1
    assert operator.get(f"/images/{digest}", session=session).status_code == 410
    assert operator.get(f"/images/{digest}/preview", session=session).status_code == 410
    assert operator.get(f"/capture-sessions/{session}").status_code == 410
    shown = operator.get(f"/subjects/{clinic.subject}")
    assert shown.status_code == 200
    assert shown.json()["identity"] is None
    assert shown.json()["erased_at"]
    for path in ("/subjects", "/worklist", "/capture-sessions", f"/subjects/{clinic.subject}"):
        assert not [each for each in PERSONAL if each in operator.get(path).text]
    assert not [each for each in PERSONAL if each in repr(portal.system.log.after(-1, limit=9999))]
    again = operator.post(
        f"/subjects/{clinic.subject}/consents",
        {"purpose": "teaching", "decision": "grant", "wording_version": "2026-11"},
    )
    assert again.status_code == 410
    portal.system.checkpointer.sign()
    report = verify_log(
        portal.system.log,
        key=portal.system.checkpointer.key,
        checkpoints=portal.system.shelf.all(),
        blobs=portal.system.blobs,
    )
    assert report.intact, report.problems
    assert len(report.erased) == 1


@pytest.mark.verifies("REQ-IN-213")
def test_an_erasure_repeated_gives_the_same_certificate(
    portal: Portal, clinic: Clinic, people: tuple[Person, Person]
) -> None:
    requester, privacy = people
    digest = asked(requester, clinic)
    body = {"reauthentication": privacy.proof(), "digest": digest}
    path = f"/subjects/{clinic.subject}/erasure"
    first = privacy.done(path, body, key="k" * 32)
    portal.code("privacy")
    portal.code("privacy")
    portal.code("privacy")

    assert privacy.done(path, body, key="k" * 32) == first


@pytest.mark.verifies("DRV-11")
def test_whoever_asked_does_not_approve(
    portal: Portal, clinic: Clinic, people: tuple[Person, Person]
) -> None:
    _, privacy = people
    digest = asked(privacy, clinic)
    answered = privacy.approve(f"/subjects/{clinic.subject}/erasure", digest)

    assert answered.json()["rule"] == "subject.second-person"
    assert not portal.events("SubjectKeyDestroyed")


@pytest.mark.verifies("DRV-11", "REQ-IN-196")
def test_a_legal_hold_refuses_an_erasure_and_the_refusal_is_recorded(
    portal: Portal, clinic: Clinic, people: tuple[Person, Person]
) -> None:
    requester, privacy = people
    digest = asked(requester, clinic)
    hold = {"ground": "Complaint 12", "place": True}
    privacy.done(f"/subjects/{clinic.subject}/legal-hold", hold)
    answered = privacy.approve(f"/subjects/{clinic.subject}/erasure", digest).json()

    assert (answered["erased"], answered["certificate"]) == (False, None)
    assert answered["ground"] == "legal hold: Complaint 12"
    (refused,) = portal.records("ErasureRefused")
    assert answered["seq"] == refused.seq
    shown = privacy.read(f"/subjects/{clinic.subject}")
    assert shown["identity"] == IDENTITY
    assert shown["holds"] == ["Complaint 12"]
    released = hold | {"place": False, "reason": "Settled"}
    privacy.done(f"/subjects/{clinic.subject}/legal-hold", released)
    digest = asked(requester, clinic)
    assert privacy.approve(f"/subjects/{clinic.subject}/erasure", digest).json()["erased"]


def test_an_erasure_signed_over_something_else_is_refused(
    portal: Portal, clinic: Clinic, people: tuple[Person, Person]
) -> None:
    requester, privacy = people
    asked(requester, clinic)
    answered = privacy.approve(f"/subjects/{clinic.subject}/erasure", "sha256:" + "0" * 64)

    assert answered.json()["rule"] == "signature.digest"
    assert not portal.events("SubjectKeyDestroyed")


# Paging


def test_subjects_and_their_story_go_page_by_page(
    portal: Portal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = portal.sign_in("operator")
    for number in range(4):
        operator.done("/subjects", IDENTITY | {"clinic_number": f"CN-{number}"})
    first = operator.read("/subjects", limit=3)
    second = operator.read("/subjects", limit=3, before=first["next"])
    everybody = [each["subject"] for each in (*first["items"], *second["items"])]
    assert (len(first["items"]), len(set(everybody)), second["next"]) == (3, 5, None)

    monkeypatch.setattr(subject_history, "PAGE", 2)
    shown = operator.read(f"/subjects/{clinic.subject}")
    story, following = shown["timeline"], shown["timeline_next"]
    while following is not None:
        page = operator.read(f"/subjects/{clinic.subject}/timeline", before=following)
        story, following = [*story, *page["items"]], page["next"]
    assert [each["kind"] for each in story] == [
        "ConsentGranted",
        "SubjectIdentityLinked",
        "SubjectEnrolled",
    ]
    assert operator.get("/subjects/nobody/timeline").status_code == 404


@pytest.mark.verifies("DRV-30")
def test_a_search_shows_a_page_of_names_and_records_a_look_at_each_in_one_step(
    portal: Portal, clinic: Clinic
) -> None:
    operator = portal.sign_in("operator")
    for number in range(3):
        operator.done("/subjects", IDENTITY | {"clinic_number": f"CN-{number}"})
    portal.system.runner.catch_up()
    search = {"query": "Feather", "limit": 3}
    first = operator.post("/subjects/search", search).json()
    second = operator.post("/subjects/search", search | {"before": first["next"]}).json()

    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 1, None)
    looks = portal.records("RecordViewed")
    assert len({each.event.resource for each in looks}) == 4
    assert len({each.correlation for each in looks}) == 2

"""Following a report back: every link that does not hold is named with both its ends."""

import pytest

from domain.ledger.entry import Header, decode_entry
from domain.ledger.report_data import read_report_data
from tests.validation.audit.facts import (
    CAPTURED_AT,
    DOCUMENT,
    NURSE,
    SIGNED,
    SUBJECT,
    Fact,
    digest,
    frame,
    signature,
)
from tests.validation.audit.stories import ASSESSMENT, Story, clinic_story
from tests.validation.audit.wrong_stories import OTHER, WRONG, Change, consent_fact
from validation.audit.account import Account, Told, value_at
from validation.audit.outcome import Step
from validation.audit.trace import follow_report


def follow(story: Story) -> Step:
    """Follow the story's report back."""
    log = story.log()
    told = []
    for record, fact in zip(log.records, story.facts, strict=True):
        entry = decode_entry(record.entry)
        if fact.packed:
            told.append(
                Told(
                    header=entry.header,
                    payload=fact.payload if fact.disclosed else None,
                    signed=entry.device_signature is not None,
                )
            )
    issued = next((seq for seq, fact in enumerate(story.facts) if fact.name == "ReportIssued"), 0)
    step = Step(10, "")
    data = None if story.document == DOCUMENT else read_report_data(story.document)
    document = digest(story.document), data
    follow_report(Account(told, story.contents.keys()), issued, document, step)
    return step


def test_an_honest_story_is_followed_to_its_origins() -> None:
    step = follow(clinic_story())
    assert step.failures == []
    notes = "\n".join(step.notes)
    for word in ("R-0198", "AssessmentSignedOff", "ReauthenticationPerformed", "calibration"):
        assert word in notes


@pytest.mark.verifies(
    "REQ-IN-181", "REQ-IN-182", "REQ-IN-183", "REQ-IN-184", "REQ-IN-185", "DRV-12"
)
@pytest.mark.parametrize(
    ("change", "reason"), [pytest.param(*case[1:], id=case[0]) for case in WRONG]
)
def test_a_link_that_does_not_hold_is_named(change: Change, reason: str) -> None:
    story = clinic_story()
    change(story)
    assert any(reason in failure for failure in follow(story).failures)


def test_consent_given_back_counts_again() -> None:
    story = clinic_story()
    for name in ("ConsentGranted", "ConsentWithdrawn"):
        story.facts.insert(7, consent_fact(name))
    assert [failure for failure in follow(story).failures if "consent to" in failure] == []


def test_consent_that_lapsed_before_capture_is_named() -> None:
    story = clinic_story()
    story.facts[6].payload["valid_until"] = CAPTURED_AT
    assert any("had lapsed" in failure for failure in follow(story).failures)


def test_an_unsigned_attempt_is_named() -> None:
    story = clinic_story()
    story.fact("AttemptSubmitted").signed = False
    assert any("is not signed by the device" in failure for failure in follow(story).failures)


@pytest.mark.parametrize("name", ["DeviceEnrolled", "ModelRegistered", "ConsentGranted"])
def test_a_stream_that_begins_later_supports_no_conclusion(name: str) -> None:
    story = clinic_story()
    next(fact for fact in story.facts if fact.name == name).packed = False
    step = follow(story)
    assert any(
        "not in the bundle from its beginning" in failure or "has 0 disclosed" in failure
        for failure in step.failures
    )


def test_a_release_whose_beginning_is_not_there_is_named() -> None:
    story = clinic_story()
    story.insert(Fact(story.fact("ModelApproved").stream, "Prelude", {}), after="CalibrationLocked")
    story.fact("Prelude").packed = False
    step = follow(story)
    assert any("model-release" in failure and "beginning" in failure for failure in step.failures)


def test_a_session_whose_beginning_is_not_there_is_named() -> None:
    story = clinic_story()
    session = story.fact("SessionOpened").stream
    story.insert(Fact(session, "Prelude", {}, packed=False), after="CalibrationLocked")
    assert any(
        failure.startswith(session) and "beginning" in failure for failure in follow(story).failures
    )


def test_a_report_on_an_amendment_rests_on_its_signature() -> None:
    story = clinic_story()
    story.insert(
        Fact(
            f"assessment-{ASSESSMENT}",
            "AssessmentAmended",
            {"number": 1, "text": "more", "signature": signature(b"amendment")},
        ),
        after="AssessmentSignedOff",
    )
    story.change("ReportIssued", "signed_digest", digest(b"amendment"))
    step = follow(story)
    assert step.failures == []
    assert any("AssessmentAmended) signed it" in note for note in step.notes)


def test_a_defect_found_later_is_said_and_is_no_failure() -> None:
    story = clinic_story()
    story.insert(
        Fact(
            story.fact("CalibrationLocked").stream,
            "CalibrationInvalidated",
            dict(story.fact("CalibrationLocked").payload),
        ),
        after="ReportIssued",
    )
    step = follow(story)
    assert step.failures == []
    assert any("found defective after" in note for note in step.notes)


def test_an_imported_photograph_needs_no_device() -> None:
    story = clinic_story()
    submitted = story.fact("AttemptSubmitted")
    submitted.name, submitted.device = "PhotographImported", False
    submitted.actor = f"practitioner:{NURSE}"
    left = frame(b"left frame", "left")
    submitted.payload = {"attempt": submitted.payload["attempt"], "frame": left}
    for name in ("AssessmentOpened", "InferenceRequested"):
        story.change(name, "frames", [left["content"]["digest"]])
    story.drop("DepthReconstructed")
    step = follow(story)
    assert step.failures == []
    assert any("imported photograph, uncalibrated" in note for note in step.notes)


def test_an_uncalibrated_capture_is_said_to_be() -> None:
    story = clinic_story()
    story.change("AttemptSubmitted", "conditions.calibration", None)
    story.drop("DepthReconstructed")
    step = follow(story)
    assert step.failures == []
    assert any("was captured uncalibrated" in note for note in step.notes)


def test_a_run_that_failed_gives_no_findings() -> None:
    story = clinic_story()
    story.fact("InferenceCompleted").name = "InferenceFailed"
    story.change("AssessmentOpened", "findings", [])
    assert follow(story).failures == []


def test_depth_of_another_attempt_is_not_held_against_this_one() -> None:
    story = clinic_story()
    story.change("DepthReconstructed", "attempt", OTHER)
    story.change("DepthReconstructed", "calibration", OTHER)
    assert follow(story).failures == []


def test_what_is_only_named_is_counted() -> None:
    story = clinic_story()
    story.contents = {digest(content): content for content in (story.document, SIGNED)}
    story.drop("ReauthenticationPerformed")
    step = follow(story)
    assert step.failures == []
    assert "of which 3 are named by digest and not in the bundle" in step.notes
    assert "of which 2 frames are named by digest and not in the bundle" in step.notes
    assert any("re-authentication is named and not in the bundle" in note for note in step.notes)


def test_a_field_of_what_is_no_object_is_none() -> None:
    assert value_at("text", "a.b") is None
    told = Told(header=header(), payload={"a": 1, "b": ["x", 2]})
    assert told.text("a") is None
    assert told.values("a") == []
    assert told.texts("b") == ["x"]
    assert SUBJECT not in str(told)


def header() -> Header:
    """Return any header."""
    return decode_entry(clinic_story().log().records[0].entry).header

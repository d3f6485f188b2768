"""The clinic's story with a visit before it, and a change of volume measured between the two."""

from copy import deepcopy
from typing import Any, Final

from domain.ledger import canonical
from tests.validation.audit.stories import (
    ATTEMPT,
    CALIBRATION,
    CAPTURED_AT,
    CONSENT,
    DEPTH,
    DEVICE,
    FINDINGS,
    LATER,
    MODEL,
    NURSE,
    PARAMETERS,
    RELEASE,
    SESSION,
    SUBJECT,
    Fact,
    Payload,
    Story,
    clinic_story,
    digest,
    frame,
    signature,
)

EARLIER_SESSION: Final = "0198c0de-0000-7000-8000-000000000020"
EARLIER_ATTEMPT: Final = "0198c0de-0000-7000-8000-000000000021"
EARLIER_REPEAT: Final = "0198c0de-0000-7000-8000-000000000022"
EARLIER_CALIBRATION: Final = "0198c0de-0000-7000-8000-000000000023"
EARLIER_INFERENCE: Final = "0198c0de-0000-7000-8000-000000000024"
CHANGE: Final = "0198c0de-0000-7000-8000-000000000025"
CLAIM: Final = "0198c0de-0000-7000-8000-000000000026"
CHANGE_FINDING: Final = "0198c0de-0000-7000-8000-000000000027"
MANAGER: Final = "0198c0de-0000-7000-8000-000000000028"

EARLIER_FRAMES: Final = (b"earlier left frame", b"earlier right frame")
REPEAT_FRAMES: Final = (b"repeated left frame", b"repeated right frame")
EARLIER_PARAMETERS: Final = b"earlier calibration parameters"
EARLIER_DEPTH, REPEAT_DEPTH = b"earlier depth map", b"repeated depth map"
UNCERTAINTY, MESH = b"uncertainty of depth", b"outlines of regions"

CLAIM_CONTENT: Final[Payload] = {
    "algorithm": "volume-change/1",
    "output": "volume-change",
    "scope": {"device_models": ["m"]},
}
CHANGE_FINDINGS: Final = [{"finding": CHANGE_FINDING, "code": "cheek", "value": 1.1, "unit": "cm³"}]

_DEVICE_STREAM: Final = f"device-{DEVICE}"
_EARLIER_STREAM: Final = f"capture-session-{EARLIER_SESSION}"
_INFERENCE_STREAM: Final = f"inference-{EARLIER_INFERENCE}"
_CLAIM_STREAM: Final = f"claim-{CLAIM}"
_STATION: Final = f"device:{DEVICE}"
_CONTENTS: Final = (
    *EARLIER_FRAMES,
    *REPEAT_FRAMES,
    EARLIER_PARAMETERS,
    EARLIER_DEPTH,
    REPEAT_DEPTH,
    UNCERTAINTY,
    MESH,
)


def change_story() -> Story:
    """Return the story of two visits, without a fault."""
    story = clinic_story()
    for name in ("AttemptSubmitted", "DepthReconstructed", "AttemptJudged"):
        story.fact(name).causation = None
    story.fact("AttemptSubmitted").payload["view"] = "frontal"
    _put(story, "CalibrationLocked", _earlier_calibration())
    last_answer = [each.name for each in story.facts].index("SessionOpened") - 1
    story.facts[last_answer + 1 : last_answer + 1] = [*_earlier_visit(), *_claim()]
    _put(story, "InferenceCompleted", [_change()])
    story.change("AssessmentOpened", "findings", [*FINDINGS, *CHANGE_FINDINGS])
    sources = story.fact("ReportIssued").payload["sources"]
    sources += [digest(each) for each in (*EARLIER_FRAMES, EARLIER_DEPTH, EARLIER_PARAMETERS)]
    story.contents |= {digest(each): each for each in _CONTENTS}
    return story


def signed_claim() -> dict[str, Any]:
    """Return the signature of a second person over the claim's content."""
    return {**signature(canonical.encode(CLAIM_CONTENT)), "signer": MANAGER}


def _put(story: Story, after: str, facts: list[Fact]) -> None:
    for fact in reversed(facts):
        story.insert(fact, after=after)


def _earlier_calibration() -> list[Fact]:
    return [
        Fact(
            _DEVICE_STREAM,
            "CalibrationRecorded",
            {
                "calibration": {
                    "calibration": EARLIER_CALIBRATION,
                    "passed": True,
                    "valid_until": LATER,
                    "parameters": {"digest": digest(EARLIER_PARAMETERS)},
                }
            },
            actor=_STATION,
            device=True,
            label="earlier CalibrationRecorded",
        ),
        Fact(
            _DEVICE_STREAM,
            "CalibrationLocked",
            {"calibration": EARLIER_CALIBRATION, "signature": signature(EARLIER_PARAMETERS)},
            label="earlier CalibrationLocked",
        ),
    ]


def _earlier_visit() -> list[Fact]:
    frames = [digest(each) for each in EARLIER_FRAMES]
    facts = [
        Fact(
            _EARLIER_STREAM,
            "SessionOpened",
            {
                "session": EARLIER_SESSION,
                "subject": SUBJECT,
                "operator": NURSE,
                "device": DEVICE,
                "purpose": "clinical-capture",
            },
        ),
        Fact(
            _EARLIER_STREAM,
            "PreconditionsChecked",
            {"gates": [], "based_on": [{"stream": f"consent-{CONSENT}", "version": 2}]},
        ),
        *_capture(EARLIER_ATTEMPT, EARLIER_FRAMES, EARLIER_DEPTH),
        Fact(
            _EARLIER_STREAM,
            "SurfaceReconstructed",
            {
                "attempt": EARLIER_ATTEMPT,
                "depth": digest(EARLIER_DEPTH),
                "uncertainty": {"digest": digest(UNCERTAINTY)},
                "inputs": [*frames, digest(EARLIER_PARAMETERS)],
            },
            actor="service:depth",
        ),
        *_capture(EARLIER_REPEAT, REPEAT_FRAMES, REPEAT_DEPTH),
        Fact(
            _INFERENCE_STREAM,
            "InferenceRequested",
            {
                "inference": EARLIER_INFERENCE,
                "subject": SUBJECT,
                "session": EARLIER_SESSION,
                "attempt": EARLIER_ATTEMPT,
                "release": RELEASE,
                "model": digest(MODEL),
                "frames": frames,
            },
            actor="service:inference",
        ),
        Fact(
            _INFERENCE_STREAM,
            "InferenceCompleted",
            {
                "run": {"model": digest(MODEL)},
                "findings": [],
                "artefacts": [{"name": "face-mesh", "content": {"digest": digest(MESH)}}],
            },
            actor="service:inference",
        ),
    ]
    for each in facts:
        each.label = each.label or f"earlier {each.name}"
    return facts


def _capture(attempt: str, pictures: tuple[bytes, bytes], depth: bytes) -> list[Fact]:
    which = "earlier" if attempt == EARLIER_ATTEMPT else "repeated"
    facts = [
        Fact(
            _EARLIER_STREAM,
            "AttemptSubmitted",
            {
                "attempt": attempt,
                "view": "frontal",
                "frames": [frame(pictures[0], "left"), frame(pictures[1], "right")],
                "captured_at": CAPTURED_AT,
                "conditions": {
                    "calibration": EARLIER_CALIBRATION,
                    "device_serial": "VS-1",
                    "camera_serials": ["C-left", "C-right"],
                },
            },
            actor=_STATION,
            device=True,
        ),
        Fact(
            _EARLIER_STREAM,
            "AttemptJudged",
            {"attempt": attempt, "verdict": {"acceptable": True, "reasons": []}},
            actor="service:quality",
        ),
        Fact(
            _EARLIER_STREAM,
            "DepthReconstructed",
            {
                "attempt": attempt,
                "calibration": EARLIER_CALIBRATION,
                "depth": {"digest": digest(depth)},
                "inputs": [*(digest(each) for each in pictures), digest(EARLIER_PARAMETERS)],
            },
            actor="service:depth",
        ),
    ]
    for each in facts:
        each.label = f"{which} {each.name}"
    return facts


def _claim() -> list[Fact]:
    return [
        Fact(
            _CLAIM_STREAM,
            "ClaimRegistered",
            {"claim": CLAIM, "content": deepcopy(CLAIM_CONTENT), "registered_by": NURSE},
        ),
        Fact(
            _CLAIM_STREAM,
            "ClaimValidated",
            {"signature": signed_claim()},
            actor=f"practitioner:{MANAGER}",
        ),
    ]


def _change() -> Fact:
    return Fact(
        f"volume-change-{CHANGE}",
        "VolumeChangeMeasured",
        {
            "change": CHANGE,
            "subject": SUBJECT,
            "earlier_session": EARLIER_SESSION,
            "earlier_attempt": EARLIER_ATTEMPT,
            "session": SESSION,
            "attempt": ATTEMPT,
            "view": "frontal",
            "claim": CLAIM,
            "calibrations": [EARLIER_CALIBRATION, CALIBRATION],
            "algorithm": "volume-change/1",
            "findings": CHANGE_FINDINGS,
            "inputs": [
                digest(each)
                for each in (
                    EARLIER_DEPTH,
                    DEPTH,
                    EARLIER_PARAMETERS,
                    PARAMETERS,
                    MESH,
                    REPEAT_DEPTH,
                    UNCERTAINTY,
                )
            ],
        },
        actor="service:volume",
    )

"""The clinic's story with a visit before it, and a change of volume measured between the two."""

from copy import deepcopy
from typing import Any, Final

from domain.ledger import canonical
from tests.validation.audit.facts import (
    CONSENT_STREAM,
    NURSE,
    SUBJECT,
    VIEW,
    Fact,
    Payload,
    calibrated,
    captured,
    digest,
    labelled,
    opened,
    ran,
    signature,
)
from tests.validation.audit.stories import (
    ATTEMPT,
    CALIBRATION,
    DEPTH,
    FINDINGS,
    PARAMETERS,
    SESSION,
    Story,
    clinic_story,
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

_EARLIER_STREAM: Final = f"capture-session-{EARLIER_SESSION}"
_CLAIM_STREAM: Final = f"claim-{CLAIM}"
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
    story.fact("AttemptJudged").causation = None
    story.insert(
        *labelled("earlier", calibrated(EARLIER_CALIBRATION, EARLIER_PARAMETERS)),
        after="CalibrationLocked",
    )
    last_answer = [each.name for each in story.facts].index("SessionOpened")
    story.facts[last_answer:last_answer] = [*_earlier_visit(), *_claim()]
    story.insert(_change(), after="InferenceCompleted")
    story.change("AssessmentOpened", "findings", [*deepcopy(FINDINGS), *deepcopy(CHANGE_FINDINGS)])
    sources = story.fact("ReportIssued").payload["sources"]
    sources += [digest(each) for each in (*EARLIER_FRAMES, EARLIER_DEPTH, EARLIER_PARAMETERS)]
    story.contents |= {digest(each): each for each in _CONTENTS}
    return story


def signed_claim() -> dict[str, Any]:
    """Return the signature of a second person over the claim's content."""
    return {**signature(canonical.encode(CLAIM_CONTENT)), "signer": MANAGER}


def _earlier_visit() -> list[Fact]:
    calibration = (EARLIER_CALIBRATION, EARLIER_PARAMETERS)
    surface = Fact(
        _EARLIER_STREAM,
        "SurfaceReconstructed",
        {
            "attempt": EARLIER_ATTEMPT,
            "depth": digest(EARLIER_DEPTH),
            "uncertainty": {"digest": digest(UNCERTAINTY)},
            "inputs": [*(digest(each) for each in EARLIER_FRAMES), digest(EARLIER_PARAMETERS)],
        },
        actor="service:depth",
    )
    repeat = captured(EARLIER_SESSION, EARLIER_REPEAT, REPEAT_FRAMES, REPEAT_DEPTH, calibration)
    outlines = {"artefacts": [{"name": "face-mesh", "content": {"digest": digest(MESH)}}]}
    return labelled(
        "earlier",
        [
            *opened(EARLIER_SESSION, (CONSENT_STREAM, 2)),
            *captured(EARLIER_SESSION, EARLIER_ATTEMPT, EARLIER_FRAMES, EARLIER_DEPTH, calibration),
            surface,
            *labelled("repeated", repeat),
            *ran(EARLIER_INFERENCE, EARLIER_SESSION, EARLIER_ATTEMPT, EARLIER_FRAMES, outlines),
        ],
    )


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
            "view": VIEW,
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

"""What stories are made of: identifiers, contents, and facts in real events' words."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

CLINIC: Final = "0198c0de-0000-7000-8000-00000000000a"
DEVICE: Final = "0198c0de-0000-7000-8000-00000000000b"
NURSE: Final = "0198c0de-0000-7000-8000-00000000000d"
SUBJECT: Final = "0198c0de-0000-7000-8000-00000000000e"
CONSENT: Final = "0198c0de-0000-7000-8000-00000000000f"
RELEASE: Final = "0198c0de-0000-7000-8000-000000000013"
PROOF: Final = "0198c0de-0000-7000-8000-000000000018"

CAPTURED_AT: Final = "2026-03-03T09:14:00.000000Z"
LATER: Final = "2027-01-01T00:00:00.000000Z"
VIEW: Final = "left-oblique"

MODEL: Final = b"model"
SIGNED: Final = b"what was shown"
DOCUMENT: Final = b"%PDF report"
"""Stands for the document until the log is made that the document speaks of."""

DEVICE_STREAM: Final = f"device-{DEVICE}"
CONSENT_STREAM: Final = f"consent-{CONSENT}"
RELEASE_STREAM: Final = f"model-release-{RELEASE}"
STATION: Final = f"device:{DEVICE}"

Payload = dict[str, Any]


@dataclass(slots=True)
class Fact:
    """One event to be recorded; tests change facts before the log is made.

    A label is what tests call it by, where several facts have its name. What is not packed is in
    the log, and in no bundle.
    """

    stream: str
    name: str
    payload: Payload
    actor: str = f"practitioner:{NURSE}"
    device: bool = False
    causation: int | None = None
    signed: bool = True
    disclosed: bool = True
    packed: bool = True
    label: str = ""


def digest(content: bytes) -> str:
    """Return the digest text of a content."""
    return f"sha256:{sha256(content).hexdigest()}"


def signature(signed: bytes) -> Payload:
    """Return an electronic signature over a content."""
    return {
        "signer": NURSE,
        "meaning": "authored",
        "signed_at": CAPTURED_AT,
        "digest": digest(signed),
        "reauthentication": PROOF,
    }


def frame(content: bytes, role: str) -> Payload:
    """Return an image reference."""
    return {
        "content": {
            "digest": digest(content),
            "size_bytes": len(content),
            "media_type": "image/png",
        },
        "role": role,
        "camera_serial": f"C-{role}",
    }


def finding(identifier: str, value: float, uncertainty: float) -> Payload:
    """Return what a run found."""
    return {
        "finding": identifier,
        "code": "ita",
        "label": "Individual typology angle",
        "value": value,
        "unit": "deg",
        "uncertainty": uncertainty,
    }


def labelled(prefix: str, facts: list[Fact]) -> list[Fact]:
    """Return the facts, each called by its name after a prefix where it has no label yet."""
    for each in facts:
        each.label = each.label or f"{prefix} {each.name}"
    return facts


def calibrated(calibration: str, parameters: bytes) -> list[Fact]:
    """Return that a calibration was recorded and locked."""
    return [
        Fact(
            DEVICE_STREAM,
            "CalibrationRecorded",
            {
                "calibration": {
                    "calibration": calibration,
                    "passed": True,
                    "valid_until": LATER,
                    "parameters": {"digest": digest(parameters)},
                }
            },
            actor=STATION,
            device=True,
        ),
        Fact(
            DEVICE_STREAM,
            "CalibrationLocked",
            {"calibration": calibration, "signature": signature(parameters)},
        ),
    ]


def opened(session: str, *read: tuple[str, int]) -> list[Fact]:
    """Return that a session was opened, and what its gate read: streams and their versions."""
    stream = f"capture-session-{session}"
    return [
        Fact(
            stream,
            "SessionOpened",
            {
                "session": session,
                "subject": SUBJECT,
                "operator": NURSE,
                "device": DEVICE,
                "purpose": "clinical-capture",
            },
        ),
        Fact(
            stream,
            "PreconditionsChecked",
            {
                "gates": [],
                "based_on": [{"stream": each, "version": version} for each, version in read],
            },
        ),
    ]


def captured(
    session: str,
    attempt: str,
    pictures: tuple[bytes, bytes],
    depth: bytes,
    calibration: tuple[str, bytes],
) -> list[Fact]:
    """Return that an attempt came in, was accepted, and its depth was made with a calibration."""
    stream, (identifier, parameters) = f"capture-session-{session}", calibration
    return [
        Fact(
            stream,
            "AttemptSubmitted",
            {
                "attempt": attempt,
                "view": VIEW,
                "frames": [frame(pictures[0], "left"), frame(pictures[1], "right")],
                "captured_at": CAPTURED_AT,
                "conditions": {
                    "calibration": identifier,
                    "clock_offset_ms": None,
                    "device_serial": "VS-1",
                    "camera_serials": ["C-left", "C-right"],
                },
            },
            actor=STATION,
            device=True,
        ),
        Fact(
            stream,
            "AttemptJudged",
            {"attempt": attempt, "verdict": {"acceptable": True, "reasons": []}},
            actor="service:quality",
        ),
        Fact(
            stream,
            "DepthReconstructed",
            {
                "attempt": attempt,
                "calibration": identifier,
                "depth": {"digest": digest(depth)},
                "inputs": [*(digest(each) for each in pictures), digest(parameters)],
            },
            actor="service:depth",
        ),
    ]


def ran(
    inference: str, session: str, attempt: str, pictures: tuple[bytes, ...], gave: Payload
) -> list[Fact]:
    """Return that the model ran on an attempt, and what it gave."""
    stream = f"inference-{inference}"
    return [
        Fact(
            stream,
            "InferenceRequested",
            {
                "inference": inference,
                "subject": SUBJECT,
                "session": session,
                "attempt": attempt,
                "release": RELEASE,
                "model": digest(MODEL),
                "frames": [digest(each) for each in pictures],
            },
            actor="service:inference",
        ),
        Fact(
            stream,
            "InferenceCompleted",
            {"run": {"model": digest(MODEL)}, "findings": [], **gave},
            actor="service:inference",
        ),
    ]


def assessed(
    assessment: str,
    session: str,
    attempt: str,
    pictures: tuple[bytes, ...],
    **laid: Any,  # noqa: ANN401 - JSON
) -> Fact:
    """Return that an attempt was laid before a practitioner, with runs and findings."""
    return Fact(
        f"assessment-{assessment}",
        "AssessmentOpened",
        {
            "assessment": assessment,
            "subject": SUBJECT,
            "session": session,
            "attempts": [attempt],
            "frames": [digest(each) for each in pictures],
            **laid,
        },
        actor="service:assessment",
    )


def accepted(assessment: str, identifier: str) -> Fact:
    """Return that a practitioner accepted a finding."""
    return Fact(f"assessment-{assessment}", "FindingAccepted", {"finding": identifier})

"""One clinic's story as a log: from enrolment to a signed report, told by real events' words."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from domain.ledger import canonical
from tests.domain.ledger.logs import LogMaker, device_key, public_bytes

CLINIC = "0198c0de-0000-7000-8000-00000000000a"
DEVICE = "0198c0de-0000-7000-8000-00000000000b"
NURSE = "0198c0de-0000-7000-8000-00000000000d"
SUBJECT = "0198c0de-0000-7000-8000-00000000000e"
CONSENT = "0198c0de-0000-7000-8000-00000000000f"
SESSION = "0198c0de-0000-7000-8000-000000000010"
ATTEMPT = "0198c0de-0000-7000-8000-000000000011"
CALIBRATION = "0198c0de-0000-7000-8000-000000000012"
RELEASE = "0198c0de-0000-7000-8000-000000000013"
INFERENCE = "0198c0de-0000-7000-8000-000000000014"
ASSESSMENT = "0198c0de-0000-7000-8000-000000000015"
FINDING = "0198c0de-0000-7000-8000-000000000016"
REPORT = "0198c0de-0000-7000-8000-000000000017"
PROOF = "0198c0de-0000-7000-8000-000000000018"

CAPTURED_AT = "2026-03-03T09:14:00.000000Z"
LATER = "2027-01-01T00:00:00.000000Z"

FRAMES = (b"left frame", b"right frame")
PARAMETERS = b"calibration parameters"
MODEL = b"model"
DOCUMENT = b"%PDF report"
SIGNED = b"what was shown"
DEPTH = b"depth map"


def digest(content: bytes) -> str:
    """Return the digest text of a content."""
    return f"sha256:{sha256(content).hexdigest()}"


Payload = dict[str, Any]


@dataclass(slots=True)
class Fact:
    """One event to be recorded; tests change facts before the log is made.

    A label is what tests call it by, where several facts have its name.
    """

    stream: str
    name: str
    payload: Payload
    actor: str = f"practitioner:{NURSE}"
    device: bool = False
    causation: int | None = None
    signed: bool = True
    disclosed: bool = True
    label: str = ""


@dataclass(slots=True)
class Story:
    """Facts in the order they are recorded, and the contents they name."""

    facts: list[Fact]
    contents: dict[str, bytes] = field(
        default_factory=lambda: {
            digest(content): content
            for content in (*FRAMES, PARAMETERS, MODEL, DOCUMENT, SIGNED, DEPTH)
        }
    )
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: device_key(1))

    def fact(self, name: str) -> Fact:
        """Return the one fact of this label, or of this name where it has none."""
        (found,) = (fact for fact in self.facts if (fact.label or fact.name) == name)
        return found

    def change(self, name: str, path: str, value: object) -> None:
        """Change what a fact says in one field, its keys and indices joined by dots."""
        *keys, last = path.split(".")
        place: Any = self.fact(name).payload
        for key in keys:
            place = place[int(key) if key.isdecimal() else key]
        place[int(last) if last.isdecimal() else last] = value

    def move(self, name: str, *, after: str) -> None:
        """Have a fact recorded right after another one."""
        fact = self.fact(name)
        self.facts.remove(fact)
        self.facts.insert(self.facts.index(self.fact(after)) + 1, fact)

    def drop(self, name: str) -> None:
        """Have a fact never recorded."""
        self.facts.remove(self.fact(name))

    def insert(self, fact: Fact, *, after: str) -> None:
        """Have another fact recorded right after one."""
        self.facts.insert(self.facts.index(self.fact(after)) + 1, fact)

    def log(self) -> LogMaker:
        """Record the facts."""
        log = LogMaker()
        sequence = 0
        for fact in self.facts:
            signature: dict[str, Any] = {}
            if fact.device:
                sequence += 1
                signature = {
                    "sequence": sequence,
                    "device": DEVICE,
                    "signed_by": self.key if fact.signed else None,
                }
            log.add(
                fact.stream,
                name=fact.name,
                payload=canonical.parse(canonical.encode(fact.payload)),
                actor=fact.actor,
                causation=fact.causation,
                **signature,
            )
        return log


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


FINDINGS = [{"finding": FINDING, "code": "ita", "value": 41.5, "unit": "deg"}]
GRANTED = {"subject": SUBJECT, "purpose": "clinical-capture", "valid_until": None}


def clinic_story() -> Story:
    """Return the whole story, without a fault."""
    device, station = f"device-{DEVICE}", f"device:{DEVICE}"
    consent, session = f"consent-{CONSENT}", f"capture-session-{SESSION}"
    release, inference = f"model-release-{RELEASE}", f"inference-{INFERENCE}"
    assessment = f"assessment-{ASSESSMENT}"
    frames = [digest(content) for content in FRAMES]
    public_key = public_bytes(device_key(1)).hex()
    return Story(
        [
            Fact(
                device,
                "DeviceEnrolled",
                {"device": DEVICE, "serial": "VS-1", "model": "m", "public_key": public_key},
            ),
            Fact(
                device,
                "DeviceConfigurationChanged",
                {
                    "configuration": {
                        "firmware": "1.0",
                        "software": "0.1",
                        "cameras": [{"serial": "C-left"}, {"serial": "C-right"}],
                    }
                },
                actor=station,
                device=True,
            ),
            Fact(
                device,
                "CalibrationRecorded",
                {
                    "calibration": {
                        "calibration": CALIBRATION,
                        "passed": True,
                        "valid_until": LATER,
                        "parameters": {"digest": digest(PARAMETERS)},
                    }
                },
                actor=station,
                device=True,
            ),
            Fact(
                device,
                "CalibrationLocked",
                {"calibration": CALIBRATION, "signature": signature(PARAMETERS)},
            ),
            Fact(
                release,
                "ModelRegistered",
                {
                    "release": RELEASE,
                    "manifest": {
                        "name": "skin-colour",
                        "version": "1.0.0",
                        "model": {"digest": digest(MODEL)},
                        "manifest_digest": digest(b"manifest"),
                    },
                },
            ),
            Fact(release, "ModelApproved", {"signature": signature(b"manifest")}),
            Fact(consent, "ConsentGranted", dict(GRANTED)),
            Fact(
                f"{consent}",
                "ConsentGranted",
                {**GRANTED, "purpose": "ai-analysis"},
            ),
            Fact(
                session,
                "SessionOpened",
                {
                    "session": SESSION,
                    "subject": SUBJECT,
                    "operator": NURSE,
                    "device": DEVICE,
                    "purpose": "clinical-capture",
                },
            ),
            Fact(
                session,
                "PreconditionsChecked",
                {
                    "gates": [],
                    "based_on": [
                        {"stream": consent, "version": 2},
                        {"stream": device, "version": 4},
                    ],
                },
            ),
            Fact(
                session,
                "AttemptSubmitted",
                {
                    "attempt": ATTEMPT,
                    "frames": [frame(FRAMES[0], "left"), frame(FRAMES[1], "right")],
                    "captured_at": CAPTURED_AT,
                    "conditions": {
                        "calibration": CALIBRATION,
                        "device_serial": "VS-1",
                        "camera_serials": ["C-left", "C-right"],
                    },
                },
                actor=station,
                device=True,
            ),
            Fact(
                session,
                "AttemptJudged",
                {"attempt": ATTEMPT, "verdict": {"acceptable": True, "reasons": []}},
                actor="service:quality",
                causation=10,
            ),
            Fact(
                session,
                "DepthReconstructed",
                {
                    "attempt": ATTEMPT,
                    "calibration": CALIBRATION,
                    "depth": {"digest": digest(DEPTH)},
                    "inputs": [*frames, digest(PARAMETERS)],
                },
                actor="service:depth",
            ),
            Fact(
                inference,
                "InferenceRequested",
                {
                    "inference": INFERENCE,
                    "subject": SUBJECT,
                    "session": SESSION,
                    "attempt": ATTEMPT,
                    "release": RELEASE,
                    "model": digest(MODEL),
                    "frames": frames,
                },
                actor="service:inference",
            ),
            Fact(
                inference,
                "InferenceCompleted",
                {"run": {"model": digest(MODEL)}, "findings": FINDINGS},
                actor="service:inference",
            ),
            Fact(
                assessment,
                "AssessmentOpened",
                {
                    "assessment": ASSESSMENT,
                    "subject": SUBJECT,
                    "session": SESSION,
                    "attempts": [ATTEMPT],
                    "frames": frames,
                    "inferences": [INFERENCE],
                    "findings": FINDINGS,
                },
                actor="service:assessment",
            ),
            Fact(
                f"access-{NURSE}",
                "ReauthenticationPerformed",
                {"practitioner": NURSE, "reauthentication": PROOF, "methods": ["totp"]},
            ),
            Fact(assessment, "AssessmentSignedOff", {"signature": signature(SIGNED)}),
            Fact(
                assessment,
                "ReportIssued",
                {
                    "report": REPORT,
                    "number": "R-0198",
                    "document": {"digest": digest(DOCUMENT)},
                    "signed_digest": digest(SIGNED),
                    "sources": [*frames, digest(PARAMETERS)],
                },
                actor="service:reporting",
            ),
            Fact(f"subject-{SUBJECT}", "SubjectIdentityLinked", {"x": 1}, disclosed=False),
        ]
    )

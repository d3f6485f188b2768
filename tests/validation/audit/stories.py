"""One clinic's story as a log: from enrolment to a signed report, told by real events' words."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from domain.ledger import canonical
from tests.domain.ledger.logs import LogMaker, device_key, public_bytes
from tests.validation.audit.documents import document, report_data
from tests.validation.audit.facts import (
    CONSENT_STREAM,
    DEVICE,
    DEVICE_STREAM,
    DOCUMENT,
    MODEL,
    NURSE,
    PROOF,
    RELEASE,
    RELEASE_STREAM,
    SIGNED,
    STATION,
    SUBJECT,
    Fact,
    Payload,
    assessed,
    calibrated,
    captured,
    digest,
    finding,
    opened,
    ran,
    signature,
)

SESSION = "0198c0de-0000-7000-8000-000000000010"
ATTEMPT = "0198c0de-0000-7000-8000-000000000011"
CALIBRATION = "0198c0de-0000-7000-8000-000000000012"
INFERENCE = "0198c0de-0000-7000-8000-000000000014"
ASSESSMENT = "0198c0de-0000-7000-8000-000000000015"
FINDING = "0198c0de-0000-7000-8000-000000000016"
REPORT = "0198c0de-0000-7000-8000-000000000017"

FRAMES = (b"left frame", b"right frame")
PARAMETERS = b"calibration parameters"
DEPTH = b"depth map"

_SIGNING = ("AssessmentSignedOff", "AssessmentAmended")


@dataclass(slots=True)
class Story:
    """Facts in the order they are recorded, and the contents they name.

    Attributes:
        facts: The facts.
        contents: Contents of the bundle by digest text.
        key: The device's key.
        comparison: What the report says of an earlier visit.
        said: What the report says otherwise than it was, by place in its data.
        document: The report document; once the log was made.
    """

    facts: list[Fact]
    contents: dict[str, bytes] = field(
        default_factory=lambda: {
            digest(content): content
            for content in (*FRAMES, PARAMETERS, MODEL, DOCUMENT, SIGNED, DEPTH)
        }
    )
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: device_key(1))
    comparison: Payload | None = None
    said: dict[str, Any] = field(default_factory=dict)
    document: bytes = DOCUMENT

    def fact(self, name: str) -> Fact:
        """Return the one fact of this label, or of this name where it has none."""
        (found,) = (fact for fact in self.facts if (fact.label or fact.name) == name)
        return found

    def change(self, name: str, path: str, value: object) -> None:
        """Change what a fact says in one field, its keys and indices joined by dots."""
        put(self.fact(name).payload, path, value)

    def move(self, name: str, *, after: str) -> None:
        """Have a fact recorded right after another one."""
        fact = self.fact(name)
        self.facts.remove(fact)
        self.insert(fact, after=after)

    def drop(self, name: str) -> None:
        """Have a fact never recorded."""
        self.facts.remove(self.fact(name))

    def insert(self, *facts: Fact, after: str) -> None:
        """Have further facts recorded right after one."""
        place = self.facts.index(self.fact(after)) + 1
        self.facts[place:place] = facts

    def log(self) -> LogMaker:
        """Record the facts; the report is made of the log as it was when it was called for."""
        log = LogMaker()
        sequence = 0
        for fact in self.facts:
            if fact.name == "ReportIssued":
                self._report(log, fact)
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

    def _report(self, log: LogMaker, issued: Fact) -> None:
        """Make the document, and have the fact name it where it names the one that stood for it."""
        before = self.facts[: len(log.records)]
        calling = [
            place
            for place, each in enumerate(before)
            if each.name in _SIGNING
            and each.payload["signature"]["digest"] == issued.payload["signed_digest"]
        ]
        seen = calling[-1] + 1 if calling else len(before)
        ends: dict[str, int] = {}
        for each in before[:seen]:
            ends[each.stream] = ends.get(each.stream, 0) + 1
        data = report_data(log.checkpoint(seen), ends, self.comparison)
        for path, value in self.said.items():
            put(data, path, value)
        made = document(canonical.encode(canonical.parse(canonical.encode(data))))
        stood = digest(self.document)
        if issued.payload["document"]["digest"] == stood:
            issued.payload["document"]["digest"] = digest(made)
        if self.contents.pop(stood, None) is not None:
            self.contents[digest(made)] = made
        self.document = made


def put(place: Any, path: str, value: object) -> None:  # noqa: ANN401 - any JSON
    """Put a value in one field, its keys and indices joined by dots."""
    *keys, last = path.split(".")
    for key in keys:
        place = place[int(key) if key.isdecimal() else key]
    place[int(last) if last.isdecimal() else last] = value


FINDINGS = [finding(FINDING, 41.5, 1.5)]
GRANTED = {"subject": SUBJECT, "purpose": "clinical-capture", "valid_until": None}


def clinic_story() -> Story:
    """Return the whole story, without a fault."""
    assessment = f"assessment-{ASSESSMENT}"
    public_key = public_bytes(device_key(1)).hex()
    story = Story(
        [
            Fact(
                DEVICE_STREAM,
                "DeviceEnrolled",
                {"device": DEVICE, "serial": "VS-1", "model": "m", "public_key": public_key},
            ),
            Fact(
                DEVICE_STREAM,
                "DeviceConfigurationChanged",
                {
                    "configuration": {
                        "firmware": "1.0",
                        "software": "0.1",
                        "cameras": [{"serial": "C-left"}, {"serial": "C-right"}],
                    }
                },
                actor=STATION,
                device=True,
            ),
            *calibrated(CALIBRATION, PARAMETERS),
            Fact(
                RELEASE_STREAM,
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
            Fact(RELEASE_STREAM, "ModelApproved", {"signature": signature(b"manifest")}),
            Fact(CONSENT_STREAM, "ConsentGranted", dict(GRANTED)),
            Fact(CONSENT_STREAM, "ConsentGranted", {**GRANTED, "purpose": "ai-analysis"}),
            *opened(SESSION, (CONSENT_STREAM, 2), (DEVICE_STREAM, 4)),
            *captured(SESSION, ATTEMPT, FRAMES, DEPTH, (CALIBRATION, PARAMETERS)),
            *ran(INFERENCE, SESSION, ATTEMPT, FRAMES, {"findings": deepcopy(FINDINGS)}),
            assessed(
                ASSESSMENT,
                SESSION,
                ATTEMPT,
                FRAMES,
                inferences=[INFERENCE],
                findings=deepcopy(FINDINGS),
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
                    "sources": [*(digest(content) for content in FRAMES), digest(PARAMETERS)],
                },
                actor="service:reporting",
            ),
            Fact(f"subject-{SUBJECT}", "SubjectIdentityLinked", {"x": 1}, disclosed=False),
        ]
    )
    story.fact("AttemptJudged").causation = 10
    return story

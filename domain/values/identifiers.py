"""One type per kind of identifier, its text form, and identifiers derived from others.

Rules kept here:

1. An identifier is a lower-case UUID in text form; anything else is refused at construction.
2. Identifiers of different things are different types, although all are text.
3. A derived identifier depends only on its parts, so a repeated step meets its own earlier record.
"""

import re
import uuid
from typing import ClassVar, Self

from domain.errors import MalformedInput

_NAMESPACE = uuid.UUID("7d5cb1f0-5f0f-5f0e-9a53-6c0d5c3f7a11")
_is_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class StreamName(str):
    """Name of a stream: ``<kind>-<uuid>``."""

    __slots__ = ()


class Identifier(str):
    """A lower-case UUID in text form that names one thing of one kind."""

    __slots__ = ()
    kind: ClassVar[str] = ""

    def __new__(cls, text: str) -> Self:
        """Refuse text that is not a lower-case UUID.

        Raises:
            MalformedInput: the text is not the canonical form of a UUID.
        """
        if not _is_uuid(text):
            message = f"{cls.__name__}: expected a lower-case UUID of 36 characters"
            raise MalformedInput(message)
        return super().__new__(cls, text)

    @classmethod
    def derived(cls, *parts: str) -> Self:
        """Return the identifier that these parts always lead to (RFC 9562, version 5)."""
        return cls(str(uuid.uuid5(_NAMESPACE, "\x1f".join((cls.kind, *parts)))))

    @property
    def stream(self) -> StreamName:
        """The stream that holds everything recorded about this thing."""
        return StreamName(f"{self.kind}-{self}")

    @classmethod
    def of_stream(cls, stream: str) -> Self:
        """Return the identifier inside a stream name of this kind.

        Raises:
            MalformedInput: the stream is of another kind.
        """
        prefix = f"{cls.kind}-"
        if not stream.startswith(prefix):
            message = f"expected a stream of kind {cls.kind}"
            raise MalformedInput(message)
        return cls(stream.removeprefix(prefix))


class ClinicId(Identifier):
    """One clinic; one log belongs to one clinic."""

    __slots__ = ()
    kind = "clinic"


class LogKeyId(Identifier):
    """The keys that sign a log's checkpoints; derived from the clinic."""

    __slots__ = ()
    kind = "log-key"


class SubjectId(Identifier):
    """The person whose face is recorded."""

    __slots__ = ()
    kind = "subject"


class ConsentId(Identifier):
    """All consents of one subject; derived from the subject."""

    __slots__ = ()
    kind = "consent"


class PractitionerId(Identifier):
    """A person who works at the clinic, whatever the role."""

    __slots__ = ()
    kind = "practitioner"


class AccessId(Identifier):
    """The access history of one practitioner; derived from the practitioner."""

    __slots__ = ()
    kind = "access"


class DeviceId(Identifier):
    """A registered capture station."""

    __slots__ = ()
    kind = "device"


class CalibrationId(Identifier):
    """One calibration record of one device; lives in the device's stream."""

    __slots__ = ()
    kind = "calibration"


class ProtocolId(Identifier):
    """One version of an acquisition protocol."""

    __slots__ = ()
    kind = "acquisition-protocol"


class SessionId(Identifier):
    """A capture session."""

    __slots__ = ()
    kind = "capture-session"


class AttemptId(Identifier):
    """A capture attempt; lives in its session's stream."""

    __slots__ = ()
    kind = "attempt"


class ReleaseId(Identifier):
    """A model release."""

    __slots__ = ()
    kind = "model-release"


class InferenceId(Identifier):
    """One run of one model release on one attempt; derived from both."""

    __slots__ = ()
    kind = "inference"


class AssessmentId(Identifier):
    """A practitioner's judgement over one session; derived from the session."""

    __slots__ = ()
    kind = "assessment"


class FindingId(Identifier):
    """One finding; derived from inference and finding code."""

    __slots__ = ()
    kind = "finding"


class ReportId(Identifier):
    """A report; derived from assessment and signed digest."""

    __slots__ = ()
    kind = "report"


class ReauthenticationId(Identifier):
    """One act of proving again who one is, just before signing."""

    __slots__ = ()
    kind = "reauthentication"


class ClaimId(Identifier):
    """A claim: what one output was shown to be able to do."""

    __slots__ = ()
    kind = "claim"


class VolumeChangeId(Identifier):
    """One measurement of volume change; derived from both captures and the claim."""

    __slots__ = ()
    kind = "volume-change"


class StudyId(Identifier):
    """A study of a measurement; derived from its plan's name and version."""

    __slots__ = ()
    kind = "study"

"""One type per kind of identifier, its text form, and identifiers derived from others.

Rules kept here:

1. An identifier is a lower-case UUID in text form; anything else is refused at construction.
2. Identifiers of different things are different types, although all are text.
3. A derived identifier depends only on its parts, so a repeated step meets its own earlier record.
4. Fresh identifiers begin with their time, and derived ones with that of their youngest part, so
   that what is recorded together lies together in every index, however long the record is. Where
   no part tells a time, the form without one stays what it always was.
"""

import re
import uuid
from collections.abc import Iterable
from hashlib import sha256
from typing import ClassVar, Self

from domain.errors import MalformedInput

_NAMESPACE = uuid.UUID("7d5cb1f0-5f0f-5f0e-9a53-6c0d5c3f7a11")
_is_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_tells_time = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}").match
_TIME = len("00000000-0000")
_VARIANT = 0b10 << 62


class StreamName(str):
    """Name of a stream: ``<kind>-<uuid>``."""

    __slots__ = ()


def fresh(at_ms: int, chance: bytes) -> str:
    """Return a UUID of its time (RFC 9562, version 7), in lower-case text form.

    Args:
        at_ms: Milliseconds since 1970.
        chance: Ten unpredictable bytes.
    """
    return _laid_out(at_ms, 7, chance)


def named(namespace: uuid.UUID, name: str, parts: Iterable[str] = ()) -> str:
    """Return the UUID that a name always leads to, in lower-case text form.

    With parts that tell their time it begins with the latest of these times; the rest is of
    SHA-256 over namespace and name (RFC 9562, version 8; its appendix B.2, with a time before it).
    Without one it is of version 5.
    """
    times = [each[:_TIME] for each in parts if _tells_time(each)]
    if not times:
        return str(uuid.uuid5(namespace, name))
    digest = sha256(namespace.bytes + name.encode()).digest()
    return _laid_out(int(max(times).replace("-", ""), 16), 8, digest[:10])


def _laid_out(at_ms: int, version: int, rest: bytes) -> str:
    low = int.from_bytes(rest, "big")
    middle = version << 76 | (low >> 64 & 0xFFF) << 64
    return str(uuid.UUID(int=at_ms << 80 | middle | _VARIANT | low & (1 << 62) - 1))


class Identifier(str):
    """A lower-case UUID in text form that names one thing of one kind."""

    __slots__ = ()
    kind: ClassVar[str] = ""
    in_time: ClassVar[bool] = True
    """Whether a derived one begins with the time of its parts."""

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
        """Return the identifier that these parts always lead to: see ``named``."""
        name = "\x1f".join((cls.kind, *parts))
        return cls(named(_NAMESPACE, name, parts if cls.in_time else ()))

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
    """The keys that sign a log's checkpoints; derived from the clinic.

    Whoever checks a log without us derives it, too, so its form is that of the specification.
    """

    __slots__ = ()
    kind = "log-key"
    in_time = False


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

"""Facts about captures that were wanted and did not become attempts, beyond closed gates [DRV-07].

What a gate refused before the shutter is ``CaptureBlocked``; here is what was refused, failed or
was given up after that. No picture is kept with any of these facts.
"""

from dataclasses import dataclass

from domain.values.capture import GateResult, ReadAt, SignedStatement
from domain.values.content import CaptureView, Digest
from domain.values.identifiers import AttemptId
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFailed:
    """Every gate was open and the operator pressed the shutter, yet nothing was captured.

    Attributes:
        view: The capture view.
        gates: Every gate as it stood; none where the station did not come as far as looking.
        rule: The rule that failed, such as ``capture.hardware``.
        evidence: What was found.
        next_step: What the operator was told to do.
    """

    view: CaptureView
    gates: tuple[GateResult, ...]
    rule: str
    evidence: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureGivenUp:
    """The station stopped trying a capture view and asked for help.

    Attributes:
        view: The capture view.
        tries: Attempts at it that were not accepted.
        evidence: What the operator was told last.
    """

    view: CaptureView
    tries: int
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRefused:
    """What the station had captured was not taken in; its frames are known by digest only.

    Attributes:
        attempt: The attempt as the station named it.
        view: The pose.
        frames: Digests of the frames it named, left first.
        captured_at: When, by the device's clock.
        gates: Every gate checked on receipt; none where another rule refused it.
        rule: The rule that refused it, such as ``capture.gates``.
        evidence: What was found.
        next_step: What to do.
        based_on: The streams and versions that were read.
        statement: What the station signed, word for word: conditions, claims and its own gates are
            read from there, as an ``AttemptSubmitted`` of the statement's schema.
    """

    attempt: AttemptId
    view: CaptureView
    frames: tuple[Digest, ...]
    captured_at: DeviceTime
    gates: tuple[GateResult, ...]
    rule: str
    evidence: str
    next_step: str
    based_on: tuple[ReadAt, ...]
    statement: SignedStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographRefused:
    """A photograph from elsewhere was not taken in; it is known by its digest only.

    Attributes:
        attempt: The attempt it would have stood for.
        view: The pose.
        source: Where it came from, in words.
        content: Digest of the bytes that came.
        size_bytes: How many.
        gates: The gates checked; none where the bytes themselves were refused.
        rule: The rule that refused it, such as ``image.colour-encoding``.
        evidence: What was found.
        next_step: What to do.
        based_on: The streams and versions that were read.
    """

    attempt: AttemptId
    view: CaptureView
    source: str
    content: Digest
    size_bytes: int
    gates: tuple[GateResult, ...]
    rule: str
    evidence: str
    next_step: str
    based_on: tuple[ReadAt, ...]


RefusedCaptureEvent = CaptureFailed | CaptureGivenUp | AttemptRefused | PhotographRefused

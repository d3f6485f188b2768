"""What is known of a capture session and of each attempt in it.

Rules kept here:

1. An attempt is imported or the station's, a single frame or a stereo pair, for ever.
2. Only an attempt with an acceptable verdict is accepted; one that could not be measured never is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import RuleViolation
from domain.values.content import (
    CaptureView,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.identifiers import (
    AttemptId,
    CalibrationId,
    DeviceId,
    PractitionerId,
    ProtocolId,
    SessionId,
    SubjectId,
)
from domain.values.protocol import ViewRequirement
from domain.values.quality import QualityMeasurement, QualityVerdict


def is_stereo_pair(frames: tuple[ImageReference, ...]) -> bool:
    """Return whether the frames are left and right, of two cameras, and not the same bytes."""
    return (
        tuple(each.role for each in frames) == (FrameRole.LEFT, FrameRole.RIGHT)
        and None not in {each.camera_serial for each in frames}
        and len({each.camera_serial for each in frames}) == len(frames)
        and len({each.content.digest for each in frames}) == len(frames)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one capture view.

    Attributes:
        attempt: The attempt.
        view: The pose.
        frames: The frames, left first.
        calibration: The calibration the station used; none for imported photographs.
        imported: Whether it is a photograph from elsewhere.
        measurements: Our measurements; none before.
        unmeasurable: Whether its bytes could not be measured.
        verdict: The verdict; none before.
        depth: The depth map made of it; none before.
        surface: The mesh made of that depth; none before.
        withheld: (output, rule) of each output withheld.
    """

    attempt: AttemptId
    view: CaptureView
    frames: tuple[ImageReference, ...]
    calibration: CalibrationId | None
    imported: bool
    measurements: tuple[QualityMeasurement, ...] | None = None
    unmeasurable: bool = False
    verdict: QualityVerdict | None = None
    depth: ContentReference | None = None
    surface: ContentReference | None = None
    withheld: frozenset[tuple[str, str]] = frozenset()

    @property
    def stereo(self) -> bool:
        """Whether the station handed in a stereo pair."""
        return not self.imported and is_stereo_pair(self.frames)

    @property
    def accepted(self) -> bool:
        """Whether it was accepted."""
        return self.verdict is not None and self.verdict.acceptable

    @property
    def pending(self) -> bool:
        """Whether it still awaits measuring or judging."""
        return self.verdict is None and not self.unmeasurable

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Digests of the frames, left first."""
        return tuple(each.content.digest for each in self.frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSession:
    """One visit's work under one protocol.

    Attributes:
        session: The session; none before it was opened.
        subject: Whose face.
        operator: Who operates.
        device: The station; none when photographs are imported.
        protocol: The protocol version followed.
        model_list: Digest of the list of approved model releases in force at the opening.
        attempts: Every attempt, in the order of arrival.
        closed: Whether it ended with a complete set of views.
        abandoned: Whether it ended without.
    """

    session: SessionId | None = None
    subject: SubjectId | None = None
    operator: PractitionerId | None = None
    device: DeviceId | None = None
    protocol: ProtocolId | None = None
    model_list: Digest | None = None
    attempts: Mapping[AttemptId, Attempt] = field(default_factory=dict)
    closed: bool = False
    abandoned: bool = False

    @property
    def open(self) -> bool:
        """Whether attempts may be handed in."""
        return self.session is not None and not self.closed and not self.abandoned

    def must_be_open(self) -> None:
        """Refuse anything more once the session has ended, or before it began.

        Raises:
            RuleViolation: it is not open.
        """
        if not self.open:
            state = "was never opened" if self.session is None else "has ended"
            raise RuleViolation("session.open", f"the session {state}", "Open a new session.")

    @property
    def accepted(self) -> tuple[AttemptId, ...]:
        """The accepted attempts, in the order of arrival."""
        return tuple(each.attempt for each in self.attempts.values() if each.accepted)

    def lacks(self, requirement: ViewRequirement) -> bool:
        """Return whether no accepted attempt meets a required view.

        Without a station no stereo can be asked for.
        """
        return not any(
            each.accepted
            and each.view == requirement.view
            and (each.stereo or not requirement.stereo or self.device is None)
            for each in self.attempts.values()
        )

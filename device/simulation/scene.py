"""What stands before the cameras: who, where, in which light, with which target.

Rules kept here:

1. A scene is a value; two equal scenes captured with one seed give the same bytes.
2. Turning the head to the subject's left is positive yaw, chin up positive pitch, the left ear
   towards the left shoulder positive roll; the head turns about a point in the neck.
3. Distance is measured along the rig's axis from the middle of the baseline to the point midway
   between the pupils.
4. The chart hangs in a holder of the chin rest: its place in the rig frame never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.appearance import NATURAL, Appearance
from device.simulation.card import Card, calibration_board, colour_chart, grey_target
from device.simulation.faults import ChartState, Conditions, FaultState, conditions
from device.simulation.identity import (
    NO_CHANGE,
    Identity,
    SessionChange,
    TypologyClass,
    age_of,
)
from device.simulation.lights import RingLight
from device.simulation.loaded_head import LoadedHead
from device.simulation.rig import WORKING_DISTANCE_MM, turn
from domain.errors import MalformedInput

CHART_PLACE_MM: Final = (71.0, 91.0, 470.0)
"""Where the middle of the colour chart hangs, rig frame."""

_FACE_HEIGHT_MM: Final = 22.0
"""How far below the pupils the cameras aim, so that the whole head is in view."""

_NECK: Final = np.array([0.0, -60.0, -90.0])
_OTHER_PERSON: Final = 7919
"""Added to a person's seed, it is another person's."""

_FLIP: Final = np.diag([1.0, -1.0, -1.0])
Pose = NDArray[np.float64]
"""(4, 4) float64, rigid; a part's frame to the rig frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who sits at the station.

    Attributes:
        identity_seed: Decides face, hair and marks; the same seed is the same person.
        typology: Class of the skin's colour.
        change: What happened to the face since the first session.
        appearance: How the person looks today.
        age_years: Age; none leaves it to the seed.
    """

    identity_seed: int
    typology: TypologyClass = TypologyClass.LIGHT
    change: SessionChange = NO_CHANGE
    appearance: Appearance = NATURAL
    age_years: float | None = None

    def identity(self) -> Identity:
        """Return the person's proportions."""
        drawn = Identity.from_seed(self.identity_seed)
        if self.age_years is None:
            return drawn
        return replace(drawn, age=age_of(self.age_years))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """How the head is held."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    right_mm: float = 0.0
    down_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse poses that show the back of the head."""
        if not max(abs(self.yaw_deg), abs(self.pitch_deg), abs(self.roll_deg)) <= 80.0:  # noqa: PLR2004
            raise MalformedInput("head angles must lie in -80..80 degrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPose:
    """How the calibration board is held; zeros face the cameras squarely.

    Attributes:
        blank: Whether its even grey back is shown instead of the print.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    right_mm: float = 0.0
    down_mm: float = 0.0
    blank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything before the cameras.

    Attributes:
        subject: Absent for an empty chair.
        pose: How the head is held.
        distance_mm: To the pupils, or to the middle of the board.
        light: The ring as it was asked to burn.
        chart_in_view: Whether the colour chart hangs in its holder.
        board: The calibration board, instead of subject and chart.
        faults: What is wrong.
        loaded: A head from a file; then there is no subject.
    """

    subject: Subject | None = field(default_factory=lambda: Subject(identity_seed=0))
    pose: HeadPose = field(default_factory=HeadPose)
    distance_mm: float = WORKING_DISTANCE_MM
    light: RingLight = field(default_factory=RingLight)
    chart_in_view: bool = True
    board: BoardPose | None = None
    faults: tuple[FaultState, ...] = ()
    loaded: LoadedHead | None = None

    def __post_init__(self) -> None:
        """Refuse distances at which nothing can be seen, and two heads in one place."""
        if self.loaded is not None and self.subject is not None:
            raise MalformedInput("a scene has a subject or a loaded head, not both")
        if not 250.0 <= self.distance_mm <= 900.0:  # noqa: PLR2004
            raise MalformedInput("distance must lie in 250..900 mm")

    def with_faults(self, faults: Sequence[FaultState]) -> "Scene":
        """Return the same scene with other faults."""
        return replace(self, faults=tuple(faults))

    def conditions(self) -> Conditions:
        """Return what the faults amount to."""
        return conditions(self.faults)

    def person(self) -> Subject | None:
        """Return who sits there, looking as the faults make them look; nobody for a board."""
        c = self.conditions()
        if self.subject is None or self.board is not None or c.nobody or c.photograph:
            return None
        return replace(self.subject, appearance=c.looks(self.subject.appearance))

    def companion(self) -> tuple[Subject, Pose] | None:
        """Return who else is in view, and head frame to rig frame."""
        person = self.person()
        if person is None or not self.conditions().company:
            return None
        other = Subject(
            identity_seed=person.identity_seed + _OTHER_PERSON, typology=person.typology
        )
        aside = HeadPose(yaw_deg=4.0, roll_deg=-3.0, right_mm=64.0, down_mm=4.0)
        beside = replace(self, subject=other, pose=aside, distance_mm=self.distance_mm, faults=())
        pose = beside.head_pose()
        pose[2, 3] += 115.0
        return other, pose

    def photograph(self) -> tuple[Subject, Pose] | None:
        """Return whose life-size print stands before the cameras, and its pose."""
        if not self.conditions().photograph or self.subject is None or self.board is not None:
            return None
        pose = np.eye(4)
        pose[:3, :3] = turn(self.pose.yaw_deg, -self.pose.pitch_deg, -self.pose.roll_deg)
        pose[:3, 3] = [self.pose.right_mm, self.pose.down_mm, self.distance_mm]
        return self.subject, pose

    def head_pose(self, late: bool = False) -> Pose:  # noqa: FBT001, FBT002 - two cameras
        """Return head frame to rig frame; ``late`` when the second camera missed the moment."""
        c = self.conditions()
        rotation = _FLIP @ turn(
            self.pose.yaw_deg + c.yaw_deg + (0.15 * c.late_shift_mm if late else 0.0),
            -(self.pose.pitch_deg + c.pitch_deg),
            -(self.pose.roll_deg + c.roll_deg),
        )
        place = np.array([self.pose.right_mm, self.pose.down_mm - _FACE_HEIGHT_MM, 0.0])
        place += [c.offset_mm[0], c.offset_mm[1], self.distance_mm + c.distance_shift_mm]
        if c.company:
            place += np.array([-58.0, 0.0, 60.0])
        if late:
            place += c.late_shift_mm * np.array([0.5, 0.8, -0.3])
        pose = np.eye(4)
        pose[:3, :3] = rotation
        pose[:3, 3] = place + _FLIP @ _NECK - rotation @ _NECK
        return pose

    def card(self) -> tuple[Card, Pose] | None:
        """Return the target in view and its pose in the rig frame."""
        pose = np.eye(4)
        if self.board is not None:
            b = self.board
            pose[:3, :3] = turn(b.yaw_deg, b.pitch_deg, b.roll_deg)
            pose[:3, 3] = [b.right_mm, b.down_mm, self.distance_mm]
            return grey_target() if b.blank else calibration_board(), pose
        state = self.conditions().chart
        if not self.chart_in_view or state is ChartState.MISSING:
            return None
        pose[:3, 3] = CHART_PLACE_MM
        return _spoilt(colour_chart(), state), pose


def _spoilt(chart: Card, state: ChartState) -> Card:
    picture = chart.reflectance
    rows, columns = picture.shape[:2]
    if state is ChartState.OCCLUDED:
        # A fold of dark cloth hangs over the lower part.
        edge = rows * (0.52 + 0.10 * np.sin(np.linspace(0.0, 4.0, columns)))
        covered = np.arange(rows)[:, None] > edge[None, :]
        cloth = np.array([0.03, 0.035, 0.04], np.float32)
        return replace(chart, reflectance=np.where(covered[..., None], cloth, picture))
    if state is ChartState.DIRTY:
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) / np.float32(rows)
        smear = 0.5 + 0.5 * np.sin(9.0 * x + 4.0 * np.sin(7.0 * y) + 11.0 * y)
        loss = (smear**2)[..., None] * np.array([0.22, 0.34, 0.52], np.float32)
        grease = np.array([0.20, 0.14, 0.08], np.float32)
        return replace(
            chart, reflectance=np.asarray(picture * (1 - loss) + grease * loss, dtype=np.float32)
        )
    return chart

"""What stands before a simulated station, and everything of it that makes no pictures.

Rules kept here:

1. The simulated operator presses the shutter when the take says so, and corrects what is wrong
   (the next take) once the station has refused or shot.
2. Sensors read the scene that the cameras see.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.script import Script, ScriptedSession, Take
from device.simulation.card import BOARD_SQUARE_MM, BOARD_SQUARES
from device.simulation.faults import Fault, FaultState
from device.simulation.lights import RingLight
from device.simulation.rig import Resolution
from device.simulation.scene import BoardPose, Scene
from domain.values.calibration import CalibrationTarget
from domain.values.identifiers import SessionId

BOARD_POSES: Final = (
    (BoardPose(), 450.0),
    (BoardPose(yaw_deg=22.0, right_mm=-12.0), 460.0),
    (BoardPose(yaw_deg=-22.0, right_mm=12.0), 460.0),
    (BoardPose(pitch_deg=20.0, down_mm=14.0), 450.0),
    (BoardPose(pitch_deg=-20.0, down_mm=-14.0), 450.0),
    (BoardPose(yaw_deg=14.0, pitch_deg=-14.0, roll_deg=18.0), 490.0),
    (BoardPose(yaw_deg=-16.0, pitch_deg=12.0, roll_deg=-15.0, right_mm=-18.0), 430.0),
    (BoardPose(yaw_deg=10.0, pitch_deg=18.0, right_mm=22.0, down_mm=20.0), 480.0),
    (BoardPose(pitch_deg=-10.0, right_mm=40.0, down_mm=55.0), 450.0),
    (BoardPose(yaw_deg=-10.0, right_mm=-40.0, down_mm=-55.0), 450.0),
    (BoardPose(yaw_deg=10.0, right_mm=40.0, down_mm=-55.0), 450.0),
    (BoardPose(pitch_deg=10.0, right_mm=-40.0, down_mm=55.0), 450.0),
    (BoardPose(pitch_deg=8.0, down_mm=70.0), 450.0),
    (BoardPose(pitch_deg=-8.0, down_mm=-70.0), 450.0),
    # Not needed when corners are found as they usually are.
    (BoardPose(right_mm=-45.0, down_mm=40.0), 450.0),
    (BoardPose(right_mm=45.0, down_mm=-40.0), 450.0),
)


@dataclass(slots=True, kw_only=True)
class World:
    """What stands before the cameras now.

    Attributes:
        script: Who comes and what goes wrong.
        resolution: Of the full pictures.
        cache: Folder for heads and views that are dear to make.
        started: Sessions taken up.
        take: Number of the take in the session.
        pictures: Pictures taken.
        board: Pose of the calibration board, when it is held before the cameras.
        grey: Whether its grey back is held before the cameras.
    """

    script: Script
    resolution: Resolution
    cache: Path | None
    started: int = 0
    take: int = 0
    pictures: int = 0
    board: int | None = None
    grey: bool = False

    @property
    def session(self) -> ScriptedSession:
        """Who sits at the station now."""
        return self.script.sessions[min(max(0, self.started - 1), len(self.script.sessions) - 1)]

    @property
    def now(self) -> Take:
        """How things stand now."""
        return self.session.takes[min(self.take, len(self.session.takes) - 1)]

    def scene(self, ring: RingLight, *, shutter: bool) -> Scene:
        """Return what the cameras see in this light, from the first look or at the shutter."""
        take = self.now
        if self.grey:
            blank = BoardPose(blank=True)
            return Scene(subject=None, board=blank, light=ring, faults=take.faults)
        if self.board is not None:
            pose, distance_mm = BOARD_POSES[self.board]
            drift = tuple(each for each in take.faults if each.fault is Fault.RIG_DRIFT)
            return Scene(
                subject=None, board=pose, distance_mm=distance_mm, light=ring, faults=drift
            )
        faults: tuple[FaultState, ...] = take.faults + (take.at_shutter if shutter else ())
        return Scene(
            # Zones are measured one by one before the client leans in.
            subject=self.session.subject if all(_burning(ring)) else None,
            pose=take.pose,
            distance_mm=take.distance_mm,
            light=ring,
            faults=faults,
        )

    def seed(self) -> int:
        """Count a picture and return the seed of its noise."""
        self.pictures += 1
        return self.script.noise_seed + self.pictures


def _burning(ring: RingLight) -> list[bool]:
    return [state.drive > 0 for state in ring.zones.values()]


class SimulatedFixture:
    """Rest, baseline lock and distance sensor of the scene."""

    def __init__(self, world: World) -> None:
        """Read the world."""
        self._world = world

    def engaged(self) -> bool:
        """Return whether the take has the rest in use."""
        return self._world.now.engaged

    def baseline_locked(self) -> bool:
        """Return whether the take has the lock closed."""
        return self._world.now.baseline_locked

    def distance_mm(self) -> float | None:
        """Return where the face stands."""
        scene = self._world.scene(RingLight(), shutter=False)
        return scene.distance_mm + scene.conditions().distance_shift_mm


class SimulatedThermometer:
    """A rig at rest."""

    def temperature_c(self) -> float | None:
        """Return the temperature of a clinic."""
        return 24.5


class SimulatedTarget:
    """The printed board, held by a steady hand."""

    def __init__(self, world: World) -> None:
        """Stand in the world."""
        self._world = world

    @property
    def target(self) -> CalibrationTarget:
        """The print the simulation renders."""
        across, down = BOARD_SQUARES
        kind = f"charuco-{across}x{down}-{BOARD_SQUARE_MM:g}mm"
        return CalibrationTarget(serial="SIM-BOARD-1", certificate="SIM-CERT-1", kind=kind)

    @property
    def grey(self) -> CalibrationTarget | None:
        """The back of the board."""
        return CalibrationTarget(serial="SIM-GREY-1", certificate="SIM-CERT-3", kind="grey-20")

    def present_grey(self) -> bool:
        """Turn the board round."""
        self._world.grey = True
        return True

    def present(self, pose: int) -> bool:
        """Bring the board into a pose; false after the last one."""
        if pose >= len(BOARD_POSES):
            return False
        self._world.board = pose
        return True

    def away(self) -> None:
        """Take the board away."""
        self._world.board = None
        self._world.grey = False


class SimulatedPanel:
    """The operator: reads, presses, corrects."""

    def __init__(self, world: World) -> None:
        """Act in the world."""
        self._world = world
        self.shown: list[str] = []

    def welcome(self, session: SessionId) -> None:
        """Bring the next scripted person to the station."""
        self._world.started += 1
        self._world.take = 0
        self.shown.append(f"session {session}")

    def show(self, words: str) -> None:
        """Remember what was shown, once while it stands."""
        if not self.shown or self.shown[-1] != words:
            self.shown.append(words)

    def refused(self) -> None:
        """Correct what was wrong."""
        self._world.take += 1

    def armed(self) -> bool:
        """Return whether the take has the shutter pressed."""
        return self._world.now.armed

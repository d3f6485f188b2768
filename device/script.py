"""What happens before a simulated station, as a script of sessions and takes.

Rules kept here:

1. A take holds until the station has shot it or refused it; then the next one holds, the last one
   for ever. So a script says: first blurred, then still.
2. ``faults`` are there from the first look; ``at_shutter`` only when the shutter opens.
3. An unknown word is refused, never skipped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from device.simulation.appearance import Appearance, SkinCondition
from device.simulation.expression import Expression
from device.simulation.faults import Fault, FaultState
from device.simulation.identity import (
    SessionChange,
    Side,
    TypologyClass,
    VolumeChange,
    VolumePlace,
)
from device.simulation.rig import WORKING_DISTANCE_MM
from device.simulation.scene import HeadPose, Subject
from domain.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """How things stand until the next shot or refusal.

    Attributes:
        faults: What is wrong from the first look.
        at_shutter: What goes wrong only when the shutter opens.
        engaged: Whether the rest is used.
        baseline_locked: Whether the lock of the baseline is closed.
        armed: Whether the operator presses the shutter.
        pose: How the head is held.
        distance_mm: To the pupils.
    """

    faults: tuple[FaultState, ...] = ()
    at_shutter: tuple[FaultState, ...] = ()
    engaged: bool = True
    baseline_locked: bool = True
    armed: bool = True
    pose: HeadPose = field(default_factory=HeadPose)
    distance_mm: float = WORKING_DISTANCE_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedSession:
    """Who comes, and how it goes.

    Attributes:
        subject: Who sits at the station.
        takes: One after the other; at least one.
    """

    subject: Subject
    takes: tuple[Take, ...] = (Take(),)

    def __post_init__(self) -> None:
        """Refuse a session without takes."""
        if not self.takes:
            raise MalformedInput("a scripted session has at least one take")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Sessions in the order in which the station takes them up; the last one repeats.

    Attributes:
        sessions: At least one.
        noise_seed: Seed of the sensor noise; each picture adds one.
    """

    sessions: tuple[ScriptedSession, ...] = (ScriptedSession(subject=Subject(identity_seed=1)),)
    noise_seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a script without sessions."""
        if not self.sessions:
            raise MalformedInput("a script has at least one session")


def load_script(path: Path) -> Script:
    """Return the script in a JSON file.

    Raises:
        MalformedInput: it is not a script.
    """
    try:
        return read_script(json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise MalformedInput(f"{path.name} cannot be read as a script") from error


def read_script(plain: object) -> Script:
    """Return the script in plain JSON values.

    Raises:
        MalformedInput: it is not a script.
    """
    try:
        given = _fields(plain, {"sessions", "noise_seed"})
        return Script(
            sessions=tuple(_session(each) for each in _list(given.get("sessions", [{}]))),
            noise_seed=int(given.get("noise_seed", 0)),  # type: ignore[call-overload]
        )
    except (TypeError, ValueError) as error:
        raise MalformedInput("the script has a value of the wrong kind") from error


def _session(plain: object) -> ScriptedSession:
    given = _fields(plain, {"subject", "takes"})
    return ScriptedSession(
        subject=_subject(given.get("subject", {})),
        takes=tuple(_take(each) for each in _list(given.get("takes", [{}]))),
    )


def _subject(plain: object) -> Subject:
    given = _fields(plain, {"identity_seed", "typology", "change", "appearance", "age_years"})
    years = given.get("age_years")
    return Subject(
        identity_seed=int(given.get("identity_seed", 1)),  # type: ignore[call-overload]
        typology=TypologyClass(str(given.get("typology", TypologyClass.LIGHT))),
        change=_change(given.get("change", {})),
        appearance=_appearance(given.get("appearance", {})),
        age_years=None if years is None else _number(years),
    )


def _change(plain: object) -> SessionChange:
    amounts = {
        "cheek_volume_cm3",
        "spots_faded",
        "redness_faded",
        "lines_softened",
        "comedones_cleared",
    }
    given = _fields(plain, amounts | {"side", "volumes_cm3"})
    volumes = _fields(given.get("volumes_cm3", {}), {place.value for place in VolumePlace})
    return SessionChange(
        side=Side(str(given.get("side", Side.LEFT))),
        volumes=tuple(
            VolumeChange(place=VolumePlace(place), volume_cm3=_number(volume))
            for place, volume in volumes.items()
        ),
        **{name: _number(given[name]) for name in sorted(amounts & given.keys())},
    )


def _appearance(plain: object) -> Appearance:
    amounts = {"foundation", "lipstick", "sebum", "cream", "beard", "hair"}
    given = _fields(plain, amounts | {"skin", "expression", "glasses", "hand"})
    skin = _fields(given.get("skin", {}), {"congestion", "inflammation", "redness", "melasma"})
    face = _fields(given.get("expression", {}), {"smile", "brow_raise", "mouth_open"})
    return Appearance(
        skin=SkinCondition(**{name: _number(value) for name, value in skin.items()}),
        expression=Expression(**{name: _number(value) for name, value in face.items()}),
        glasses=given.get("glasses", False) is True,
        hand=given.get("hand", False) is True,
        **{name: _number(given[name]) for name in sorted(amounts & given.keys())},
    )


def _take(plain: object) -> Take:
    words = {"faults", "at_shutter", "engaged", "baseline_locked", "armed", "pose", "distance_mm"}
    given = _fields(plain, words)
    angles = {"yaw_deg", "pitch_deg", "roll_deg", "right_mm", "down_mm"}
    pose = _fields(given.get("pose", {}), angles)
    return Take(
        faults=_faults(given.get("faults", [])),
        at_shutter=_faults(given.get("at_shutter", [])),
        engaged=given.get("engaged", True) is True,
        baseline_locked=given.get("baseline_locked", True) is True,
        armed=given.get("armed", True) is True,
        pose=HeadPose(**{name: _number(value) for name, value in pose.items()}),
        distance_mm=_number(given.get("distance_mm", WORKING_DISTANCE_MM)),
    )


def _faults(plain: object) -> tuple[FaultState, ...]:
    found = []
    for each in _list(plain):
        given = {"fault": each} if isinstance(each, str) else _fields(each, {"fault", "severity"})
        severity = _number(given.get("severity", 1.0))
        found.append(FaultState(fault=Fault(str(given.get("fault"))), severity=severity))
    return tuple(found)


def _fields(plain: object, known: set[str]) -> Mapping[str, object]:
    if not isinstance(plain, dict) or not plain.keys() <= known:
        raise MalformedInput(f"expected an object with {', '.join(sorted(known))}")
    return plain


def _list(plain: object) -> list[object]:
    if not isinstance(plain, list):
        raise MalformedInput("expected a list")
    return plain


def _number(plain: object) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise MalformedInput("expected a number")
    return float(plain)

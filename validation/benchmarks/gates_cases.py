"""Which captures are judged: people, skin classes, faults and poses by number.

Rules kept here:

1. Nobody of the hold-out is ever looked at while gates are built or limits are set: development has
   people of its own, and they are what a run shows unless the hold-out is asked for by name.
2. A person has one skin class. Cases go round faults and classes by number, so the first n cases of
   a run are the same in every run, and a whole round shows every fault to every class once. Faults
   that were added later are shown after the others: what a number showed before, it still shows.
3. Every fault that a gate of the capture owns is at severity 1, the one it must catch. Each head is
   held a little differently, as in a clinic.
4. Every fourth case is clean, of more people than are shown with faults: what makes a clean capture
   fail is the person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from device.simulation.faults import UPKEEP, Fault, FaultState
from device.simulation.identity import TypologyClass
from device.simulation.scene import HeadPose, Scene, Subject


class People(StrEnum):
    """Whom a run shows."""

    DEVELOPMENT = "development"
    HOLDOUT = "holdout"


FIRST_IDENTITY: Final = MappingProxyType({People.DEVELOPMENT: 40_000, People.HOLDOUT: 80_000})
"""Where each set begins; those from 60,000 on were a hold-out that limits were looked at with."""

CLEAN_EVERY: Final = 4
SHOWN: Final = tuple(fault for fault in Fault if fault not in UPKEEP)
"""What a capture can have."""
_LATER: Final = (Fault.HEAD_ROLLED_LEFT, Fault.HEAD_ROLLED_RIGHT, Fault.HEAD_TILTED_FORWARD)
_FIRST: Final = tuple(fault for fault in SHOWN if fault not in _LATER)
_FAULTY: Final = len(SHOWN) * len(TypologyClass)
ROUND: Final = _FAULTY * CLEAN_EVERY // (CLEAN_EVERY - 1)
"""Every fault with every class, and a third as many clean captures."""

_SHOWN_FAULTY: Final = 3
_SHOWN_CLEAN: Final = 6
"""How many persons of each class are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One capture to be judged; no fault for a clean one."""

    identity_seed: int
    typology: TypologyClass
    fault: Fault | None
    pose: HeadPose

    @property
    def scene(self) -> Scene:
        """What stands before the cameras."""
        faults = () if self.fault is None else (FaultState(fault=self.fault),)
        who = Subject(identity_seed=self.identity_seed, typology=self.typology)
        return Scene(subject=who, pose=self.pose, faults=faults)


def cases(count: int, people: People = People.DEVELOPMENT) -> Iterator[Case]:
    """Yield the first ``count`` cases of a set of people."""
    classes = list(TypologyClass)
    first = FIRST_IDENTITY[people]
    for number in range(count):
        is_clean = number % CLEAN_EVERY == CLEAN_EVERY - 1
        before = number // CLEAN_EVERY
        if is_clean:
            kind, person = before % len(classes), before // len(classes) % _SHOWN_CLEAN
        else:
            faults, turn, which = _shown(number - before)
            kind = (which + turn) % len(classes)
            person = (which // len(classes) + turn) % _SHOWN_FAULTY
        yield Case(
            identity_seed=first + kind + len(classes) * person,
            typology=classes[kind],
            fault=None if is_clean else faults[which],
            pose=_held(first, number),
        )


def _shown(number: int) -> tuple[tuple[Fault, ...], int, int]:
    """Return among which faults a faulty case is, how often they were gone round, and which it is.

    Each fault meets another class at every turn.
    """
    gone_round, place = divmod(number, _FAULTY)
    begun = len(_FIRST) * len(TypologyClass)
    faults = _FIRST if place < begun else _LATER
    turn, which = divmod(place if place < begun else place - begun, len(faults))
    return faults, turn + gone_round * len(TypologyClass), which


def _held(first: int, number: int) -> HeadPose:
    """Return how a head is held: within 1.6 degrees and 2.5 mm of the rest's middle."""
    rng = np.random.default_rng(np.random.SeedSequence([first, number]))
    yaw, pitch, roll = (float(each) for each in np.clip(rng.normal(0, 0.8, 3), -1.6, 1.6))
    right, down = (float(each) for each in np.clip(rng.normal(0, 1.2, 2), -2.5, 2.5))
    return HeadPose(yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll, right_mm=right, down_mm=down)

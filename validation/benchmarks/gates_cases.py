"""Which captures are judged: people, skin classes, faults and poses by number.

Rules kept here:

1. Nobody of the hold-out is ever looked at while gates are built or limits are set: development has
   people of its own, and they are what a run shows unless the hold-out is asked for by name.
2. A person has one skin class. Cases go round faults and classes by number, so the first n cases of
   a run are the same in every run, and a whole round shows every fault to every class once.
3. Every fault is at severity 1, the one that its gate must catch. Each head is held a little
   differently, as in a clinic.
4. Every fourth case is clean, of more people than are shown with faults: what makes a clean capture
   fail is the person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from device.simulation.faults import Fault, FaultState
from device.simulation.identity import TypologyClass
from device.simulation.scene import HeadPose, Scene, Subject


class People(StrEnum):
    """Whom a run shows."""

    DEVELOPMENT = "development"
    HOLDOUT = "holdout"


FIRST_IDENTITY: Final = MappingProxyType({People.DEVELOPMENT: 40_000, People.HOLDOUT: 80_000})
"""Where each set begins; those from 60,000 on were a hold-out that limits were looked at with."""

CLEAN_EVERY: Final = 4
ROUND: Final = len(Fault) * len(TypologyClass) * CLEAN_EVERY // (CLEAN_EVERY - 1)
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
    faults, classes = list(Fault), list(TypologyClass)
    first = FIRST_IDENTITY[people]
    for number in range(count):
        is_clean = number % CLEAN_EVERY == CLEAN_EVERY - 1
        before = number // CLEAN_EVERY
        if is_clean:
            kind, person = before % len(classes), before // len(classes) % _SHOWN_CLEAN
        else:
            turn, which = divmod(number - before, len(faults))
            kind = (which + turn) % len(classes)
            person = (which // len(classes) + turn) % _SHOWN_FAULTY
        yield Case(
            identity_seed=first + kind + len(classes) * person,
            typology=classes[kind],
            fault=None if is_clean else faults[which],
            pose=_held(first, number),
        )


def _held(first: int, number: int) -> HeadPose:
    """Return how a head is held: within 1.6 degrees and 2.5 mm of the rest's middle."""
    rng = np.random.default_rng(np.random.SeedSequence([first, number]))
    yaw, pitch, roll = (float(each) for each in np.clip(rng.normal(0, 0.8, 3), -1.6, 1.6))
    right, down = (float(each) for each in np.clip(rng.normal(0, 1.2, 2), -2.5, 2.5))
    return HeadPose(yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll, right_mm=right, down_mm=down)

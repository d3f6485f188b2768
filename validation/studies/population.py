"""Who is measured on the simulated station, under which light, and what is known of each case.

Rules kept here:

1. Identities are drawn from the study's seed; those that development looked at stay out.
2. Every case has a head of its own, also under another light: cases are independent.
3. What a case knows of itself is stated with it, also where a plan does not divide by it.
4. Repeats share everything but the sensor's noise.

Known gap: a rigid head in an ideal rest; expression, breathing and a person's skin are not in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from adapters.imaging.colour import linear_to_lab_d65
from adapters.inference.monk_scale import monk_tone
from adapters.studies.observations import Origin
from device.simulation.appearance import NATURAL, Appearance
from device.simulation.identity import TypologyClass
from device.simulation.lights import RingLight
from device.simulation.rig import DEMO, Resolution
from device.simulation.scene import Scene, Subject
from device.simulation.sensor import Exposure
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, skin_linear
from device.simulation.station import CaptureSettings, SimulatedCapture, capture
from domain.values.study import Factor

SEEN_IN_DEVELOPMENT: Final = frozenset(range(32))
LIGHTS: Final[Mapping[str, float]] = {"standard": 5600.0, "warm": 5000.0}
"""Each light by its name: colour temperature, to which the camera is balanced."""

_OLDER: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitter:
    """One head before the station.

    Attributes:
        name: Pseudonym.
        subject: The head.
        light: A name of ``LIGHTS``.
    """

    name: str
    subject: Subject
    light: str

    def scene(self) -> Scene:
        """Return what stands before the cameras."""
        return Scene(subject=self.subject, light=RingLight.even(temperature_k=LIGHTS[self.light]))

    def factors(self) -> dict[Factor, str]:
        """Return what is known of the case."""
        age, tone = self.subject.identity().age, self.subject.typology
        return {
            Factor.ITA_CLASS: tone.value.replace(" ", "-"),
            Factor.MONK: str(_monk(tone)),
            Factor.AGE_BAND: "older" if age > _OLDER else "younger" if age < -_OLDER else "middle",
            Factor.LIGHTING: self.light,
            Factor.REGION: "face",
            Factor.DEVICE: "simulated-station",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is measured.

    Attributes:
        seed: Decides the identities.
        people: Identities for each class of skin colour and each light, at least 1.
        repeats: Captures of the same moment, at least 2.
        resolution: Of both cameras.
        tones: Classes of skin colour.
        cache: Folder for heads and views that are dear to make.
    """

    seed: int = 2026
    people: int = 3
    repeats: int = 3
    resolution: Resolution = DEMO
    tones: tuple[TypologyClass, ...] = tuple(TypologyClass)
    cache: Path | None = None

    @property
    def origin(self) -> Origin:
        """Where cases of this population come from; whoever has it can measure them again."""
        size = self.resolution
        return Origin(
            source=f"simulated station: seed {self.seed}, {self.people} heads per class of skin "
            f"and light, {self.repeats} captures of each, {size.columns} x {size.rows} pixels",
            labelled_by=None,
            manifest=None,
        )

    def sitters(
        self, lights: tuple[str, ...] = tuple(LIGHTS), appearance: Appearance = NATURAL
    ) -> Iterator[Sitter]:
        """Yield every head of the study, each under one light."""
        rng = np.random.default_rng(self.seed)
        for light in lights:
            for typology in self.tones:
                for number in range(self.people):
                    identity = max(SEEN_IN_DEVELOPMENT) + 1 + int(rng.integers(1 << 20))
                    yield Sitter(
                        name=f"{typology.value.replace(' ', '-')}-{number}-{light}",
                        subject=Subject(
                            identity_seed=identity, typology=typology, appearance=appearance
                        ),
                        light=light,
                    )

    def captures(self, sitter: Sitter, *, most: int | None = None) -> Iterator[SimulatedCapture]:
        """Yield captures of one head, so many at most."""
        settings = CaptureSettings(
            resolution=self.resolution,
            exposure=Exposure(white_balance_k=LIGHTS[sitter.light]),
        )
        for seed in range(self.repeats if most is None else min(most, self.repeats)):
            yield capture(sitter.scene(), settings, seed=seed, cache=self.cache)


@cache
def _monk(typology: TypologyClass) -> int:
    """Return the tone of the Monk scale nearest to the colour of a class."""
    colour = skin_linear(np.array(melanin_of(typology)), np.array(BLOOD_FRACTION))
    lightness, red, yellow = (float(each) for each in linear_to_lab_d65(colour))
    return monk_tone((lightness, red, yellow)).tone

"""How a person looks on a day: skin condition, expression, make-up, and what covers the face.

Rules kept here:

1. An appearance is stated, not drawn: what it says is ground truth. Only a skin condition that is
   ``None`` follows from the person's seed.
2. Every amount is 0..1, where 1 is plain to see and still something that people wear or have.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np

from device.simulation.expression import Expression
from device.simulation.identity import Identity
from domain.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinCondition:
    """What the skin has besides its colour, each 0..1, or as the seed has it.

    Attributes:
        congestion: Comedones, open and closed.
        inflammation: Papules.
        redness: Patches with more blood.
        melasma: Melasma-like patches, alike on both sides.
    """

    congestion: float | None = None
    inflammation: float | None = None
    redness: float | None = None
    melasma: float | None = None

    def __post_init__(self) -> None:
        """Refuse amounts without meaning."""
        _check(self)

    def resolved(self, identity: Identity) -> "SkinCondition":
        """Return the condition with every amount known.

        Young skin is more congested, older skin redder; two people in five have melasma-like
        patches, most of them faint.
        """
        rng = np.random.default_rng(np.random.SeedSequence([identity.seed, 0xC0]))
        young = float(np.clip((48.0 - identity.age_years) / 30.0, 0.0, 1.0))
        drawn = {
            "congestion": rng.uniform(0.1, 0.5) * (0.35 + 0.65 * young),
            "inflammation": rng.uniform(0.0, 0.5) * (0.25 + 0.75 * young),
            "redness": rng.uniform(0.0, 0.45) * (1.0 - 0.4 * young),
            "melasma": max(0.0, rng.uniform(-0.6, 0.4)),
        }
        known = {name: getattr(self, name) for name in drawn}
        return SkinCondition(
            **{name: float(drawn[name] if each is None else each) for name, each in known.items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """How a person looks on a day, each amount 0..1.

    Attributes:
        skin: Condition of the skin.
        expression: What the face does.
        foundation: Make-up that evens the skin out.
        lipstick: Red on the lips.
        sebum: Oil on the skin, which shines.
        cream: A white film over the face, which hides all texture.
        beard: A short beard.
        hair: Strands hanging over forehead and cheek.
        glasses: Whether glasses are worn.
        hand: Whether a hand lies on cheek and mouth.
    """

    skin: SkinCondition = field(default_factory=SkinCondition)
    expression: Expression = field(default_factory=Expression)
    foundation: float = 0.0
    lipstick: float = 0.0
    sebum: float = 0.0
    cream: float = 0.0
    beard: float = 0.0
    hair: float = 0.0
    glasses: bool = False
    hand: bool = False

    def __post_init__(self) -> None:
        """Refuse amounts without meaning."""
        _check(self)

    def painted(self) -> "Appearance":
        """Return only what decides the head itself; things before it are left out."""
        return replace(self, hair=0.0, glasses=False, hand=False)


def _check(amounts: SkinCondition | Appearance) -> None:
    for each in fields(amounts):
        value = getattr(amounts, each.name)
        if isinstance(value, float) and not 0.0 <= value <= 1.0:
            raise MalformedInput(f"{each.name} must lie in 0..1")


NATURAL: Final = Appearance()

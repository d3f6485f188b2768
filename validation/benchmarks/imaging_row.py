"""One line of the table of imaging, and how much of it is measured.

Rules kept here:

1. A row states what must hold and what is aimed at beside what was measured; what is missed says
   why, or what was measured instead, in its remark.
2. Identities of a measurement are none that anything was developed on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from device.simulation.rig import DEMO, FULL, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line.

    Attributes:
        metric: What was measured.
        firm: What must hold, at most, or at least with ``least``; none without.
        goal: What is aimed at, likewise.
        measured: The figure.
        unit: Its unit, ``1`` for a ratio or share.
        remark: What the reader must know of it.
        least: Whether more is better.
    """

    metric: str
    firm: float | None = None
    goal: float | None = None
    measured: float
    unit: str
    remark: str = ""
    least: bool = False

    def reaches(self, bound: float | None) -> bool | None:
        """Return whether the figure reaches a bound; none without one."""
        if bound is None:
            return None
        return self.measured >= bound if self.least else self.measured <= bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured.

    Attributes:
        resolution: Of the simulated cameras.
        quick: One identity and few tones instead of two identities and every class.
        identities: How many are shown, where pairs of captures are compared.
        settling: Show the people that stated figures are settled on, not those they are held
            against.
        cache: Folder for what is dear to render.
        progress: Told what is being done.
    """

    resolution: Resolution = FULL
    quick: bool = False
    identities: int = 2
    settling: bool = False
    cache: Path | None = None
    progress: Callable[[str], None] = field(default=lambda _: None)

    @property
    def full(self) -> bool:
        """Whether the station's own resolution is measured, to which the targets belong."""
        return self.resolution != DEMO

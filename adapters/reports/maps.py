"""Where findings lie: photographs of the face with a map laid over, and what its colours mean.

Rules kept here:

1. A map is shown with its legend in words and, where they are known, in its colours.
2. What did not fit is counted; a reader is never left to think that these were all.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.reports.refusal import require, require_text
from adapters.reports.results import ReportImage
from domain.values.content import Digest

MAPS_MAX: Final = 24
BETWEEN_KINDS: Final = "; "
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMap:
    """One map over the photograph it was made of.

    Attributes:
        image: The photograph with the map laid over.
        overlay: Digest of the map as it is stored.
        legend: What the colours mean, in words; kinds of marks are parted by ``; ``.
        colours: sRGB like ``#e8aa3c``: from the lowest value to the highest, or one for each kind
            of mark; () where they are not known.
        scale: Whether the colours are a scale of values.
        algorithm: Name and version of what made the map.
    """

    image: ReportImage
    overlay: Digest
    legend: str
    colours: tuple[str, ...]
    scale: bool
    algorithm: str

    def __post_init__(self) -> None:
        """Refuse a map that nobody can read."""
        require_text(self.legend, self.algorithm)
        require(all(map(_COLOUR.fullmatch, self.colours)), "a colour is like #e8aa3c")
        require(
            self.scale or len(self.colours) in {0, len(self.kinds)},
            "every kind of mark has its colour",
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is marked, one text for each kind."""
        return (self.legend,) if self.scale else tuple(self.legend.split(BETWEEN_KINDS))

"""Marks, patches and lines as text, to be kept beside arrays and written as truth.

Rule kept here: what is written is read back equal, to the last bit of every number.
"""

import json
from dataclasses import asdict, dataclass

from device.simulation.marks import MarkKind, Patch, PatchKind, Spot
from device.simulation.wrinkles import Line, LineKind

Plain = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinRecord:
    """Everything at known places of one skin."""

    spots: tuple[Spot, ...]
    patches: tuple[Patch, ...]
    lines: tuple[Line, ...]

    def as_plain(self) -> Plain:
        """Return values that JSON can hold."""
        return {
            "spots": [asdict(each) for each in self.spots],
            "patches": [asdict(each) for each in self.patches],
            "lines": [asdict(each) for each in self.lines],
        }

    def as_text(self) -> str:
        """Return JSON."""
        return json.dumps(self.as_plain())


def read_record(text: str) -> SkinRecord:
    """Return the record that ``as_text`` wrote."""
    given = json.loads(text)
    return SkinRecord(
        spots=tuple(
            Spot(**{**each, "kind": MarkKind(each["kind"]), "centre_mm": tuple(each["centre_mm"])})
            for each in given["spots"]
        ),
        patches=tuple(
            Patch(
                **{
                    **each,
                    "kind": PatchKind(each["kind"]),
                    "centre_mm": tuple(each["centre_mm"]),
                    "radii_mm": tuple(each["radii_mm"]),
                }
            )
            for each in given["patches"]
        ),
        lines=tuple(
            Line(
                **{
                    **each,
                    "kind": LineKind(each["kind"]),
                    "points_mm": tuple(tuple(place) for place in each["points_mm"]),
                }
            )
            for each in given["lines"]
        ),
    )

"""Which measurements belong to the gate that owns a fault, and what a run of cases came to.

Rules kept here:

1. A fault counts as caught only when one of *its own* measurements misses its limit; other gates
   that close are shown beside, and prove nothing.
2. A share without cases is told as such, never as kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from device.simulation.faults import GATE, Fault
from device.simulation.identity import TypologyClass
from validation.benchmarks.gates_cases import SHOWN, Case

LEAST: Final = 0.95

_EVENNESS: Final = (
    *("light_direction_across", "light_across_ratio"),
    *("light_down_ratio", "light_zone_ratio"),
)

OWNER: Final[dict[Fault, tuple[str, ...]]] = {
    Fault.DEFOCUS: ("focus_edge_width",),
    Fault.OVEREXPOSED: ("clipped_share", "colour_reference_level"),
    Fault.UNDEREXPOSED: ("colour_reference_level", "drowned_share"),
    Fault.MOTION_BLUR: ("motion_extent",),
    Fault.LIGHT_ZONE_OUT: _EVENNESS,
    Fault.UNEVEN_LIGHT: _EVENNESS,
    Fault.WRONG_WHITE_BALANCE: ("colour_difference_mean", "colour_temperature"),
    Fault.CHART_MISSING: ("colour_reference_found",),
    Fault.CHART_OCCLUDED: (
        *("colour_reference_found", "colour_reference_patches"),
        *("colour_difference_corrected_mean", "colour_difference_corrected_max"),
    ),
    Fault.CHART_DIRTY: ("colour_difference_corrected_mean", "colour_difference_corrected_max"),
    Fault.OFF_CENTRE: ("face_offset_across", "face_offset_down"),
    Fault.TOO_CLOSE: ("working_distance",),
    Fault.TOO_FAR: ("working_distance",),
    Fault.HEAD_TURNED: ("face_turn",),
    Fault.HEAD_TILTED_BACK: ("face_nod",),
    Fault.UNSYNCHRONISED: ("epipolar_residual",),
    Fault.RIG_DRIFT: ("epipolar_residual",),
    Fault.CAMERAS_SWAPPED: ("camera_order",),
    Fault.TRUNCATED: ("blank_rows_share",),
    Fault.BLACK_FRAME: ("face_found", "face_count"),
    Fault.UNEQUAL_EXPOSURE: ("stereo_exposure_ratio",),
    Fault.HAIR_OVER_FACE: ("face_dark_share",),
    Fault.GLASSES_WORN: ("face_bar_share",),
    Fault.HAND_BEFORE_FACE: ("face_uneven_share",),
    Fault.SMILING: ("smile", "mouth_width"),
    Fault.BROWS_RAISED: ("brow_height",),
    Fault.MOUTH_OPEN: ("mouth_opening",),
    Fault.MAKEUP_WORN: ("lip_contrast",),
    Fault.SKIN_SHINES: ("skin_shine",),
    Fault.TEXTURE_HIDDEN: ("skin_texture",),
    Fault.TWO_FACES: ("face_count",),
    Fault.NO_FACE: ("face_found", "face_count"),
    Fault.PHOTOGRAPH: ("face_relief",),
    Fault.HEAD_ROLLED_LEFT: ("eye_line", "face_roll"),
    Fault.HEAD_ROLLED_RIGHT: ("eye_line", "face_roll"),
    Fault.HEAD_TILTED_FORWARD: ("face_nod",),
}
"""The measurements of the gate that owns each fault, as ``faults.GATE`` says it in words."""


OTHERWISE: Final[dict[str, str]] = {
    "stereo_correspondence": "stereo",
    "depth_completeness": "stereo",
}
"""The gate of what belongs to no simulated fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case and the limits it missed."""

    case: Case
    missed: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether a fault was caught by its owner, or a clean capture passed."""
        if self.case.fault is None:
            return not self.missed
        return bool(self.missed & set(OWNER[self.case.fault]))

    def __str__(self) -> str:
        """Return who was shown with which fault, and which limits were missed."""
        case, missed = self.case, ", ".join(sorted(self.missed)) or "no limit"
        who = f"{_name(case.fault)}, {case.typology.value}, person {case.identity_seed}"
        return f"{who}: missed {missed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many."""

    right: int
    all: int

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Share":
        """Count cases."""
        return cls(right=sum(each.right for each in judged), all=len(judged))

    @property
    def kept(self) -> bool:
        """Whether enough were right, of at least one."""
        return self.all > 0 and self.right >= LEAST * self.all

    def __str__(self) -> str:
        """Return the share in words."""
        if not self.all:
            return "-"
        return f"{self.right}/{self.all} ({100 * self.right / self.all:.1f} %)"


def gate_of(measurement: str) -> str:
    """Return the gate that a measurement belongs to, by its first word."""
    for fault, own in OWNER.items():
        if measurement in own:
            return GATE[fault].split(":")[0]
    return OTHERWISE[measurement]


def by_fault(judged: Sequence[Judged]) -> Table:
    """Return each fault, its gate, and of which class it was caught."""
    table = Table(title="caught by its own gate, or clean and passed")
    table.add_column("fault")
    table.add_column("its gate", overflow="fold")
    for heading in (*(typology.value for typology in TypologyClass), "all"):
        table.add_column(heading)
    for fault in (None, *SHOWN):
        own = [each for each in judged if each.case.fault is fault]
        table.add_row(
            _name(fault),
            "passes every gate" if fault is None else ", ".join(OWNER[fault]),
            *(_of_class(own, typology) for typology in TypologyClass),
            str(Share.of(own)),
        )
    table.add_section()
    faulty = [each for each in judged if each.case.fault is not None]
    table.add_row(
        "every fault",
        "",
        *(_of_class(faulty, typology) for typology in TypologyClass),
        str(Share.of(faulty)),
    )
    return table


def by_gate(judged: Sequence[Judged]) -> Table:
    """Return the confusion table: of each fault, how many cases closed which gate.

    In brackets: the gate that owns the fault.
    """
    gates = list(dict.fromkeys(gate_of(name) for own in OWNER.values() for name in own))
    table = Table(title="which gates closed, cases")
    for heading in ("fault", "cases", *gates, "none"):
        table.add_column(heading)
    for fault in (None, *SHOWN):
        own = [each for each in judged if each.case.fault is fault]
        closed = [{gate_of(name) for name in each.missed} for each in own]
        owners = () if fault is None else tuple(gate_of(name) for name in OWNER[fault])
        counts = [sum(gate in each for each in closed) for gate in gates]
        table.add_row(
            _name(fault),
            str(len(own)),
            *(
                f"[{count}]" if gate in owners else str(count or "")
                for gate, count in zip(gates, counts, strict=True)
            ),
            str(sum(not each for each in closed) or ""),
        )
    return table


def by_limit(judged: Sequence[Judged]) -> Table:
    """Return which limits cases missed, by fault: what a person at the station is told."""
    table = Table(title="limits missed, cases")
    for heading in ("fault", "its own", "besides"):
        table.add_column(heading, overflow="fold")
    for fault in (None, *SHOWN):
        own = () if fault is None else OWNER[fault]
        missed = [
            name for each in judged if each.case.fault is fault for name in sorted(each.missed)
        ]
        counts = sorted((-missed.count(name), name) for name in set(missed))
        table.add_row(
            _name(fault),
            ", ".join(f"{name} {-count}" for count, name in counts if name in own),
            ", ".join(f"{name} {-count}" for count, name in counts if name not in own),
        )
    return table


def wrong(judged: Sequence[Judged]) -> list[str]:
    """Return a line for every case that came out wrong."""
    return [str(each) for each in judged if not each.right]


def verdict(judged: Sequence[Judged]) -> tuple[bool, str]:
    """Return whether both shares are kept over the whole table, and that in words."""
    caught = Share.of([each for each in judged if each.case.fault is not None])
    passed = Share.of([each for each in judged if each.case.fault is None])
    kept = caught.kept and passed.kept
    shares = {
        fault: Share.of([each for each in judged if each.case.fault is fault]) for fault in SHOWN
    }
    weak = [
        f"{fault.value} {share}" for fault, share in shares.items() if share.all and not share.kept
    ]
    unseen = [fault.value for fault, share in shares.items() if not share.all]
    said = (
        f"{'kept' if kept else 'NOT KEPT'}: faults caught by their own gate {caught}, "
        f"clean captures that pass {passed}, each at least {100 * LEAST:.0f} %; "
        f"single faults under it: {', '.join(weak) or 'none'}"
    )
    return kept, f"{said}; not shown: {', '.join(unseen)}" if unseen else said


def _of_class(judged: Sequence[Judged], typology: TypologyClass) -> str:
    share = Share.of([each for each in judged if each.case.typology is typology])
    return f"{share.right}/{share.all}" if share.all else "-"


def _name(fault: Fault | None) -> str:
    return "clean" if fault is None else fault.value

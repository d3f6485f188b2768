"""Whether each fault of a station is caught by the gate that owns it, and clean captures pass.

Rules kept here:

1. Every fault is switched on at severity 1, the one that its gate must catch; limits are those of
   the demonstration's protocol, which were set on other people than are shown here.
2. A fault counts as caught only when one of *its own* measurements misses its limit; other gates
   that close are shown beside, and prove nothing.
3. Cases go round people, skin classes and faults by number, so the first n cases of a run are the
   same in every run. Each head is held a little differently, as in a clinic.
4. The pictures have the demonstration's size unless told otherwise; exposure is that of the
   station, set per skin class.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.imaging.measurement import measure_images
from device.preview import as_decoded
from device.simulation.faults import Fault, FaultState
from device.simulation.identity import TypologyClass
from device.simulation.rig import DEMO, Resolution
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, capture
from domain.values.quality import judge
from validation.benchmarks.imaging_depth import calibrated
from validation.demonstration.protocols import STEREO_FACE

FIRST_IDENTITY: Final = 60_000
"""Nobody below it is shown: development and tests use small seeds."""

PEOPLE: Final = 6
SIZES: Final = {"demo": DEMO, "half": Resolution(columns=760, rows=1014)}
CLEAN_EVERY: Final = 4
"""Every fourth case is clean."""

OWNER: Final[dict[Fault, tuple[str, ...]]] = {
    Fault.DEFOCUS: ("focus_edge_width",),
    Fault.OVEREXPOSED: ("clipped_share",),
    Fault.UNDEREXPOSED: ("colour_reference_level", "drowned_share"),
    Fault.MOTION_BLUR: ("motion_extent",),
    Fault.LIGHT_ZONE_OUT: ("light_across_ratio", "light_down_ratio", "light_zone_ratio"),
    Fault.UNEVEN_LIGHT: ("light_across_ratio", "light_down_ratio", "light_zone_ratio"),
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
}
"""The measurements of the gate that owns each fault."""


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


@dataclass(slots=True)
class Share:
    """How many of how many."""

    right: int = 0
    all: int = 0
    also: dict[str, int] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count one case."""
        self.right += judged.right
        self.all += 1
        for name in judged.missed:
            self.also[name] = self.also.get(name, 0) + 1

    def __str__(self) -> str:
        """Return the share in words."""
        return f"{self.right}/{self.all} ({100 * self.right / max(1, self.all):.0f} %)"


def cases(count: int) -> Iterator[Case]:
    """Yield the first ``count`` cases."""
    faults, classes = list(Fault), list(TypologyClass)
    shown = 0
    for number in range(count):
        person = number // (len(faults) + len(faults) // (CLEAN_EVERY - 1)) % PEOPLE
        clean = number % CLEAN_EVERY == CLEAN_EVERY - 1
        rng = np.random.default_rng(np.random.SeedSequence([FIRST_IDENTITY, number]))
        yaw, pitch, roll = (float(each) for each in np.clip(rng.normal(0, 0.8, 3), -1.6, 1.6))
        right, down = (float(each) for each in np.clip(rng.normal(0, 1.2, 2), -2.5, 2.5))
        yield Case(
            identity_seed=FIRST_IDENTITY + person + (PEOPLE * (number % 7) if clean else 0),
            typology=classes[(number + number // len(faults)) % len(classes)],
            fault=None if clean else faults[shown % len(faults)],
            pose=HeadPose(
                yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll, right_mm=right, down_mm=down
            ),
        )
        shown += not clean


def judge_case(case: Case, resolution: Resolution, seed: int, cache: Path | None) -> Judged:
    """Capture a case and judge its stored pictures."""
    taken = capture(case.scene, CaptureSettings(resolution=resolution), seed, cache)
    result = measure_images(
        as_decoded(np.ascontiguousarray(taken.left.image)),
        as_decoded(np.ascontiguousarray(taken.right.image)),
        calibration=calibrated(taken.truth.calibrated),
    )
    verdict = judge(result.measurements, STEREO_FACE.limits, stereo=True)
    return Judged(case=case, missed=frozenset(reason.name for reason in verdict.reasons))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("--cases", type=int, default=272, help="captures, every fourth clean")
    parser.add_argument("--size", choices=sorted(SIZES), default="demo", help="of the pictures")
    parser.add_argument("--cache", type=Path, help="keep what was rendered in this folder")


def run(asked: argparse.Namespace) -> int:
    """Judge every case and print the tables; 0 when it could be measured."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    started = time.process_time()
    wanted = list(enumerate(cases(asked.cases)))
    judged = [
        judge_case(case, SIZES[asked.size], number, asked.cache)
        for number, case in track(wanted, "gates", console=console)
    ]
    minutes = (time.process_time() - started) / 60
    for table in (by_fault(judged), by_class(judged)):
        console.print(table)
    faulty = [each for each in judged if each.case.fault is not None]
    clean = [each for each in judged if each.case.fault is None]
    console.print(
        f"faults caught by their own gate: {_share(faulty)} (at least 95 %); "
        f"clean captures that pass: {_share(clean)} (at least 95 %); "
        f"{len(judged)} cases in {minutes:.1f} processor minutes"
    )
    return 0


def by_fault(judged: list[Judged]) -> Table:
    """Return the confusion table: each fault, its gate, and what else closed."""
    table = Table(title="faults and gates")
    for heading in ("fault", "its gate", "caught", "limits missed besides, share of cases"):
        table.add_column(heading, overflow="fold")
    for fault in (None, *Fault):
        share = _share([each for each in judged if each.case.fault is fault])
        own = () if fault is None else OWNER[fault]
        others = sorted(
            ((count, name) for name, count in share.also.items() if name not in own), reverse=True
        )
        table.add_row(
            "clean" if fault is None else fault.value,
            "passes every gate" if fault is None else ", ".join(own),
            str(share),
            ", ".join(f"{name} {count}" for count, name in others),
        )
    return table


def by_class(judged: list[Judged]) -> Table:
    """Return the shares per skin class."""
    table = Table(title="by skin class (individual typology angle)")
    for heading in ("class", "faults caught", "clean captures passing"):
        table.add_column(heading)
    for typology in TypologyClass:
        own = [each for each in judged if each.case.typology is typology]
        faulty = [each for each in own if each.case.fault is not None]
        clean = [each for each in own if each.case.fault is None]
        table.add_row(typology.value, str(_share(faulty)), str(_share(clean)))
    return table


def _share(judged: list[Judged]) -> Share:
    share = Share()
    for each in judged:
        share.add(each)
    return share

"""Whether each fault of a station is caught by the gate that owns it, and clean captures pass.

Rules kept here:

1. Limits are those of the demonstration's protocol; they and every measurement were settled on the
   development people. The hold-out's are shown to nothing before they are measured here.
2. The pictures have the demonstration's size unless told otherwise; the station's exposure is one
   for everybody, set by the chart's white.
3. The last line says whether both shares are kept and names each fault under them; the exit code
   says the same.
4. Without a terminal each case is said when it is judged, so that a run that is ended early has
   told what it found.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track

from adapters.imaging.measurement import measure_images
from device.preview import as_decoded
from device.simulation.rig import DEMO, Resolution
from device.simulation.station import CaptureSettings, capture
from domain.values.quality import judge
from validation.benchmarks.gates_cases import ROUND, Case, People, cases
from validation.benchmarks.gates_table import Judged, by_fault, by_gate, by_limit, verdict, wrong
from validation.benchmarks.imaging_depth import calibrated
from validation.demonstration.protocols import STEREO_FACE

SIZES: Final = {"demo": DEMO, "half": Resolution(columns=760, rows=1014)}


def judge_case(case: Case, resolution: Resolution, seed: int, cache: Path | None) -> Judged:
    """Capture a case and judge its stored pictures."""
    taken = capture(case.scene, CaptureSettings(resolution=resolution), seed, cache)
    result = measure_images(
        as_decoded(np.ascontiguousarray(taken.left.image)),
        as_decoded(np.ascontiguousarray(taken.right.image)),
        calibration=calibrated(taken.truth.calibrated),
    )
    found = judge(result.measurements, STEREO_FACE.limits, stereo=True)
    return Judged(case=case, missed=frozenset(reason.name for reason in found.reasons))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument(
        "--set",
        dest="people",
        type=People,
        choices=tuple(People),
        default=People.DEVELOPMENT,
        help="whom to show; the hold-out is for the measurement at the end, not for building",
    )
    parser.add_argument(
        "--cases",
        type=int,
        default=ROUND,
        help="captures, every fourth clean; a round is %(default)s",
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="demo", help="of the pictures")
    parser.add_argument("--cache", type=Path, help="keep what was rendered in this folder")
    parser.add_argument("--workers", type=int, default=1, help="processes that judge")


def run(asked: argparse.Namespace) -> int:
    """Judge every case and print the tables; 0 when both shares are kept."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    started = time.monotonic()
    wanted = list(cases(asked.cases, asked.people))
    judging = _judge_all(wanted, SIZES[asked.size], asked.cache, asked.workers)
    judged = list(track(_told(judging, console), "gates", total=len(wanted), console=console))
    for table in (by_fault(judged), by_gate(judged), by_limit(judged)):
        console.print(table)
    for line in wrong(judged):
        console.print(line, highlight=False)
    kept, said = verdict(judged)
    minutes = (time.monotonic() - started) / 60
    console.print(f"{asked.people.value}: {len(judged)} cases in {minutes:.1f} minutes")
    console.print(said, highlight=False, soft_wrap=True)
    return 0 if kept else 1


def _told(judging: Iterator[Judged], console: Console) -> Iterator[Judged]:
    """Say each case as it is judged, where no terminal shows how far it is."""
    for number, each in enumerate(judging, start=1):
        if not console.is_terminal:
            print(
                f"{number}: {'right' if each.right else 'WRONG'}: {each}",
                file=sys.stderr,
                flush=True,
            )
        yield each


def _judge_all(
    wanted: list[Case], resolution: Resolution, cache: Path | None, workers: int
) -> Iterator[Judged]:
    seeds = range(len(wanted))
    if workers == 1:
        for case, seed in zip(wanted, seeds, strict=True):
            yield judge_case(case, resolution, seed, cache)
        return
    judging = partial(judge_case, resolution=resolution, cache=cache)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        asked = [
            pool.submit(judging, case, seed=seed) for case, seed in zip(wanted, seeds, strict=True)
        ]
        for each in asked:
            yield each.result()

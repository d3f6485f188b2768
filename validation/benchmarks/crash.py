"""``./vultus benchmark crash``: die at every seam of a day, and count what was lost.

Rules kept here:

1. A first run counts the seams; then for each of them two processes live the day, one that dies
   just before it and one that dies just after it, each on a record of its own.
2. After every death the record is opened as any start does, verified whole, compared with what
   had been acknowledged and with rebuilt projections; then the day is lived again.
3. A power cut is played on the files of an SQLite record: whatever was not yet synced is lost,
   torn or garbage.
4. The figures that must be 0 decide the exit code.
"""

import argparse
import json
import os
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.accounts import hash_of_nobody
from adapters.system import SystemRandomness
from validation.benchmarks.crash_check import Findings, check
from validation.benchmarks.crash_day import live, noting, prepare
from validation.benchmarks.crash_places import TEMPLATE, Place
from validation.benchmarks.crash_seams import Seams
from validation.benchmarks.postgres import TRANSIENT, PostgresCluster
from validation.benchmarks.power_cut import cut_power

KINDS = ("first start", "a day")
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One death and what was found after it.

    Attributes:
        where: What was going on: a database, and a record's first start, a day or a power cut.
        point: Which seam, from 0, and whether it died before or after it; or what was cut.
        acknowledged: How many things were acknowledged by then.
        lost: Acknowledged things that are not there.
        problems: What the verifier, the comparison of projections or a repeated day found.
    """

    where: str
    point: str
    acknowledged: int
    lost: list[str]
    problems: list[str]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth death")
    parser.add_argument("--database", choices=DATABASES, action="append", help="default: both")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the figures")


def run(options: argparse.Namespace) -> int:
    """Die everywhere, print what was found."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vultus-crash-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user where we are root
        deaths = [
            death
            for database in options.database or DATABASES
            for death in all_deaths(
                Path(folder),
                database=database,
                every=options.every,
                at_once=options.at_once,
                show=True,
            )
        ]
    console = Console()
    console.print(_table(deaths))
    console.print(f"[dim]{time.monotonic() - began:.0f} s[/]")
    for each in deaths:
        for text in (*each.lost, *each.problems):
            console.print(f"[red]{each.where}, {each.point}: {text}[/]")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(each) for each in deaths], indent=1))
    return 1 if any(each.lost or each.problems for each in deaths) else 0


def all_deaths(
    folder: Path, *, database: str, every: int = 1, at_once: int = 1, show: bool = False
) -> Iterator[Death]:
    """Yield every death of a first start and of a day, or every so many of them.

    Call this where no other thread runs: processes are forked.
    """
    hash_of_nobody(SystemRandomness())  # a tenth of a second that no process needs to spend again
    with ExitStack() as held:
        server = None
        if database == "postgresql":
            server = PostgresCluster.make(folder / "server", TRANSIENT)
            held.callback(server.remove)
            server.start()
        place = partial(_place, folder / database, server)
        template = place(TEMPLATE)
        template.make(None)
        _in_child(lambda: prepare(template.settings))
        for kind in KINDS:
            made = template if kind == "a day" else None
            where = f"{database}, {kind}"
            seams = _seams(place("counted"), made)
            points = [(seam, after) for seam in range(seams) for after in (False, True)]
            acts = [
                partial(_death, place(f"{moment}-{seam}"), made, where, seam, after=after)
                for seam, after in points[::every]
                for moment in ("after" if after else "before",)
            ]
            done = _all(acts, folder, at_once)
            yield from track(done, where, total=len(acts), disable=not show)
        if database == "sqlite":
            cuts = [
                partial(_power_cut, place(f"cut-{seed}"), template, seed)
                for seed in range(0, 200, every)
            ]
            done = _all(cuts, folder, at_once)
            yield from track(done, "sqlite, a power cut", total=len(cuts), disable=not show)


def _place(folder: Path, server: PostgresCluster | None, name: str) -> Place:
    return Place(folder=folder / name, server=server)


def _table(deaths: Sequence[Death]) -> Table:
    table = Table(title="Killed at every seam", box=None, padding=(0, 2, 0, 0))
    for column in ("where", "deaths", "acknowledged before", "lost (0)", "do not verify (0)"):
        table.add_column(column, justify="left" if column == "where" else "right")
    for where in (*dict.fromkeys(each.where for each in deaths), "in all"):
        those = [each for each in deaths if where in (each.where, "in all")]
        figures = (
            len(those),
            sum(each.acknowledged for each in those),
            sum(len(each.lost) for each in those),
            sum(bool(each.problems) for each in those),
        )
        table.add_row(where, *map(str, figures))
    return table


def _seams(place: Place, template: Place | None) -> int:
    """Live a day to its end and return how many seams it had."""
    place.make(template)
    counted = place.beside(".count")
    note = noting(place.beside(".notes"))
    seams = Seams()

    def count() -> None:
        seams.watch()
        live(place.settings, note)
        counted.write_text(str(seams.count))

    _in_child(count)
    found = int(counted.read_text())
    place.remove()
    return found


def _death(place: Place, template: Place | None, where: str, seam: int, *, after: bool) -> Death:
    place.make(template)
    notes = place.beside(".notes")
    note = noting(notes)

    def die() -> None:
        Seams(at=seam, after=after).watch()
        live(place.settings, note)

    _in_child(die, may_die=True)
    noted: list[dict[str, Any]] = [json.loads(line) for line in notes.read_text().splitlines()]
    findings = _checked(place, noted)
    place.remove()
    point = f"{'after' if after else 'before'} seam {seam}"
    return Death(where=where, point=point, acknowledged=len(noted), **asdict(findings))


def _power_cut(place: Place, template: Place, seed: int) -> Death:
    place.make(template)
    notes = place.beside(".notes")
    _in_child(lambda: cut_power(place.settings, noting(notes), seed), may_die=True)
    noted: list[dict[str, Any]] = [json.loads(line) for line in notes.read_text().splitlines()]
    findings = _checked(place, noted)
    place.remove()
    return Death(
        where="sqlite, a power cut",
        point=f"cut {seed}",
        acknowledged=len(noted),
        **asdict(findings),
    )


def _checked(place: Place, noted: list[dict[str, Any]]) -> Findings:
    found = place.beside(".found")
    _in_child(lambda: found.write_text(json.dumps(asdict(check(place.settings, noted)))))
    return Findings(**json.loads(found.read_text()))


def _in_child(act: Callable[[], object], *, may_die: bool = False) -> None:
    """Act in a forked process.

    Raises:
        ChildProcessError: it failed by itself.
    """
    _, status = os.waitpid(_forked(act), 0)
    _check_ended(status, may_die=may_die)


def _all(acts: Sequence[Callable[[], Death]], folder: Path, at_once: int) -> Iterator[Death]:
    """Yield what every act returns, each in a process of its own, a few at once.

    Raises:
        ChildProcessError: one failed by itself.
    """
    waiting = list(enumerate(acts))
    running: dict[int, Path] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            number, act = waiting.pop(0)
            told = folder / f"told-{number}"

            def tell(act: Callable[[], Death] = act, told: Path = told) -> None:
                told.write_text(json.dumps(asdict(act())))

            running[_forked(tell)] = told
        pid, status = os.wait()
        told = running.pop(pid)
        _check_ended(status, may_die=False)
        yield Death(**json.loads(told.read_text()))
        told.unlink()


def _forked(act: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:  # noqa: BLE001 - told, for a child must not return into its parent
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def _check_ended(status: int, *, may_die: bool) -> None:
    killed = os.WIFSIGNALED(status)
    if (killed and not may_die) or (not killed and os.waitstatus_to_exitcode(status) != 0):
        message = f"a process of the drill failed by itself ({status})"
        raise ChildProcessError(message)

"""Writers, followers and signers on one PostgreSQL, killed at random, and what became of it all.

Rules kept here:

1. Whoever is killed is killed with SIGKILL and started again; others stand still for a while;
   connections are ended by the server; a server of our own also crashes as a whole and is started
   again.
2. At the end nobody is killed any more: followers come to the end, then everything is counted.
3. The exit code is 1 where anything is not nought that must be.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from adapters.database import migrate, open_engine
from adapters.ledger.checkpoints import DatabaseShelf
from adapters.positions import DatabasePositions
from adapters.verification.verify import verify_log
from api.commands.opening import progress_bar
from domain.errors import IntegrityFailure, MalformedInput
from domain.ledger.entry import decode_entry
from validation.benchmarks.postgres import PostgresCluster
from validation.benchmarks.soak_account import (
    Account,
    Request,
    count_deliveries_once,
    count_noted_deliveries,
    count_records,
    count_requests,
)
from validation.benchmarks.soak_killer import SIGNERS, Killer, Nursery, Plan
from validation.benchmarks.soak_process import (
    DELIVERED,
    actor_of,
    checkpointer,
    open_soaked,
    read_journal,
)

CATCH_UP_S: Final = 300.0
_PAGE: Final = 1000


@dataclass(slots=True, kw_only=True)
class Soaked:
    """How a soak went.

    Attributes:
        account: What was counted.
        seconds: How long it took until the followers were at the end.
        kills: Processes killed, by kind.
        pauses: How often a process stood still.
        connections_ended: Connections ended by the server.
        crashes: Crashes of the whole server.
        checkpoints: Checkpoints signed, all of which the log continues.
        intact: Whether the full verifier found nothing.
        problems: What it found.
    """

    account: Account
    seconds: float = 0.0
    kills: dict[str, int] = field(default_factory=dict)
    pauses: int = 0
    connections_ended: int = 0
    crashes: int = 0
    checkpoints: int = 0
    intact: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether everything is nought that must be."""
        return self.intact and not self.account.faults()


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--writers", type=int, default=4, help="processes that append")
    parser.add_argument("--readers", type=int, default=4, help="processes that follow")
    parser.add_argument("--dsn", help="an empty PostgreSQL database; without it, one of our own")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Soak and print what came of it; 0 when nothing is wrong, else 1."""
    plan = Plan(
        seconds=60 * options.minutes,
        writers=options.writers,
        readers=options.readers,
        seed=options.seed,
    )
    with progress_bar("soaking, seconds", round(plan.seconds)) as advance:
        if options.dsn is not None:
            soaked = soak(plan, options.dsn, progress=advance)
        else:
            with _own_server() as cluster:
                soaked = soak(plan, cluster.dsn(), cluster=cluster, progress=advance)
    if options.json:
        print(json.dumps({"good": soaked.good, **asdict(soaked)}, indent=2))
    else:
        print("\n".join(lines(soaked)))
    return 0 if soaked.good else 1


@contextmanager
def _own_server() -> Iterator[PostgresCluster]:
    home = Path(tempfile.mkdtemp(prefix="vultus-soak-postgres-"))
    cluster = PostgresCluster.make(home)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def soak(
    plan: Plan,
    dsn: str,
    *,
    cluster: PostgresCluster | None = None,
    progress: Callable[[int], None] = lambda _seconds: None,
    catch_up_s: float = CATCH_UP_S,
) -> Soaked:
    """Soak a new record.

    Args:
        plan: What is to be done.
        dsn: An empty database.
        cluster: Its server, where we may crash it.
        progress: Told how many seconds passed.
        catch_up_s: How long followers may take to come to the end when nobody is killed any more.

    Raises:
        MalformedInput: there are records in the database already.
    """
    migrate(dsn)
    folder = Path(tempfile.mkdtemp(prefix="vultus-soak-"))
    engine = open_engine(dsn)
    try:
        with open_soaked(dsn) as log, engine.begin() as connection:
            if log.size():
                raise MalformedInput("a soak begins with an empty database")
            connection.exec_driver_sql(
                "CREATE TABLE IF NOT EXISTS soak_delivered (reader text, seq bigint)"
            )
        soaked = Soaked(account=Account())
        place = {"folder": str(folder), "dsn": dsn}
        began = time.monotonic()
        with Nursery(place, plan) as nursery:
            killer = Killer(plan, nursery, dsn, cluster)
            killer.rage(progress)
            nursery.end_all("write")
            _wait_for_followers(plan, dsn, soaked.account, time.monotonic() + catch_up_s)
            soaked.seconds = round(time.monotonic() - began, 1)
        soaked.kills, soaked.pauses = nursery.kills, nursery.pauses
        soaked.connections_ended, soaked.crashes = killer.connections_ended, killer.crashes
        _count(plan, folder, dsn, engine, soaked)
        return soaked
    finally:
        engine.dispose()
        shutil.rmtree(folder)


def _readers(plan: Plan, kind: str) -> list[str]:
    return [name for name, of in plan.processes().items() if of == kind]


def _wait_for_followers(plan: Plan, dsn: str, account: Account, deadline: float) -> None:
    readers = [*_readers(plan, "follow-and-note"), *_readers(plan, "follow-once")]
    engine = open_engine(dsn)
    positions = DatabasePositions(engine)
    try:
        with open_soaked(dsn) as log:
            last = log.size() - 1
        while behind := [each for each in readers if positions.load(each) < last]:
            if time.monotonic() > deadline:
                account.failures += [f"{each} did not come to the end" for each in behind]
                return
            time.sleep(0.1)
    finally:
        engine.dispose()


def _count(plan: Plan, folder: Path, dsn: str, engine: sa.Engine, soaked: Soaked) -> None:
    account = soaked.account
    account.failures += [
        f"{path.stem}: {path.read_text('utf-8')}" for path in sorted(folder.glob("*.failed"))
    ]
    with open_soaked(dsn) as log:
        signer = checkpointer(log, engine)
        try:
            signer.sign()
        except IntegrityFailure as failure:
            account.failures.append(f"the log does not continue its checkpoints: {failure}")
        kept = DatabaseShelf(engine).all()
        report = verify_log(log, key=signer.key, checkpoints=kept, blobs=None)
        size = log.size()
        places = count_records(account, _requests(log.sealed_after, size))
    soaked.intact, soaked.checkpoints = report.intact, len(kept)
    soaked.problems = [each.text for each in report.problems]
    writers = _readers(plan, "write")
    journals = {name: read_journal(folder / f"{name}.journal") for name in writers}
    count_requests(account, places, {str(actor_of(name)): journals[name] for name in writers})
    for name in _readers(plan, "follow-and-note"):
        count_noted_deliveries(account, read_journal(folder / f"{name}.journal"), size)
    for name in _readers(plan, "follow-once"):
        query = sa.select(DELIVERED.c.seq).where(DELIVERED.c.reader == name)
        with engine.connect() as connection:
            count_deliveries_once(account, list(connection.execute(query).scalars()), size)


def _requests(after: Callable[..., Sequence[Any]], size: int) -> Iterator[tuple[int, Request]]:
    seq = -1
    while seq + 1 < size:
        for stored in after(seq, limit=_PAGE):
            header = decode_entry(stored.entry).header
            seq = header.seq
            yield seq, (header.actor, header.idempotency_key or "")


def lines(soaked: Soaked) -> list[str]:
    """Return the figures as lines of text."""
    account = soaked.account
    kills = ", ".join(f"{kind} {count}" for kind, count in sorted(soaked.kills.items()))
    counted = {
        "records": f"{account.records} in {soaked.seconds:g} s",
        "requests": f"{account.asked}, answered {account.answered}",
        "repeated after their answer": account.repeated,
        "killed": kills,
        "stood still": soaked.pauses,
        "connections ended": soaked.connections_ended,
        "crashes of the server": soaked.crashes,
        "gaps": account.gaps,
        "doubles": account.doubles,
        "recorded in part": account.partial,
        "lost after an answer": account.lost,
        "answered otherwise": account.answered_otherwise,
        "asked for by nobody": account.foreign,
        "skipped by a follower": account.skipped,
        "given to a follower twice": account.twice,
        "given again after a break, which is allowed": account.again_after_break,
        f"checkpoints by {SIGNERS} signers": soaked.checkpoints,
        "verified": "INTACT" if soaked.intact else f"NOT INTACT: {'; '.join(soaked.problems)}",
    }
    return [*(f"{name}: {value}" for name, value in counted.items()), *account.failures]

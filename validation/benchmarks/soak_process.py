"""The processes of the soak: they append, follow and sign until they are killed.

Rules kept here:

1. A process keeps a journal: one JSON line for each thing, on the disk before it goes on. A writer
   notes what it will ask before it asks, and what was answered before it asks for more.
2. Whatever may have been asked when a writer was killed is asked again under the same key, or left
   for good; a coin decides.
3. A follower either notes a batch in its journal and then saves its position, or writes both in one
   transaction of the database.
4. What is unavailable is tried again for ever; any other failure ends the process, loudly.

Run as ``python -m validation.benchmarks.soak_process``: a nursery with one thread, which forks a
process for each ``start KIND NAME SEED``, lets it stand still at ``pause NAME`` until ``resume
NAME``, and ends it at ``kill NAME`` or ``end NAME``.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.database import engine_errors, open_engine
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import DatabaseShelf
from adapters.memory import MemoryKeyRing, SeededRandomness
from adapters.positions import DatabasePositions
from adapters.system import SystemClock, SystemRandomness
from domain.errors import StaleVersion, Unavailable
from domain.events.clinic import RecordExported
from domain.events.record import Draft, Record
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import ClinicId, SessionId, StreamName

CLINIC: Final = ClinicId.derived("soak")
CLINIC_KEY: Final = f"clinic:{CLINIC}"
SHARED_STREAMS: Final = 3
LARGEST_BATCH: Final = 20
ASKED_AGAIN_AFTER_A_KILL, SINGLE, REPEATED = 0.5, 0.5, 0.1
"""How likely a request is asked again after a kill, is for one record, is asked again later."""

FOLLOWED_AT_ONCE: Final = 50
LOG_KEY: Final = Ed25519Signer(
    Ed25519PrivateKey.from_private_bytes(sha256(b"the soak's log key").digest()), location="memory"
)
DELIVERED: Final = sa.table("soak_delivered", sa.column("reader"), sa.column("seq"))
_AGAIN_S: Final = 0.1
_LOOK_AGAIN_S: Final = 0.5


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return what a process noted over all its lives; half a line at the end was never noted."""
    return [json.loads(each) for each in _whole_lines(path).splitlines()]


def _whole_lines(path: Path) -> bytes:
    whole, newline, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
    return whole + newline


class Journal:
    """What one process notes, over all its lives."""

    def __init__(self, path: Path) -> None:
        """Go on with a journal."""
        self.lines = read_journal(path)
        whole = len(_whole_lines(path))
        self._file = path.open("ab")
        self._file.truncate(whole)

    def note(self, **facts: object) -> None:
        """Note something; it is on the disk once this returns."""
        self._file.write(json.dumps(facts).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def open_soaked(dsn: str) -> RecordLog:
    """Open the log that every process of the soak works on, with the keys of all of them."""
    keys = MemoryKeyRing(SeededRandomness("the soak's keys"))
    keys.create(CLINIC_KEY)
    return open_event_log(
        dsn, clinic=CLINIC, keys=keys, clock=SystemClock(), randomness=SystemRandomness()
    )


def checkpointer(log: RecordLog, engine: sa.Engine) -> Checkpointer:
    """Return what signs the log of the soak."""
    return Checkpointer(
        clinic=CLINIC,
        size=log.size,
        tree=log.tree,
        shelf=DatabaseShelf(engine),
        signer=LOG_KEY,
        clock=SystemClock(),
    )


def chance_of(seed: str) -> random.Random:
    """Return chance that can be repeated; nothing here is a secret."""
    return random.Random(seed)  # noqa: S311


def actor_of(name: str) -> Actor:
    """Return who a writer is in the record."""
    return Actor.service(name)


def insisting(ask: Callable[[], Any], *, then: Callable[[], object] = lambda: None) -> Any:  # noqa: ANN401 - as asked
    """Ask until it is not unavailable, and tell each time it was."""
    while True:
        try:
            return ask()
        except Unavailable:
            then()
            time.sleep(_AGAIN_S)


class Writer:
    """Appends single records and batches, to a stream of its own and to shared ones."""

    def __init__(self, log: RecordLog, name: str, journal: Journal, chance: random.Random) -> None:
        """Go on where the journal ends."""
        self._log = log
        self._name = name
        self._journal = journal
        self._chance = chance
        self._own = SessionId.derived("soak", name).stream
        self._seen: dict[str, int] = {}
        self._number = sum("asked" in line for line in journal.lines)

    def go_on(self) -> None:
        """Finish what was begun, then append for ever."""
        last = self._journal.lines[-1] if self._journal.lines else {}
        if "asked" in last:
            if self._chance.random() < ASKED_AGAIN_AFTER_A_KILL:
                self._ask(last["asked"], last["streams"])
            else:
                self._journal.note(left=last["asked"])
        while True:
            key = f"{self._name}-{self._number:08d}-{self._chance.getrandbits(64):016x}"
            streams = self._streams()
            self._journal.note(asked=key, streams=streams)
            self._number += 1
            self._ask(key, streams)

    def _streams(self) -> list[str]:
        count = 1 if self._chance.random() < SINGLE else self._chance.randint(2, LARGEST_BATCH)
        shared = [SessionId.derived("soak", str(each)).stream for each in range(SHARED_STREAMS)]
        return [str(self._chance.choice((self._own, *shared))) for _ in range(count)]

    def _ask(self, key: str, streams: list[str]) -> None:
        records = insisting(lambda: self._append(key, streams))
        self._journal.note(answered=key, seqs=[each.seq for each in records])
        if self._chance.random() < REPEATED:
            again = insisting(lambda: self._append(key, streams))
            self._journal.note(again=key, seqs=[each.seq for each in again])

    def _append(self, key: str, streams: list[str]) -> tuple[Record, ...]:
        while True:
            heads: dict[str, int] = {each: self._version(each) for each in set(streams)}
            drafts = []
            for place, stream in enumerate(streams):
                drafts.append(self._draft(key, place, StreamName(stream), heads[stream]))
                heads[stream] += 1
            try:
                return self._log.append(drafts)
            except StaleVersion:
                continue  # another writer was quicker on a shared stream

    def _version(self, stream: str) -> int:
        """Return how many records a stream has, from where we last saw it."""
        found = self._seen.get(stream, 0)
        records = self._log.stream(StreamName(stream), after_version=found)
        self._seen[stream] = records[-1].version if records else found
        return self._seen[stream]

    def _draft(self, key: str, place: int, stream: StreamName, version: int) -> Draft:
        purpose = f"{key} {place}"
        digest = Digest.of(purpose.encode())
        return Draft(
            stream=stream,
            expected_version=version,
            event=RecordExported(kind="log", subject=None, digest=digest, purpose=purpose),
            key=CLINIC_KEY,
            actor=actor_of(self._name),
            correlation=str(CLINIC),
            idempotency_key=key,
        )


def write(place: Mapping[str, str], name: str, seed: str) -> None:
    """Append until killed."""
    journal = Journal(Path(place["folder"]) / f"{name}.journal")
    with open_soaked(place["dsn"]) as log:
        Writer(log, name, journal, chance_of(seed)).go_on()


def follow_and_note(place: Mapping[str, str], name: str, _seed: str) -> None:
    """Note each batch in the journal, then save the position: a kill in between repeats it."""
    journal = Journal(Path(place["folder"]) / f"{name}.journal")
    positions = DatabasePositions(open_engine(place["dsn"]))
    journal.note(begins=True)
    with open_soaked(place["dsn"]) as log:
        while True:
            try:
                position = positions.load(name)
                log.wait(position, timeout_s=_LOOK_AGAIN_S)
                records = log.after(position, limit=FOLLOWED_AT_ONCE)
                if records:
                    journal.note(got=[each.seq for each in records])
                    positions.save(name, records[-1].seq)
            except Unavailable:
                journal.note(begins=True)
                time.sleep(_AGAIN_S)


def follow_once(place: Mapping[str, str], name: str, _seed: str) -> None:
    """Write what was delivered and the position in one transaction."""
    engine = open_engine(place["dsn"])
    positions = DatabasePositions(engine)
    with open_soaked(place["dsn"]) as log:
        while True:
            try:
                log.wait(positions.load(name), timeout_s=_LOOK_AGAIN_S)
                with engine_errors(), engine.begin() as connection:
                    position = positions.hold(connection, name)
                    records = log.after(position, limit=FOLLOWED_AT_ONCE)
                    if records:
                        rows = [{"reader": name, "seq": each.seq} for each in records]
                        connection.execute(sa.insert(DELIVERED), rows)
                        positions.move(connection, name, records[-1].seq)
            except Unavailable:
                time.sleep(_AGAIN_S)


def sign(place: Mapping[str, str], _name: str, seed: str) -> None:
    """Sign the log again and again, beside others who sign it too."""
    chance = chance_of(seed)
    with open_soaked(place["dsn"]) as log:
        signer = checkpointer(log, open_engine(place["dsn"]))
        while True:
            insisting(signer.sign)
            time.sleep(chance.uniform(0.05, 0.5))


KINDS: Final[Mapping[str, Callable[[Mapping[str, str], str, str], None]]] = {
    "write": write,
    "follow-and-note": follow_and_note,
    "follow-once": follow_once,
    "sign": sign,
}


class Nursery:
    """Forks processes and ends them; their numbers stay theirs until they were waited for."""

    def __init__(self, place: Mapping[str, str]) -> None:
        """Hold no process yet."""
        self._place = place
        self._children: dict[str, int] = {}

    def obey(self, line: str) -> str:
        """Do what a line asks for; return what came of it."""
        word, *given = line.split()
        if word == "start":
            return self._start(*given)
        if word in ("pause", "resume"):
            number = signal.SIGSTOP if word == "pause" else signal.SIGCONT
            os.kill(self._children[given[0]], number)
            return "done"
        number = signal.SIGKILL if word == "kill" else signal.SIGTERM
        return self._end(given[0], number)

    def end(self) -> None:
        """Kill everybody."""
        for name in list(self._children):
            self._end(name, signal.SIGKILL)

    def _start(self, kind: str, name: str, seed: str) -> str:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
                KINDS[kind](self._place, name, seed)
            except BaseException:  # noqa: BLE001 - told, and no way back into the nursery
                failed = Path(self._place["folder"]) / f"{name}.failed"
                failed.write_text(traceback.format_exc(), "utf-8")
            finally:
                os._exit(1)
        self._children[name] = pid
        return str(pid)

    def _end(self, name: str, number: signal.Signals) -> str:
        pid = self._children.pop(name)
        os.kill(pid, number)
        _, status = os.waitpid(pid, 0)
        return str(os.waitstatus_to_exitcode(status))


def main() -> None:
    """Obey line by line; where nobody asks any more, end everybody."""
    nursery = Nursery(json.loads(sys.stdin.readline()))
    print("ready", flush=True)
    try:
        for line in sys.stdin:
            print(nursery.obey(line), flush=True)
    finally:
        nursery.end()


if __name__ == "__main__":
    main()

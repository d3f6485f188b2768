"""The composition root: which adapter stands behind which port.

Rules kept here:

1. This is the only place that knows every adapter by name.
2. Opening is safe to repeat and to interrupt: keys first, then tables, then the log.
3. Whatever was opened is closed, in reverse order, also when opening fails half way.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from fastapi import Request

from adapters.accounts import Accounts
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.database import migrate, open_engine, reading
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import MasterKey, create_master_key_file, load_master_key_file
from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import DatabaseShelf, OutsideFolder
from adapters.system import SystemClock, SystemRandomness
from api.settings import Settings
from domain.errors import NotFound
from domain.handling import Context
from domain.ports import BlobStore, Clock, KeyRing, Randomness
from domain.values.actor import Actor
from domain.values.identifiers import ClinicId, SubjectId
from projections.catalogue import ALL
from projections.runner import ProjectionRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything a request or a worker may need, behind its port.

    Attributes:
        settings: Service settings.
        clinic: Whose record this is.
        engine: The database of projections and accounts, for writing.
        reads: The same for reading only; never waits for a writer.
        log: The event log.
        blobs: Large content.
        keys: Data keys.
        clock: Our clock.
        randomness: Unpredictable bytes and fresh identifiers.
        runner: Keeps the projections.
        accounts: Accounts and sign-ins.
        shelf: Signed checkpoints, beside the log.
        checkpointer: Signs the head of the log.
        release_key: Signs model manifests.
    """

    settings: Settings
    clinic: ClinicId
    engine: sa.Engine
    reads: sa.Engine
    log: RecordLog
    blobs: BlobStore
    keys: KeyRing
    clock: Clock
    randomness: Randomness
    runner: ProjectionRunner
    accounts: Accounts
    shelf: DatabaseShelf
    checkpointer: Checkpointer
    release_key: Ed25519Signer

    @property
    def clinic_key(self) -> str:
        """Identifier of the clinic's own data key."""
        return f"clinic:{self.clinic}"

    def context(
        self,
        actor: Actor,
        *,
        correlation: str | None = None,
        idempotency_key: str | None = None,
        subject: SubjectId | None = None,
    ) -> Context:
        """Return the context of something asked for just now."""
        return Context(
            clinic=self.clinic,
            actor=actor,
            correlation=correlation or self.randomness.uuid(),
            idempotency_key=idempotency_key,
            received_at=self.clock.now(),
            subject=subject,
        )


@contextmanager
def open_system(
    settings: Settings, *, clock: Clock | None = None, randomness: Randomness | None = None
) -> Iterator[System]:
    """Open everything behind these settings, making what is missing.

    Raises:
        RecordsError: something cannot be opened; the message says what and why.
    """
    our_clock = clock or SystemClock()
    chance = randomness or SystemRandomness()
    secrets = settings.data / "secrets"
    with ExitStack() as opened:
        master = _master_key(secrets / "master-key")
        clinic = _clinic(settings.data / "clinic", chance)
        keys = opened.enter_context(
            FileKeyRing(settings.data / "keys", clinic=clinic, master=master)
        )
        keys.create(f"clinic:{clinic}")
        migrate(settings.database)
        log = open_event_log(
            settings.database, clinic=clinic, keys=keys, clock=our_clock, randomness=chance
        )
        opened.callback(log.close)
        if settings.checkpoint_copies.is_relative_to(settings.data):
            settings.checkpoint_copies.mkdir(parents=True, exist_ok=True)
        engine = open_engine(settings.database)
        opened.callback(engine.dispose)
        shelf = DatabaseShelf(engine)
        yield System(
            settings=settings,
            clinic=clinic,
            engine=engine,
            reads=reading(engine),
            log=log,
            blobs=FilesystemBlobStore(settings.data / "blobs", keys),
            keys=keys,
            clock=our_clock,
            randomness=chance,
            runner=ProjectionRunner(engine, log, ALL),
            accounts=Accounts(engine, keys=keys, clinic_key=f"clinic:{clinic}", randomness=chance),
            shelf=shelf,
            checkpointer=Checkpointer(
                clinic=clinic,
                size=log.size,
                tree=log.tree,
                shelf=shelf,
                signer=_signing_key(secrets / "log-key", name="log", master=master),
                clock=our_clock,
                outside=OutsideFolder(settings.checkpoint_copies),
                every_records=settings.checkpoint_every,
                every=timedelta(seconds=settings.checkpoint_seconds),
            ),
            release_key=_signing_key(secrets / "release-key", name="release", master=master),
        )


def system_of(request: Request) -> System:
    """Return the system behind the application that answers a request."""
    system: System = request.app.state.system
    return system


def _master_key(path: Path) -> MasterKey:
    try:
        return load_master_key_file(path)
    except NotFound:
        return create_master_key_file(path)


def _signing_key(path: Path, *, name: str, master: MasterKey) -> Ed25519Signer:
    try:
        return Ed25519Signer.load(path, name=name, master=master)
    except NotFound:
        return Ed25519Signer.create(path, name=name, master=master)


def _clinic(path: Path, randomness: Randomness) -> ClinicId:
    """Return the clinic of this data folder; a new folder gets a new one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.write_text(randomness.uuid())
        half.replace(path)
    return ClinicId(path.read_text())

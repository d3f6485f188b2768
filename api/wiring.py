"""The composition root: which adapter stands behind which port.

Rules kept here:

1. This is the only place that knows every adapter by name.
2. Opening is safe to repeat and to interrupt: keys first, then tables, then the log.
3. Whatever was opened is closed, in reverse order, also when opening fails half way.
4. A folder without its clinic's identifier is a new one only if nothing else is in it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from fastapi import Request

from adapters.accounts import Accounts
from adapters.blobs.bucket import open_blobs
from adapters.database import migrate, open_engine, reading
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.keys.durable_file import create_private, disk_errors, make_folder
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.log_key_files import LogKeyFiles
from adapters.keys.master_key import MasterKey, create_master_key_file, load_master_key_file
from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import DatabaseShelf
from adapters.ledger.log_signing import RecordedKeys, origin
from adapters.ledger.outside import Copies
from adapters.ledger.place_states import DatabasePlaceStates
from adapters.ledger.places import open_place
from adapters.ledger.witness import Witness
from adapters.ledger.witnessed_logs import WitnessedLogs
from adapters.system import SystemClock, SystemRandomness
from adapters.unnamed_content import UnnamedContent
from api.screen_reads import ScreenReads
from api.settings import Settings
from domain.errors import IntegrityFailure, MalformedInput, NotFound, RuleViolation, Unavailable
from domain.handling import Context
from domain.ports import BlobStore, Clock, KeyRing, Randomness
from domain.values.actor import Actor
from domain.values.identifiers import ClinicId, SubjectId
from projections.catalogue import ALL
from projections.runner import ProjectionRunner

CORRELATION: ContextVar[str | None] = ContextVar("correlation", default=None)
"""The correlation of the request that is being answered here; none outside of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything a request or a worker may need, behind its port.

    Attributes:
        settings: Service settings.
        clinic: Whose record this is.
        engine: The database of projections and accounts, for writing.
        reads: The same for reading only; never waits for a writer.
        screens: Where screens read.
        log: The event log.
        blobs: Large content.
        unnamed: Content that no record names yet.
        keys: Data keys.
        clock: Our clock.
        randomness: Unpredictable bytes and fresh identifiers.
        runner: Keeps the projections.
        accounts: Accounts and sign-ins.
        shelf: Signed checkpoints, beside the log.
        checkpointer: Signs the head of the log.
        log_keys: The keys it signs with, as the log names them.
        log_key_files: Where their private halves lie.
        copies: Places outside that receive checkpoints.
        witness: Cosigns the checkpoints of other logs.
        release_key: Signs model manifests.
    """

    settings: Settings
    clinic: ClinicId
    engine: sa.Engine
    reads: sa.Engine
    screens: ScreenReads
    log: RecordLog
    blobs: BlobStore
    unnamed: UnnamedContent
    keys: KeyRing
    clock: Clock
    randomness: Randomness
    runner: ProjectionRunner
    accounts: Accounts
    shelf: DatabaseShelf
    checkpointer: Checkpointer
    log_keys: RecordedKeys
    log_key_files: LogKeyFiles
    copies: Copies
    witness: Witness
    release_key: Ed25519Signer

    @property
    def clinic_key(self) -> str:
        """Identifier of the clinic's own data key."""
        return f"clinic:{self.clinic}"

    def blobs_of_key(self, key: str) -> frozenset[bytes]:
        """Return the names of all stored contents under a data key, named by a record or not."""
        return self.log.blobs_of_key(key) | self.unnamed.of_key(key)

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
            correlation=correlation or CORRELATION.get() or self.randomness.uuid(),
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
    _provide_copies(settings)
    secrets = settings.data / "secrets"
    with ExitStack() as opened:
        master = _master_key(secrets / "master-key")
        clinic = _clinic(settings.data, chance)
        keys = opened.enter_context(
            FileKeyRing(settings.data / "keys", clinic=clinic, master=master)
        )
        keys.create(f"clinic:{clinic}")
        migrate(settings.database)
        log = open_event_log(
            settings.database, clinic=clinic, keys=keys, clock=our_clock, randomness=chance
        )
        opened.callback(log.close)
        engine = open_engine(settings.database)
        opened.callback(engine.dispose)
        runner = ProjectionRunner(engine, log, ALL)
        reads = reading(engine)
        runner.guard(reads)
        standby = None
        if settings.database_reads is not None:
            standby = open_engine(settings.database_reads)
            runner.guard(standby)
            opened.callback(standby.dispose)
        shelf = DatabaseShelf(engine)
        files = LogKeyFiles(secrets, master=master)
        log_keys = RecordedKeys(
            clinic=clinic,
            log=log,
            files=files,
            signed_before=lambda: shelf.newest() is not None,
        )
        unnamed = UnnamedContent(engine, clock=our_clock)
        copies = Copies(
            [
                open_place(each, origin=origin(clinic), prove=log.tree.consistency)
                for each in settings.checkpoint_copies
            ],
            clock=our_clock,
            states=DatabasePlaceStates(engine),
        )
        yield System(
            settings=settings,
            clinic=clinic,
            engine=engine,
            reads=reads,
            screens=ScreenReads(reads, runner, None if standby is None else reading(standby)),
            log=log,
            blobs=open_blobs(settings.blobs, keys, staging=settings.data, arrivals=unnamed),
            unnamed=unnamed,
            keys=keys,
            clock=our_clock,
            randomness=chance,
            runner=runner,
            accounts=Accounts(engine, keys=keys, clinic_key=f"clinic:{clinic}", randomness=chance),
            shelf=shelf,
            checkpointer=Checkpointer(
                clinic=clinic,
                size=log.size,
                tree=log.tree,
                shelf=shelf,
                signer=log_keys,
                clock=our_clock,
                copies=copies,
                every_records=settings.checkpoint_every,
                every=timedelta(seconds=settings.checkpoint_seconds),
            ),
            log_keys=log_keys,
            log_key_files=files,
            copies=copies,
            witness=Witness(
                engine,
                name=f"{origin(clinic)}/witness",
                signer=_signing_key(secrets / "witness-key", name="witness", master=master),
                logs=WitnessedLogs(settings.data / "witness"),
                clock=our_clock,
            ),
            release_key=_signing_key(secrets / "release-key", name="release", master=master),
        )


def system_of(request: Request) -> System:
    """Return the system behind the application that answers a request."""
    system: System = request.app.state.system
    return system


def _master_key(path: Path) -> MasterKey:
    with suppress(NotFound):
        return load_master_key_file(path)
    with suppress(RuleViolation):  # another process made it meanwhile
        return create_master_key_file(path)
    return load_master_key_file(path)


def _signing_key(path: Path, *, name: str, master: MasterKey) -> Ed25519Signer:
    try:
        return Ed25519Signer.load(path, name=name, master=master)
    except NotFound:
        return Ed25519Signer.create(path, name=name, master=master)


def _provide_copies(settings: Settings) -> None:
    """Make the folder of checkpoint copies where it is ours to make; else see that it is there.

    A place that goes away later does not keep the record from being opened.

    Raises:
        Unavailable: the record is new, and a folder elsewhere is missing: an outside folder that
            is made here would look like an outside copy and be none.
    """
    new = not (settings.data / "clinic").exists()
    for folder in settings.checkpoint_copies:
        if not isinstance(folder, Path):
            continue
        if folder.is_relative_to(settings.data):
            make_folder(folder)
        elif new and not folder.is_dir():
            message = (
                f"VULTUS_CHECKPOINT_COPIES names {folder}, which is not there; mount or make it, "
                "or leave the setting out"
            )
            raise Unavailable(message)


def _clinic(folder: Path, randomness: Randomness) -> ClinicId:
    """Return the clinic of this data folder; a new folder gets a new one.

    Raises:
        IntegrityFailure: the identifier is gone or damaged while there is a record.
    """
    path = folder / "clinic"
    with disk_errors("reading the clinic's identifier"):
        if not path.exists():
            if (folder / "keys").exists():
                message = f"{path} is gone while there are keys; put it back from a backup"
                raise IntegrityFailure(message)
            make_folder(folder)
            create_private(path, randomness.uuid().encode())
        content = path.read_bytes()
    try:
        return ClinicId(content.decode("ascii"))
    except (MalformedInput, UnicodeDecodeError) as error:
        message = f"{path} does not hold a clinic's identifier; put it back from a backup"
        raise IntegrityFailure(message) from error

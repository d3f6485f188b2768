"""The parts of a restored record, each put back into a place of its own: keys, rows, contents.

Rules kept here:

1. Every key is tried and every content hashed while it is put back; what is damaged is named by
   its file.
2. Nothing under a destroyed key comes back.
3. What cannot be put back stops everything, unless the loss was accepted; then it is listed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from adapters.backup import reading
from adapters.backup.beside import KEPT, REACHED, put_beside_back
from adapters.backup.contents import ContentsFolder, Keeping
from adapters.backup.keys import (
    KEYS_FOLDER,
    MASTER_KEY,
    SECRETS_FOLDER,
    destroyed_in,
    key_path,
    put_keys_back,
)
from adapters.backup.reading import Survey
from adapters.backup.rows import put_back, put_checkpoints_back, require_empty
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import load_master_key_file
from domain.errors import (
    ChainBroken,
    DigestMismatch,
    IntegrityFailure,
    NotFound,
    RuleViolation,
)
from domain.ledger.entry import BlobAddress, decode_entry
from domain.ports import KeyRing
from domain.values.identifiers import ClinicId

Advance = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Restoration:
    """A restoration under way.

    Attributes:
        backup: The backup, examined.
        survey: What it holds.
        data: The data folder being made.
        accept_loss: Whether damage is listed where it would stop everything.
        gone: Keys that are destroyed, whatever the restored records say.
        problems: What could not be put back, in words.
        contents: Stored contents put back.
        excused: Contents left out because their key is destroyed.
    """

    backup: Path
    survey: Survey
    data: Path
    accept_loss: bool
    gone: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    contents: int = 0
    excused: int = 0

    @property
    def clinic(self) -> ClinicId:
        """Whose record it is."""
        return self.survey.identity.clinic

    @property
    def lost(self) -> int:
        """Number of records that are known to follow those restored."""
        return max(self.survey.size, *self.survey.beyond, 0) - self.survey.end

    @property
    def absent(self) -> set[bytes]:
        """Contents that could not be copied when the backup was taken."""
        return {name for segment in self.survey.segments for name in segment.absent}

    def put_keys_back(self, source: Path, master_key: Path | None) -> FileKeyRing:
        """Put the keys back that are not gone, destroy those that are, and try every one.

        Raises:
            RuleViolation: they are another clinic's, or one that is needed is missing.
            DigestMismatch: a key is damaged; the message names the file.
        """
        self.gone |= {*self.survey.destroyed, *destroyed_in(source)}
        put_keys_back(source, self.data, clinic=self.clinic, gone=self.gone, master_key=master_key)
        master = load_master_key_file(self.data / SECRETS_FOLDER / MASTER_KEY)
        ring = FileKeyRing(self.data / KEYS_FOLDER, clinic=self.clinic, master=master)
        try:
            self._try_keys(ring, source)
        except BaseException:
            ring.close()
            raise
        return ring

    def put_rows_back(self, engine: sa.Engine, keys: KeyRing | None, advance: Advance) -> None:
        """Write everything of the record and what lay beside it; on PostgreSQL all or nothing.

        Raises:
            RuleViolation: the database is not empty.
            IntegrityFailure: the records are not those that were examined.
        """
        with engine.connect() as connection:
            require_empty(connection)
            if connection.dialect.name == "postgresql":
                # Nobody waits for an empty database, and reading a backup may take its time.
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            source = reading.records(self.backup, self.survey)
            root = put_back(connection, source, clinic=self.clinic, progress=advance)
            if root != self.survey.end_root:
                raise ChainBroken("the tree over the restored records is not that of the backup")
            signed = (each for part in self.survey.segments for each in part.checkpoints)
            kept = [each for each in signed if each.size <= self.survey.end]
            put_checkpoints_back(connection, kept)
            sealed = reading.beside_of(self.survey)
            if keys is not None and sealed is not None:
                names = [each for each in KEPT if not self.lost or each not in REACHED]
                clinic_key = f"clinic:{self.clinic}"
                put_beside_back(connection, sealed, keys=keys, clinic_key=clinic_key, names=names)
            connection.commit()

    def put_contents_back(self, store: Keeping, advance: Advance) -> None:
        """Put every content back that the restored records name and no erasure took.

        Raises:
            IntegrityFailure: one is missing or damaged; the message names the file.
        """
        folder, done = ContentsFolder(self.backup), set[bytes]()
        for number, record in enumerate(reading.records(self.backup, self.survey), start=1):
            header = decode_entry(record.entry).header
            for blob in header.blobs:
                if blob.name in done:
                    continue
                done.add(blob.name)
                if header.key_id in self.gone:
                    self.excused += 1
                else:
                    self._put_content_back(folder, blob, store)
            if not number % reading.EVERY:
                advance(number)
        advance(self.survey.end)

    def _put_content_back(self, folder: ContentsFolder, blob: BlobAddress, store: Keeping) -> None:
        try:
            folder.put_back(blob.name, blob.stored_digest, store)
        except (NotFound, DigestMismatch) as error:
            if not self.accept_loss and blob.name not in self.absent:
                raise IntegrityFailure(str(error)) from error
            self.problems.append(str(error))
        else:
            self.contents += 1

    def _try_keys(self, ring: FileKeyRing, source: Path) -> None:
        for key in self.gone:
            ring.destroy(key)
        living = ring.living()
        for key in living:
            try:
                ring.derive(key, b"vultus/restore-check/v1")
            except DigestMismatch as error:
                raise DigestMismatch(f"{key_path(source, key)} is damaged: {error}") from error
        missing = sorted(self.survey.data_keys - set(living) - self.gone)
        if missing and (not self.accept_loss or f"clinic:{self.clinic}" in missing):
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise RuleViolation(
                "restore.keys",
                f"{source} lacks the key {missing[0]}{more}, which records are encrypted under",
                "Find a newer backup of the keys. With --accept-loss, what a subject's key opens "
                "is given up for good.",
            )
        for key in missing:  # as if it had been destroyed, so that the rest can be read
            ring.destroy(key)
            self.gone.add(key)
            self.problems.append(f"the key {key} is missing: what it opens is lost")

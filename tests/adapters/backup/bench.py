"""A small record with contents, erasures and checkpoints, and whatever backs it up."""

from dataclasses import replace
from pathlib import Path

from adapters.backup.segment import Identity
from adapters.backup.writing import Source, Taken, continued_backup, new_backup
from adapters.blobs.memory import MemoryBlobStore
from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import KeptCheckpoint, MemoryShelf
from domain.events.record import StoredBlob
from domain.events.subject import SubjectKeyDestroyed
from domain.values.content import Digest
from tests.builders import a_signature
from tests.contracts.logs import (
    CLINIC,
    SUBJECT,
    SUBJECT_KEY,
    Logs,
    a_draft,
    an_event,
    for_subject,
)


class Bench:
    """A record that grows when told to."""

    def __init__(self, logs: Logs) -> None:
        """Begin with nothing recorded."""
        self.logs = logs
        self.log = logs.open()
        self.shelf = MemoryShelf()
        self.blobs = MemoryBlobStore(logs.keys)
        self.signer = Ed25519Signer.generate()
        self.checkpointer = Checkpointer(
            clinic=CLINIC,
            size=self.log.size,
            tree=self.log.tree,
            shelf=self.shelf,
            signer=self.signer,
            clock=logs.clock,
        )
        self.identity = Identity(clinic=CLINIC, key=self.checkpointer.key)
        self.source = Source(
            identity=self.identity,
            log_keys=lambda: self.checkpointer.keys,
            successions=self.checkpointer.successions,
            log=self.log,
            shelf=self.shelf,
            blobs=self.blobs,
            keys=logs.keys,
            clock=logs.clock,
            software="test",
        )
        self._stream, self._version = logs.new_stream(), 0

    def record(
        self, count: int = 3, *, content: bytes | None = None, request: str | None = None
    ) -> None:
        """Record something in one step, the first of it naming a content of the subject."""
        blobs: tuple[StoredBlob, ...] = ()
        if content is not None:
            blobs = (self.content(content),)
        drafts = [
            a_draft(self._stream, self._version + place, an_event(f"{place}"), request=request)
            for place in range(count)
        ]
        drafts[0] = replace(for_subject(drafts[0]), blobs=blobs) if blobs else drafts[0]
        self.log.append(drafts)
        self._version += count

    def content(self, content: bytes) -> StoredBlob:
        """Store a content of the subject."""
        return self.blobs.put([content], key=SUBJECT_KEY, expected=None, limit_bytes=1 << 20)

    def erase(self) -> None:
        """Erase the subject: the fact, the key, the contents."""
        event = SubjectKeyDestroyed(
            key=SUBJECT_KEY,
            approval=a_signature(Digest.of(b"shown")),
            certificate=Digest.of(b"certificate"),
            purged_blobs=0,
        )
        self.log.append([a_draft(SUBJECT.stream, 0, event)])
        self.logs.keys.destroy(SUBJECT_KEY)
        self.blobs.purge(self.log.blobs_of_key(SUBJECT_KEY))

    def sign(self) -> KeptCheckpoint:
        """Sign what there is."""
        kept = self.checkpointer.sign()
        assert kept is not None
        return kept

    def back_up(self, folder: Path) -> Taken:
        """Write a new backup."""
        upto = self.sign()
        with new_backup(folder, self.source) as backup:
            return backup.take(upto, beside=b"beside")

    def add(self, folder: Path) -> Taken:
        """Add what is new to a backup."""
        upto = self.sign()
        with continued_backup(folder, self.source) as backup:
            return backup.take(upto, beside=b"later")


def contents_of(folder: Path) -> list[str]:
    """Return the names of the contents in a backup."""
    return sorted(path.name for path in (folder / "contents").iterdir())

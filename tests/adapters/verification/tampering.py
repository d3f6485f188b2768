"""A log with devices, blobs and checkpoints in a database, and an insider who owns all of it."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from adapters.blobs.memory import MemoryBlobStore
from adapters.eventlog.log import RecordLog
from adapters.keys.signing import Ed25519Signer, P256Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import DatabaseShelf, KeptCheckpoint
from adapters.ledger.tree_store import EMPTY_EDGE, grow
from adapters.verification.verify import Verification, verify
from domain.events.codec import to_plain
from domain.events.equipment import DeviceEnrolled
from domain.events.names import NAME_OF
from domain.events.record import Attestation, Draft
from domain.ledger import canonical
from domain.ledger.checkpoint import Checkpoint, sign_checkpoint
from domain.ledger.content_check import SUBJECT_KEY_DESTROYED
from domain.ledger.entry import (
    NO_PREVIOUS,
    commitment,
    decode_entry,
    device_statement,
    encode_entry,
)
from domain.ledger.merkle import leaf_hash
from domain.values.identifiers import DeviceId, StreamName
from domain.values.time import DeviceTime
from tests.adapters.eventlog.test_tampering import allow_changes, literal
from tests.contracts.logs import (
    CLINIC,
    START,
    SUBJECT,
    SUBJECT_KEY,
    Logs,
    a_draft,
    an_event,
)
from tests.example_events import example

DEVICE = DeviceId.derived("verification")
DEVICE_KEY = P256Signer.generate()
LOG_KEY = Ed25519Signer.generate()


class Clinic:
    """A log that grows session by session, and everything to verify it with."""

    def __init__(self, logs: Logs) -> None:
        """Enrol a device."""
        self.logs = logs
        self.log: RecordLog = logs.open()
        self.shelf = DatabaseShelf(logs.engine())
        self.blobs = MemoryBlobStore(logs.keys)
        self.checkpointer = Checkpointer(
            clinic=CLINIC,
            size=self.log.size,
            tree=self.log.tree,
            shelf=self.shelf,
            signer=LOG_KEY,
            clock=logs.clock,
        )
        self.sequence = 0
        self._owned = False
        self.streams: list[tuple[StreamName, int]] = []
        public = DEVICE_KEY.public_key().hex()
        enrolled = DeviceEnrolled(device=DEVICE, serial="S", model="M", public_key=public)
        self.log.append([a_draft(DEVICE.stream, 0, enrolled)])

    def session(self, *, blob: bytes = b"") -> None:
        """Record a session: one record plain, one signed, one with a stored content."""
        stream = self.logs.new_stream()
        stored = self.blobs.put(
            [blob or stream.encode()], key=SUBJECT_KEY, expected=None, limit_bytes=1000
        )
        self.log.append(
            [
                a_draft(stream, 0),
                self._signed(stream, 1),
                replace(a_draft(stream, 2, key=SUBJECT_KEY), blobs=(stored,)),
            ]
        )
        self.streams.append((stream, 3))

    def go_on(self, place: int) -> None:
        """Record one more in a stream that is there."""
        stream, version = self.streams[place]
        self.log.append([a_draft(stream, version)])
        self.streams[place] = (stream, version + 1)

    def erase(self) -> int:
        """Record that the subject's key is destroyed, and return where; the key stays usable."""
        event = example(SUBJECT_KEY_DESTROYED, 1)
        (record,) = self.log.append([a_draft(SUBJECT.stream, 0, event)])
        return record.seq

    def _signed(self, stream: StreamName, version: int) -> Draft:
        self.sequence += 1
        event = an_event(f"signed {self.sequence}")
        salt, payload = sha256(b"%d" % self.sequence).digest(), canonical.encode(to_plain(event))
        statement = device_statement(
            stream=stream,
            name=NAME_OF[type(event)][0],
            schema=NAME_OF[type(event)][1],
            device=str(DEVICE),
            device_sequence=self.sequence,
            device_time_us=START.us,
            commitment=commitment(salt, payload),
        )
        attestation = Attestation(
            device=DEVICE,
            schema=NAME_OF[type(event)][1],
            sequence=self.sequence,
            device_time=DeviceTime(START.us),
            salt=salt,
            payload=payload,
            signature=DEVICE_KEY.sign(statement),
        )
        return replace(a_draft(stream, version, event), attestation=attestation)

    def sign(self) -> bytes:
        """Sign what there is, and return the checkpoint."""
        kept = self.checkpointer.sign()
        assert kept is not None
        return kept.note

    def verify(self, **options: Any) -> Verification:  # noqa: ANN401 - options of verify
        """Verify against the checkpoints beside the log."""
        given: dict[str, Any] = {"blobs": self.blobs, "dsn": self.logs.dsn} | options
        return verify(self.log, keys=self.checkpointer.keys, checkpoints=self.shelf.all(), **given)

    @property
    def position(self) -> str:
        """The name of the column that orders records."""
        return "rowid" if "sqlite" in self.logs.dsn else "notification_id"

    def set_column(self, seq: int, column: str, value: object) -> None:
        """Change what is stored in a column."""
        said = literal(self.logs, value)
        self.logs.sql(f"UPDATE records SET {column} = {said} WHERE {self.position} = {seq + 1}")  # noqa: S608

    def column(self, seq: int, column: str) -> Any:  # noqa: ANN401 - any column
        """Return what is stored in a column."""
        ((value,),) = self.logs.sql(
            f"SELECT {column} FROM records WHERE {self.position} = {seq + 1}"  # noqa: S608
        )
        return value

    def rewrite(self, seq: int) -> None:
        """Change a record and make everything after it agree, checkpoints and all."""
        self._take_over()
        size, heads, leaves = self.log.size(), dict[str, bytes](), list[bytes]()
        for place in range(size):
            entry = decode_entry(bytes(self.column(place, "entry")))
            header = entry.header
            if place == seq:
                header = replace(header, committed_at_us=header.committed_at_us + 1)
            made = replace(entry, header=header, previous=heads.get(header.stream, NO_PREVIOUS))
            data = encode_entry(made)
            leaf = leaf_hash(data)
            heads[header.stream] = leaf
            leaves.append(leaf)
            for column, value in (
                ("committed_at_us", header.committed_at_us),
                ("previous", made.previous),
                ("entry", data),
                ("leaf", leaf),
            ):
                self.set_column(place, column, value)
        self._tree(leaves)
        sizes = [kept.size for kept in self.shelf.all()]
        self.logs.sql("DELETE FROM checkpoints")
        for each in sizes:
            self._sign_again(each)

    def cut(self, size: int) -> None:
        """Remove the newest records and sign what is left."""
        self._take_over()
        self.logs.sql(
            f"DELETE FROM records WHERE {self.position} > {size}",  # noqa: S608
            f"DELETE FROM tree_nodes WHERE seq >= {size}",  # noqa: S608
            f"DELETE FROM checkpoints WHERE size > {size}",  # noqa: S608
        )
        if all(kept.size != size for kept in self.shelf.all()):
            self._sign_again(size)

    def _take_over(self) -> None:
        if not self._owned:
            allow_changes(self.logs)
            self._owned = True

    def _tree(self, leaves: list[bytes]) -> None:
        _, rows = grow(EMPTY_EDGE, leaves)
        for place, hashes in rows:
            said = literal(self.logs, hashes)
            self.logs.sql(f"UPDATE tree_nodes SET hashes = {said} WHERE seq = {place}")  # noqa: S608

    def _sign_again(self, size: int) -> None:
        key = self.checkpointer.key
        root = self.log.tree.root(size)
        note = sign_checkpoint(Checkpoint(origin=key.name, size=size, root=root), key, LOG_KEY.sign)
        self.shelf.keep(KeptCheckpoint(size=size, signed_at=START, note=note))

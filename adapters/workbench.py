"""What every worker works with, and the one way it reads content and records what it found.

Rules kept here:

1. Content is durable before the event that names it is recorded; a crash in between leaves content
   that nobody names, and the repeated step stores the same bytes under the same name.
2. A record that a worker makes names the record that called for it and belongs to the same work.
3. A worker acts as a service, under the word that is its module's name.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.ledger.tree_store import TreeStore
from adapters.stream_index import StreamIndex
from domain.events.aggregate import Aggregate
from domain.events.record import Record, StoredBlob
from domain.handling import Context, fold
from domain.ports import BlobStore, Clock, EventLog
from domain.values.actor import Actor
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import ClinicId, StreamName, SubjectId

LARGEST_RESULT_BYTES: Final = 512 << 20
"""More than any result that is made here."""

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """What every worker works with.

    Attributes:
        clinic: Whose log it is.
        log: The event log.
        tree: The tree over it.
        blobs: Large content.
        streams: Which assessments and releases there are.
        clock: Our clock.
        version: Version of this software.
        build: Digest over its own source files.
    """

    clinic: ClinicId
    log: EventLog
    tree: TreeStore
    blobs: BlobStore
    streams: StreamIndex
    clock: Clock
    version: str
    build: Digest

    @property
    def product(self) -> str:
        """Name, version and build of this software, in words."""
        return f"vultus {self.version}, build {self.build.raw.hex()[:12]}"

    @property
    def clinic_key(self) -> str:
        """Identifier of the clinic's own data key."""
        return f"clinic:{self.clinic}"

    def content(self, digest: Digest, *, key: str) -> bytes:
        """Return content by digest.

        Raises:
            NotFound: nothing with this digest is stored under this key.
            ContentErased: the key is destroyed.
            DigestMismatch: the stored bytes are not what was stored.
        """
        return b"".join(self.blobs.read(digest, key=key))

    def keep(
        self, content: bytes, *, key: str, media_type: str
    ) -> tuple[ContentReference, StoredBlob]:
        """Store a result; durable once this returns.

        Raises:
            ContentErased: the key is destroyed.
            Unavailable: the disk is full or read-only; nothing is kept.
        """
        stored = self.blobs.put(
            (content,),
            key=key,
            expected=Digest.of(content),
            limit_bytes=LARGEST_RESULT_BYTES,
        )
        reference = ContentReference(
            digest=stored.content, size_bytes=stored.size_bytes, media_type=media_type
        )
        return reference, stored

    def context(
        self,
        calling: Record,
        worker: str,
        *,
        subject: SubjectId,
        blobs: tuple[StoredBlob, ...] = (),
    ) -> Context:
        """Return the context of what a worker records because of a calling record."""
        return Context(
            clinic=self.clinic,
            actor=Actor.service(worker),
            correlation=calling.correlation,
            causation=calling.seq,
            subject=subject,
            blobs=blobs,
        )

    def as_of(self, aggregate: Aggregate[S, E], stream: StreamName, seq: int) -> S:
        """Return the state of a stream as it was when ``seq`` was recorded.

        Raises:
            ContentErased: content was erased and the aggregate does not survive that.
        """
        known = self.log.folds.known(stream) if aggregate.grows else None
        begin = known if known is not None and known.seq <= seq else None
        later = self.log.stream(stream, after_version=begin.version if begin else 0)
        state, _ = fold(aggregate, stream, (each for each in later if each.seq <= seq), begin)
        return state

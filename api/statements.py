"""A station's signed statement as it arrived, and the content it depends on."""

from dataclasses import dataclass

from api.wiring import System
from domain.events.record import Attestation, StoredBlob
from domain.values.content import Digest
from domain.values.identifiers import StreamName


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement as it arrived.

    Attributes:
        stream: The stream it belongs to.
        name: The event's permanent name.
        schema: Version of the name.
        attestation: Who signed what, and when.
        blobs: Digests of the content it depends on, stored before.
    """

    stream: StreamName
    name: str
    schema: int
    attestation: Attestation
    blobs: tuple[Digest, ...]


def stored_content(system: System, statement: Statement, key: str) -> tuple[StoredBlob, ...]:
    """Return where the statement's content lies.

    Raises:
        NotFound: some of it was never delivered.
    """
    return tuple(system.blobs.find(digest, key=key) for digest in statement.blobs)

"""A bundle while it is being verified: what could be read of it so far."""

from dataclasses import dataclass, field

from domain.ledger.bundle import Manifest
from domain.ledger.canonical import JsonValue
from domain.ledger.entry import Entry
from validation.audit.archive import Archive


@dataclass(slots=True)
class OpenedBundle:
    """A bundle and what was read of it; what is unreadable or wrong is in none of these.

    Attributes:
        archive: The files.
        manifest: The index, which proves nothing.
        entries: Readable entries by seq, in the order of seq.
        leaves: Their leaf hashes.
        disclosures: Salt and payload by seq, as far as the entries commit to them.
        payloads: The same payloads, parsed.
    """

    archive: Archive
    manifest: Manifest
    entries: dict[int, Entry] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    disclosures: dict[int, bytes] = field(default_factory=dict)
    payloads: dict[int, JsonValue] = field(default_factory=dict)

    def streams(self) -> dict[str, list[Entry]]:
        """Return the entries of each stream, in the order of seq."""
        streams: dict[str, list[Entry]] = {}
        for entry in self.entries.values():
            streams.setdefault(entry.header.stream, []).append(entry)
        return streams

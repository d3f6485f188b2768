"""What the records of a bundle say, in the order of the log, for whoever follows the links.

Rules kept here:

1. Only payloads that their entries commit to get in here.
2. A field that is not there, or is not of the type asked for, is None or empty; the caller says
   what that means.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.ledger.canonical import JsonValue
from domain.ledger.entry import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record and, if it is disclosed, what it says.

    Attributes:
        header: What is said in the clear.
        payload: The disclosed payload; None if it is not disclosed.
        signed: Whether a device signed it.
    """

    header: Header
    payload: JsonValue
    signed: bool = False

    @property
    def seq(self) -> int:
        """Its place in the log."""
        return self.header.seq

    @property
    def name(self) -> str:
        """The event's permanent name."""
        return self.header.name

    def value(self, field: str) -> JsonValue:
        """Return what stands in a field of the payload, or None."""
        return value_at(self.payload, field)

    def text(self, field: str) -> str | None:
        """Return the text that stands in a field, or None."""
        value = self.value(field)
        return value if isinstance(value, str) else None

    def texts(self, field: str) -> list[str]:
        """Return the texts of the array that stands in a field."""
        return [each for each in self.values(field) if isinstance(each, str)]

    def values(self, field: str) -> list[JsonValue]:
        """Return the array that stands in a field, or an empty one."""
        value = self.value(field)
        return value if isinstance(value, list) else []

    def __str__(self) -> str:
        return f"record {self.seq} ({self.name})"


class Account:
    """All records of a bundle, in the order of the log."""

    def __init__(self, told: Iterable[Told], digests: Collection[str]) -> None:
        """Take the records, and the digests of the contents at hand."""
        self.records = sorted(told, key=lambda each: each.seq)
        self.digests = digests
        self.concluded: set[str] = set()

    def find(self, *names: str, stream: str | None = None, before: int | None = None) -> list[Told]:
        """Return the disclosed records of these names, of one stream and before a seq if given."""
        return [
            each
            for each in self.records
            if each.name in names
            and each.payload is not None
            and (stream is None or each.header.stream == stream)
            and (before is None or each.seq < before)
        ]

    def hidden(self, *names: str, stream: str, before: int) -> list[Told]:
        """Return the records of these names in a stream whose payload is not disclosed."""
        return [
            each
            for each in self.records
            if each.name in names
            and each.payload is None
            and each.header.stream == stream
            and each.seq < before
        ]

    def versions(self, stream: str) -> list[int]:
        """Return the versions of a stream that are at hand, in order."""
        return [each.header.version for each in self.records if each.header.stream == stream]

    def begins(self, stream: str) -> bool:
        """Say whether a stream is at hand from its first version, without gaps.

        Who asks concludes that something did not happen on it; the stream goes into ``concluded``.
        """
        self.concluded.add(stream)
        versions = self.versions(stream)
        return bool(versions) and versions == list(range(1, len(versions) + 1))

    def leads_to(self, record: Told) -> bool:
        """Say whether everything on a record's stream before it is at hand."""
        versions = self.versions(record.header.stream)
        return versions[: record.header.version] == list(range(1, record.header.version + 1))


def value_at(value: JsonValue, field: str) -> JsonValue:
    """Return what stands in a field, its keys joined by dots, or None."""
    for key in field.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: JsonValue, field: str) -> str | None:
    """Return the text that stands in a field, or None."""
    found = value_at(value, field)
    return found if isinstance(found, str) else None

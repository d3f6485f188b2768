"""What disclosed payloads refer to: contents by digest, streams by name, records by seq.

Rules kept here:

1. A link is derived from what a record says and never believed from elsewhere.
2. One generic rule for every event, old or new: a text that is a digest refers to that content,
   a text that is a stream's name or its identifier refers to that stream. No field names.

Source: ``SPECIFICATION.md``, section 8.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.ledger.canonical import JsonValue

CAUSATION: Final = "@causation"
"""The field of a link that stands in the header, not in the payload."""

Path: TypeAlias = tuple[str, ...]

_REFERENCE: Final = re.compile(
    r"sha256:[0-9a-f]{64}"
    r"|(?:[a-z][a-z-]*-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_UUID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Link:
    """One reference from a record to something else.

    Attributes:
        seq: The record that refers.
        field: Where in its payload: keys and indices from 0, joined by dots; or ``@causation``.
        to: ``sha256:<hex>``, ``stream:<name>`` or ``record:<seq>``.
    """

    seq: int
    field: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A record whose payload may be read.

    Attributes:
        seq: Its place in the log.
        stream: The stream it belongs to.
        causation: Seq of the record that led to it, if one did.
        payload: The payload, parsed.
    """

    seq: int
    stream: str
    causation: int | None
    payload: JsonValue


def texts(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text inside a JSON value with the keys and indices that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from texts(member, (*path, key))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from texts(element, (*path, str(index)))


def derive_links(
    disclosed: Iterable[Disclosed],
    *,
    seqs: Collection[int],
    streams: Collection[str],
    digests: Collection[str],
) -> tuple[Link, ...]:
    """Return every reference from the disclosed records to something at hand, in order.

    Args:
        disclosed: The records to look into.
        seqs: The records at hand.
        streams: The streams of the records at hand.
        digests: Digests, as text, of the contents at hand.
    """
    targets: defaultdict[str, list[str]] = defaultdict(list)
    for digest in digests:
        targets[digest].append(digest)
    for stream in streams:
        targets[stream].append(f"stream:{stream}")
        targets[stream[-_UUID_LENGTH:]].append(f"stream:{stream}")
    links: set[Link] = set()
    for record in disclosed:
        own = f"stream:{record.stream}"
        if record.causation in seqs:
            links.add(Link(seq=record.seq, field=CAUSATION, to=f"record:{record.causation}"))
        for path, text in texts(record.payload):
            if _REFERENCE.fullmatch(text):
                links.update(
                    Link(seq=record.seq, field=".".join(path), to=target)
                    for target in targets.get(text, ())
                    if target != own
                )
    return tuple(sorted(links))

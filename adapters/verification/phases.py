"""The kinds of check that verification consists of, range by range, here or in other processes.

Rules kept here:

1. Ranges are cut by seq only where there is exactly one record for each seq. Otherwise everything
   is checked in one go, for a missing record moves every leaf after it.
2. What opens anything stays in this process: helpers are handed public keys and what enrolments
   disclose.
3. Stored contents are read by threads of this process, whatever store they lie in; hashing them
   needs no interpreter.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Final, Protocol, TypeAlias

from adapters.verification.crew import Crew
from adapters.verification.range_work import (
    RangeTask,
    check_chain,
    check_contents,
    check_signatures,
)
from adapters.verification.sources import RecordSource
from domain.errors import ContentErased, IntegrityFailure, MalformedInput, NotFound
from domain.ledger.content_check import (
    DEVICE_ENROLLED,
    DEVICE_STREAM,
    ContentFindings,
    enrolled_key,
)
from domain.ledger.entry import Entry, decode_entry
from domain.ledger.log_check import LogJoin
from domain.ledger.range_check import RangeReport, check_range
from domain.ports import BlobStore

DIGESTS_REMEMBERED: Final = 1 << 16
"""Contents that many records name are read once, as long as so many others do not come between."""

READERS: Final = 4
"""Threads that read stored contents, at least."""

Told: TypeAlias = Callable[[int], None]
"""Told how many more records were looked at."""


class Disclosing(Protocol):
    """What is needed of a log that can open what it stores."""

    def disclose(self, seq: int) -> tuple[bytes, bytes]:
        """Return salt and payload of a record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is to be read, and by whom.

    Attributes:
        source: Where records come from.
        crew: Who reads them.
        begin: The first record.
        end: The record after the last.
        range_size: Records in one task; a power of two.
        gapless: Whether there is exactly one record for each seq between.
    """

    source: RecordSource
    crew: Crew
    begin: int
    end: int
    range_size: int
    gapless: bool

    def _aligned(self) -> Iterator[tuple[int, int]]:
        """Yield ranges, each beginning at a multiple of a power of two that it does not exceed."""
        at = self.begin
        while at < self.end:
            span = min(self.range_size, at & -at or self.range_size)
            yield at, min(at + span, self.end)
            at += span

    def _ranges(self) -> list[tuple[int, int]]:
        """Return what to hand out; where seqs say nothing about how much there is, all at once."""
        return list(self._aligned()) if self.gapless else [(self.begin, self.end)]

    def chain(self, join: LogJoin, sizes: frozenset[int], told: Told) -> None:
        """Check order, chain, tree and bytes of every record."""
        if self.crew.alone or not self.gapless:
            reports = self._in_one_go(sizes)
        else:
            tasks = [
                self._task(begin, end, sizes=tuple(size for size in sizes if begin < size <= end))
                for begin, end in self._aligned()
            ]
            reports = self.crew.each(check_chain, tasks)
        for report in reports:
            join.take(report)
            told(report.count)

    def _in_one_go(self, sizes: frozenset[int]) -> Iterator[RangeReport]:
        records = iter(self.source.sealed(self.begin, self.end))
        for begin, end in self._aligned():
            report = check_range(islice(records, end - begin), begin=begin, sizes=sizes)
            yield report
            if report.count < end - begin:
                return

    def signatures(
        self, log: Disclosing, known: Mapping[str, bytes], found: ContentFindings, told: Told
    ) -> dict[str, bytes]:
        """Check every device signature; return the keys of all devices.

        Args:
            log: Discloses enrolments.
            known: Keys of devices that enrolled before the first record.
            found: Takes what is found.
            told: Told how far it is.
        """
        enrolments = list(self._enrolments(log))
        keys, done = dict(known), 0
        tasks = []
        for begin, end in self._ranges():
            before = dict(keys)
            disclosures = {}
            while done < len(enrolments) and enrolments[done].place < end:
                each = enrolments[done]
                disclosures[each.entry.header.seq] = each.disclosure
                keys |= each.enrolled()
                done += 1
            tasks.append(self._task(begin, end, device_keys=before, disclosures=disclosures))
        for task, part in zip(tasks, self.crew.each(check_signatures, tasks), strict=True):
            found.join(part)
            told(task.end - task.begin)
        return keys

    def _enrolments(self, log: Disclosing) -> Iterator["_Enrolment"]:
        prefix = DEVICE_STREAM.encode()
        for place, data in self.source.of_streams(prefix, self.begin, self.end):
            try:
                entry = decode_entry(data)
            except MalformedInput:
                continue  # named where its range is checked
            if entry.header.name == DEVICE_ENROLLED:
                disclosure = _disclosed(log, entry)
                if disclosure is not None:
                    yield _Enrolment(place, entry, disclosure)

    def contents(self, blobs: BlobStore | None, found: ContentFindings, told: Told) -> None:
        """Check that columns say what entries say, and that stored contents are the recorded ones.

        Args:
            blobs: Where stored contents lie; without, they are not looked at.
            found: Takes what is found.
            told: Told how far it is.
        """
        tasks = [self._task(begin, end) for begin, end in self._ranges()]
        with ThreadPoolExecutor(READERS) as readers:
            digest_of = lru_cache(DIGESTS_REMEMBERED)(lambda name: _stored_digest(blobs, name))
            for task, part in zip(tasks, self.crew.each(check_contents, tasks), strict=True):
                named, part.named = part.named, []
                found.join(part)
                if blobs is not None:
                    digests = readers.map(digest_of, [blob.name for blob in named])
                    for blob, digest in zip(named, digests, strict=True):
                        found.take_blob(blob, digest)
                told(task.end - task.begin)

    def _task(
        self,
        begin: int,
        end: int,
        *,
        sizes: tuple[int, ...] = (),
        device_keys: Mapping[str, bytes] | None = None,
        disclosures: Mapping[int, bytes] | None = None,
    ) -> RangeTask:
        return RangeTask(
            source=self.source,
            begin=begin,
            end=end,
            sizes=sizes,
            device_keys=device_keys or {},
            disclosures=disclosures or {},
        )


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """A device's enrolment and what discloses its key."""

    place: int
    entry: Entry
    disclosure: bytes

    def enrolled(self) -> dict[str, bytes]:
        """Return the device with its key; nothing if that is not what the entry commits to."""
        try:
            device, key = enrolled_key(self.entry, self.disclosure)
        except MalformedInput:
            return {}  # named where its range is checked
        return {device: key}


def _disclosed(log: Disclosing, entry: Entry) -> bytes | None:
    try:
        salt, payload = log.disclose(entry.header.seq)
    except (ContentErased, IntegrityFailure, NotFound):
        # Whatever is wrong with the record itself is found by its hashes.
        return None
    return salt + payload


def _stored_digest(blobs: BlobStore | None, name: bytes) -> bytes | None:
    if blobs is None:
        return None
    whole = sha256()
    try:
        for piece in blobs.stored(name):
            whole.update(piece)
    except NotFound:
        return None
    return whole.digest()

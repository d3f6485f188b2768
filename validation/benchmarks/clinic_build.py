"""Writes an invented clinic's years into a real record, and measures how fast that goes.

Rules kept here:

1. Everything goes through ``log.append``, as in the product: sealed, chained, in the tree.
2. What is timed is the append; inventing events and making keys are timed apart, and so is what
   is written beside the record (``clinic_beside``), batch by batch.
3. Of a few reports the document is stored, so that they can be opened; which ones is told.
"""

import io
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pypdfium2

from adapters.memory import ManualClock
from api.wiring import System
from domain.events.assessment import ReportIssued
from domain.events.capture_session import SessionOpened
from domain.events.record import Draft
from domain.values.content import ContentReference, Digest
from validation.benchmarks.clinic_beside import ALONE, Beside
from validation.benchmarks.clinic_scribe import Deed, Issued
from validation.benchmarks.clinic_years import ClinicYears

BATCH = 200
PARTS = 100
LAST_TENTH = PARTS - PARTS // 10
LOOKED_AT = (10, 50, 90)
"""Memory is looked at while the record is written alone: a young one beside it has its own."""

SAMPLES = 200
DEEDS_A_REPORT = 22
_DOCUMENT_LIMIT = 1 << 20


@dataclass(slots=True, kw_only=True)
class Built:
    """What was written, and how fast.

    Attributes:
        events: Records in the log.
        sessions: Capture sessions opened in it.
        visits: Visits begun.
        clients: Subjects enrolled.
        append_s: Seconds of appending, by hundredth of the events asked for and what follows.
        append_records: Records appended in each of these.
        bare_s: Seconds of the bare INSERT of the same rows, likewise; 0 without a double.
        young_s: Seconds of appending to a record that has only begun, likewise; 0 without one.
        young_records: Records appended to that.
        keys_s: Seconds of making data keys.
        wall_s: Seconds in all, inventing included.
        memory_mb: Resident memory by share of the events written, in percent (``LOOKED_AT``).
        reports: Reports whose document is stored.
    """

    events: int = 0
    sessions: int = 0
    visits: int = 0
    clients: int = 0
    append_s: list[float] = field(default_factory=list)
    append_records: list[int] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)
    young_s: list[float] = field(default_factory=list)
    young_records: list[int] = field(default_factory=list)
    keys_s: float = 0.0
    wall_s: float = 0.0
    memory_mb: dict[int, float] = field(default_factory=dict)
    reports: list[Issued] = field(default_factory=list)

    def rate(self, begin: int, end: int | None, *, bare: bool = False) -> float:
        """Return records appended per second over some of the parts."""
        taken = self.bare_s if bare else self.append_s
        return sum(self.append_records[begin:end]) / sum(taken[begin:end])

    @property
    def tenths(self) -> list[float]:
        """Records per second in each tenth of the events asked for, and in what follows."""
        return [self.rate(at, at + PARTS // 10) for at in range(0, len(self.append_s), PARTS // 10)]

    @property
    def flat(self) -> float:
        """Rate of appends in as many of the last parts as a tenth has ÷ in the first tenth."""
        return self.rate(-(PARTS // 10), None) / self.rate(0, PARTS // 10)

    @property
    def flat_beside(self) -> float | None:
        """Rate of appends in the last tenth ÷ that of a record that has only begun, in turn."""
        seconds = sum(self.young_s[-(PARTS // 10) :])
        if not seconds:
            return None
        return self.rate(-(PARTS // 10), None) * seconds / sum(self.young_records[-(PARTS // 10) :])

    @property
    def bare_flat(self) -> float:
        """The same of the bare INSERT of the same rows."""
        return self.rate(-(PARTS // 10), None, bare=True) / self.rate(0, PARTS // 10, bare=True)


def build(
    system: System,
    clock: ManualClock,
    years: ClinicYears,
    *,
    events: int,
    sessions: int = 0,
    beside: Beside = ALONE,
    progress: Callable[[int], None],
) -> Built:
    """Write exactly so many events, or more until so many sessions; return what that took."""
    built, began = Built(), time.perf_counter()
    batch = min(BATCH, max(1, events // PARTS // 2))  # so that every part has a rate
    sampled_every = max(1, events // DEEDS_A_REPORT // SAMPLES)
    document = _document()
    waiting: list[Draft] = []
    reports = 0
    for deed in years.deeds():
        if deed.new_subject is not None:
            started = time.perf_counter()
            system.keys.create(f"subject:{deed.new_subject}")
            built.keys_s += time.perf_counter() - started
        drafts = deed.drafts
        if deed.report is not None:
            reports += 1
            if reports % sampled_every == 0:
                drafts = _with_document(system, deed, document)
                built.reports.append(deed.report)
        waiting.extend(drafts)
        clock.advance(timedelta(microseconds=max(0, deed.at.us - clock.now().us)))
        left = events - built.events
        if len(waiting) >= (min(batch, left) if left > 0 else batch):
            end = waiting[: max(0, left)]
            if built.sessions + _opened(end) >= sessions:
                waiting = end  # what is cut off belongs to nothing that is written later
            _append(system, built, waiting, events, beside)
            waiting = []
            progress(min(events, built.events))
        if built.events >= events and built.sessions >= sessions:
            break
    built.visits, built.clients = years.visits, years.clients
    built.wall_s = time.perf_counter() - began
    # What was still waiting when the last event was written is not in the record.
    return built


def resident_mb() -> float:
    """Return how much memory this process holds now, or has held at most where that is unknown."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most / 1e3


def _append(system: System, built: Built, drafts: list[Draft], events: int, beside: Beside) -> None:
    if not drafts:
        return
    part = built.events * PARTS // events
    for times in (built.append_s, built.bare_s, built.young_s):
        times.extend([0.0] * (part + 1 - len(times)))
    for counts in (built.append_records, built.young_records):
        counts.extend([0] * (part + 1 - len(counts)))
    started = time.perf_counter()
    system.log.append(drafts)
    built.append_s[part] += time.perf_counter() - started
    built.append_records[part] += len(drafts)
    if beside.double is not None:
        built.bare_s[part] += beside.double.bring_along(system.log)
    if beside.young is not None and part >= LAST_TENTH:
        records, seconds = beside.young.append(len(drafts))
        built.young_records[part] += records
        built.young_s[part] += seconds
    built.sessions += _opened(drafts)
    before = built.events * 100 // events
    built.events += len(drafts)
    now = built.events * 100 // events
    for share in LOOKED_AT:
        if before < share <= now:
            built.memory_mb[share] = resident_mb()


def _opened(drafts: Iterable[Draft]) -> int:
    return sum(isinstance(each.event, SessionOpened) for each in drafts)


def _with_document(system: System, deed: Deed, content: bytes) -> tuple[Draft, ...]:
    """Return a deed's drafts with a report whose document is stored."""
    (draft,) = deed.drafts
    issued = draft.event
    if deed.report is None or not isinstance(issued, ReportIssued):
        message = "only a report has a document"
        raise ValueError(message)
    digest = Digest.of(content)
    stored = system.blobs.put(
        [content],
        key=f"subject:{deed.report.subject}",
        expected=digest,
        limit_bytes=_DOCUMENT_LIMIT,
    )
    reference = ContentReference(
        digest=digest, size_bytes=len(content), media_type="application/pdf"
    )
    return (replace(draft, event=replace(issued, document=reference), blobs=(stored,)),)


def _document() -> bytes:
    """Return a PDF of four pages."""
    made = pypdfium2.PdfDocument.new()
    for _ in range(4):
        made.new_page(595, 842)
    held = io.BytesIO()
    made.save(held)
    made.close()
    return held.getvalue()

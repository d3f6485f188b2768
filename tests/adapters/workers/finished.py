"""A session that went from frames to report, for tests that look at what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from domain.events.assessment import ReportIssued
from domain.values.identifiers import AssessmentId, SessionId
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import SUBJECT

E = TypeVar("E")


@dataclass
class Finished:
    """A clinic with one finished session."""

    day: ClinicDay
    folder: Path
    session: SessionId
    assessment: AssessmentId
    began: int

    def one(self, kind: type[E]) -> E:
        """Return the one event of a kind."""
        found = [
            each.event
            for each in self.day.log.after(-1, limit=1000)
            if isinstance(each.event, kind)
        ]
        assert len(found) == 1
        return found[0]

    def report(self) -> bytes:
        """Return the report document."""
        digest = self.one(ReportIssued).document.digest
        return b"".join(self.day.blobs.read(digest, key=f"subject:{SUBJECT}"))

    def contents(self) -> dict[str, int]:
        """Return every stored file with the time it was written."""
        blobs = self.folder / "blobs"
        return {path.name: path.stat().st_mtime_ns for path in blobs.rglob("*") if path.is_file()}


@contextmanager
def finished(folder: Path) -> Iterator[Finished]:
    """Carry a session from frames to report."""
    with clinic_day(folder) as day:
        began = day.log.size()
        session = day.open_session()
        day.submit(session)
        day.work()
        day.close(session)
        day.work()
        assessment = day.sign_off(session)
        day.work()
        yield Finished(day=day, folder=folder, session=session, assessment=assessment, began=began)

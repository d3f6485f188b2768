"""Streams by kind and subject, from headers alone."""

from pathlib import Path

from adapters.stream_index import StreamIndex
from domain.values.identifiers import AssessmentId, ReleaseId, SubjectId
from tests.adapters.workers.clinic_day import clinic_day
from tests.builders import SUBJECT
from tests.event_builders import an_assessment_opened

OTHER = SubjectId.derived("other")


def test_streams_are_found_as_they_begin_without_any_key(tmp_path: Path) -> None:
    with clinic_day(tmp_path) as day:
        day.enrol(OTHER)
        index = StreamIndex(day.log)
        assert index.of_kind(ReleaseId.kind) == (day.release.stream,)
        assert index.of_kind(AssessmentId.kind) == ()
        made = []
        for number, subject in enumerate((SUBJECT, OTHER, SUBJECT)):
            stream = AssessmentId.derived("test", str(number)).stream
            day.record(
                stream,
                an_assessment_opened(),
                by=day.log.after(-1, limit=1)[0].actor,
                subject=subject,
            )
            made.append(stream)
        assert index.of_kind(AssessmentId.kind) == tuple(made)
        day.keys.destroy(f"subject:{SUBJECT}")
        assert StreamIndex(day.log).of_subject(AssessmentId.kind, SUBJECT) == (made[0], made[2])
        assert index.of_subject(AssessmentId.kind, OTHER) == (made[1],)

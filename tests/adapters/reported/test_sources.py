"""What a report rests on, as it stood when it was called for."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.reported.sources import Sources, read_person, read_sources
from domain.errors import NotFound
from domain.values.identifiers import AssessmentId, FindingId, PractitionerId
from domain.values.time import Instant
from tests.adapters.workers.finished import Finished, finished
from tests.builders import OPERATOR, a_finding


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """Return a clinic with one finished session."""
    with finished(tmp_path_factory.mktemp("sources")) as it:
        yield it


@pytest.fixture
def sources(done: Finished) -> Sources:
    """Return what its report rests on."""
    return read_sources(done.day.bench(), done.assessment, done.day.log.size() - 1)


def test_times_are_the_clinics_own_summer_and_winter(sources: Sources) -> None:
    for text, offset_min in (
        ("2026-01-15T12:00:00.000000Z", 11 * 60),
        ("2026-07-15T12:00:00.000000Z", 10 * 60),
    ):
        moment = sources.moment(Instant.parse(text))
        assert (moment.utc_offset_min, moment.zone) == (offset_min, "Australia/Sydney")


def test_what_is_recorded_later_does_not_go_in(done: Finished, sources: Sources) -> None:
    signed = next(
        each.seq
        for each in done.day.log.stream(done.assessment.stream)
        if each.name == "AssessmentSignedOff"
    )
    before = read_sources(done.day.bench(), done.assessment, signed - 1)
    assert before.assessment.signature is None
    with pytest.raises(NotFound):
        _ = before.signature
    assert sources.signature == sources.assessment.signature


def test_a_finding_belongs_to_the_run_that_gave_it(sources: Sources) -> None:
    for finding in sources.assessment.findings:
        run = sources.run_of(finding)
        assert finding.finding == FindingId.derived(run.inference, finding.code)
    with pytest.raises(NotFound):
        sources.run_of(replace(a_finding(), code="other"))


def test_what_is_not_recorded_is_not_found(done: Finished) -> None:
    bench, last = done.day.bench(), done.day.log.size() - 1
    with pytest.raises(NotFound):
        read_sources(bench, AssessmentId.derived("other"), last)
    with pytest.raises(NotFound):
        read_person(bench, PractitionerId.derived("nobody"), last)
    assert read_person(bench, OPERATOR, last).display_name == "Tom Hale"

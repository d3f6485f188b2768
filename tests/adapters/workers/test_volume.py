"""Volume between two visits: withheld with its reason at every step, measured under a claim."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.captured_depth import CapturedDepth, read_depth
from adapters.captures import Capture
from adapters.imaging.change import Face
from adapters.inference.reproduction import Outcome
from adapters.pairs import capture_facts, view_captures
from adapters.repeating.repeated import Repeated
from adapters.repeating.table import repeat
from adapters.reported.content import read_report
from adapters.reported.sources import read_claim, read_sources
from adapters.workbench import Workbench
from adapters.workers import volume
from domain.errors import NotFound, RuleViolation
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import OutputWithheld
from domain.events.claim import ClaimRegistered, ClaimValidated, ClaimWithdrawn
from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.claim import claim_digest
from domain.values.actor import Actor
from domain.values.assessment import Withheld
from domain.values.claim import SIMULATED_LABEL, RegionLimits
from domain.values.comparability import CaptureFacts
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import AssessmentId, ClaimId, SessionId, VolumeChangeId
from domain.values.signature import Meaning
from domain.values.volume_change import ChangeVerdict
from tests.adapters.imaging.curved_faces import STILL, moved, seen
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import OPERATOR, QUALITY_MANAGER, SUBJECT
from tests.claim_builders import LIMITS, a_claim

CLAIM = ClaimId.derived("simulated")
CHIN = replace(LIMITS, region=FacialRegion.CHIN)
POSE = moved((1.0, -1.0, 0.5), (2.0, 1.0, -1.0))


def claim(day: ClinicDay, *models: str, regions: tuple[RegionLimits, ...] = (LIMITS,)) -> None:
    """Record a claim in force for types of station."""
    content = a_claim(simulated=True, models=models, regions=regions)
    person = Actor.practitioner(OPERATOR)
    day.record(
        CLAIM.stream,
        ClaimRegistered(claim=CLAIM, content=content, registered_by=OPERATOR),
        by=person,
    )
    signature = day.signature(claim_digest(content), QUALITY_MANAGER, Meaning.APPROVED)
    manager = Actor.practitioner(QUALITY_MANAGER)
    day.record(CLAIM.stream, ClaimValidated(signature=signature), by=manager)


def visit(day: ClinicDay, name: str) -> SessionId:
    """Record a visit with one accepted pair, and let the workers do theirs."""
    day.clock.advance(timedelta(minutes=10))
    session = day.open_session(name)
    day.submit(session, name)
    day.work()
    day.close(session)
    day.work()
    return session


def opened(day: ClinicDay, session: SessionId) -> AssessmentOpened:
    (found,) = (
        each
        for each in day.events(AssessmentId.derived(session).stream)
        if isinstance(each, AssessmentOpened)
    )
    return found


def withheld(day: ClinicDay, session: SessionId) -> list[str]:
    found = [each for each in day.events(session.stream) if isinstance(each, OutputWithheld)]
    return [each.rule for each in found if each.output == "volume-change"]


def grounds(found: AssessmentOpened) -> list[Withheld]:
    return [each for each in found.withheld if each.output == "volume-change"]


@pytest.mark.verifies("REQ-IN-046")
@pytest.mark.verifies("REQ-IN-130")
def test_a_first_visit_has_nothing_to_compare_with_and_a_second_needs_regions(
    day: ClinicDay,
) -> None:
    claim(day, "simulated")
    first = visit(day, "first")
    assert withheld(day, first) == ["volume.earlier-capture"]
    second = visit(day, "second")
    assert withheld(day, second) in (["volume.face-regions"], ["volume.comparable"])
    assert [each.rule for each in grounds(opened(day, second))] == withheld(day, second)


@pytest.mark.verifies("REQ-IN-049")
def test_a_claim_for_simulated_stations_reports_nothing_of_another_type(day: ClinicDay) -> None:
    claim(day, "another type")
    assert withheld(day, visit(day, "first")) == ["volume.validated-claim"]


@pytest.mark.verifies("REQ-IN-044")
@pytest.mark.verifies("REQ-IN-158")
@pytest.mark.verifies("REQ-IN-159")
@pytest.mark.verifies("DRV-16")
def test_a_change_beyond_the_detectable_is_laid_before_the_practitioner(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated")
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
    comparable(monkeypatch)
    second = visit(day, "second")
    (change,) = changes(day)
    assert (change.earlier_session, change.session) == (first, second)
    (region,) = change.regions
    assert region.verdict is ChangeVerdict.INCREASE
    assert region.change == pytest.approx(1.0, abs=region.uncertainty.expanded)
    (finding,) = (each for each in opened(day, second).findings if each.category == "volume")
    assert finding in change.findings
    assert finding.needs_confirmation
    assert (finding.unit, finding.coverage_factor) == ("cm³", 2.0)
    assert finding.limitations[0] == SIMULATED_LABEL
    (artefact,) = change.artefacts
    assert artefact.legend == "Distance from the earlier surface, outwards positive, -3 to 3 mm"
    assert day.bench().content(artefact.content.digest, key=f"subject:{SUBJECT}")
    assert withheld(day, second) == []

    signed = day.log.stream(day.sign_off(second).stream)[-1]
    content, _ = read_report(day.bench(), AssessmentId.derived(second), signed)
    (told,) = (each for each in content.findings if each.category == "Volume, frontal")
    assert (told.algorithm, told.reading.value) == ("volume-change 1", region.change)
    (pair,) = content.pairs
    assert (pair.what, pair.comparable) == ("Volume", True)
    assert len(pair.conditions) == len(change.comparability.differences)
    ruled_out = a_claim(simulated=True, models=("simulated",)).contraindications
    assert content.contraindications[-len(ruled_out) :] == ruled_out
    sources = read_sources(day.bench(), AssessmentId.derived(second), signed.seq)
    assert sources.told == (change,)
    unread = replace(sources.assessment, findings=())
    assert replace(sources, assessment=unread).told == ()
    with pytest.raises(NotFound):
        read_claim(day.bench(), replace(change, claim=ClaimId.derived("none")), signed.seq)
    (validated,) = (each for each in content.algorithms if each.name == "volume-change")
    assert validated.validation.lower().startswith(SIMULATED_LABEL)
    assert [each.capture_view for each in content.images] == ["Frontal", "Frontal, change"]


@pytest.mark.verifies("REQ-IN-142")
@pytest.mark.verifies("DRV-16")
def test_below_the_detectable_neither_number_nor_direction_is_told(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated")
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=100.0))
    comparable(monkeypatch)
    second = visit(day, "second")
    (finding,) = (each for each in opened(day, second).findings if each.category == "volume")
    assert (finding.value, finding.uncertainty) == (None, None)
    assert finding.text is not None
    assert finding.text.startswith("No change can be detected: one below 0.2")
    assert "more" not in finding.text


@pytest.mark.verifies("DRV-16")
def test_faces_that_cannot_be_registered_and_a_claim_withdrawn_since_withhold_it(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated")
    visit(day, "first")
    comparable(monkeypatch)

    def refuses(_bench: Workbench, _capture: Capture) -> Face:
        raise RuleViolation("registration.overlap", "40% lie over one another", "Again.")

    monkeypatch.setattr(volume, "_face", refuses)
    assert withheld(day, visit(day, "second")) == ["registration.overlap"]
    gone = ClaimWithdrawn(reason="other lenses")
    day.record(CLAIM.stream, gone, by=Actor.practitioner(QUALITY_MANAGER))
    assert withheld(day, visit(day, "third")) == ["volume.validated-claim"]
    assert changes(day) == []


@pytest.mark.verifies("DRV-20")
def test_a_recorded_change_is_measured_again_and_what_differs_is_named(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated")
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
    comparable(monkeypatch)
    visit(day, "second")
    (change,) = changes(day)
    record = day.log.stream(change.change.stream)[0]
    found = repeat(day.bench(), record)
    assert isinstance(found, Repeated)
    assert (found.outcome, found.evidence) == (
        Outcome.BIT_IDENTICAL,
        "nothing changed; 1 regions and map identical",
    )
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=100.0))
    found = repeat(day.bench(), replace(record, event=replace(change, settings=("other=1",))))
    assert isinstance(found, Repeated)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("changed: settings; off: ")


@pytest.mark.verifies("REQ-IN-159", "DRV-16", "DRV-20")
def test_a_region_of_the_claim_that_was_not_seen_is_withheld_as_a_fact(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated", regions=(LIMITS, CHIN))
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
    comparable(monkeypatch)
    second = visit(day, "second")
    (change,) = changes(day)
    cheek, chin = change.regions
    assert (cheek.region, cheek.verdict) == (LIMITS.region, ChangeVerdict.INCREASE)
    assert (chin.region, chin.verdict) == (CHIN.region, ChangeVerdict.WITHHELD)
    assert chin.reason == "no part of the region was seen in the earlier capture"
    found = {each.code: each for each in opened(day, second).findings if each.category == "volume"}
    unseen = found["volume-change-chin"]
    assert (unseen.value, unseen.uncertainty, unseen.confidence) == (None, None, 0.0)
    assert unseen.text == f"Withheld: {chin.reason}."

    record = day.log.stream(change.change.stream)[0]
    again = repeat(day.bench(), record)
    assert isinstance(again, Repeated)
    assert again.evidence == "nothing changed; 2 regions and map identical"
    before = replace(change, regions=(cheek,), findings=change.findings[:1])
    older = repeat(day.bench(), replace(record, event=before))
    assert isinstance(older, Repeated)
    assert (older.outcome, older.evidence) == (
        Outcome.BIT_IDENTICAL,
        "nothing changed; 1 regions and map identical",
    )


@pytest.mark.verifies("REQ-IN-159", "DRV-16")
def test_where_no_region_of_the_claim_was_seen_each_is_withheld_for_that_reason(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(day, "simulated", regions=(CHIN,))
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
    comparable(monkeypatch)
    second = visit(day, "second")
    (change,) = changes(day)
    (chin,) = change.regions
    assert chin.verdict is ChangeVerdict.WITHHELD
    (finding,) = change.findings
    assert finding in opened(day, second).findings
    assert withheld(day, second) == []


def changes(day: ClinicDay) -> list[VolumeChangeMeasured]:
    streams = day.bench().streams.of_subject(VolumeChangeId.kind, SUBJECT)
    return [
        each
        for stream in streams
        for each in day.events(stream)
        if isinstance(each, VolumeChangeMeasured)
    ]


@pytest.mark.verifies("REQ-IN-160")
def test_what_limits_the_depth_of_either_capture_is_flagged_once(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = {"first": ("texture", "hair"), "second": ("hair", "gloss")}

    def depth(_bench: Workbench, capture: Capture) -> CapturedDepth:
        name = "first" if capture.opened.session == first else "second"
        found = read_depth(day.bench(), capture)
        assert found is not None
        return replace(found, quality_flags=flags[name])

    claim(day, "simulated")
    first = visit(day, "first")
    monkeypatch.setattr(volume, "_face", faces(first, bump_mm3=1000.0))
    monkeypatch.setattr(volume, "read_depth", depth)
    comparable(monkeypatch)
    visit(day, "second")
    (change,) = changes(day)
    assert {each.quality_flags for each in change.findings} == {("texture", "hair", "gloss")}


def test_stored_depth_is_read_with_the_uncertainty_recorded_beside_it(day: ClinicDay) -> None:
    session = visit(day, "first")
    (now,) = view_captures(day.bench(), session)
    found = read_depth(day.bench(), now.first)
    assert found is not None
    assert found.uncertainty is not None
    assert (found.map.sigma_mm[found.map.valid] > 0).all()


def faces(first: SessionId, *, bump_mm3: float) -> Callable[[Workbench, Capture], Face]:
    """Return what stands for reading a face: closed-form ones, the drawn pictures have no mesh."""
    before = seen(STILL, noise_mm=0.04, seed=1).face
    after = seen(POSE, bump_mm3=bump_mm3, noise_mm=0.04, seed=2).face

    def face(_bench: Workbench, capture: Capture) -> Face:
        return before if capture.opened.session == first else after

    return face


def comparable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drawn head's pose count as known: these pictures give no tilt."""

    def known(bench: Workbench, capture: Capture) -> CaptureFacts:
        facts = capture_facts(bench, capture)
        return replace(facts, turn_deg=0.0, tilt_deg=0.0, roll_deg=0.0)

    monkeypatch.setattr(volume, "capture_facts", known)

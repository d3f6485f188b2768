"""Learned models through the workers: run, refused on the record, and compared in the shadow."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.inference.skin_tone import SkinToneClass
from adapters.repeating.recording import reproduce_inference
from domain.errors import IntegrityFailure
from domain.events.capture_session import OutputWithheld
from domain.events.inference import (
    InferenceCompleted,
    InferenceFailed,
    InferenceRefused,
    InferenceRequested,
    ReproductionChecked,
    ShadowCompared,
    ShadowRefused,
)
from domain.events.model_release import ModelRegistered, ModelShadowed, ModelSuspended
from domain.events.record import Record
from domain.policies import CompareShadows, RequestInferences, RunInference
from domain.ports import BlobStore
from domain.values.actor import Actor
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import AttemptId, InferenceId, ReleaseId
from tests.adapters.inference.learned import a_slot, learned_model, learned_release
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import QUALITY_MANAGER, SUBJECT

MANAGER = Actor.practitioner(QUALITY_MANAGER)


def released(
    day: ClinicDay, gain: float = 1.0, *, version: str = "1.0.0", **how: bool
) -> ReleaseId:
    model = learned_model(gain)
    return day.release_learned(learned_release(model, version=version), model, **how)


def requested(
    day: ClinicDay, release: ReleaseId, pictures: tuple[bytes, ...] | None = None
) -> Record:
    """Return the request to run one release on an attempt accepted without being measured."""
    session = day.open_session()
    attempt = day.submit(session, pictures=pictures)
    step = RequestInferences(session=session, attempt=attempt)
    made = day.workers().take(step, day.accept(session))
    return next(
        each
        for each in made
        if isinstance(each.event, InferenceRequested) and each.event.release == release
    )


def run(day: ClinicDay, request: Record) -> tuple[Record, ...]:
    step = RunInference(inference=InferenceId.of_stream(request.stream))
    return day.workers().take(step, request)


def refused_by(day: ClinicDay, request: Record) -> InferenceFailed:
    (record,) = run(day, request)
    assert isinstance(record.event, InferenceFailed)
    assert record.event in day.events(request.stream)
    return record.event


@pytest.mark.verifies("DRV-18", "DRV-19")
def test_a_learned_model_gives_findings_as_its_manifest_describes_them(day: ClinicDay) -> None:
    (record,) = run(day, requested(day, released(day)))
    assert isinstance(record.event, InferenceCompleted)
    bright, light = record.event.findings
    assert (bright.code, bright.label, bright.unit) == ("brightness", "Brightness", "1")
    assert bright.value is not None
    assert 0 < bright.value < 1
    assert (bright.uncertainty, bright.coverage_factor) == (0.02, 2.0)
    assert light.text in {"dark", "bright"}
    assert light.value is None
    assert all(each.needs_confirmation and each.limitations for each in record.event.findings)
    assert light.confidence <= 1
    assert [each.name for each in record.event.artefacts] == ["light_map"]
    facts = record.event.run
    assert facts.preprocessing.startswith("slotted-input/1 ")
    assert "postprocessing=slotted-findings/1" in facts.settings
    assert {each.name for each in record.event.inputs} == {
        "picture",
        "slot_crop_px",
        "slot_tone_lab",
    }


@pytest.mark.verifies("DRV-20")
def test_a_run_of_a_learned_model_is_repeated_bit_for_bit(day: ClinicDay) -> None:
    request = requested(day, released(day))
    run(day, request)
    record = reproduce_inference(
        day.bench(), InferenceId.of_stream(request.stream), actor=MANAGER, correlation="again"
    )
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "identical"


@pytest.mark.verifies("DRV-18")
def test_an_unregistered_model_is_refused_on_the_record(day: ClinicDay) -> None:
    request = requested(day, released(day))
    assert isinstance(request.event, InferenceRequested)
    unknown = ReleaseId.derived("nobody registered this")
    stray = InferenceId.derived(request.event.attempt, unknown)
    (forged,) = day.record(
        stray.stream,
        replace(request.event, inference=stray, release=unknown),
        by=Actor.service("inference"),
        subject=SUBJECT,
    )
    assert refused_by(day, forged).rule == "inference.registered-release"


@pytest.mark.verifies("DRV-18")
def test_an_unapproved_model_is_not_called_for_and_refused_where_it_is(day: ClinicDay) -> None:
    waiting = released(day, 0.5, version="2.0.0", approve=False)
    request = requested(day, released(day))
    assert isinstance(request.event, InferenceRequested)
    names = [str(each.event) for each in day.log.after(-1, limit=10_000)]
    assert not any(str(waiting) in each and "InferenceRequested" in each for each in names)
    stray = InferenceId.derived(request.event.attempt, waiting)
    (forged,) = day.record(
        stray.stream,
        replace(request.event, inference=stray, release=waiting),
        by=Actor.service("inference"),
        subject=SUBJECT,
    )
    assert refused_by(day, forged).rule == "inference.approved-release"


@pytest.mark.verifies("DRV-18")
def test_a_suspended_model_is_refused_on_the_record(day: ClinicDay) -> None:
    release = released(day)
    request = requested(day, release)
    day.record(release.stream, ModelSuspended(reason="drift"), by=MANAGER)
    assert refused_by(day, request).rule == "inference.approved-release"


@pytest.mark.verifies("DRV-18")
def test_an_altered_model_is_refused_on_the_record_and_stops_the_workers(day: ClinicDay) -> None:
    release = released(day)
    request = requested(day, release)
    registered = day.events(release.stream)[0]
    assert isinstance(registered, ModelRegistered)
    other = learned_model(0.25)
    day.keep(other, f"clinic:{day.bench().clinic}")
    assert isinstance(request.event, InferenceRequested)
    day.record(
        request.stream,
        replace(request.event, model=Digest.of(other)),
        by=Actor.service("inference"),
        subject=SUBJECT,
    )
    for _ in range(2):
        with pytest.raises(IntegrityFailure):
            run(day, request)
    (found,) = (each for each in day.events(request.stream) if isinstance(each, InferenceRefused))
    assert found.rule == "inference.stored-content"
    assert str(Digest.of(other)) in found.evidence
    day.record(
        request.stream, request.event, by=Actor.service("inference"), subject=SUBJECT
    )  # put right
    (record,) = run(day, request)
    assert isinstance(record.event, InferenceCompleted)


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("domain", "rule"),
    [
        ({"age_min_years": 60}, "model.age"),
        ({"source_side_min_px": 9999}, "model.resolution"),
        ({"tones": (SkinToneClass.DARK,)}, "model.skin-tone"),
    ],
)
def test_a_capture_outside_the_domain_is_refused_on_the_record(
    day: ClinicDay, domain: dict[str, object], rule: str
) -> None:
    model = learned_model()
    release = day.release_learned(learned_release(model, a_slot(**domain)), model)
    assert refused_by(day, requested(day, release)).rule == rule


@pytest.mark.verifies("DRV-22")
def test_a_model_that_needs_a_chart_is_refused_without_one(day: ClinicDay) -> None:
    model = learned_model()
    release = day.release_learned(learned_release(model, a_slot(colour_chart=True)), model)
    request = requested(day, release, pictures=frames.pair(chart=False))
    assert refused_by(day, request).rule == "model.colour-chart"


@pytest.mark.verifies("DRV-22")
def test_a_value_outside_the_stated_range_is_withheld(day: ClinicDay) -> None:
    request = requested(day, released(day, 50.0))
    made = run(day, request)
    (withheld,) = (each.event for each in made if isinstance(each.event, OutputWithheld))
    assert (withheld.output, withheld.rule) == ("brightness", "model.output-range")
    assert isinstance(made[-1].event, InferenceCompleted)
    assert [each.code for each in made[-1].event.findings] == ["light_class"]


def shadowed(day: ClinicDay, gain: float = 0.5) -> tuple[ReleaseId, ReleaseId]:
    lit, dark = released(day), released(day, gain, version="2.0.0", approve=False)
    day.record(dark.stream, ModelShadowed(beside=lit), by=MANAGER)
    return lit, dark


@pytest.mark.verifies("DRV-18")
def test_a_release_in_the_shadow_is_compared_and_shows_nothing(day: ClinicDay) -> None:
    lit, dark = shadowed(day)
    request = requested(day, lit)
    (completed,) = run(day, request)
    assert isinstance(completed.event, InferenceCompleted)
    step = CompareShadows(inference=InferenceId.of_stream(request.stream))
    (record,) = day.workers().take(step, completed)
    compared = record.event
    assert isinstance(compared, ShadowCompared)
    assert compared.release == dark
    assert compared.run.model == Digest.of(learned_model(0.5))
    bright = compared.differences[0]
    assert bright.code == "brightness"
    assert bright.approved is not None
    assert bright.shadow == pytest.approx(bright.approved / 2)
    assert not day.workers().take(step, completed)
    assert not day.events(InferenceId.derived(_attempt(request), dark).stream)


def test_a_shadow_without_consent_or_with_altered_bytes_is_refused_on_the_record(
    day: ClinicDay,
) -> None:
    lit, dark = shadowed(day)
    request = requested(day, lit)
    (completed,) = run(day, request)
    day.withdraw(Purpose.AI_ANALYSIS)
    step = CompareShadows(inference=InferenceId.of_stream(request.stream))
    (record,) = day.workers().take(step, completed)
    assert isinstance(record.event, ShadowRefused)
    assert (record.event.release, record.event.rule) == (dark, "inference.consent")


def test_a_shadow_with_a_forged_manifest_is_refused_and_stops_the_workers(day: ClinicDay) -> None:
    lit, dark = shadowed(day)
    request = requested(day, lit)
    (completed,) = run(day, request)
    registered = day.events(dark.stream)[0]
    assert isinstance(registered, ModelRegistered)
    forged = replace(registered, manifest=replace(registered.manifest, signature="00" * 64))
    day.record(dark.stream, forged, ModelShadowed(beside=lit), by=MANAGER)
    step = CompareShadows(inference=InferenceId.of_stream(request.stream))
    with pytest.raises(IntegrityFailure):
        day.workers().take(step, completed)
    found = day.events(request.stream)[-1]
    assert isinstance(found, ShadowRefused)
    assert found.rule == "inference.stored-content"


def test_nothing_is_compared_beside_a_suspended_release(day: ClinicDay) -> None:
    lit, _ = shadowed(day)
    request = requested(day, lit)
    (completed,) = run(day, request)
    day.record(lit.stream, ModelSuspended(reason="drift"), by=MANAGER)
    step = CompareShadows(inference=InferenceId.of_stream(request.stream))
    assert not day.workers().take(step, completed)


def _attempt(request: Record) -> AttemptId:
    assert isinstance(request.event, InferenceRequested)
    return request.event.attempt


def test_normalisation_is_the_manifests(day: ClinicDay) -> None:
    slot = a_slot()
    halved = replace(slot, input=replace(slot.input, deviation=(Decimal(2),) * 3))
    model = learned_model()
    plain = released(day)
    scaled = day.release_learned(learned_release(model, halved, version="3.0.0"), model)
    session = day.open_session()
    attempt = day.submit(session)
    step = RequestInferences(session=session, attempt=attempt)
    found = {}
    for request in day.workers().take(step, day.accept(session)):
        (record, *_) = run(day, request)
        assert isinstance(request.event, InferenceRequested)
        if isinstance(record.event, InferenceCompleted):
            found[request.event.release] = record.event.findings[0].value
    assert found[plain] is not None
    assert found[scaled] == pytest.approx((found[plain] or 0) / 2, rel=1e-5)


class Altered:
    """A store in which one byte of one content was changed."""

    def __init__(self, blobs: BlobStore, digest: Digest) -> None:
        """Change the last byte of what has this digest."""
        self._blobs = blobs
        self._digest = digest

    def __getattr__(self, name: str) -> object:
        return getattr(self._blobs, name)

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Give out what is stored, one content with its last byte changed."""
        content = b"".join(self._blobs.read(digest, key=key))
        if digest == self._digest:
            content = content[:-1] + bytes([content[-1] ^ 1])
        return iter((content,))


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize("what", ["model", "manifest"])
def test_one_changed_byte_stops_the_workers_with_one_refusal_until_it_is_put_right(
    day: ClinicDay, what: str
) -> None:
    release = released(day)
    registered = day.events(release.stream)[0]
    assert isinstance(registered, ModelRegistered)
    manifest = registered.manifest
    digest = manifest.model.digest if what == "model" else manifest.manifest_digest
    request = requested(day, release)
    blobs: BlobStore = Altered(day.blobs, digest)  # type: ignore[assignment]
    for _ in range(2):
        workers = day.workers(blobs=blobs)
        with pytest.raises(IntegrityFailure):
            workers.take_all(request)
    refused = [each for each in day.events(request.stream) if isinstance(each, InferenceRefused)]
    assert [each.rule for each in refused] == ["inference.stored-content"]
    (record,) = run(day, request)
    assert isinstance(record.event, InferenceCompleted)

"""Skin analyses on the real log: run by the worker, withheld with reasons, and repeated."""

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from adapters.inference import skin_congestion, skin_pigmentation, skin_texture
from adapters.inference.analyses import ANALYSES, analysis_of
from adapters.inference.release import signed_message
from adapters.inference.skin_colour_graph import FIRST_VERSION, build_skin_colour_graph
from adapters.inference.skin_colour_release import skin_colour_release
from adapters.repeating.recording import reproduce_inference
from domain.errors import MalformedInput
from domain.events.capture_session import OutputWithheld
from domain.events.inference import InferenceCompleted, ReproductionChecked
from domain.events.model_release import ModelApproved, ModelRegistered
from domain.values.actor import Actor
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import InferenceId, ReleaseId, SessionId
from domain.values.model import ModelManifest
from domain.values.signature import Meaning
from tests.adapters.workers.clinic_day import CLINIC_KEY, ClinicDay
from tests.builders import OPERATOR, QUALITY_MANAGER

NAMES = ["skin-chromophores", "skin-pigmentation", "skin-texture", "skin-congestion"]


def release(day: ClinicDay, name: str) -> ReleaseId:
    """Record a release of an analysis, approved by a second person."""
    analysis = analysis_of(name)
    model = analysis.model()
    said = analysis.release(Digest.of(model))
    manifest = said.manifest()
    identifier = ReleaseId.derived("test", name)
    registered = ModelManifest(
        name=said.name,
        version=said.version,
        model=ContentReference(
            digest=said.model, size_bytes=len(model), media_type="application/onnx"
        ),
        intended_use=said.intended_use,
        input_domain=said.input_domain.description,
        outputs=tuple(each.name for each in said.outputs),
        limitations=said.limitations,
        contraindications=said.contraindications,
        training_data=said.training_data,
        licence=said.licence,
        validation=said.validation,
        manifest_digest=Digest.of(manifest),
        signature=day.release_key.sign(signed_message(manifest)).hex(),
        signing_key=day.release_key.public_key().hex(),
    )
    stored = tuple(day.keep(each, CLINIC_KEY) for each in (model, manifest))
    day.record(
        identifier.stream,
        ModelRegistered(release=identifier, manifest=registered, registered_by=OPERATOR),
        by=Actor.practitioner(OPERATOR),
        blobs=stored,
    )
    approval = day.signature(Digest.of(manifest), QUALITY_MANAGER, Meaning.APPROVED)
    day.record(
        identifier.stream,
        ModelApproved(signature=approval),
        by=Actor.practitioner(QUALITY_MANAGER),
    )
    return identifier


@pytest.mark.verifies("DRV-20")
def test_a_run_of_an_earlier_release_goes_on_as_it_was_and_repeats_to_the_bit(
    day: ClinicDay,
) -> None:
    content = build_skin_colour_graph(FIRST_VERSION)
    first = replace(skin_colour_release(Digest.of(content)), version=FIRST_VERSION)
    identifier = day.release_learned(first, content)
    session = day.open_session()
    inference = InferenceId.derived(day.submit(session), identifier)
    day.work()
    (completed,) = [
        each for each in day.events(inference.stream) if isinstance(each, InferenceCompleted)
    ]
    assert completed.run.preprocessing.startswith("skin-colour-input/1 ")
    assert "lit_mask" not in {each.name for each in completed.inputs}
    record = reproduce_inference(
        day.bench(), inference, actor=Actor.practitioner(QUALITY_MANAGER), correlation="test"
    )
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "identical", record.event.evidence


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("module", [skin_pigmentation, skin_texture, skin_congestion])
def test_a_run_of_a_first_skin_release_has_its_own_steps_and_repeats_to_the_bit(
    day: ClinicDay, module: ModuleType
) -> None:
    analysis = analysis_of(module.NAME)
    content = analysis.model()
    first = replace(analysis.release(Digest.of(content)), version="1.0.0")
    identifier = day.release_learned(first, content)
    inference = InferenceId.derived(day.submit(day.open_session()), identifier)
    day.work()
    (completed,) = [
        each for each in day.events(inference.stream) if isinstance(each, InferenceCompleted)
    ]
    assert f"postprocessing={module.FIRST.postprocessing}" in completed.run.settings
    record = reproduce_inference(
        day.bench(), inference, actor=Actor.practitioner(QUALITY_MANAGER), correlation="test"
    )
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "identical", record.event.evidence


def ran(day: ClinicDay, name: str) -> tuple[SessionId, InferenceId]:
    identifier = release(day, name)
    session = day.open_session()
    attempt = day.submit(session)
    day.work()
    return session, InferenceId.derived(attempt, identifier)


@pytest.mark.verifies("DRV-17", "DRV-18", "DRV-19", "DRV-20")
@pytest.mark.parametrize("name", NAMES)
def test_a_released_skin_analysis_runs_on_an_accepted_attempt_and_repeats_to_the_bit(
    day: ClinicDay, name: str
) -> None:
    session, inference = ran(day, name)
    completed = next(
        each for each in day.events(inference.stream) if isinstance(each, InferenceCompleted)
    )
    assert f"postprocessing={analysis_of(name).postprocessing}" in completed.run.settings
    assert completed.run.preprocessing == analysis_of(name).preprocessing
    for each in completed.findings:
        assert each.limitations
        assert each.value is None or (each.unit and each.uncertainty is not None)
    said = {each.code for each in completed.findings}
    withheld = [
        each
        for each in day.events(session.stream)
        if isinstance(each, OutputWithheld) and each.output.startswith(name.split("-")[1])
    ]
    assert said or withheld
    assert all(each.evidence and each.next_step for each in withheld)
    record = reproduce_inference(
        day.bench(), inference, actor=Actor.practitioner(QUALITY_MANAGER), correlation="test"
    )
    checked = record.event
    assert isinstance(checked, ReproductionChecked)
    assert checked.outcome == "identical", checked.evidence
    assert checked.evidence.startswith("nothing changed")


@pytest.mark.verifies("DRV-20")
def test_a_repeat_names_the_steps_and_inputs_that_changed(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, inference = ran(day, "skin-congestion")
    analysis = analysis_of("skin-congestion")
    given = type(analysis).given

    def one_pixel_off(self: object, source: object, domain: object) -> object:
        made = given(self, source, domain)  # type: ignore[arg-type]
        linear = np.array(made.tensors["linear"])
        linear[100, 100, 0] += 0.25
        return replace(made, tensors={**made.tensors, "linear": linear})

    monkeypatch.setattr(type(analysis), "given", one_pixel_off)
    changed = replace(analysis, postprocessing="skin-spots/99")  # type: ignore[type-var]
    monkeypatch.setattr(
        "adapters.inference.analyses.ANALYSES", {**ANALYSES, "skin-congestion": changed}
    )
    record = reproduce_inference(
        day.bench(), inference, actor=Actor.practitioner(QUALITY_MANAGER), correlation="test"
    )
    checked = record.event
    assert isinstance(checked, ReproductionChecked)
    assert "input:linear" in checked.evidence
    assert "settings" in checked.evidence


def test_a_release_without_steps_in_this_build_is_not_run() -> None:
    with pytest.raises(MalformedInput, match="no steps around models named 'skin-magic'"):
        analysis_of("skin-magic")

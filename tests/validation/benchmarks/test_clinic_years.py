"""The invented clinic's events are what the real rules would have led to, and always the same."""

from itertools import islice
from typing import Any

import pytest

from adapters.keys.signing import verify_p256
from domain.events import assessment as reviewed
from domain.events import capture_session as captured
from domain.events import equipment as stations
from domain.events.aggregate import Aggregate
from domain.events.codec import decode, encode
from domain.events.inference import InferenceCompleted
from domain.events.record import Draft
from domain.events.study import StudyCompleted
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.rules import (
    attempt,
    calibration,
    capture_session,
    consent,
    equipment,
    inference,
    refused_capture,
)
from domain.rules.access import ACCESS
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL, approved_content
from domain.rules.assessment import ASSESSMENT, presented_digest
from domain.rules.clinic import CLINIC
from domain.rules.model_release import MODEL_RELEASE, approved
from domain.rules.practitioner import PRACTITIONER
from domain.rules.report import issue_report
from domain.rules.study import STUDY, complete_study, holds, plan_digest
from domain.rules.subject import SUBJECT
from domain.values.consent import Purpose
from domain.values.gates import ModelLists, Operator
from domain.values.identifiers import ClinicId, ConsentId, StreamName
from domain.values.study_figures import StatedResult
from validation.benchmarks.clinic_house import PROTOCOL, RELEASE
from validation.benchmarks.clinic_scribe import Deed
from validation.benchmarks.clinic_study import STUDY as STUDY_ID
from validation.benchmarks.clinic_years import ClinicYears, name_of, pseudonym
from validation.demonstration.protocols import STEREO_FACE
from validation.studies.plans import SKIN_TONE

HERE = ClinicId.derived("test")
DEEDS = 2500
AGGREGATES: dict[str, Aggregate[Any, Any]] = {
    each.kind: each
    for each in (
        ACCESS,
        ACQUISITION_PROTOCOL,
        ASSESSMENT,
        CLINIC,
        MODEL_RELEASE,
        PRACTITIONER,
        STUDY,
        SUBJECT,
        capture_session.CAPTURE_SESSION,
        consent.CONSENT,
        equipment.EQUIPMENT,
        inference.INFERENCE,
    )
}


def deeds(count: int = DEEDS, *, seed: int = 1) -> list[Deed]:
    """Return the first deeds of a clinic."""
    return list(islice(ClinicYears(HERE, seed=seed).deeds(), count))


class Folded:
    """The state of every stream while a clinic's years pass."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.states: dict[str, Any] = {}
        self.versions: dict[str, int] = {}

    def state(self, stream: StreamName) -> Any:  # noqa: ANN401 - of whatever kind it is
        """Return what a stream's records lead to so far."""
        return self.states.get(stream, AGGREGATES[stream[:-37]].initial)

    def take(self, draft: Draft) -> None:
        """Take the next draft."""
        assert draft.expected_version == self.versions.get(draft.stream, 0)
        self.versions[draft.stream] = draft.expected_version + 1
        aggregate = AGGREGATES[draft.stream[:-37]]
        self.states[draft.stream] = aggregate.evolve(self.state(draft.stream), draft.event)


def decided(folded: Folded, draft: Draft) -> object:
    """Return what the rules decide where a draft stands; none where no rule is asked here."""
    state = folded.state(draft.stream)
    match draft.event:
        case captured.AttemptSubmitted() as event:
            assert draft.attestation is not None
            station = folded.state(draft.attestation.device.stream)
            known = folded.state(ConsentId.derived(folded.states[draft.stream].subject).stream)
            return capture_session.submit_attempt(
                state,
                event,
                device=draft.attestation.device,
                content=STEREO_FACE,
                consent=consent.covers(known, Purpose.CLINICAL_CAPTURE, event.captured_at),
                device_gates=equipment.fit_for_attempt(
                    station,
                    conditions=event.conditions,
                    captured_at=event.captured_at,
                    content=STEREO_FACE,
                    models=ModelLists(in_force=state.model_list, opened_with=state.model_list),
                ),
                operator=Operator(signed_in=True, may_operate=True),
            )
        case captured.CaptureBlocked() as event:
            assert draft.attestation is not None
            return refused_capture.report_block(state, event, device=draft.attestation.device)
        case captured.AttemptMeasured() as event:
            return attempt.record_measurement(state, event)
        case captured.AttemptJudged() as event:
            return attempt.judge_attempt(state, event.attempt, content=STEREO_FACE)
        case captured.SessionClosed():
            return capture_session.close_session(state, content=STEREO_FACE)
        case InferenceCompleted() as event:
            return inference.complete_inference(state, event)
        case reviewed.ReportIssued() as event:
            return issue_report(
                state,
                signed_digest=event.signed_digest,
                document=event.document,
                renderer=event.renderer,
                sources=event.sources,
            )
        case StudyCompleted() as event:
            assert event.evaluation is not None
            return complete_study(
                state,
                plan=plan_digest(SKIN_TONE),
                data=event.data,
                cases=event.cases,
                figures=event.figures,
                stated=StatedResult(
                    cases=event.cases,
                    figures=event.figures,
                    software=event.software,
                    platform=event.platform,
                ),
                evaluation=event.evaluation,
                report=event.report,
                run_by=event.run_by,
            )
        case stations.CalibrationRecorded() as event:
            return calibration.record_calibration(state, event.calibration)
        case _:
            return None


def test_every_step_is_what_the_rules_decide_at_its_place() -> None:
    folded, asked = Folded(), set()
    for deed in deeds():
        for draft in deed.drafts:
            found = decided(folded, draft)
            if found is not None:
                assert found in (draft.event, (draft.event,))
                asked.add(type(draft.event).__name__)
            if isinstance(draft.event, reviewed.AssessmentSignedOff):
                state = folded.state(draft.stream)
                assert draft.event.signature.digest == presented_digest(state)
                assert not state.unreviewed
            folded.take(draft)
    assert len(asked) == 9
    assert approved_content(folded.state(PROTOCOL.stream)) == STEREO_FACE
    assert approved(folded.state(RELEASE.stream))
    assert holds(folded.state(STUDY_ID.stream))


def test_the_same_seed_gives_the_same_years_and_another_one_others() -> None:
    first, again, other = (deeds(300, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_what_a_station_states_is_signed_by_it_and_numbered_without_gaps() -> None:
    years = ClinicYears(HERE)
    numbers: dict[str, int] = {}
    keys = {each.device: each.signer.public_key().hex() for each in years.house.stations}
    for deed in islice(years.deeds(), 600):
        for draft in deed.drafts:
            made = draft.attestation
            if made is None:
                continue
            name, schema, _ = encode(draft.event)
            statement = device_statement(
                stream=draft.stream,
                name=name,
                schema=schema,
                device=made.device,
                device_sequence=made.sequence,
                device_time_us=made.device_time.us,
                commitment=commitment(made.salt, made.payload),
            )
            verify_p256(keys[made.device], made.signature, statement)
            assert decode(name, schema, canonical.parse_canonical(made.payload)) == draft.event
            assert made.sequence == numbers.get(made.device, 0) + 1
            numbers[made.device] = made.sequence
    assert len(numbers) == len(keys)


def test_keys_come_before_what_they_protect_and_times_never_run_back() -> None:
    made: set[str] = set()
    before = 0
    for deed in deeds():
        assert deed.at.us >= before
        before = deed.at.us
        if deed.new_subject is not None:
            made.add(f"subject:{deed.new_subject}")
        for draft in deed.drafts:
            assert draft.key in made or draft.key == f"clinic:{HERE}"


def test_memory_of_streams_does_not_grow_with_the_visits() -> None:
    years = ClinicYears(HERE)
    remembered = []
    for number, _ in enumerate(islice(years.deeds(), 4000)):
        if number in (2000, 3999):
            remembered.append(years.remembered)
    assert years.visits > 150
    assert remembered[1] - remembered[0] <= 5


@pytest.mark.parametrize("count", [20_000])
def test_clients_have_pseudonyms_of_their_own_and_names_that_repeat(count: int) -> None:
    assert len({pseudonym(number) for number in range(count)}) == count
    names = {name_of(number) for number in range(count)}
    assert 1_000 < len(names) < count

"""The imaging protocol as a state machine: no order of observations opens the shutter wrongly."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import protocol
from device.orders import Judged, Order
from device.protocol import (
    MOST_TRIES,
    REPEAT_US,
    SETTLE_US,
    VERDICT_PATIENCE_US,
    CalibrateLight,
    Capture,
    Fail,
    GiveUp,
    Look,
    Phase,
    Refuse,
    Shoot,
    Show,
    begin,
    handed_in,
    judged,
    look,
    not_captured,
)
from domain.errors import Refusal
from domain.values.capture import CAPTURE_GATES, Gate, GateResult, failed
from domain.values.content import CaptureView
from domain.values.gates import block, let_pass
from domain.values.protocol import ViewRequirement
from tests.builders import (
    FRONTAL,
    MODEL_LIST,
    OPERATOR,
    SESSION,
    a_protocol_content,
    an_attempt_id,
)
from tests.event_builders import a_session_opened

LEFT = CaptureView("left-oblique")
CONTENT = replace(
    a_protocol_content(),
    views=(
        ViewRequirement(view=FRONTAL, stereo=True, instruction="Look straight ahead."),
        ViewRequirement(view=LEFT, stereo=True, instruction="Turn to the right."),
    ),
)
ORDER = Order(
    session=SESSION,
    operator=OPERATOR,
    content=CONTENT,
    prompts=a_session_opened().prompts,
    model_manifest=MODEL_LIST,
    accepted=frozenset(),
    judged={},
    gates=(),
)
ATTEMPT = an_attempt_id()


def gates_with(*closed: Gate, evidence: str = "found") -> tuple[GateResult, ...]:
    """Return all gates, these ones closed."""
    return tuple(
        block(gate, evidence, f"Mind the {gate}.") if gate in closed else let_pass(gate, "fine")
        for gate in CAPTURE_GATES
    )


def seen(at_us: int, *closed: Gate, armed: bool = True) -> Look:
    """Return a look at a moment."""
    return Look(at_us=at_us, gates=gates_with(*closed), armed=armed)


def after(*looks: Look, order: Order = ORDER) -> tuple[Capture, list[protocol.Action]]:
    """Return the state after some looks, and every action."""
    capture = begin(order)
    done: list[protocol.Action] = []
    for each in looks:
        capture, actions = look(capture, order, each)
        done.extend(actions)
    return capture, done


@pytest.mark.verifies(
    "REQ-IN-077",
    "REQ-IN-078",
    "REQ-IN-079",
    "REQ-IN-080",
    "REQ-IN-081",
    "REQ-IN-082",
    "REQ-IN-083",
    "REQ-IN-084",
    "REQ-IN-085",
    "REQ-IN-091",
)
@pytest.mark.parametrize("gate", CAPTURE_GATES)
def test_a_closed_gate_blocks_the_shutter_and_is_recorded(gate: Gate) -> None:
    light = gate is Gate.ILLUMINATION
    looks = [seen(at * SETTLE_US, gate) for at in range(6)]
    _, done = after(*looks)
    assert not [each for each in done if isinstance(each, Shoot)]
    (refused,) = [each for each in done if isinstance(each, Refuse)]
    assert [each.gate for each in failed(refused.gates)] == [gate]
    assert len([each for each in done if isinstance(each, CalibrateLight)]) == (4 if light else 0)


def test_the_shutter_opens_after_all_gates_held_for_the_settling_time() -> None:
    capture, done = after(seen(0), seen(SETTLE_US - 1))
    assert capture.phase is Phase.SETTLING
    capture, (action,) = look(capture, ORDER, seen(SETTLE_US))
    assert isinstance(action, Shoot)
    assert action.requirement.view == FRONTAL
    assert capture.phase is Phase.SHOOTING
    assert look(capture, ORDER, seen(2 * SETTLE_US)) == (capture, ())
    assert not [each for each in done if isinstance(each, Refuse)]


def test_a_gate_that_closes_while_settling_starts_the_settling_again() -> None:
    _, done = after(seen(0), seen(1, Gate.ALIGNMENT), seen(SETTLE_US), seen(SETTLE_US + 2))
    assert not [each for each in done if isinstance(each, Shoot)]


def test_without_the_operator_nothing_is_shot_and_nothing_is_refused() -> None:
    looks = [seen(at * SETTLE_US, armed=False) for at in range(4)]
    looks += [seen(at * SETTLE_US, Gate.DISTANCE, armed=False) for at in range(4, 8)]
    _, done = after(*looks)
    assert all(isinstance(each, Show) for each in done)


@pytest.mark.verifies("DRV-07")
def test_a_standing_fault_is_one_fact_and_another_reason_is_another() -> None:
    looks = [seen(at * 100_000, Gate.DISTANCE) for at in range(20)]
    looks += [seen(2_000_000 + at, Gate.ALIGNMENT) for at in range(3)]
    _, done = after(*looks)
    refused = [each for each in done if isinstance(each, Refuse)]
    assert [failed(each.gates)[0].gate for each in refused] == [Gate.DISTANCE, Gate.ALIGNMENT]


def test_the_same_fault_much_later_after_the_gates_were_open_is_a_new_fact() -> None:
    _, done = after(
        seen(0, Gate.DISTANCE),
        seen(1),
        seen(2, Gate.DISTANCE),
        seen(3),
        seen(REPEAT_US + 3, Gate.DISTANCE),
    )
    assert len([each for each in done if isinstance(each, Refuse)]) == 2


def test_guidance_says_what_to_change_for_every_closed_gate() -> None:
    _, done = after(seen(0, Gate.DISTANCE, Gate.ALIGNMENT))
    (show,) = [each for each in done if isinstance(each, Show)]
    assert show.words == "Mind the distance. Mind the alignment."


def test_a_gate_nobody_reported_on_is_closed() -> None:
    partial = Look(at_us=0, gates=gates_with()[1:], armed=True)
    _, done = after(partial, replace(partial, at_us=SETTLE_US))
    (refused,) = [each for each in done if isinstance(each, Refuse)]
    assert [each.gate for each in failed(refused.gates)] == [CAPTURE_GATES[0]]


def shot() -> Capture:
    """Return a session whose first attempt was handed in."""
    capture, _ = after(seen(0), seen(SETTLE_US))
    capture, _ = handed_in(capture, ATTEMPT, at_us=SETTLE_US)
    return capture


@pytest.mark.verifies("REQ-IN-093", "REQ-IN-094")
def test_an_accepted_view_leads_to_the_next_and_the_last_to_the_end() -> None:
    order = replace(ORDER, accepted=frozenset({FRONTAL}))
    capture, (show,) = judged(shot(), order, at_us=1_000_000)
    assert (capture.view, capture.phase) == (LEFT, Phase.POSITIONING)
    assert isinstance(show, Show)
    capture, _ = judged(capture, replace(ORDER, accepted=frozenset({FRONTAL, LEFT})), at_us=0)
    assert (capture.view, capture.phase) == (None, Phase.DONE)
    assert look(capture, ORDER, seen(0)) == (capture, ())


def test_a_rejected_attempt_is_taken_again_with_the_advice() -> None:
    order = replace(ORDER, judged={ATTEMPT: Judged(accepted=False, advice=("Exhale and hold.",))})
    capture, (show,) = judged(shot(), order, at_us=1_000_000)
    assert show == Show(words="Not accepted. Exhale and hold.")
    assert (capture.view, capture.phase, capture.tries) == (FRONTAL, Phase.POSITIONING, 1)


def test_an_attempt_without_verdict_is_waited_for() -> None:
    capture = shot()
    assert judged(capture, ORDER, at_us=10 * VERDICT_PATIENCE_US) == (capture, ())


def test_a_server_that_tells_no_verdicts_is_waited_for_with_patience_only() -> None:
    silent = replace(ORDER, judged=None)
    capture = shot()
    assert judged(capture, silent, at_us=SETTLE_US + VERDICT_PATIENCE_US - 1) == (capture, ())
    again, _ = judged(capture, silent, at_us=SETTLE_US + VERDICT_PATIENCE_US)
    assert again.phase is Phase.POSITIONING


@pytest.mark.verifies("DRV-07")
def test_after_many_rejections_the_station_asks_for_help_and_says_so_on_record() -> None:
    capture = begin(ORDER)
    order = replace(ORDER, judged={ATTEMPT: Judged(accepted=False, advice=())})
    for _ in range(MOST_TRIES):
        capture, _ = handed_in(capture, ATTEMPT, at_us=0)
        capture, actions = judged(capture, order, at_us=0)
    assert capture.phase is Phase.HELP
    show, given_up = actions
    assert "Ask for help" in str(show)
    assert isinstance(given_up, GiveUp)
    assert (given_up.view, given_up.tries) == (FRONTAL, MOST_TRIES)
    assert look(capture, order, seen(0)) == (capture, ())


CAMERA = Refusal(
    rule="capture.hardware", evidence="the camera gives no picture", next_step="Try again."
)


@pytest.mark.verifies("DRV-07")
def test_a_shutter_that_fails_leads_back_to_positioning_and_is_a_fact() -> None:
    capture, _ = after(seen(0), seen(SETTLE_US))
    capture, actions = not_captured(capture, CAMERA, gates=gates_with(), at_us=SETTLE_US)
    assert capture.phase is Phase.POSITIONING
    assert actions == (
        Show(words="Not captured: the camera gives no picture. Try again."),
        Fail(view=FRONTAL, gates=gates_with(), why=CAMERA),
    )


@pytest.mark.verifies("DRV-07")
def test_a_standing_failure_is_one_fact_until_it_is_another_or_much_later() -> None:
    disk = replace(CAMERA, rule="capture.disk")
    capture, facts = begin(ORDER), []
    for at_us, why in (
        (0, CAMERA),
        (SETTLE_US, CAMERA),
        (REPEAT_US - 1, CAMERA),
        (REPEAT_US, disk),
        (REPEAT_US + 1, CAMERA),
        (2 * REPEAT_US + 1, CAMERA),
    ):
        capture, actions = not_captured(capture, why, gates=(), at_us=at_us)
        facts += [(at_us, each.why) for each in actions if isinstance(each, Fail)]
    assert facts == [
        (0, CAMERA),
        (REPEAT_US, disk),
        (REPEAT_US + 1, CAMERA),
        (2 * REPEAT_US + 1, CAMERA),
    ]


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("look"),
            st.frozensets(st.sampled_from(CAPTURE_GATES), max_size=2),
            st.frozensets(st.sampled_from(CAPTURE_GATES), max_size=1),
            st.booleans(),
            st.integers(0, 2 * SETTLE_US),
        ),
        st.sampled_from(["handed in", "failed", "accepted", "rejected"]),
    ),
    max_size=40,
)


@pytest.mark.verifies(
    "REQ-IN-082", "REQ-IN-083", "REQ-IN-084", "REQ-IN-085", "REQ-IN-086", "REQ-IN-091"
)
@given(STEPS)
def test_no_order_of_observations_shoots_with_a_closed_gate(steps: list[object]) -> None:
    capture, order, now_us, open_since = begin(ORDER), ORDER, 0, None
    for step in steps:
        if isinstance(step, tuple):
            _, closed, silent, armed, wait_us = step
            now_us += wait_us
            given_gates = tuple(each for each in gates_with(*closed) if each.gate not in silent)
            is_open = not closed and not silent and armed
            open_since = (now_us if open_since is None else open_since) if is_open else None
            capture, actions = look(
                capture, order, Look(at_us=now_us, gates=given_gates, armed=armed)
            )
            for action in actions:
                if isinstance(action, Shoot):
                    assert open_since is not None
                    assert now_us - open_since >= SETTLE_US
                    assert {each.gate for each in action.gates} == set(CAPTURE_GATES)
                    assert not failed(action.gates)
                    assert action.requirement.view not in order.accepted
                if isinstance(action, Refuse):
                    assert failed(action.gates)
                    assert armed
        elif step == "handed in" and capture.phase is Phase.SHOOTING:
            capture, _ = handed_in(capture, ATTEMPT, at_us=now_us)
            open_since = None
        elif step == "failed" and capture.phase is Phase.SHOOTING:
            capture, _ = not_captured(capture, CAMERA, gates=(), at_us=now_us)
            open_since = None
        elif step == "accepted" and capture.view is not None:
            order = replace(order, accepted=order.accepted | {capture.view})
            capture, _ = judged(capture, order, at_us=now_us)
            open_since = None
        elif step == "rejected":
            verdict = {ATTEMPT: Judged(accepted=False, advice=("Again.",))}
            capture, _ = judged(capture, replace(order, judged=verdict), at_us=now_us)
            open_since = None if capture.phase is Phase.POSITIONING else open_since

"""Executes a recorded run again from stored content and records how it compares [DRV-20].

Rules kept here:

1. Whoever asks is the actor; a repeat is recorded each time it is asked for.
2. A repeat of everything (``adapters/repeating/``) records nothing.
"""

from adapters.inference.onnx_model import platform_digest
from adapters.inference.reproduction import Outcome
from adapters.repeating.runs import run_again
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.inference import ReproductionChecked
from domain.events.record import Record
from domain.handling import Context, load_existing, update
from domain.rules.inference import INFERENCE, check_reproduction
from domain.values.actor import Actor
from domain.values.identifiers import InferenceId


def reproduce_inference(
    bench: Workbench, inference: InferenceId, *, actor: Actor, correlation: str
) -> Record:
    """Execute a recorded run again and record how it compares.

    Args:
        bench: What to work with.
        inference: The run.
        actor: Who asked for the repeat.
        correlation: Identifier of the piece of work it belongs to.

    Raises:
        NotFound: the run has no results, or content it needs is not stored.
        ContentErased: the subject was erased.
        IntegrityFailure: what is stored is not what was recorded.
    """
    run, _ = load_existing(bench.log, INFERENCE, inference.stream)
    requested, completed = run.requested, run.completed
    if requested is None or completed is None:
        message = f"run {inference} has no results to compare with"
        raise NotFound(message)
    result = run_again(bench, requested, completed)
    checked = ReproductionChecked(
        outcome=result.outcome.value, evidence=result.evidence, platform=platform_digest()
    )
    outputs = completed.outputs if result.outcome is Outcome.BIT_IDENTICAL else ()
    (record,) = update(
        bench.log,
        INFERENCE,
        inference.stream,
        lambda state: check_reproduction(state, checked, outputs=outputs),
        Context(
            clinic=bench.clinic, actor=actor, correlation=correlation, subject=requested.subject
        ),
    )
    return record

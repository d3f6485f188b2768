"""Follow what was laid before a practitioner back to its shutters: session, attempts, runs.

Rules kept here:

1. Every attempt was accepted and captured as it claims; every run was of an approved model on it.
2. A finding is one that a run gave, unchanged.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ledger.canonical import JsonValue
from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.origin import (
    check_capture,
    check_consent,
    find_attempt,
    frame_digests,
    one_record,
)
from validation.audit.outcome import Step
from validation.audit.runs import Basis, check_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A session with what came of it, as far as it could be followed.

    Attributes:
        opened: How it was laid before the practitioner.
        session: How the session was opened.
        attempts: The assessed attempts, by identifier.
        runs: What called for each completed run, with what it gave.
    """

    opened: Told
    session: Told
    attempts: Mapping[str, Told]
    runs: tuple[tuple[Told, Told], ...]

    def given(self) -> dict[str | None, tuple[JsonValue, Told, Told]]:
        """Return every finding by identifier, with what called for its run, and the run."""
        return {
            text_at(finding, words.FINDING): (finding, request, run)
            for request, run in self.runs
            for finding in run.values(words.RUN_FINDINGS)
        }


def follow_visit(account: Account, opened: Told, step: Step) -> Visit | None:
    """Follow an assessment back to its captures; say in the step what was found."""
    stream = words.SESSION_STREAM + str(opened.text(words.ASSESSMENT_SESSION))
    session = one_record(account, words.SESSION_OPENED, stream, opened.seq, step)
    if session is None:
        return None
    if not account.begins(stream):
        step.fail(f"{stream}, on which {opened} depends, is not in the bundle from its beginning")
    if session.text(words.SESSION_SUBJECT) != opened.text(words.ASSESSMENT_SUBJECT):
        step.fail(f"{session} and {opened} are about different subjects")
    attempts = _check_attempts(account, opened, stream, step)
    for attempt in attempts.values():
        check_capture(account, attempt, session, step)
    requests, runs = _check_runs(account, opened, attempts, step)
    purpose = str(session.text(words.SESSION_PURPOSE))
    moments = [(each, purpose) for each in (session, *attempts.values())]
    moments += [(each, words.ANALYSIS_PURPOSE) for each in requests]
    check_consent(account, session, moments, step)
    return Visit(opened=opened, session=session, attempts=attempts, runs=tuple(runs))


def _check_attempts(account: Account, opened: Told, session: str, step: Step) -> dict[str, Told]:
    """Return the assessed attempts by identifier, having checked verdicts and frames."""
    attempts: dict[str, Told] = {}
    for attempt in opened.texts(words.ASSESSMENT_ATTEMPTS):
        arrival = find_attempt(account, attempt, stream=session, user=opened, step=step)
        if arrival is not None:
            attempts[attempt] = arrival
    frames = {digest for arrival in attempts.values() for digest in frame_digests(arrival)}
    for digest in opened.texts(words.ASSESSMENT_FRAMES):
        if digest not in frames:
            step.fail(f"{opened} names the frame {digest}, which is of none of its attempts")
    step.note(f"{opened} rests on {len(attempts)} attempts with {len(frames)} frames")
    absent = len(frames.difference(account.digests))
    if absent:
        step.note(f"of which {absent} frames are named by digest and not in the bundle")
    return attempts


def _check_runs(
    account: Account, opened: Told, attempts: Mapping[str, Told], step: Step
) -> tuple[list[Told], list[tuple[Told, Told]]]:
    """Check every run that was laid before the practitioner; return requests, and each result."""
    basis = Basis(
        user=opened,
        session=opened.text(words.ASSESSMENT_SESSION),
        subject=opened.text(words.ASSESSMENT_SUBJECT),
        attempts=attempts,
    )
    requests: list[Told] = []
    runs: list[tuple[Told, Told]] = []
    for inference in opened.texts(words.ASSESSMENT_INFERENCES):
        request, completed = check_run(account, words.INFERENCE_STREAM + inference, basis, step)
        if request is not None:
            requests.append(request)
            runs += [(request, each) for each in completed]
    return requests, runs

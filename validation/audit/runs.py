"""Check the runs of models: on which pictures they were called for, and which model ran.

Rules kept here:

1. A run counts only on an attempt of the session that rests on it, and on that attempt's frames.
2. Its model is that of a release which was approved, and not suspended, when the run was called
   for; the release's stream is there from its beginning.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from validation.audit import vocabulary as words
from validation.audit.account import Account, Told
from validation.audit.origin import frame_digests, one_record
from validation.audit.outcome import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the runs behind one record have to be about.

    Attributes:
        user: The record that rests on them.
        session: The session.
        subject: The subject.
        attempts: The session's attempts that count, by identifier.
    """

    user: Told
    session: str | None
    subject: str | None
    attempts: Mapping[str, Told]


def check_run(
    account: Account, stream: str, basis: Basis, step: Step
) -> tuple[Told | None, list[Told]]:
    """Check the run of a stream; return what called for it, and what it completed with."""
    request = one_record(account, words.INFERENCE_REQUESTED, stream, basis.user.seq, step)
    if request is None:
        return None, []
    _check_request(request, basis, step)
    _check_release(account, request, step)
    ended = account.find(
        words.INFERENCE_COMPLETED, words.INFERENCE_FAILED, stream=stream, before=basis.user.seq
    )
    if not ended:
        step.fail(f"{stream} has no disclosed result before {basis.user}")
    completed = [each for each in ended if each.name == words.INFERENCE_COMPLETED]
    for run in completed:
        if run.text(words.RUN_MODEL) != request.text(words.INFERENCE_MODEL):
            step.fail(f"{run} ran another model than {request} called for")
    return request, completed


def _check_request(request: Told, basis: Basis, step: Step) -> None:
    """Check that a run was called for on an attempt of this session, and on its frames."""
    for field, expected in (
        (words.INFERENCE_SESSION, basis.session),
        (words.INFERENCE_SUBJECT, basis.subject),
    ):
        if request.text(field) != expected:
            step.fail(f"{request} is about another {field} than {basis.user}")
    arrival = basis.attempts.get(str(request.text(words.INFERENCE_ATTEMPT)))
    if arrival is None:
        step.fail(f"{request} ran on an attempt that {basis.user} does not rest on")
    elif not set(request.texts(words.INFERENCE_FRAMES)) <= set(frame_digests(arrival)):
        step.fail(f"{request} ran on a frame that {arrival} did not submit")


def _check_release(account: Account, request: Told, step: Step) -> None:
    """Check that the model is that of a release approved at that moment."""
    stream = words.RELEASE_STREAM + str(request.text(words.INFERENCE_RELEASE))
    registered = one_record(account, words.MODEL_REGISTERED, stream, request.seq, step)
    if registered is None:
        return
    if not account.begins(stream):
        step.fail(f"{stream}, on which {request} depends, is not in the bundle from its beginning")
    if registered.text(words.MANIFEST_MODEL) != request.text(words.INFERENCE_MODEL):
        step.fail(f"{request} called for another model than {registered} registered")
    decisions = account.find(
        words.MODEL_APPROVED, words.MODEL_SUSPENDED, stream=stream, before=request.seq
    )
    hidden = account.hidden(words.MODEL_SUSPENDED, stream=stream, before=request.seq)
    if hidden or not decisions or decisions[-1].name != words.MODEL_APPROVED:
        step.fail(f"{request} called for a model release that was not approved then")
        return
    if decisions[-1].text(words.SIGNED_DIGEST) != registered.text(words.MANIFEST_DIGEST):
        step.fail(f"{decisions[-1]} approved another manifest than {registered} registered")
    step.note(
        f"{request} called for {registered.text(words.MANIFEST_NAME)} "
        f"{registered.text(words.MANIFEST_VERSION)}, approved by {decisions[-1]}"
    )

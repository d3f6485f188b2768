"""A client's visits: consent, session, review, sign-off, report.

Rules kept here:

1. Everything is done by the person whose work it is, through the HTTP interface.
2. Each step looks at what is recorded and goes on from there, so an interrupted visit is continued.
3. The workers go on recording beside the person: what moved on meanwhile is looked at again.
"""

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from api.wiring import System
from domain.errors import Unavailable
from validation.demonstration.people import Person, Refusal

PATIENCE_S = 120.0
WORDING = {"wording_version": "2026-11", "language": "en-AU", "given_by": "subject"}
PROMPTS = {
    "hair_back": True,
    "glasses_off": True,
    "makeup": "none",
    "neutral_expression": True,
    "rest_cleaned": True,
}


def enrol(operator: Person, *, key: str, number: str) -> str:
    """Enrol a demonstration client and return the subject."""
    enrolled = operator.post(
        "/subjects",
        {
            "given_name": "Demo",
            "family_name": f"Client {number}",
            "date_of_birth": "1990-01-01",
            "clinic_number": f"DEMO-{number}",
        },
        key=f"demo-enrol-{key}",
    )
    subject: str = enrolled["subject"]
    return subject


def consent(operator: Person, subject: str, *, key: str) -> None:
    """Ask for each purpose; two are granted, one is declined."""
    wait_for(lambda: _known(operator, f"/subjects/{subject}"), "the subject")
    answered = {each["purpose"] for each in operator.get(f"/subjects/{subject}")["consents"]}
    for purpose, decision in (
        ("clinical-capture", "grant"),
        ("ai-analysis", "grant"),
        ("marketing", "decline"),
    ):
        if purpose not in answered:
            operator.post(
                f"/subjects/{subject}/consents",
                {"purpose": purpose, "decision": decision, **WORDING},
                key=f"demo-consent-{key}-{purpose}",
            )


def open_session(
    operator: Person, *, subject: str, device: str | None, protocol: str, key: str
) -> str:
    """Open a capture session behind the gates and return it."""
    opened = operator.post(
        "/capture-sessions",
        {"subject": subject, "device": device, "protocol": protocol, "prompts": PROMPTS},
        key=f"demo-session-{key}",
    )
    session: str = opened["session"]
    wait_for(lambda: _known(operator, f"/capture-sessions/{session}"), "the session")
    return session


def close_when_accepted(operator: Person, session: str, *, key: str) -> None:
    """Close a session as soon as every required view is accepted."""
    path = f"/capture-sessions/{session}"
    wait_for(
        lambda: (
            all(view["accepted"] for view in operator.get(path)["views"])
            and not _pending(operator.get(path))
        ),
        "an accepted capture",
    )

    def close() -> None:
        if operator.get(path)["state"] == "open":
            operator.post(f"{path}/close", key=f"demo-close-{key}", seen=operator.version(path))

    _as_it_is_now(close)


def assessment_of(person: Person, session: str) -> str:
    """Return the session's assessment as soon as everything of it was analysed."""
    path = f"/capture-sessions/{session}"
    found: str = wait_for(lambda: person.get(path)["assessment"], "the analysis")
    return found


def review(practitioner: Person, assessment: str, conclusion: str, *, key: str) -> None:
    """Review every finding and write a conclusion."""
    path = f"/assessments/{assessment}"
    if practitioner.get(path)["state"] != "open":
        return

    def put(part: str, body: dict[str, Any], name: str) -> None:
        seen = practitioner.version(path)
        practitioner.put(f"{path}/{part}", body, key=f"demo-{name}", seen=seen)

    for finding in practitioner.get(path)["findings"]:
        if finding["verdict"] != "none":
            continue
        verdict: dict[str, Any] = {"verdict": "accepted"}
        if finding["needs_confirmation"] and finding["category"] != "volume":
            verdict = {
                "verdict": "rejected",
                "reason_code": "not-applicable",
                "reason": "Skin type is taken by history, not from a picture.",
            }
        code = finding["finding"]
        _as_it_is_now(partial(put, f"findings/{code}", verdict, f"{key}-{code[:18]}"))
    _as_it_is_now(partial(put, "conclusion", {"text": conclusion}, f"conclusion-{key}"))


def sign(practitioner: Person, assessment: str, *, key: str) -> str:
    """Sign exactly what is shown, and return the report once it is issued."""
    path = f"/assessments/{assessment}"

    def approve() -> None:
        seen = practitioner.version(path)
        shown = practitioner.get(path)
        if shown["state"] == "open":
            practitioner.approve(
                f"{path}/sign-off",
                digest=shown["presentation"]["digest"],
                key=f"demo-sign-off-{key}",
                seen=seen,
                meaning="authored",
            )

    _as_it_is_now(approve)
    issued = wait_for(lambda: practitioner.get(path)["report"], "the report")
    report: str = issued["report"]
    return report


def wait_for(look: Callable[[], Any], what: str) -> Any:  # noqa: ANN401 - whatever was looked for
    """Look until something is there.

    Raises:
        Unavailable: it did not come in two minutes.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    message = f"waited two minutes for {what}; start the demonstration again to go on from here"
    raise Unavailable(message)


def settle(system: System) -> None:
    """Let the projections reach everything recorded so far."""
    system.runner.reached(system.log.size() - 1, timeout_s=PATIENCE_S)


def _known(person: Person, path: str) -> bool:
    try:
        person.get(path)
    except Refusal as refusal:
        if refusal.problem["status"] == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def _pending(session: dict[str, Any]) -> bool:
    return any(each["state"] in {"submitted", "measured"} for each in session["attempts"])


def _as_it_is_now(change: Callable[[], None]) -> None:
    """Look and change; when it moved on between the two, look again.

    Raises:
        Unavailable: it moved on for two minutes.
    """

    def changed() -> bool:
        try:
            change()
        except Refusal as refusal:
            if refusal.problem["status"] == HTTPStatus.PRECONDITION_FAILED:
                return False
            raise
        return True

    wait_for(changed, "what was looked at to stay as it was seen")

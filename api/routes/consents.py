"""Consent: the wordings that are shown, and each answer."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.admission import CheckedFirst
from api.answers import Recorded, Running, recorded
from api.consent_wordings import WORDINGS, find_wording
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signin import Person, SignedIn, allowed
from domain.events.consent import ConsentEvent
from domain.handling import load_existing, update
from domain.rules import consent as rules
from domain.rules.consent import CONSENT, Consent
from domain.rules.subject import SUBJECT
from domain.values.consent import Purpose
from domain.values.identifiers import ConsentId, SubjectId

ROUTER = APIRouter(tags=["consent"], route_class=CheckedFirst)
Recorder = Annotated[Person, Depends(allowed(Permission.CONSENTS_RECORD))]


class WordingItem(BaseModel):
    """One text that is shown."""

    version: str
    language: str
    purpose: str
    text: str
    digest: str


class Wordings(BaseModel):
    """All texts in use."""

    items: list[WordingItem]


class Answer(BaseModel):
    """What the client answered about one purpose."""

    purpose: Purpose
    decision: Literal["grant", "decline", "withdraw"]
    wording_version: str = Field(default="", max_length=50)
    language: str = Field(default="en-AU", max_length=20)
    given_by: Literal["subject", "guardian"] = "subject"
    valid_days: int | None = Field(default=None, ge=1, le=36_500)
    reason: str = Field(default="", max_length=2000)


@ROUTER.get("/consent-wordings")
def wordings(_person: SignedIn) -> Wordings:
    """Return the texts in use, with their digests."""
    return Wordings(
        items=[
            WordingItem(
                version=each.version,
                language=each.language,
                purpose=each.purpose.value,
                text=each.text,
                digest=str(each.wording.text),
            )
            for each in WORDINGS
        ]
    )


@ROUTER.post("/subjects/{subject}/consents", status_code=201)
def answer(
    subject: str, answer: Answer, person: Recorder, system: Running, key: IdempotencyKey
) -> Recorded:
    """Record an answer to one purpose."""
    identifier = SubjectId(subject)
    load_existing(system.log, SUBJECT, identifier.stream)
    now = system.clock.now()

    def decide(state: Consent) -> ConsentEvent:
        if answer.decision == "withdraw":
            return rules.withdraw_consent(
                state, subject=identifier, purpose=answer.purpose, reason=answer.reason
            )
        shown = find_wording(answer.purpose, answer.wording_version, answer.language).wording
        if answer.decision == "decline":
            return rules.decline_consent(
                state, subject=identifier, purpose=answer.purpose, wording=shown, at=now
            )
        days = answer.valid_days
        return rules.grant_consent(
            subject=identifier,
            purpose=answer.purpose,
            wording=shown,
            given_by=answer.given_by,
            valid_until=None if days is None else now.plus(timedelta(days=days)),
            at=now,
        )

    context = system.context(person.actor, idempotency_key=key, subject=identifier)
    stream = ConsentId.derived(identifier).stream
    return recorded(update(system.log, CONSENT, stream, decide, context))

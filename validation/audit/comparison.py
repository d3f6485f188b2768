"""Follow the figures of an earlier visit, shown beside this one's, back to both visits' runs.

Rules kept here:

1. The earlier visit is held to what the report's own is held to. A bundle without it does not prove
   the comparison, and fails.
2. What is compared is worked out anew from what runs gave and the practitioner accepted; the report
   has to show exactly that, and the smallest change that can be told from none.
3. Only runs of the same model compare. Whether the captures do in light, distance and pose is the
   report's own verdict, and that is said.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10; JCGM 100:2008 (GUM), 5.1.2.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.ledger.report_data import ComparedFigures, ComparedVisit
from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at, value_at
from validation.audit.origin import check_sound
from validation.audit.outcome import Step
from validation.audit.visit import Visit, follow_visit

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROUNDING: Final = 1e-12
"""Two programs may round the root of a sum of squares differently in its last digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A finding that a run gave and the practitioner accepted.

    Attributes:
        place: View in words, and the finding's permanent word.
        label: What it is called.
        value: The number.
        unit: Its unit.
        uncertainty: Expanded uncertainty in the unit.
        model: Name and version of the model.
        run: The record of the run.
    """

    place: tuple[str, str]
    label: str
    value: float
    unit: str
    uncertainty: float
    model: str
    run: Told


def check_comparison(
    account: Account, compared: ComparedVisit | None, visit: Visit, signed: Told, step: Step
) -> None:
    """Follow a report's comparison back to both visits, and work its figures out anew.

    Args:
        account: Everything that is disclosed.
        compared: What the report says; none where it compares nothing.
        visit: The report's own visit.
        signed: The signature that called for the report.
        step: Where to say what was found.
    """
    if compared is None:
        return
    if not compared.figures:
        step.note(f"the report shows no figures of the visit of {compared.taken_at} beside its own")
        return
    if compared.differ:
        step.fail("the report compares two visits of which it says that they do not compare")
    earlier = _earlier_visit(account, compared, visit, signed, step)
    if earlier is None:
        return
    before = {each.place: each for each in _accepted(account, earlier, signed, step)}
    pairs = [
        (before[each.place], each)
        for each in _accepted(account, visit, signed, step)
        if each.place in before and before[each.place].unit == each.unit
    ]
    # Two numbers that state no uncertainty cannot be told apart, and are not compared.
    pairs = [each for each in pairs if each[0].uncertainty or each[1].uncertainty]
    labels = [_label(now) for _, now in pairs]
    if labels != [each.label for each in compared.figures]:
        step.fail(
            f"the report compares {', '.join(each.label for each in compared.figures)}; measured "
            f"and accepted in both visits were {', '.join(labels) or 'no figures'}"
        )
        return
    for said, (then, now) in zip(compared.figures, pairs, strict=True):
        _check_figures(said, then, now, step)
    step.note(f"{len(pairs)} figures beside those of {earlier.opened}; that the captures compare")
    step.note("in light, distance and pose is the report's own verdict, not worked out anew")


def _earlier_visit(
    account: Account, compared: ComparedVisit, visit: Visit, signed: Told, step: Step
) -> Visit | None:
    """Return the earlier visit, followed to its captures."""
    others = [
        (each, _taken_at(account, each))
        for each in account.find(words.ASSESSMENT_OPENED, before=signed.seq)
        if each.seq != visit.opened.seq
    ]
    found = [each for each, taken_at in others if taken_at == compared.taken_at]
    if len(found) != 1:
        instead = "".join(f"; it holds {each} of {taken_at}" for each, taken_at in others)
        step.fail(
            f"the visit of {compared.taken_at}, with which the report compares, is not in the "
            f"bundle, so the comparison is not proven; have the bundle packed again{instead}"
        )
        return None
    (opened,) = found
    if opened.text(words.ASSESSMENT_SUBJECT) != visit.opened.text(words.ASSESSMENT_SUBJECT):
        step.fail(f"{opened} and {visit.opened} are about different subjects")
    if not compared.taken_at < (_taken_at(account, visit.opened) or ""):
        step.fail(f"the report compares with {opened}, which is not of an earlier visit")
    if not account.begins(opened.header.stream):
        step.fail(
            f"{opened.header.stream}, with which the report compares, is not in the bundle from "
            "its beginning"
        )
    signatures = account.find(
        words.SIGNING_EVENTS[0], stream=opened.header.stream, before=signed.seq
    )
    if not signatures:
        step.fail(f"{opened}, with which the report compares, was not signed before {signed}")
    for each in signatures:
        if each.header.actor != f"practitioner:{each.text(words.SIGNER)}":
            step.fail(f"{each} names another signer than {each.header.actor}, who acted")
    earlier = follow_visit(account, opened, step)
    for attempt in () if earlier is None else earlier.attempts.values():
        if attempt.text(words.CAPTURE_CALIBRATION) is not None:
            check_sound(account, signed, attempt, step)
    return earlier


def _taken_at(account: Account, opened: Told) -> str | None:
    """Return when the first of the assessed captures was made, by the log's clock."""
    stream = words.SESSION_STREAM + str(opened.text(words.ASSESSMENT_SESSION))
    attempts = opened.texts(words.ASSESSMENT_ATTEMPTS)
    arrivals = account.find(
        words.ATTEMPT_SUBMITTED, words.PHOTOGRAPH_IMPORTED, stream=stream, before=opened.seq
    )
    moments = [_moment(each) for each in arrivals if each.text(words.ATTEMPT) in attempts]
    return min((each for each in moments if each is not None), default=None)


def _moment(arrival: Told) -> str | None:
    """Return when a capture was made, corrected by what the station knew of its clock."""
    if arrival.name == words.PHOTOGRAPH_IMPORTED:
        moment = _EPOCH + timedelta(microseconds=arrival.header.committed_at_us)
    else:
        offset = arrival.value(words.CAPTURE_CLOCK_OFFSET_MS)
        ahead = offset if isinstance(offset, int | float) else 0.0
        try:
            captured = datetime.fromisoformat(arrival.text(words.CAPTURED_AT) or "")
            moment = captured - timedelta(milliseconds=ahead)
        except (ValueError, OverflowError):
            return None
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _accepted(account: Account, visit: Visit, signed: Told, step: Step) -> Iterator[Measured]:
    """Yield the figures of a visit that stand as measured, in the order they were laid open."""
    stream = visit.opened.header.stream
    if account.hidden(*words.FINDING_REVIEWED, stream=stream, before=signed.seq):
        step.fail(f"not all reviews of {visit.opened} are disclosed, so what stands is not known")
    reviews = {
        each.text(words.FINDING): each.name
        for each in account.find(*words.FINDING_REVIEWED, stream=stream, before=signed.seq)
    }
    given = visit.given()
    for finding in visit.opened.values(words.ASSESSMENT_FINDINGS):
        identifier = text_at(finding, words.FINDING)
        if identifier not in given or reviews.get(identifier) != words.FINDING_ACCEPTED:
            continue
        recorded, request, run = given[identifier]
        if recorded != finding:
            step.fail(f"{visit.opened} shows the finding {identifier} otherwise than {run} gave it")
        attempt = visit.attempts.get(str(request.text(words.INFERENCE_ATTEMPT)))
        value, uncertainty, unit = (
            value_at(recorded, field)
            for field in (words.FINDING_VALUE, words.FINDING_UNCERTAINTY, words.FINDING_UNIT)
        )
        if (
            isinstance(value, int | float)
            and isinstance(uncertainty, int | float)
            and isinstance(unit, str)
        ):
            view = "" if attempt is None else attempt.text(words.ATTEMPT_VIEW) or ""
            yield Measured(
                place=(view.replace("-", " "), str(text_at(recorded, words.FINDING_CODE))),
                label=str(text_at(recorded, words.FINDING_LABEL)),
                value=float(value),
                unit=unit,
                uncertainty=float(uncertainty),
                model=_model(account, request),
                run=run,
            )


def _model(account: Account, request: Told) -> str:
    """Return name and version of the model that a run was called for with."""
    stream = words.RELEASE_STREAM + str(request.text(words.INFERENCE_RELEASE))
    registered = account.find(words.MODEL_REGISTERED, stream=stream, before=request.seq)
    return " ".join(
        str(each.text(field))
        for each in registered[-1:]
        for field in (words.MANIFEST_NAME, words.MANIFEST_VERSION)
    )


def _label(now: Measured) -> str:
    return f"{now.label}, {now.place[0].lower()}"


def _check_figures(said: ComparedFigures, then: Measured, now: Measured, step: Step) -> None:
    """Check what the report says of one quantity against what both runs gave."""
    for when, number, measured in (
        ("then", said.earlier, then),
        ("now", said.now, now),
    ):
        if number != measured.value or said.unit != measured.unit:
            step.fail(
                f"the report says {said.label}: {number:.6g} {said.unit} {when}, but "
                f"{measured.run} gave {measured.value:.6g} {measured.unit}"
            )
    if then.model != now.model:
        step.fail(
            f"the report compares {said.label} by {then.model} in {then.run} with {now.model} in "
            f"{now.run}"
        )
    detectable = math.hypot(then.uncertainty, now.uncertainty)
    if not math.isclose(said.detectable, detectable, rel_tol=_ROUNDING):
        step.fail(
            f"the report says that {said.detectable:.6g} {said.unit} of {said.label} can be told "
            f"from none; the uncertainties in {then.run} and {now.run} give {detectable:.6g}"
        )
    change = now.value - then.value
    told = "none" if abs(change) < detectable else f"{change:+.3g} {now.unit}"
    step.note(
        f"{said.label}: {then.value:.6g} {then.unit} in {then.run}, {now.value:.6g} {now.unit} in "
        f"{now.run}; changes from {detectable:.3g} on can be told, told is {told}"
    )

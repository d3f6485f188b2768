"""How releases in the shadow differ from the approved ones they run beside.

Rules kept here:

1. Bias, standard deviation and limits of agreement are of shadow minus approved, over all captures
   where both gave a number in the same unit.
2. Where either gave none the case is counted as not compared, and a refusal is counted by its rule:
   a model that answers only easy captures is not taken for a better one.
3. What was found of an erased client counts no more.

Source: Bland and Altman 1986, Lancet 327:307 (limits of agreement: bias ± 1.96 SD).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

import sqlalchemy as sa

from domain.events import inference as facts
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.values.identifiers import InferenceId
from projections.rows import Row, erased_subject, every, names_of, subject_of
from projections.tables import Projection, metadata
from projections.writing import Rows

NORMAL_95 = 1.96

DIFFERENCE = sa.Table(
    "shadow_difference",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("release", sa.Text, nullable=False, index=True),
    sa.Column("inference", sa.Text, nullable=False),
    sa.Column("approved", sa.Float, nullable=True),
    sa.Column("shadow", sa.Float, nullable=True),
    sa.Column("approved_text", sa.Text, nullable=True),
    sa.Column("shadow_text", sa.Text, nullable=True),
)

REFUSAL = sa.Table(
    "shadow_refusal",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("release", sa.Text, nullable=False, index=True),
    sa.Column("rule", sa.Text, nullable=False),
)

TABLES = (DIFFERENCE, REFUSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputAgreement:
    """How one output of a release in the shadow agrees with the approved one.

    Attributes:
        code: The output's permanent word.
        unit: Its unit; empty for words.
        cases: Captures where both gave a value.
        not_compared: Captures where either gave none.
        bias: Mean of shadow minus approved; none for words, or without cases.
        sd: Standard deviation of the differences; none with fewer than two.
        low: Lower limit of agreement.
        high: Upper limit of agreement.
        same: Captures where both gave the same words; none for numbers.
    """

    code: str
    unit: str
    cases: int
    not_compared: int
    bias: float | None
    sd: float | None
    low: float | None
    high: float | None
    same: int | None


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget(TABLES, subject)
        return
    if not record.stream.startswith(f"{InferenceId.kind}-"):
        return
    whose = subject_of(record) or ""
    match record.event:
        case facts.ShadowCompared() as event:
            for each in event.differences:
                rows.put(
                    DIFFERENCE,
                    seq=record.seq,
                    code=each.code,
                    unit=each.unit or "",
                    subject=whose,
                    release=str(event.release),
                    inference=str(InferenceId.of_stream(record.stream)),
                    approved=each.approved,
                    shadow=each.shadow,
                    approved_text=each.approved_text,
                    shadow_text=each.shadow_text,
                )
        case facts.ShadowRefused() as event:
            rows.put(
                REFUSAL,
                seq=record.seq,
                subject=whose,
                release=str(event.release),
                rule=event.rule,
            )


PROJECTION = Projection(
    name="shadow-comparison",
    version=1,
    tables=TABLES,
    apply=apply,
    handles=names_of(facts.ShadowCompared | facts.ShadowRefused, SubjectKeyDestroyed),
)


def agreement(connection: sa.Connection, release: str) -> list[OutputAgreement]:
    """Return how each output of a release agrees with the approved one, ordered by output."""
    query = sa.select(DIFFERENCE).where(DIFFERENCE.c.release == release)
    by_output: dict[tuple[str, str], list[Row]] = {}
    for row in every(connection, query.order_by(DIFFERENCE.c.seq)):
        by_output.setdefault((row["code"], row["unit"]), []).append(row)
    return [_agreement(*key, rows) for key, rows in sorted(by_output.items())]


def refusals(connection: sa.Connection, release: str) -> dict[str, int]:
    """Return how often a release in the shadow was refused, by rule."""
    query = sa.select(REFUSAL).where(REFUSAL.c.release == release)
    return dict(sorted(Counter(row["rule"] for row in every(connection, query)).items()))


def _agreement(code: str, unit: str, rows: Iterable[Row]) -> OutputAgreement:
    pairs = [_pair(row, is_number=bool(unit)) for row in rows]
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    numbers = [float(other) - float(one) for one, other in both] if unit else []
    bias = fmean(numbers) if numbers else None
    sd = stdev(numbers) if len(numbers) > 1 else None
    limits = None if bias is None or sd is None else (bias - NORMAL_95 * sd, bias + NORMAL_95 * sd)
    return OutputAgreement(
        code=code,
        unit=unit,
        cases=len(both),
        not_compared=len(pairs) - len(both),
        bias=bias,
        sd=sd,
        low=None if limits is None else limits[0],
        high=None if limits is None else limits[1],
        same=None if unit else sum(one == other for one, other in both),
    )


def _pair(row: Row, *, is_number: bool) -> tuple[float | str | None, float | str | None]:
    if is_number:
        return row["approved"], row["shadow"]
    return row["approved_text"], row["shadow_text"]

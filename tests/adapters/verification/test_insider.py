"""The drill: an insider who owns database and log key, and what still gives them away."""

import pytest

from domain.ledger.problem import ProblemKind
from tests.adapters.verification.tampering import Clinic
from tests.contracts.logs import Logs


@pytest.fixture
def clinic(sqlite_logs: Logs) -> Clinic:
    """Return a clinic with six sessions in an SQLite file."""
    clinic = Clinic(sqlite_logs)
    for _ in range(6):
        clinic.session()
        clinic.sign()
    return clinic


def outside(clinic: Clinic) -> dict[int, bytes]:
    """Return copies of the checkpoints, as somebody else would keep them."""
    return {kept.size: kept.note for kept in clinic.shelf.all()}


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_a_history_rewritten_and_signed_again_is_told_by_a_checkpoint_kept_outside(
    clinic: Clinic,
) -> None:
    kept = outside(clinic)
    assert sorted(kept) == [4, 7, 10, 13, 16, 19]
    clinic.rewrite(8)
    clinic.session()
    clinic.sign()

    alone = clinic.verify().report
    assert alone.intact  # nothing in the record itself says otherwise
    assert alone.confirmed == (4, 7, 10, 13, 16, 19, 22)

    (problem,) = clinic.verify(outside=[kept[16]]).report.problems
    assert (problem.kind, problem.seq) == (ProblemKind.CHECKPOINT_DIFFERS, 0)
    assert "the first 16 records do not have the root" in problem.text
    assert "holds the log's key" in problem.text

    report = clinic.verify(outside=list(kept.values())).report
    assert {each.kind for each in report.problems} == {ProblemKind.CHECKPOINT_DIFFERS}
    assert {each.seq for each in report.problems} == {7}  # records 7 to 9 hold the change
    assert len(report.problems) == 4


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
@pytest.mark.parametrize("size", [17, 13, 1])
def test_a_tail_cut_off_and_signed_again_is_told_by_a_checkpoint_kept_outside(
    clinic: Clinic, size: int
) -> None:
    kept = outside(clinic)
    clinic.cut(size)
    assert clinic.verify().report.intact
    (problem,) = clinic.verify(outside=[kept[19]]).report.problems
    assert (problem.kind, problem.seq) == (ProblemKind.TRUNCATED, size)
    assert "missing from its end" in problem.text


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_a_tail_cut_off_and_grown_again_is_told_by_a_checkpoint_kept_outside(
    clinic: Clinic,
) -> None:
    kept = outside(clinic)
    clinic.cut(13)
    again = Clinic.__new__(Clinic)
    again.__dict__ |= clinic.__dict__ | {"log": clinic.logs.open(), "sequence": 4}
    for _ in range(3):
        again.session()
    report = again.verify(outside=[kept[13], kept[19]]).report
    (problem,) = report.problems
    assert (problem.kind, problem.seq) == (ProblemKind.CHECKPOINT_DIFFERS, 13)


def test_an_untouched_log_agrees_with_every_checkpoint_kept_outside(clinic: Clinic) -> None:
    verification = clinic.verify(outside=list(outside(clinic).values()))
    assert verification.report.intact
    assert verification.outside == 6

"""A small sample of the confusion table, how its cases are chosen, and what is said of them."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from adapters.imaging.face_measures import FACE_MEASURES
from adapters.imaging.measures import MEASURES
from device.simulation.faults import GATE, UPKEEP, Fault
from device.simulation.identity import TypologyClass
from device.simulation.scene import HeadPose
from validation.benchmarks import gates
from validation.benchmarks.gates import SIZES, judge_case
from validation.benchmarks.gates_cases import (
    CLEAN_EVERY,
    FIRST_IDENTITY,
    ROUND,
    SHOWN,
    Case,
    People,
    cases,
)
from validation.benchmarks.gates_table import (
    OWNER,
    Judged,
    by_fault,
    by_gate,
    by_limit,
    gate_of,
    verdict,
    wrong,
)
from validation.demonstration.protocols import STEREO_FACE

SAMPLE = (
    (None, TypologyClass.LIGHT),
    (None, TypologyClass.DARK),
    (Fault.OVEREXPOSED, TypologyClass.DARK),
    (Fault.UNEVEN_LIGHT, TypologyClass.DARK),
    (Fault.SMILING, TypologyClass.BROWN),
    (Fault.GLASSES_WORN, TypologyClass.LIGHT),
    (Fault.HAIR_OVER_FACE, TypologyClass.DARK),
    (Fault.HAND_BEFORE_FACE, TypologyClass.LIGHT),
    (Fault.MAKEUP_WORN, TypologyClass.TAN),
    (Fault.SKIN_SHINES, TypologyClass.DARK),
    (Fault.TWO_FACES, TypologyClass.LIGHT),
    (Fault.PHOTOGRAPH, TypologyClass.LIGHT),
    (Fault.CAMERAS_SWAPPED, TypologyClass.LIGHT),
    (Fault.UNEQUAL_EXPOSURE, TypologyClass.LIGHT),
    (Fault.NO_FACE, TypologyClass.LIGHT),
    (Fault.BLACK_FRAME, TypologyClass.DARK),
    (Fault.TRUNCATED, TypologyClass.BROWN),
    (Fault.HEAD_ROLLED_LEFT, TypologyClass.DARK),
    (Fault.HEAD_ROLLED_RIGHT, TypologyClass.LIGHT),
    (Fault.HEAD_TILTED_FORWARD, TypologyClass.DARK),
)
SHOWN_BEFORE = {
    People.DEVELOPMENT: "54b653bbec29711d00e7205ac4d5878d62c35b0ee9f4e1df554f23dbcbf43390",
    People.HOLDOUT: "2966410a1d0dc9e93213061422d18100e8b4a8ad94489bdba9e69bfd71ac5e4f",
}
"""Digests of the first 264 cases, as they were when a round had 33 faults."""


def as_told(right: Sequence[Case], missed: Sequence[Case] = ()) -> list[Judged]:
    """Return cases that came out right, and cases in which their own gate stayed open."""
    told = []
    for case in right:
        own = frozenset(OWNER[case.fault][:1]) if case.fault else frozenset[str]()
        told.append(Judged(case=case, missed=own))
    for case in missed:
        other = frozenset[str]() if case.fault else frozenset({"smile"})
        told.append(Judged(case=case, missed=other))
    return told


def printed(judged: list[Judged]) -> str:
    """Return the tables as a wide terminal shows them."""
    console = Console(width=240, file=StringIO(), record=True)
    for table in (by_fault(judged), by_gate(judged), by_limit(judged)):
        console.print(table)
    return console.export_text()


@pytest.mark.parametrize("people", People)
def test_a_round_shows_every_fault_to_every_class_once(people: People) -> None:
    chosen = list(cases(ROUND, people))
    faulty = Counter((case.fault, case.typology) for case in chosen if case.fault is not None)
    clean = Counter(case.typology for case in chosen if case.fault is None)
    assert set(faulty.values()) == {1}
    assert len(faulty) == len(SHOWN) * len(TypologyClass)
    assert {fault for fault, _ in faulty} == set(Fault) - UPKEEP
    assert len(set(clean.values())) == 1
    assert sum(clean.values()) == ROUND // CLEAN_EVERY
    assert len({case.pose for case in chosen}) == ROUND


def test_the_first_cases_are_the_same_in_every_run() -> None:
    assert list(cases(ROUND))[:40] == list(cases(40))
    assert list(cases(40)) == list(cases(40, People.DEVELOPMENT))


@pytest.mark.parametrize("people", People)
def test_faults_that_were_added_later_change_no_earlier_case(people: People) -> None:
    told = "\n".join(
        f"{case.identity_seed} {case.typology.value} {case.fault and case.fault.value} {case.pose}"
        for case in cases(264, people)
    )
    assert sha256(told.encode()).hexdigest() == SHOWN_BEFORE[people]


@pytest.mark.parametrize("people", People)
def test_a_second_round_shows_the_faults_of_the_first_again(people: People) -> None:
    twice = list(cases(2 * ROUND, people))
    for first, second in zip(twice[:ROUND], twice[ROUND:], strict=True):
        assert (first.fault, first.typology) == (second.fault, second.typology)
        assert first.pose != second.pose


def test_a_person_has_one_skin_class() -> None:
    chosen = list(cases(2 * ROUND, People.HOLDOUT))
    assert len({case.identity_seed for case in chosen}) == len(
        {(case.identity_seed, case.typology) for case in chosen}
    )


def test_development_never_shows_whom_the_hold_out_shows() -> None:
    shown = {
        people: {case.identity_seed for case in cases(10 * ROUND, people)} for people in People
    }
    assert not shown[People.DEVELOPMENT] & shown[People.HOLDOUT]
    for people in People:
        assert min(shown[people]) >= FIRST_IDENTITY[people]
    parser = ArgumentParser()
    gates.arguments(parser)
    assert parser.parse_args([]).people is People.DEVELOPMENT
    assert parser.parse_args(["--set", "holdout"]).people is People.HOLDOUT


def test_every_fault_has_an_owner_that_the_protocol_limits() -> None:
    limited = {limit.name for limit in STEREO_FACE.limits}
    assert set(OWNER) == set(Fault) - UPKEEP
    for fault, own in OWNER.items():
        assert set(own) & limited, fault


def test_either_side_of_the_roll_is_judged_by_the_line_of_the_eyes() -> None:
    for fault in (Fault.HEAD_ROLLED_LEFT, Fault.HEAD_ROLLED_RIGHT):
        assert OWNER[fault] == ("eye_line", "face_roll")
    assert gate_of("eye_line") == gate_of("face_roll") == "framing"


def test_every_limited_measurement_belongs_to_a_gate_in_words() -> None:
    words = {text.split(":")[0] for text in GATE.values()}
    for limit in STEREO_FACE.limits:
        assert gate_of(limit.name) in words, limit.name
    assert {limit.name for limit in STEREO_FACE.limits} <= {
        each.name for each in (*MEASURES, *FACE_MEASURES)
    }


def test_tables_show_every_fault_class_and_gate() -> None:
    judged = as_told(list(cases(ROUND)))
    assert by_fault(judged).row_count == len(SHOWN) + 2
    assert by_gate(judged).row_count == by_limit(judged).row_count == len(SHOWN) + 1
    text = printed(judged)
    for typology in TypologyClass:
        assert typology.value in text
    assert "216/216 (100.0 %)" in text
    assert "72/72 (100.0 %)" in text


def test_a_gate_that_is_not_the_faults_own_proves_nothing() -> None:
    case = next(case for case in cases(ROUND) if case.fault is Fault.DEFOCUS)
    judged = [Judged(case=case, missed=frozenset({"smile"}))]
    assert not judged[0].right
    assert "smile 1" in printed(judged)
    assert wrong(judged) == [
        f"defocus, {case.typology.value}, person {case.identity_seed}: missed smile"
    ]


def test_the_verdict_is_over_both_shares_and_names_weak_faults() -> None:
    chosen = list(cases(ROUND))
    smiling = [case for case in chosen if case.fault is Fault.SMILING]
    clean = [case for case in chosen if case.fault is None]
    rest = [case for case in chosen if case not in smiling]
    kept, said = verdict(as_told(chosen))
    assert kept
    assert said == (
        "kept: faults caught by their own gate 216/216 (100.0 %), clean captures that pass "
        "72/72 (100.0 %), each at least 95 %; single faults under it: none"
    )
    kept, said = verdict(as_told([*rest, *smiling[1:]], smiling[:1]))
    assert kept
    assert said.endswith("single faults under it: smiling 5/6 (83.3 %)")
    others = [case for case in chosen if case not in clean]
    assert not verdict(as_told([*others, *clean[4:]], clean[:4]))[0]
    assert verdict(as_told([*others, *clean[3:]], clean[:3]))[0]


def test_what_was_not_shown_is_not_kept() -> None:
    only_clean = [case for case in cases(ROUND) if case.fault is None]
    kept, said = verdict(as_told(only_clean))
    assert not kept
    assert "not shown: defocus" in said


@pytest.mark.parametrize(("right", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_both_shares_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, right: bool, code: int
) -> None:
    def judged(case: Case, *_: object) -> Judged:
        return as_told([case])[0] if right else as_told([], [case])[0]

    monkeypatch.setattr(gates, "judge_case", judged)
    parser = ArgumentParser()
    gates.arguments(parser)
    assert gates.run(parser.parse_args(["--cases", "8"])) == code
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 8
    last = said.out.strip().splitlines()[-1]
    assert last.startswith("kept: " if right else "NOT KEPT: ")


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-100", "REQ-IN-103", "REQ-IN-125")
@pytest.mark.parametrize(("fault", "typology"), SAMPLE)
def test_a_fault_is_caught_by_its_own_gate_and_clean_passes(
    tmp_path_factory: pytest.TempPathFactory, fault: Fault | None, typology: TypologyClass
) -> None:
    cache = tmp_path_factory.getbasetemp() / "gates"
    case = Case(identity_seed=50_021, typology=typology, fault=fault, pose=HeadPose(yaw_deg=0.4))
    judged = judge_case(case, SIZES["demo"], 3, Path(cache))
    assert judged.right, sorted(judged.missed)

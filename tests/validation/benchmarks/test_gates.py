"""A small sample of the confusion table, and how its cases are chosen."""

from pathlib import Path

import pytest

from device.simulation.faults import Fault
from device.simulation.identity import TypologyClass
from device.simulation.scene import HeadPose
from validation.benchmarks.gates import (
    FIRST_IDENTITY,
    OWNER,
    SIZES,
    Case,
    Judged,
    by_class,
    by_fault,
    cases,
    judge_case,
)
from validation.demonstration.protocols import STEREO_FACE

SAMPLE = (
    (None, TypologyClass.LIGHT),
    (None, TypologyClass.DARK),
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
)


def test_cases_are_the_same_every_time_and_cover_every_fault_and_class() -> None:
    chosen = list(cases(272))
    assert chosen[:40] == list(cases(40))
    assert {case.fault for case in chosen} == {None, *Fault}
    assert {case.typology for case in chosen} == set(TypologyClass)
    assert min(case.identity_seed for case in chosen) >= FIRST_IDENTITY
    for fault in Fault:
        classes = {case.typology for case in chosen if case.fault is fault}
        assert len(classes) >= 3, fault


def test_every_fault_has_an_owner_that_the_protocol_limits() -> None:
    limited = {limit.name for limit in STEREO_FACE.limits}
    for fault in Fault:
        assert set(OWNER[fault]) & limited, fault


def test_tables_show_every_fault_and_class() -> None:
    case = next(cases(1))
    judged = [Judged(case=case, missed=frozenset())]
    assert by_fault(judged).row_count == len(Fault) + 1
    assert by_class(judged).row_count == len(TypologyClass)


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-103", "REQ-IN-125")
@pytest.mark.parametrize(("fault", "typology"), SAMPLE)
def test_a_fault_is_caught_by_its_own_gate_and_clean_passes(
    tmp_path_factory: pytest.TempPathFactory, fault: Fault | None, typology: TypologyClass
) -> None:
    cache = tmp_path_factory.getbasetemp() / "gates"
    case = Case(identity_seed=50_021, typology=typology, fault=fault, pose=HeadPose(yaw_deg=0.4))
    judged = judge_case(case, SIZES["demo"], 3, Path(cache))
    assert judged.right, sorted(judged.missed)

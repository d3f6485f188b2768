"""Cases of a study: written and read back, and refused where they are none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.values.study import Factor
from validation.studies.observations import (
    Case,
    Cases,
    Classified,
    Quantity,
    Segmented,
    decode_cases,
    encode_cases,
    levels,
)

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
factors = st.dictionaries(st.sampled_from(Factor), names, max_size=3)
numbers = st.floats(-1e6, 1e6)
quantities = st.builds(
    Quantity,
    case=names,
    factors=factors,
    repeats=st.lists(numbers, min_size=1, max_size=3).map(tuple),
    reference=st.none() | numbers,
)
classified = st.builds(
    Classified, case=names, factors=factors, said=st.integers(0, 2), true=st.integers(0, 2)
)
segmented = st.builds(
    Segmented,
    case=names,
    factors=factors,
    found=st.integers(5, 9),
    there=st.integers(5, 9),
    common=st.integers(0, 5),
)


@given(
    st.one_of(
        *(st.lists(kind, min_size=1, max_size=4) for kind in (quantities, classified, segmented))
    )
)
def test_cases_are_read_back_as_they_were(drawn: list[Case]) -> None:
    cases = Cases(classes=("none", "some", "much"), cases=tuple(drawn))
    assert decode_cases(encode_cases(cases)) == cases


ONE = Quantity(case="a", factors={Factor.REGION: "chin"}, repeats=(1.0,), reference=None)


@pytest.mark.parametrize(
    "cases",
    [
        (),
        (ONE, Segmented(case="b", factors={}, found=1, there=1, common=1)),
        (Segmented(case="b", factors={}, found=1, there=2, common=2),),
        (Classified(case="b", factors={}, said=2, true=0),),
        (Quantity(case="b", factors={}, repeats=(), reference=1.0),),
        (Quantity(case="b", factors={}, repeats=(float("nan"),), reference=1.0),),
        (Quantity(case="b", factors={}, repeats=(1.0,), reference=float("inf")),),
    ],
)
def test_what_is_no_case_is_refused(cases: tuple[Case, ...]) -> None:
    with pytest.raises(MalformedInput, match="study"):
        Cases(classes=("no", "yes"), cases=cases)


PLAIN = json.loads(encode_cases(Cases(cases=(ONE,))))
CASE = PLAIN["cases"][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "something else"},
        {"kind": "weight"},
        {"cases": {}},
        {"extra": 1},
        {"cases": [CASE | {"extra": 1}]},
        {"cases": [CASE | {"case": ""}]},
        {"cases": [CASE | {"factors": {"colour": "red"}}]},
        {"cases": [CASE | {"factors": []}]},
        {"cases": [CASE | {"repeats": 1.0}]},
        {"cases": [CASE | {"repeats": ["1"]}]},
        {"cases": [CASE | {"reference": True}]},
        {"kind": "class", "cases": [{"case": "a", "factors": {}, "said": -1, "true": 0}]},
    ],
)
def test_a_file_that_is_no_list_of_cases_is_refused_by_rule(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput, match="study"):
        decode_cases(json.dumps(PLAIN | changed).encode())


def test_the_levels_of_a_factor_are_those_that_occur() -> None:
    cases = [ONE, Quantity(case="b", factors={}, repeats=(1.0,), reference=None)]
    assert levels(cases, Factor.REGION) == ["chin"]
    assert levels(cases, Factor.DEVICE) == []

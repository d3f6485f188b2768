"""Cases of a study: written and read back, and refused where they are none."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.studies.case_file import decode_cases, encode_cases
from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Measured,
    Origin,
    Place,
    Quantity,
    Sampled,
    Segmented,
    Withheld,
    levels,
    pairs,
)
from domain.errors import MalformedInput
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import Factor

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
sampled = st.builds(
    Sampled,
    case=names,
    factors=factors,
    places=st.lists(
        st.builds(
            Place, repeats=st.lists(numbers, min_size=2, max_size=2).map(tuple), reference=numbers
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
withheld = st.builds(Withheld, case=names, factors=factors, why=names)
measured = st.builds(
    Measured, output=names, unit=names, method=names, evidence=st.sampled_from(EvidenceSource)
)
origins = st.builds(
    Origin,
    source=names,
    labelled_by=st.none() | names,
    manifest=st.none() | st.binary(max_size=2).map(Digest.of),
)


@given(
    st.one_of(
        *(
            st.lists(kind | withheld, min_size=1, max_size=4)
            for kind in (quantities, sampled, classified, segmented)
        )
    ),
    st.none() | origins,
    st.none() | measured,
)
def test_cases_are_read_back_as_they_were(
    drawn: list[Case], origin: Origin | None, of: Measured | None
) -> None:
    cases = Cases(classes=("none", "some", "much"), cases=tuple(drawn), origin=origin, measured=of)
    assert decode_cases(encode_cases(cases)) == cases


def test_what_the_first_format_can_say_is_still_written_in_it_to_the_byte() -> None:
    assert encode_cases(Cases(cases=(ONE,))) == (
        b'{"cases":[{"case":"a","factors":{"region":"chin"},"reference":null,"repeats":[1]}],'
        b'"classes":[],"format":"vultus/study-cases/v1","kind":"quantity"}'
    )
    more = Cases(cases=(ONE, Withheld(case="b", factors={}, why="too dark")))
    assert json.loads(encode_cases(more))["format"] == "vultus/study-cases/v2"
    assert encode_cases(replace(more, measured=OF)) == (
        b'{"cases":[{"case":"a","factors":{"region":"chin"},"reference":null,"repeats":[1]},'
        b'{"case":"b","factors":{},"withheld":"too dark"}],"classes":[],'
        b'"format":"vultus/study-cases/v3","kind":"quantity","measured":{"evidence":"rgb",'
        b'"method":"skin-colour 2.0.0","output":"ita","unit":"deg"},"origin":null}'
    )


def test_pairs_are_first_measurements_beside_their_references() -> None:
    known = Quantity(case="c", factors={}, repeats=(2.0, 3.0), reference=4.0)
    head = Sampled(case="d", factors={}, places=(Place(repeats=(5.0,), reference=6.0),))
    assert list(pairs([ONE, known, head])) == [(2.0, 4.0), (5.0, 6.0)]


OF = Measured(output="ita", unit="deg", method="skin-colour 2.0.0", evidence=EvidenceSource.RGB)
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
        (Sampled(case="b", factors={}, places=()),),
        (Sampled(case="b", factors={}, places=(Place(repeats=(), reference=1.0),)),),
        (
            Sampled(
                case="b",
                factors={},
                places=(
                    Place(repeats=(1.0,), reference=1.0),
                    Place(repeats=(1.0, 2.0), reference=1.0),
                ),
            ),
        ),
    ],
)
def test_what_is_no_case_is_refused(cases: tuple[Case, ...]) -> None:
    with pytest.raises(MalformedInput, match="study"):
        Cases(classes=("no", "yes"), cases=cases)


PLAIN = json.loads(encode_cases(Cases(cases=(ONE,))))
CASE = PLAIN["cases"][0]
WRITTEN = json.loads(encode_cases(Cases(cases=(ONE,), measured=OF)))["measured"]


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
        {"kind": "sampled", "cases": [{"case": "a", "factors": {}, "places": []}]},
        {"cases": [{"case": "a", "factors": {}, "withheld": "too dark"}]},
        {"format": "vultus/study-cases/v2"},
        {"format": "vultus/study-cases/v2", "origin": {"source": "a clinic"}},
        {"format": "vultus/study-cases/v2", "origin": None, "kind": "sampled"},
        {"classes": [""]},
        {"format": "vultus/study-cases/v3", "origin": None},
        {"format": "vultus/study-cases/v3", "origin": None, "measured": None},
        {"format": "vultus/study-cases/v3", "origin": None, "measured": WRITTEN | {"unit": ""}},
        {
            "format": "vultus/study-cases/v3",
            "origin": None,
            "measured": WRITTEN | {"evidence": "hearsay"},
        },
        {
            "format": "vultus/study-cases/v2",
            "origin": None,
            "kind": "sampled",
            "cases": [{"case": "a", "factors": {}, "places": 1}],
        },
    ],
)
def test_a_file_that_is_no_list_of_cases_is_refused_by_rule(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput, match="study"):
        decode_cases(json.dumps(PLAIN | changed).encode())


def test_the_levels_of_a_factor_are_those_that_occur() -> None:
    cases = [ONE, Quantity(case="b", factors={}, repeats=(1.0,), reference=None)]
    assert levels(cases, Factor.REGION) == ["chin"]
    assert levels(cases, Factor.DEVICE) == []

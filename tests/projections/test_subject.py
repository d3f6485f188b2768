"""Subjects: found by pseudonym or, by whom may identify them, by name; consents; erasure."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.consent import Purpose
from domain.values.identifiers import SubjectId
from projections.rows import Row
from projections.subject import erased_subjects, pseudonyms, subject, subjects
from projections.subject_search import words_of
from tests.builders import OPERATOR, a_wording
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


def whole(screens: Screens, who: SubjectId) -> Row:
    """Return a subject as shown."""
    found = screens(subject, who)
    assert found is not None
    return found


def test_a_subject_is_shown_with_identity_and_version(clinic: Clinic, screens: Screens) -> None:
    who = clinic.enrol("Ada", "Byron", "17")
    found = whole(screens, who)
    assert (found["pseudonym"], found["holds"], found["erased_at"]) == ("P-0001-0001", [], None)
    assert found["identity"] == {
        "subject": who,
        "given_name": "Ada",
        "family_name": "Byron",
        "date_of_birth": "1990-12-10",
        "clinic_number": "17",
    }
    assert (found["version"], found["consents"], found["erasure_request"]) == (2, [], None)
    assert screens(subject, SubjectId.derived("nobody")) is None


@pytest.mark.verifies("REQ-IN-209")
def test_each_purpose_has_its_own_answer_and_the_last_one_counts(
    clinic: Clinic, screens: Screens
) -> None:
    who = clinic.enrol()
    clinic.consent(who, Purpose.CLINICAL_CAPTURE)
    clinic.consent(who, Purpose.AI_ANALYSIS, "decline")
    clinic.consent(who, Purpose.MARKETING)
    clinic.consent(who, Purpose.MARKETING, "withdraw")
    found = {each["purpose"]: each for each in whole(screens, who)["consents"]}
    assert {purpose: each["state"] for purpose, each in found.items()} == {
        "clinical-capture": "granted",
        "ai-analysis": "declined",
        "marketing": "withdrawn",
    }
    assert found["clinical-capture"]["given_by"] == "subject"
    assert found["ai-analysis"]["given_by"] is None
    assert {each["wording"] for each in found.values()} == {str(a_wording().text)}
    withdrawn = found["marketing"]
    assert (withdrawn["language"], withdrawn["given_by"], withdrawn["version"]) == (
        "en-AU",
        "subject",
        4,
    )
    clinic.consent(who, Purpose.MARKETING)
    again = {each["purpose"]: each["state"] for each in whole(screens, who)["consents"]}
    assert again["marketing"] == "granted"


@pytest.mark.verifies("DRV-11")
def test_holds_and_refused_erasures_are_shown(clinic: Clinic, screens: Screens) -> None:
    who = clinic.enrol()
    clinic.hold(who, "court order 4/2026")
    clinic.request_erasure(who, "the client asked")
    found = whole(screens, who)
    assert found["holds"] == ["court order 4/2026"]
    request = found["erasure_request"]
    assert (request["reason"], request["requested_by"]) == ("the client asked", OPERATOR)
    assert request["refused_because"] == "legal hold: court order 4/2026"
    clinic.release_hold(who, "court order 4/2026")
    clinic.request_erasure(who, "the client asked again")
    found = whole(screens, who)
    assert (found["holds"], found["erasure_request"]["refused_because"]) == ([], None)


@pytest.mark.verifies("DRV-10")
@pytest.mark.verifies("REQ-IN-206")
def test_that_a_subject_was_erased_stays_visible(clinic: Clinic, screens: Screens) -> None:
    who, other = clinic.enrol("Ada", "Byron"), clinic.enrol("Mary", "Shelley")
    clinic.consent(who)
    a_visit(clinic, who).open()
    clinic.erase(who)
    found = whole(screens, who)
    assert found["erased_at"] is not None
    assert (found["identity"], found["consents"], found["erasure_request"]) == (None, [], None)
    assert screens(erased_subjects) == [who]
    assert screens(subjects, query="ada", identified=True) == []
    (row,) = screens(subjects, query=found["pseudonym"], identified=True)
    assert (row["given_name"], row["sessions"], row["last_session_at"]) == (None, 0, None)
    assert whole(screens, other)["identity"]["given_name"] == "Mary"


def test_subjects_are_listed_newest_first_with_their_sessions(
    clinic: Clinic, screens: Screens
) -> None:
    first, second, third = clinic.enrol(), clinic.enrol(), clinic.enrol()
    visits = [a_visit(clinic, first), a_visit(clinic, first), a_visit(clinic, third)]
    for visit in visits:
        visit.open()
    rows = screens(subjects, identified=False)
    assert [row["subject"] for row in rows] == [third, second, first]
    assert [row["sessions"] for row in rows] == [1, 0, 2]
    assert rows[1]["last_session_at"] is None
    assert rows[0]["last_session_at"] > rows[2]["last_session_at"] > rows[2]["enrolled_at"]
    assert [row["subject"] for row in screens(subjects, identified=False, limit=2)] == [
        third,
        second,
    ]


@pytest.mark.verifies("DRV-31")
def test_who_may_not_identify_neither_sees_names_nor_finds_by_them(
    clinic: Clinic, screens: Screens
) -> None:
    who = clinic.enrol("Ada", "Byron", "N-17")
    for query in ("ada", "byron", "n-17", "17"):
        assert screens(subjects, query=query, identified=False) == []
        (row,) = screens(subjects, query=query, identified=True)
        assert (row["subject"], row["given_name"], row["family_name"]) == (who, "Ada", "Byron")
    for query in ("", "p-0001", "0001"):
        (row,) = screens(subjects, query=query, identified=False)
        assert (row["subject"], row["given_name"], row["family_name"]) == (who, None, None)
        assert "Byron" not in repr(row)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("zoe", ["Zoë"]),
        ("ZOË", ["Zoë"]),
        ("van d", ["Vincent"]),
        ("berg vin", ["Vincent"]),
        ("brien", ["Nora"]),
        ("o'brien", ["Nora"]),
        ("jane", ["Mary-Jane"]),
        ("mary-j", ["Mary-Jane"]),
        ("strasse", ["Zoë"]),
        ("erg", []),
        ("vincent brien", []),
        ("%", []),
        ("_", []),
        ("\x00", []),
        ("'; DROP TABLE subject; --", []),
    ],
)
def test_words_are_found_by_their_beginnings_whatever_case_and_accents(
    clinic: Clinic, screens: Screens, query: str, found: list[str]
) -> None:
    for given_name, family_name in (
        ("Zoë", "Straße"),
        ("Vincent", "van den Berg"),
        ("Nora", "O'Brien"),
        ("Mary-Jane", "Watson"),
    ):
        clinic.enrol(given_name, family_name)
    rows = screens(subjects, query=query, identified=True)
    assert [row["given_name"] for row in rows] == found


def test_a_corrected_name_is_found_and_the_wrong_one_no_longer(
    clinic: Clinic, screens: Screens
) -> None:
    who = clinic.enrol("Ada", "Byrn")
    clinic.identify(who, "Ada", "Byron")
    assert screens(subjects, query="byrn", identified=True) == []
    assert len(screens(subjects, query="byron", identified=True)) == 1
    assert len(screens(subjects, query="p-0001", identified=True)) == 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_word_is_compared_in_one_form_only(text: str) -> None:
    assert all(words_of(word) == (word,) for word in words_of(text))
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(text)


def test_pseudonyms_are_given_for_many_subjects_at_once(clinic: Clinic, screens: Screens) -> None:
    enrolled = {str(clinic.enrol()) for _ in range(3)}
    strangers = {str(SubjectId.derived("stranger", str(number))) for number in range(300)}
    found = screens(pseudonyms, enrolled | strangers)
    assert set(found) == enrolled
    assert len(set(found.values())) == 3
    assert screens(pseudonyms, set()) == {}


def test_a_name_with_what_a_database_cannot_hold_is_shown_without_it(
    clinic: Clinic, screens: Screens
) -> None:
    who = clinic.enrol("A\x00da", "Byron")
    assert whole(screens, who)["identity"]["given_name"] == "A\ufffdda"

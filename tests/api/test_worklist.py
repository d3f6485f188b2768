"""The worklist goes page by page, says how much there is, and finds what is looked for."""

from typing import Any

import pytest

from tests.api.portal import Clinic, Person, Portal, opening

SESSIONS = 5


@pytest.fixture
def operator(portal: Portal, clinic: Clinic) -> Person:
    """Return an operator who opened some sessions and abandoned the first two."""
    person = portal.sign_in("operator")
    for number in range(SESSIONS):
        body = opening(clinic, device=None, protocol=clinic.single)
        session = person.done("/capture-sessions", body)["session"]
        if number < 2:
            person.done(f"/capture-sessions/{session}/abandon", {"reason": "The client left"})
    return person


def pages(person: Person, **query: str | int) -> list[list[dict[str, Any]]]:
    """Return all pages of a list."""
    found: list[list[dict[str, Any]]] = []
    before: dict[str, str] = {}
    while True:
        page = person.read("/worklist", **query, **before)
        found.append(page["items"])
        if page["next"] is None:
            return found
        before = {"before": page["next"]}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
@pytest.mark.parametrize("show", ["mine", "others", "all", "capture", "done"])
def test_the_pages_together_are_the_list(operator: Person, show: str, limit: int) -> None:
    found = pages(operator, show=show, limit=limit)
    lines = [line for page in found for line in page]
    whole = operator.read("/worklist", show=show)["items"]

    assert lines == whole
    assert all(len(page) == limit for page in found[:-1])
    assert len({line["session"] for line in lines}) == len(lines)


def test_mine_and_others_are_all_there_is_and_are_counted(portal: Portal, operator: Person) -> None:
    mine = operator.read("/worklist", show="mine")
    others = operator.read("/worklist", show="others")["items"]

    assert {line["kind"] for line in mine["items"]} == {"capture"}
    assert {line["kind"] for line in others} == {"abandoned"}
    assert mine["counts"] == {
        "mine": 3, "capture": 3, "review": 0, "done": 2, "all": 5, "most": 100
    }  # fmt: skip
    auditor = portal.sign_in("auditor").read("/worklist", show="mine")
    assert (auditor["items"], auditor["counts"]["mine"]) == ([], 0)


def test_the_worklist_finds_lines_by_pseudonym(operator: Person, clinic: Clinic) -> None:
    pseudonym = operator.read(f"/subjects/{clinic.subject}")["pseudonym"]

    assert len(operator.read("/worklist", query=pseudonym[:6])["items"]) == SESSIONS
    assert len(operator.read("/worklist", query=pseudonym, show="mine", limit=2)["items"]) == 2
    assert operator.read("/worklist", query="R-0000")["items"] == []


@pytest.mark.parametrize("before", ["x", "1", "99-", "-1", "0-1;"])
def test_a_place_that_no_page_ended_with_is_refused(operator: Person, before: str) -> None:
    assert operator.get("/worklist", before=before).status_code == 422


def test_a_place_behind_the_last_group_is_an_empty_page(operator: Person) -> None:
    page = operator.read("/worklist", show="mine", before="42-7")

    assert (page["items"], page["next"]) == ([], None)


def test_sessions_of_one_subject_go_page_by_page(operator: Person, clinic: Clinic) -> None:
    first = operator.read("/capture-sessions", subject=clinic.subject, limit=3)
    second = operator.read("/capture-sessions", subject=clinic.subject, before=first["next"])
    places = [each["session"] for each in (*first["items"], *second["items"])]

    assert (len(first["items"]), len(set(places)), second["next"]) == (3, SESSIONS, None)
    assert operator.read("/capture-sessions", subject="nobody")["items"] == []
    assert {each["operator_name"] for each in first["items"]} == {"Demo operator"}


@pytest.mark.parametrize("path", ["/worklist", "/subjects", "/capture-sessions", "/audit-trail"])
@pytest.mark.parametrize("limit", [0, 101])
def test_no_page_is_larger_than_a_screen_can_show(portal: Portal, path: str, limit: int) -> None:
    assert portal.sign_in("quality").get(path, limit=limit).status_code == 422

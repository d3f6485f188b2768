"""A full disk is a state that is shown, ends by itself, and loses nothing."""

import errno
import os
from typing import Any

import httpx
import pytest

from tests.api.portal import Portal


def test_everybody_sees_whether_something_can_be_recorded(portal: Portal) -> None:
    found = portal.sign_in("practitioner").read("/record/storage")

    assert found["writable"]
    assert [each["name"] for each in found["places"]] == ["database", "data"]


def test_a_full_disk_is_shown_with_what_ends_it(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = portal.sign_in("practitioner")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("adapters.storage_probe.os.write", full)
        found = person.read("/record/storage")
        measured = portal.http.get("/metrics").text
    place = found["places"][1]
    assert not found["writable"]
    assert place["reason"] == "the disk is full"
    assert "Make room" in place["next_step"]
    assert 'vultus_writable{place="data"} 0.0' in measured
    assert 'vultus_writable{place="database"} 1.0' in measured

    assert person.read("/record/storage")["writable"]


@pytest.mark.verifies("REQ-IN-001")
def test_what_a_full_database_refused_is_recorded_once_there_is_room(portal: Portal) -> None:
    operator = portal.sign_in("operator")

    def enrol(number: int) -> httpx.Response:
        identity = {
            "given_name": "Demo",
            "family_name": "Client" * 15,
            "date_of_birth": "1990-01-01",
            "clinic_number": f"D-{number}",
        }
        return operator.post("/subjects", identity, key=f"enrolment-of-client-{number}")

    let_grow_by(portal, pages=4)
    recorded = len(portal.records("SubjectEnrolled"))
    for number in range(100):
        answered = enrol(number)
        if answered.status_code != 201:
            break
        recorded += 1
    read = operator.get("/worklist")
    let_grow_by(portal, pages=10_000)
    again, once_more = enrol(number), enrol(number)

    assert answered.status_code == 503
    assert "full" in answered.json()["detail"]
    assert read.status_code == 200
    assert again.status_code == once_more.status_code == 201
    assert again.json() == once_more.json()
    assert len(portal.records("SubjectEnrolled")) == recorded + 1


def let_grow_by(portal: Portal, *, pages: int) -> None:
    """Let the log's file grow by so many pages and no further."""
    store: Any = portal.system.log._store
    with store.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA page_count")
        (size,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {size + pages}")
        cursor.fetchall()

"""A full disk is a state that is shown, ends by itself, and loses nothing."""

import errno
import os
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from adapters.memory import ManualClock
from api.wiring import open_system
from tests.api.portal import PASSWORD, PREFIX, START, Portal, found_clinic, settings_in


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
    assert found["places"][0]["reason"] == place["reason"]  # it lies on the same disk
    assert not found["writable"]
    assert place["reason"] == "the disk is full"
    assert "Make room" in place["next_step"]
    assert 'vultus_writable{place="data"} 0.0' in measured

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


@pytest.mark.verifies("REQ-IN-001")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_can_only_be_read_is_shown_and_goes_on_once_it_can_be_written(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = {}
    if kind == "postgresql":
        more["VULTUS_DATABASE"] = str(request.getfixturevalue("postgres_dsn"))
    clock = ManualClock(START)
    with open_system(settings_in(tmp_path / "record", **more), clock=clock) as system:
        portal = Portal(system, clock)
        found_clinic(portal)
        person = portal.sign_in("administrator")
        let_be_written(portal, written=False)
        found = person.http.get(f"{PREFIX}/record/storage").json()
        measured = portal.http.get("/metrics").text
        body = {
            "display_name": "New Person",
            "profession": "technician",
            "account": "new-person",
            "password": PASSWORD,
        }
        refused = person.post("/practitioners", body, key="one-new-person-of-the-clinic")
        size = system.log.size()
        let_be_written(portal, written=True)
        again = [
            person.post("/practitioners", body, key="one-new-person-of-the-clinic")
            for _ in range(2)
        ]

        assert not found["writable"]
        assert "read" in found["places"][0]["reason"]
        assert 'vultus_writable{place="database"} 0.0' in measured
        assert refused.status_code == 503, refused.text
        assert [each.status_code for each in again] == [201, 201]
        assert again[0].json() == again[1].json()
        assert system.log.size() > size
        assert person.read("/record/storage")["writable"]


def let_be_written(portal: Portal, *, written: bool) -> None:
    """Let the database be written, or only be read, on every connection."""
    system, store = portal.system, portal.system.log._store
    if system.engine.dialect.name == "postgresql":
        mode = "off" if written else "on"
        with psycopg.connect(system.settings.database, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            name = connection.info.dbname
            connection.execute(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {mode}'.encode()
            )
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    pragma = f"PRAGMA query_only = {'OFF' if written else 'ON'}"
    with store.datastore.transaction(commit=False) as cursor:  # type: ignore[attr-defined]
        cursor.execute(pragma)
    system.engine.dispose()  # the next connections are new
    for engine in (system.engine, system.reads):
        sa.event.listen(engine, "checkout", lambda own, *_: own.execute(pragma))


def let_grow_by(portal: Portal, *, pages: int) -> None:
    """Let the log's file grow by so many pages and no further."""
    store: Any = portal.system.log._store
    with store.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA page_count")
        (size,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {size + pages}")
        cursor.fetchall()

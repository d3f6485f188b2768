"""How far the screens are behind is told to everybody who looks at them, and what is rebuilt."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from projections.tables import POSITION, REBUILD
from tests.api.portal import PREFIX, Portal

WORST = ("size", "position", "lag_records", "lag_seconds", "stalled", "rebuilding")


def place(portal: Portal, name: str, **values: object) -> None:
    """Set a projection's place by hand."""
    with portal.system.engine.begin() as connection:
        connection.execute(sa.update(POSITION).where(POSITION.c.name == name).values(**values))


@pytest.mark.verifies("DRV-34")
def test_nothing_is_behind_when_everything_is_applied(portal: Portal) -> None:
    person = portal.sign_in("operator")
    portal.system.runner.catch_up()
    shown = person.read("/record/projections")
    size = portal.system.log.size()
    assert {name: shown[name] for name in WORST} == {
        "size": size,
        "position": size - 1,
        "lag_records": 0,
        "lag_seconds": 0.0,
        "stalled": False,
        "rebuilding": False,
    }
    assert all(each["readable"] and each["rebuild"] is None for each in shown["projections"])


@pytest.mark.verifies("DRV-34")
def test_how_far_behind_is_told_in_records_and_in_the_age_of_the_oldest(portal: Portal) -> None:
    person = portal.sign_in("operator")
    portal.system.runner.catch_up()
    last = portal.system.log.size() - 1
    place(portal, "subject", seq=last - 3, stalled_seq=last - 2, stalled_why="KeyError")
    (oldest,) = portal.system.log.after(last - 3, limit=1)
    portal.clock.advance(timedelta(seconds=90))
    shown = person.http.get(f"{PREFIX}/record/projections").json()
    mine = {each["name"]: each for each in shown["projections"]}["subject"]
    age = (portal.clock.now().us - oldest.committed_at.us) / 1e6
    assert age >= 90
    assert mine["lag_records"] == shown["lag_records"] == 3
    assert mine["lag_seconds"] == shown["lag_seconds"] == pytest.approx(age)
    assert (mine["position"], mine["stalled_seq"], mine["stalled_why"]) == (
        last - 3,
        last - 2,
        "KeyError",
    )
    assert shown["stalled"]
    measured = portal.http.get("/metrics").text
    assert 'vultus_projection_lag_records{projection="subject"} 3.0' in measured
    assert f'vultus_projection_lag_seconds{{projection="subject"}} {age}' in measured
    assert f'vultus_projection_stalled_seq{{projection="subject"}} {last - 2}.0' in measured
    assert 'vultus_projection_stalled_seq{projection="inference"}' not in measured


def test_how_far_a_rebuild_is_and_how_long_it_takes_is_told(portal: Portal) -> None:
    person = portal.sign_in("operator")
    portal.system.runner.catch_up()
    size = portal.system.log.size()
    row = {"name": "subject", "version": 1, "shape": "", "seq": size - 11, "records_per_s": 5.0}
    with portal.system.engine.begin() as connection:
        connection.execute(sa.insert(REBUILD).values(row))
    shown = person.read("/record/projections")
    (mine,) = (each for each in shown["projections"] if each["rebuild"] is not None)
    assert shown["rebuilding"]
    assert mine["name"] == "subject"
    assert mine["readable"], "the old rows are"
    assert mine["rebuild"] == {
        "applied": size - 10,
        "total": size,
        "records_per_second": 5.0,
        "seconds_left": 2.0,
    }
    text = portal.http.get("/metrics").text
    assert f'vultus_projection_rebuild_records{{projection="subject"}} {size - 10}.0' in text


def test_screens_wait_for_rows_of_their_own_version_and_all_others_go_on(
    portal: Portal,
) -> None:
    person = portal.sign_in("practitioner")
    portal.system.runner.catch_up()
    place(portal, "subject", version=99)
    answer = person.get("/subjects")
    problem = answer.json()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert problem["type"] == "urn:vultus:problem:being-rebuilt"
    assert problem["projections"] == ["subject"]
    assert person.get("/worklist").status_code == 200
    assert not {
        each["name"]: each["readable"] for each in person.read("/record/projections")["projections"]
    }["subject"]
    portal.system.runner.prepare()
    assert person.get("/subjects").status_code == 200


def test_what_is_put_off_is_unreadable_until_it_was_rebuilt(portal: Portal) -> None:
    person = portal.sign_in("practitioner")
    portal.system.runner.catch_up()
    place(portal, "subject", version=99)
    assert portal.system.runner.put_off() == ("subject",)
    portal.system.runner.catch_up()
    assert person.get("/subjects").status_code == 503
    portal.system.runner.prepare()
    assert person.get("/subjects").status_code == 200

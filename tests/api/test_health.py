"""Life, readiness, measures and version of the service, for whoever watches over it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.leadership import this_process
from adapters.positions import DatabasePositions, SetAside, SetAsideRecords, Stop
from adapters.steps import READER
from api import version
from api.screen_reads import AWAY, BEHIND, STANDBY
from api.verification import verify_system
from api.work import working
from projections.tables import POSITION
from tests.api.portal import PREFIX, Clinic, Portal
from tests.fleet.processes import wait_until

ROOT = Path(__file__).parents[2]


def test_a_living_service_is_ready(portal: Portal) -> None:
    portal.system.runner.catch_up()

    assert portal.http.get("/health/live").json() == {"status": "live"}
    assert portal.http.get("/health/ready").json() == {"status": "ready"}


@pytest.mark.verifies("DRV-34")
def test_a_projection_that_stands_still_is_named_and_the_service_is_not_ready(
    portal: Portal,
) -> None:
    with portal.system.engine.begin() as connection:
        row = sa.update(POSITION).where(POSITION.c.name == "subject")
        connection.execute(row.values(stalled_seq=7, stalled_why="KeyError"))
    ready, measured = portal.http.get("/health/ready"), portal.http.get("/metrics").text

    assert ready.status_code == 503
    assert "subject" in ready.json()["detail"]
    assert ready.headers["retry-after"]
    assert 'vultus_projection_stalled{projection="subject"} 1.0' in measured
    assert 'vultus_projection_stalled{projection="inference"} 0.0' in measured


def test_a_database_that_is_away_is_said_to_be_away(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_system: object) -> None:
        message = "SELECT"
        raise sa.exc.OperationalError(message, {}, ValueError("gone"))

    monkeypatch.setattr(portal.system.runner, "positions", lambda: away(None))
    assert portal.http.get("/health/live").status_code == 200
    assert portal.http.get("/health/ready").status_code == 503


@pytest.mark.verifies("DRV-34", "DRV-30")
def test_measures_count_records_and_lag_and_know_nobody(portal: Portal, clinic: Clinic) -> None:
    portal.system.runner.catch_up()
    portal.sign_in("operator")
    text = portal.http.get("/metrics").text

    assert f"vultus_log_records {portal.system.log.size():.1f}" in text
    assert 'vultus_projection_lag_records{projection="subject"} 1.0' in text
    for each in (clinic.subject, clinic.people["operator"], "operator", "Wilhelmina"):
        assert each not in text


@pytest.mark.verifies("DRV-23")
def test_every_measure_that_the_documentation_watches_is_measured(portal: Portal) -> None:
    """An alarm on a name or a label that nobody measures never sounds."""
    measured = portal.http.get("/metrics").text
    table = (ROOT / "api" / "DEPLOYMENT.md").read_text("utf-8").partition("## What to watch")[2]
    watched = re.findall(r"`(vultus_[a-z_]+)", table.partition("\n## ")[0])
    labels = re.findall(r'\{(at="[^"]+")\}', table.partition("\n## ")[0])
    assert len(watched) > 5
    assert labels == [f'at="{each}"' for each in (BEHIND, AWAY, STANDBY)]
    for name in watched:
        assert f"\n{name}" in measured, name


def test_version_build_and_libraries_are_shown_to_anybody(portal: Portal) -> None:
    shown = portal.http.get("/version").json()
    me = portal.sign_in("operator").read("/me")

    assert shown["version"] == me["build"]["version"] == version.VERSION
    assert shown["build"] == me["build"]["digest"] == version.build()
    assert any(each.startswith("cryptography==") for each in shown["components"])


def test_codes_may_be_tried_by_anybody_but_not_often(portal: Portal) -> None:
    found = [portal.http.get(f"{PREFIX}/verify-code/ABCD-{n}").status_code for n in range(31)]

    assert found == [200] * 30 + [429]
    portal.clock.advance(timedelta(minutes=1))
    answered = portal.http.get(f"{PREFIX}/verify-code/ABCD")
    assert answered.json() == {
        "known": False,
        "number": None,
        "issued_at": None,
        "digest": None,
        "flagged": False,
    }


@pytest.mark.verifies("DRV-34")
def test_how_the_workers_stand_is_shown_and_measured(portal: Portal) -> None:
    positions = DatabasePositions(portal.system.engine)
    aside = SetAside(seq=3, lane="stream", tries=2, again_at=portal.clock.now(), why="KeyError")
    SetAsideRecords(portal.system.engine, READER).add(aside)
    positions.stop("checkpoints", Stop(seq=9, why="ChainBroken"))
    quality = portal.sign_in("quality")

    work = quality.read("/ledger/health")["work"]
    assert work["halted"] == [{"name": "checkpoints", "seq": 9, "why": "ChainBroken"}]
    assert [each["seq"] for each in work["set_aside"]] == [3]
    assert (work["leader"], work["leading_since"]) == (None, None)
    measured = portal.http.get("/metrics").text
    assert "vultus_work_halted 1.0" in measured
    assert "vultus_work_set_aside_records 1.0" in measured
    assert "vultus_work_led 0.0" in measured
    assert 'vultus_screen_reads_total{at="primary"}' in measured
    with working(portal.system):
        wait_until(lambda: "vultus_work_leads 1.0" in portal.http.get("/metrics").text)
        assert quality.read("/ledger/health")["work"]["leader"] == this_process()


def test_from_where_a_verification_may_go_on_is_shown(portal: Portal) -> None:
    quality = portal.sign_in("quality")
    assert quality.read("/ledger/health")["remembered"] is None
    assert verify_system(portal.system, processes=1).report.intact
    shown = quality.read("/ledger/health")["remembered"]
    assert shown["size"] > 0
    assert shown["at"] is not None
    assert shown["why"] == ""
    path = portal.system.settings.data / "verified"
    path.write_bytes(path.read_bytes().replace(b"vultus/", b"vultos/", 1))
    assert quality.read("/ledger/health")["remembered"] == {
        "size": 0,
        "at": None,
        "why": "DigestMismatch",
    }

"""What a station delivers together is recorded together, and comes out as if each came alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.eventlog.staging import Place, StagedLog
from domain.errors import Unavailable
from domain.events.record import Draft, Record
from domain.values.capture import Gate
from tests.api.portal import Clinic, Person, Portal, answer_consent, opened, opening
from tests.api.station import Station, Wire
from tests.api.test_reception import LEFT, RIGHT, flipped

KINDS = ("check", "damaged", "attempt", "block", "skipped", "unreadable", "again")


def made(station: Station, kind: str, session: str, manifest: str, number: int) -> list[Wire]:
    """Return the statements of a kind; a number is skipped, or one is stated twice."""
    match kind:
        case "attempt":
            return [station.capture(session, manifest, (LEFT, RIGHT))]
        case "block":
            return [station.block(session)]
        case "damaged":
            return [flipped(station.state(station.check(number)))]
        case "skipped":
            station.state(station.check(number))
            return [station.state(station.check(number))]
        case "unreadable":
            return [station.state(station.check(number)) | {"signature": "no base64!"}]
        case "again":
            return 2 * [station.state(station.check(number))]
        case _:
            return [station.state(station.check(number))]


def appends_of(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the drafts of every append from here on."""
    counted: list[int] = []
    append = portal.system.log.append

    def count(drafts: Sequence[Draft]) -> tuple[Record, ...]:
        counted.append(len(drafts))
        return append(drafts)

    monkeypatch.setattr(portal.system.log, "append", count)
    return counted


@pytest.mark.verifies("REQ-IN-001", "DRV-05", "DRV-07")
def test_a_delivery_is_one_step_with_what_was_refused_and_what_is_missing(
    portal: Portal,
    station: Station,
    session: str,
    manifest: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = ("check", "damaged", "attempt", "skipped", "unreadable", "block")
    statements = [
        each
        for number, kind in enumerate(kinds)
        for each in made(station, kind, session, manifest, number)
    ]
    counted = appends_of(portal, monkeypatch)
    outcome = station.deliver(*statements)

    assert counted == [len(kinds) + 1]  # and the gap
    assert [each["rule"] for each in outcome["refused"]] == ["device.signature", "device.malformed"]
    log = portal.system.log
    for each in outcome["accepted"]:
        (record,) = log.after(each["seq"] - 1, limit=1)
        assert record.device_sequence == each["device_sequence"]
        assert (record.version, str(record.committed_at)) == (each["version"], each["committed_at"])
    assert station.deliver(*statements)["accepted"] == outcome["accepted"]
    assert counted == [len(kinds) + 1]


def outcome_of(place: Path, clinic: Clinic, kinds: Sequence[str], *, alone: bool) -> list[Any]:
    """Return what is told and recorded in a fresh clinic, but for what chance made."""
    place.mkdir()
    with opened(clinic, place) as portal:
        station = clinic.station.at(portal.http, portal.clock)
        operator = portal.sign_in("operator")
        wanted = opening(clinic, device=str(clinic.station.device))
        session = str(operator.done("/capture-sessions", wanted)["session"])
        (order,) = station.send("GET", "/orders").json()["orders"]
        manifest = str(order["model_manifest"])
        size = portal.system.log.size()
        statements = [
            each
            for number, kind in enumerate(kinds)
            for each in made(station, kind, session, manifest, number)
        ]
        answers = (
            [station.deliver(each) for each in statements]
            if alone
            else [station.deliver(*statements)]
        )
        told: list[Any] = [
            (kind, each["device_sequence"], each.get("rule"), each.get("next_step"))
            for answer in answers
            for kind in ("accepted", "refused")
            for each in answer[kind]
        ]
        records = portal.system.log.after(size - 1, limit=200)
        return [
            sorted(told, key=str),
            [(each.name, each.device_sequence, each.idempotency_key) for each in records],
        ]


@pytest.mark.slow
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=8))
def test_a_delivery_comes_out_as_if_each_statement_had_come_alone(
    clinic: Clinic, tmp_path_factory: pytest.TempPathFactory, kinds: list[str]
) -> None:
    place = tmp_path_factory.mktemp("both")
    together = outcome_of(place / "together", clinic, kinds, alone=False)
    assert together == outcome_of(place / "alone", clinic, kinds, alone=True)


@pytest.mark.verifies("REQ-IN-077", "DRV-07")
def test_what_changed_while_a_delivery_was_decided_on_is_heeded(
    portal: Portal,
    *,
    station: Station,
    session: str,
    manifest: str,
    operator: Person,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statements = [station.capture(session, manifest, (LEFT, RIGHT)), station.block(session)]
    commit = StagedLog.commit

    def commit_late(staged: StagedLog) -> dict[Place, Record]:
        answer_consent(operator, clinic.subject, "withdraw")
        return dict(commit(staged))

    monkeypatch.setattr(StagedLog, "commit", commit_late)
    outcome = station.deliver(*statements)

    (refused,) = outcome["refused"]
    assert "consent" in refused["evidence"]
    assert len(outcome["accepted"]) == 1
    assert not portal.records("AttemptSubmitted")
    gates = portal.records("AttemptRefused")[0].event.gates
    assert [each.gate for each in gates if not each.passed] == [Gate.CONSENT]


def test_where_nothing_can_be_recorded_nothing_of_a_delivery_is(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = [station.state(station.check(number)) for number in range(3)]
    size = portal.system.log.size()

    def full(_drafts: object) -> None:
        message = "the disk is full"
        raise Unavailable(message)

    with monkeypatch.context() as patched:
        patched.setattr(portal.system.log, "append", full)
        assert station.post(*statements).status_code == 503
    assert portal.system.log.size() == size
    assert len(station.deliver(*statements)["accepted"]) == 3

"""Everything that was computed, executed again from the command line, with an exit code."""

import argparse
from contextlib import nullcontext

import pytest

from adapters.inference.reproduction import Outcome
from adapters.repeating.repeated import PassedOver, Repeated
from api.commands import reproduce
from api.commands.opening import DAMAGED, INTACT
from domain.errors import MalformedInput
from tests.api.portal import Portal


def repeated(outcome: Outcome) -> Repeated:
    return Repeated(seq=7, what="depth", of="session-x", outcome=outcome, evidence="said")


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    reproduce.arguments(parser)
    return parser.parse_args(words)


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((), INTACT),
        ((Outcome.BIT_IDENTICAL,), INTACT),
        ((Outcome.BIT_IDENTICAL, Outcome.WITHIN_TOLERANCE), DAMAGED),
        ((Outcome.DIFFERENT,), DAMAGED),
    ],
)
def test_each_is_told_and_the_exit_code_says_whether_all_are_identical(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    outcomes: tuple[Outcome, ...],
    code: int,
) -> None:
    monkeypatch.setattr(reproduce, "open_record", lambda **_: nullcontext(portal.system))
    monkeypatch.setattr(reproduce, "repeat_all", lambda _: [repeated(each) for each in outcomes])
    assert reproduce.run(asked("--all")) == code
    told = capsys.readouterr()
    assert [line.split("\t")[2] for line in told.out.splitlines()] == [*outcomes]
    assert f"{len(outcomes)} recorded computations" in told.err


@pytest.mark.verifies("DRV-20")
def test_what_is_passed_over_is_told_and_counts_as_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over = [
        PassedOver(seq=place, what="ColourCalibrated", of="device-x", why=why)
        for place, why in enumerate(("kept only its result", "erased", "kept only its result"))
    ]
    monkeypatch.setattr(reproduce, "open_record", lambda **_: nullcontext(portal.system))
    monkeypatch.setattr(reproduce, "repeat_all", lambda _: [*over, repeated(Outcome.BIT_IDENTICAL)])
    assert reproduce.run(asked("--all")) == INTACT
    told = capsys.readouterr()
    assert told.out.splitlines()[1] == "1\tColourCalibrated\tpassed over\tdevice-x\terased"
    assert "1 recorded computations executed again: 1 identical" in told.err
    assert "3 passed over: 1 erased, 2 kept only its result" in told.err


def test_a_record_without_computations_is_identical(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce, "open_record", lambda **_: nullcontext(portal.system))
    size = portal.system.log.size()
    assert reproduce.run(asked("--all")) == INTACT
    assert portal.system.log.size() == size


@pytest.mark.parametrize("words", [(), ("--all", "inference-1")])
def test_one_run_or_everything_is_asked_for(words: tuple[str, ...]) -> None:
    with pytest.raises(MalformedInput):
        reproduce.run(asked(*words))

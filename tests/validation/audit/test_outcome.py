"""The words of an outcome: for people, for programs, and never for terminals."""

import json

from hypothesis import given
from hypothesis import strategies as st

from validation.audit.outcome import FAILURES_SHOWN, Outcome, printable


def test_an_outcome_without_failures_passed() -> None:
    outcome = Outcome("subject")
    outcome.begin("First").note("seen")
    assert outcome.passed
    assert outcome.to_text() == "subject\n\n 1. [ok] First\n      seen\n\nPASSED\n"


def test_an_outcome_with_a_failure_failed_and_says_at_which_step() -> None:
    outcome = Outcome("subject")
    outcome.begin("First")
    outcome.begin("Second").fail("wrong")
    assert not outcome.passed
    assert " 2. [FAILED] Second\n    ! wrong\n\nFAILED\n" in outcome.to_text()


def test_an_outcome_is_told_to_programs_in_full() -> None:
    outcome = Outcome("subject")
    step = outcome.begin("First")
    for number in range(FAILURES_SHOWN + 5):
        step.fail(f"wrong {number}")
    told = json.loads(outcome.to_json())
    assert told["passed"] is False
    assert len(told["steps"][0]["failures"]) == FAILURES_SHOWN + 5
    assert "    ! and 5 more\n" in outcome.to_text()


@given(st.text())
def test_nothing_that_a_terminal_could_obey_is_printed(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    if text.isprintable():
        assert shown == text


def test_a_command_to_the_terminal_is_shown_instead_of_given() -> None:
    outcome = Outcome("\x1b[2J")
    assert "\x1b" not in outcome.to_text()
    assert "\\x1b[2J" in outcome.to_text()

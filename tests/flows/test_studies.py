"""A study in a real browser: limits first, then what was found beside them, each signed for."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from adapters.imaging.determinism import platform_digest
from adapters.studies.case_file import encode_cases
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Cases, Quantity
from domain.events.codec import to_plain
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study import Factor, StudyPlan, judge_study
from domain.values.time import ServerTime
from tests.flows.test_browser import NARROW, WIDE, Clinic, assert_fits, keep, running_clinic
from validation.demonstration import people
from validation.studies.plans import SKIN_TONE
from validation.studies.report import render_study

pytestmark = pytest.mark.slow


@pytest.fixture
def clinic(story: Path) -> Iterator[Clinic]:
    with running_clinic(story) as running:
        yield running


@pytest.mark.verifies("REQ-IN-178")
def test_a_study_is_shown_beside_its_limits_and_confirmed_by_a_second_person(
    clinic: Clinic, browser: Browser, tmp_path: Path
) -> None:
    page = clinic.sign_in(browser, people.QUALITY, WIDE)
    page.get_by_role("link", name="Studies").click()
    page.get_by_role("link", name=SKIN_TONE.name).click()
    expect(page.get_by_text("Not run yet").first).to_be_visible()
    expect(page.get_by_text(re.compile("No person was measured"))).to_be_visible()
    study = page.url.rsplit("/", 1)[1]
    run = tmp_path / "run"
    write_run(run, SKIN_TONE, of_all_tones())
    page.get_by_role("button", name="Hand in a result").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, "result", run / "result.json")
    choose(dialog, "cases", run / "cases.json")
    choose(dialog, "document", run / "report.pdf")
    keep(page.screenshot(), WIDE, "studies hand in")
    dialog.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Result awaits confirmation").first).to_be_visible()
    page.close()

    page = clinic.sign_in(browser, people.SECOND, WIDE)
    page.goto(f"{clinic.address}/studies/{study}")
    expect(
        page.get_by_text(re.compile(r"\d+ of \d+ met, \d+ missed, \d+ not measured"))
    ).to_be_visible()
    page.get_by_role("button", name="Confirm the result").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Six-digit code").fill(clinic.code(people.SECOND))
    dialog.get_by_role("button", name="Confirm the result").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Bias: Everybody"))).to_be_visible()
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert_fits(page, clinic, f"/studies/{study}", SKIN_TONE.name)
        page.evaluate("document.querySelector('main').scrollTo(0, 1e5)")
        keep(page.screenshot(), size, "studies one, further down")
    page.close()
    assert clinic.said == []


@pytest.mark.verifies("REQ-IN-178")
def test_a_plan_is_laid_down_by_one_and_approved_by_another(
    clinic: Clinic, browser: Browser, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    own = replace(SKIN_TONE, version="9.0", population="drawn for this test; no person")
    plan.write_bytes(canonical.encode(to_plain(own)))
    page = clinic.sign_in(browser, people.QUALITY, WIDE)
    page.goto(f"{clinic.address}/studies")
    page.get_by_role("button", name="Lay down a plan").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, "plan", plan)
    keep(page.screenshot(), WIDE, "studies lay down")
    dialog.get_by_role("button", name="Lay down").click()
    expect(page.get_by_text("Limits await approval").first).to_be_visible()
    expect(page.get_by_role("button", name="Hand in a result")).to_have_count(0)
    address = page.url
    page.goto(f"{clinic.address}/studies")
    page.get_by_role("button", name="Lay down a plan").click()
    choose(dialog, "plan", plan)
    dialog.get_by_role("button", name="Lay down").click()
    expect(dialog.get_by_text("Write a change as a new version of the plan.")).to_be_visible()
    page.close()

    page = clinic.sign_in(browser, people.SECOND, WIDE)
    page.goto(address)
    page.get_by_role("button", name="Approve the limits").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Six-digit code").fill(clinic.code(people.SECOND))
    dialog.get_by_role("button", name="Approve the limits").click()
    expect(page.get_by_role("button", name="Hand in a result")).to_be_visible()
    page.close()
    # What a rule refused was refused on purpose; a browser hears of each such answer.
    assert [each for each in clinic.said if "409" not in each] == []


def of_all_tones() -> Cases:
    """Return cases of which one class is missed and one light has too few."""
    chance = random.Random(3)
    tones = ("very-light", "light", "intermediate", "tan", "brown", "dark")
    cases = []
    for number in range(54):
        tone = tones[number % 6]
        reference = 50.0 - 16.0 * (number % 6)
        bias = 8.0 if tone == "dark" else 0.5
        cases.append(
            Quantity(
                case=f"case-{number}",
                factors={
                    Factor.ITA_CLASS: tone,
                    Factor.MONK: str(2 + number % 6),
                    Factor.AGE_BAND: ("20-39", "40-59", "60-79")[number % 3],
                    Factor.LIGHTING: "dim" if number < 4 else "standard",
                },
                repeats=tuple(reference + bias + chance.gauss(0, 0.8) for _ in range(3)),
                reference=reference,
            )
        )
    return Cases(cases=tuple(cases))


def write_run(folder: Path, plan: StudyPlan, cases: Cases) -> None:
    """Write what ``vultus study run`` would hand in."""
    stored, figures = encode_cases(cases), evaluate(plan, cases)
    data, outcomes = Digest.of(stored), judge_study(plan, figures)
    at = ServerTime(1_790_000_000_000_000)
    document = render_study(plan, cases, figures, outcomes, data=data, software="0.1.0", at=at)
    result = {
        "format": "vultus/study-result/v1",
        "plan": to_plain(plan),
        "data": str(data),
        "cases": len(cases.cases),
        "figures": [to_plain(each) for each in figures],
        "software": "0.1.0",
        "platform": platform_digest(),
    }
    folder.mkdir()
    (folder / "result.json").write_bytes(canonical.encode(result))
    (folder / "cases.json").write_bytes(stored)
    (folder / "report.pdf").write_bytes(document)


def choose(dialog: Locator, name: str, path: Path) -> None:
    """Choose a file, as a person does in the window that the browser opens."""
    dialog.locator(f"input[type=file][name={name}]").set_input_files(path)

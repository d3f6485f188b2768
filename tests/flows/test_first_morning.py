"""The first morning of a clinic in a real browser: begun at the terminal, continued on the screens.

What is shown is typed off the screen, as people would; nothing is called around it.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from adapters.one_time_password import STEP_S, code_at
from api.founding import Founding, found
from api.serving import serving
from api.settings import from_environment
from api.ui_build import ensure_ui
from api.wiring import open_system
from domain.values.actor import Actor
from tests.flows.clock import LeapingClock
from tests.flows.conftest import ROOT
from tests.flows.test_browser import NARROW, NEXT_CODE, SOON_MS, WIDE, assert_fits, keep

pytestmark = pytest.mark.slow

TYPED = "typed at the terminal"
FOUNDING = Founding(
    clinic="Harbour clinic",
    time_zone="Australia/Sydney",
    account="ada",
    name="Ada Administrator",
    profession="practice manager",
)


@dataclass(kw_only=True)
class Morning:
    """A served record that was begun just now.

    Attributes:
        address: Where it answers.
        clock: Its clock.
        secrets: One-time-password secrets by account, as they were shown.
        said: What browsers complained about.
    """

    address: str
    clock: LeapingClock
    secrets: dict[str, bytes]
    said: list[str] = field(default_factory=list)

    def sign_in(self, browser: Browser, account: str, password: str, size: ViewportSize) -> Page:
        """Sign in through the form and return the page, from then on listened to."""
        page = browser.new_page(viewport=size)
        page.set_default_timeout(SOON_MS)
        page.goto(self.address)
        self.clock.skip(NEXT_CODE)
        page.get_by_label("Account").fill(account)
        page.get_by_label("Password", exact=True).fill(password)
        step = self.clock.now().us // 1_000_000 // STEP_S
        page.get_by_label("Six-digit code").fill(code_at(self.secrets[account], step))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign in")).to_have_count(0)
        page.on("console", self._hear)
        return page

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.said.append(line.text)


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    """A record that was begun, and is served with the shipped interface."""
    given = {"VULTUS_DATA": str(tmp_path / "record"), "VULTUS_PORT": "0"}
    settings, clock = from_environment(given), LeapingClock()
    with open_system(settings, clock=clock) as system:
        secret = found(system, FOUNDING, password=TYPED, by=Actor.service("command-line"))
    static = ensure_ui(ROOT, lambda _: None)
    with serving(settings, static=static, say=lambda _: None, clock=clock) as service:
        yield Morning(address=service.address, clock=clock, secrets={"ada": secret})


def choose_password(page: Page, current: str, chosen: str) -> None:
    """Choose a password, which is all that is open."""
    expect(page.get_by_role("heading", name="Choose a password of your own")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.get_by_label("Password you were given").fill(current)
    page.get_by_label("New password").fill(chosen)
    page.get_by_label("The same again").fill(chosen)
    page.get_by_role("button", name="Choose this password").click()
    expect(page.get_by_role("navigation")).to_be_visible()


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-217")
def test_a_founder_registers_a_nurse_who_signs_in_with_what_was_shown_and_is_let_out(
    morning: Morning, browser: Browser
) -> None:
    founder = morning.sign_in(browser, "ada", TYPED, NARROW)
    keep(founder.screenshot(), NARROW, "first password")
    choose_password(founder, TYPED, "known to Ada alone")
    founder.get_by_role("link", name="People").click()
    expect(founder.get_by_text("Only one person may administer.")).to_be_visible()
    founder.get_by_role("button", name="Register a person").click()
    founder.get_by_label("Name", exact=True).fill("Nina New")
    founder.get_by_label("Profession").fill("registered nurse")
    founder.get_by_label("Account").fill("nina")
    founder.get_by_role("combobox", name="First role").click()
    founder.get_by_role("option", name=re.compile("Operator")).click()
    founder.get_by_role("button", name="Register", exact=True).click()
    dialog = founder.get_by_role("dialog", name="Nina New is registered")
    expect(dialog.get_by_text("Shown this once.")).to_be_visible()
    shown = dialog.locator("dd").all_inner_texts()
    keep(founder.screenshot(), NARROW, "handed over")
    assert shown[0] == "nina"
    morning.secrets["nina"] = base64.b32decode(shown[2].replace(" ", ""))
    founder.get_by_role("button", name="Handed over, close").click()
    row = founder.get_by_role("row", name=re.compile("Nina New"))
    expect(row).to_contain_text("Operator")
    expect(row).to_contain_text("Has yet to choose a password")

    nurse = morning.sign_in(browser, "nina", shown[1], WIDE)
    expect(nurse.get_by_text(re.compile("Ada Administrator gave you"))).to_be_visible()
    choose_password(nurse, shown[1], "known to Nina alone")
    expect(nurse.get_by_role("link", name="Subjects")).to_be_visible()

    row.get_by_role("link", name="Nina New").click()
    expect(founder.get_by_text("Password of their own chosen")).to_be_visible()
    assert "known to" not in founder.content() + nurse.content()
    address = founder.url.removeprefix(morning.address)
    for size in (NARROW, WIDE):
        founder.set_viewport_size(size)
        assert_fits(founder, morning, "/people", "People")
        assert_fits(founder, morning, address, "Nina New")
    assert morning.said == []

    founder.get_by_role("button", name="End access").click()
    ending = founder.get_by_role("dialog")
    ending.get_by_label("Reason").fill("Came for one morning")
    ending.get_by_role("button", name="End access").click()
    expect(founder.get_by_text("No access")).to_be_visible()
    expect(founder.get_by_text("Came for one morning").first).to_be_visible()
    nurse.reload()
    expect(nurse.get_by_role("button", name="Sign in")).to_be_visible()
    founder.close()
    nurse.close()

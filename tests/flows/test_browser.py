"""The shipped interface in a real browser, on the record of the whole story.

Rules kept here:

1. What a person would click, type and press is clicked, typed and pressed; nothing is called around
   the screens.
2. Every wait is for something that is shown, never for time to pass.
3. Every screen and page is kept as a picture in ``build/pictures``, for whoever changes one.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, ViewportSize, expect

from api.serving import serving
from api.settings import from_environment
from api.ui_build import ensure_ui
from device.script import Script
from device.settings import Settings as StationSettings
from device.simulated_station import simulated_station
from device.work import connect, work
from domain.values.content import Digest
from domain.values.identifiers import DeviceId
from tests.flows.clock import LeapingClock
from tests.flows.conftest import ROOT
from tests.flows.drawn_trace import assert_readable
from validation.demonstration import people
from validation.demonstration.people import Secrets
from validation.demonstration.protocols import STEREO_FACE
from validation.demonstration.story import SECOND

pytestmark = pytest.mark.slow

PICTURES = ROOT / "build" / "pictures"
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 1024, "height": 768}
SOON_MS = 20_000
ANALYSED_MS = 120_000
GROUND_LEVEL = 60
GREY_WITHIN = 24
LOADED = """async () => {
  const pictures = [...document.images];
  await Promise.all(pictures.map(each => each.complete || new Promise(done => {
    each.addEventListener("load", done);
    each.addEventListener("error", done);
  })));
  return pictures.filter(each => each.isConnected && each.naturalWidth === 0).map(each => each.src);
}"""
NEXT_CODE = timedelta(seconds=31)

Pixels = NDArray[np.int16]


class Served(Protocol):
    """A running service."""

    address: str


@dataclass(kw_only=True)
class Clinic:
    """A running service on a copy of the story, and how its people sign in.

    Attributes:
        address: Where it answers.
        folder: The demonstration's folder.
        secrets: What its people know.
        clock: Its clock.
        said: What browsers complained about.
    """

    address: str
    folder: Path
    secrets: Secrets
    clock: LeapingClock
    said: list[str] = field(default_factory=list)

    def code(self, account: str) -> str:
        """Return a one-time code that was not used before."""
        self.clock.skip(NEXT_CODE)
        secret = self.secrets.of(account)
        assert secret is not None
        return secret.code(self.clock.now().us / 1_000_000)

    def sign_in(self, browser: Browser, account: str, size: ViewportSize) -> Page:
        """Sign a person in through the form and return the page, from then on listened to."""
        page = browser.new_page(viewport=size)
        page.set_default_timeout(SOON_MS)
        page.goto(self.address)
        secret = self.secrets.of(account)
        assert secret is not None
        page.get_by_label("Account").fill(account)
        page.get_by_label("Password", exact=True).fill(secret.password)
        page.get_by_label("Six-digit code").fill(self.code(account))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("banner")).to_contain_text("Demo", timeout=SOON_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.said.append(line.text)


@contextmanager
def running_clinic(story: Path) -> Iterator[Clinic]:
    settings = from_environment({"VULTUS_DATA": str(story / "record"), "VULTUS_PORT": "0"})
    clock = LeapingClock()
    static = ensure_ui(ROOT, lambda _: None)
    with serving(settings, static=static, say=lambda _: None, clock=clock) as service:
        yield Clinic(
            address=service.address,
            folder=story,
            secrets=Secrets(story / "people.json"),
            clock=clock,
        )


@pytest.fixture
def clinic(story: Path) -> Iterator[Clinic]:
    with running_clinic(story) as running:
        yield running


@pytest.mark.verifies(
    "REQ-IN-010",
    "REQ-IN-040",
    "REQ-IN-041",
    "REQ-IN-042",
    "REQ-IN-043",
    "REQ-IN-044",
    "REQ-IN-045",
)
def test_findings_are_reviewed_by_keyboard_signed_reported_and_traced(
    clinic: Clinic, browser: Browser
) -> None:
    page = clinic.sign_in(browser, people.PRACTITIONER, WIDE)
    page.get_by_role("link", name=re.compile("Findings to review")).click()
    expect(page.get_by_text("Clinical decision support, not a diagnosis")).to_be_visible()
    expect(page.get_by_text("Draft, not signed")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ contraindications of use"))).to_be_visible()
    expect(page.get_by_text(re.compile("Describes colour as photographed")).first).to_be_visible()
    expect(page.get_by_text(re.compile("skin-colour 2.0.0, model"))).to_be_visible()
    expect(page.get_by_text("Confidence", exact=True)).to_be_visible()
    expect(page.get_by_text("Colour reference absent")).to_be_visible()

    review_and_sign(page, clinic, "Colour of an uncalibrated photograph.")
    expect_report_and_trace(page, "Raw frame")
    page.close()
    assert clinic.said == []


def review_and_sign(page: Page, clinic: Clinic, conclusion: str) -> None:
    """Review every finding of the assessment that is shown, conclude and sign."""
    review_all(page)
    page.get_by_role("textbox", name="Conclusion").fill(conclusion)
    page.get_by_role("button", name="Record the conclusion").click()
    page.get_by_role("link", name="Go to sign-off").click()
    expect(page.get_by_text("Digest of exactly what is shown")).to_be_visible()
    page.get_by_label("Six-digit code").fill(clinic.code(people.PRACTITIONER))
    page.get_by_role("button", name="Sign", exact=True).click()


def expect_report_and_trace(page: Page, *nodes: str) -> None:
    """Go on to the report and its trace, which shows these nodes, every one of them verified."""
    page.get_by_role("link", name=re.compile(r"Report R-")).click(timeout=ANALYSED_MS)
    assert width_px(page.get_by_alt_text(re.compile("Page 1 of"))) > 500
    expect(page.get_by_text("Signed by", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("Why")).click()
    page.locator(".react-flow__edge").first.wait_for(state="attached")
    for kind in ("Report", "Attempt", "Raw frame"):
        shown = re.compile(rf"^{kind}.*(?<!not )verified")
        expect(page.get_by_role("button", name=shown).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"All \d+ links verified"))).to_be_visible()
    assert_readable(page)
    page.get_by_text("List", exact=True).click()
    for node in nodes:
        named = page.get_by_role("button", name=re.compile(f"^{node}"))
        expect(page.get_by_role("row").filter(has=named).first).to_contain_text("Verified")


def review_all(page: Page) -> None:
    """Accept each measured finding and reject the suggested one, with keys."""
    counted = page.get_by_text(re.compile(r"^\d+ of \d+ reviewed$"))
    total = int(counted.inner_text().split()[2])
    for done in range(total):
        expect(counted).to_have_text(f"{done} of {total} reviewed")
        chosen = page.locator("[data-chosen=true][data-verdict=none]")
        accept = chosen.get_by_role("button", name=re.compile("^(Accept|Confirm) "))
        expect(accept).to_be_enabled()
        if "Confirm" in accept.inner_text():
            page.keyboard.press("r")
            page.get_by_role("dialog").get_by_role("button", name="Reject").click()
        else:
            page.keyboard.press("a")
    expect(counted).to_have_text(f"{total} of {total} reviewed")


@pytest.mark.verifies("REQ-IN-010", "REQ-IN-040", "REQ-IN-181", "REQ-IN-183")
def test_a_capture_is_opened_followed_live_closed_reviewed_signed_reported_and_traced(
    clinic: Clinic, browser: Browser, told: Path
) -> None:
    page = clinic.sign_in(browser, people.OPERATOR, WIDE)
    known = read(page, "/worklist")
    client = next(each for each in known["items"] if each["device_serial"] is not None)
    page.get_by_role("link", name="New capture").click()
    page.get_by_role("table").get_by_role("link", name=client["pseudonym"]).click()
    page.get_by_role("link", name="Start a capture").click()
    page.get_by_role("combobox", name="Protocol").click()
    page.get_by_role("option", name=re.compile(STEREO_FACE.name)).click()
    for asked in ("rest cleaned", "Hair held back", "Glasses off", "Neutral expression"):
        page.get_by_label(re.compile(asked)).check()
    page.get_by_label("None", exact=True).check()
    page.get_by_role("button", name="Open the session").click()
    expect(page.get_by_text(re.compile("Waiting for the station"))).to_be_visible()

    with station(clinic, known["devices"][0]["device"], told.parent / "simulation-cache"):
        attempt = page.get_by_role("article", name=re.compile("attempt 1"))
        expect(attempt).to_contain_text("Accepted", timeout=ANALYSED_MS)
        for role in ("left camera", "right camera"):
            assert width_px(attempt.get_by_alt_text(re.compile(role))) > 0
        page.get_by_role("button", name="Close the session").click()
        confirm = page.get_by_role("dialog").get_by_role("button", name="Close the session")
        confirm.click()
        expect(page.get_by_text("Closed", exact=True)).to_be_visible(timeout=ANALYSED_MS)
    page.close()

    page = clinic.sign_in(browser, people.PRACTITIONER, WIDE)
    row = page.get_by_role("link", name=re.compile(f"{client['pseudonym']}.*Findings to review"))
    row.click(timeout=ANALYSED_MS)
    expect(page.get_by_text("Draft, not signed")).to_be_visible()
    review_and_sign(page, clinic, "Third visit. No change of skin tone that can be detected.")
    expect_report_and_trace(
        page,
        "Raw frame, left",
        "Raw frame, right",
        "Calibration, ",
        "Calibration locked",
        "Illumination, ",
    )
    page.close()
    assert clinic.said == []


@contextmanager
def station(clinic: Clinic, device: str, cache: Path) -> Iterator[None]:
    """Run the story's station again, with the client of its second visit before it."""
    settings = StationSettings(
        folder=clinic.folder / "station",
        server=clinic.address,
        poll_s=0.2,
        device=DeviceId(device),
    )
    stop = threading.Event()
    with connect(settings) as http:
        made, _ = simulated_station(
            settings, script=Script(sessions=(SECOND,)), cache=cache, http=http, clock=clinic.clock
        )
        working = threading.Thread(target=work, args=(made, stop), name="station")
        working.start()
        try:
            yield
        finally:
            stop.set()
            working.join()
            made.close()


@pytest.mark.verifies("REQ-IN-010")
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_screen_fits_and_complains_of_nothing(
    clinic: Clinic, browser: Browser, size: ViewportSize
) -> None:
    page = browser.new_page(viewport=size)
    page.goto(clinic.address)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    keep(page.screenshot(), size, "Sign in")
    page.close()
    page = clinic.sign_in(browser, people.PRACTITIONER, size)
    expect(page.get_by_role("link", name="Audit trail")).to_have_count(0)
    known = read(page, "/worklist")
    done = next(each for each in known["items"] if each["kind"] == "done")
    waiting = next(each for each in known["items"] if each["kind"] == "review")
    for path, words in (
        ("/", "Worklist"),
        ("/subjects", "Subjects"),
        (f"/subjects/{done['subject']}", done["pseudonym"]),
        (f"/subjects/{done['subject']}/capture", "New capture"),
        (f"/sessions/{done['session']}", "Session"),
        (f"/sessions/{waiting['session']}", "Session"),
        (f"/assessments/{waiting['assessment']}", "Review"),
        (f"/assessments/{waiting['assessment']}/sign-off", "Sign off"),
        (f"/reports/{done['report']}", "Report R-"),
        (f"/reports/{done['report']}/trace", "Trace to the raw frames"),
        ("/devices", "Stations"),
        (f"/devices/{known['devices'][0]['device']}", known["devices"][0]["serial"]),
        ("/models", "Models"),
        ("/studies", "Studies"),
        ("/people", "People"),
        ("/record", "Record"),
    ):
        assert_fits(page, clinic, path, words)
    page.goto(f"{clinic.address}/reports/{done['report']}/trace")
    page.locator(".react-flow__edge").first.wait_for(state="attached")
    assert_readable(page)
    page.get_by_role("button", name=re.compile(r"\d+ findings")).click()
    keep(page.screenshot(), size, "trace with findings open")
    assert_readable(page)
    keep_pages(page, clinic, done["report"], size)
    page.close()
    page = clinic.sign_in(browser, people.AUDITOR, size)
    assert_fits(page, clinic, "/audit-trail", "Audit trail")
    page.close()
    assert clinic.said == []


@pytest.mark.verifies("REQ-IN-348", "REQ-IN-350", "REQ-IN-500")
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_surface_is_drawn_turned_coloured_measured_and_taken_away(
    clinic: Clinic, browser: Browser, size: ViewportSize
) -> None:
    page = clinic.sign_in(browser, people.PRACTITIONER, size)
    path, mesh = surface_of(page)
    page.goto(clinic.address + path.rpartition("/attempts/")[0])
    page.get_by_role("link", name="Surface").first.click()
    expect(page.get_by_text("The surface is drawn")).to_be_attached(timeout=ANALYSED_MS)
    assert_fits(page, clinic, path, "Surface")
    expect(page.get_by_text("The surface is drawn")).to_be_attached(timeout=ANALYSED_MS)
    keep(page.screenshot(), size, "surface clay")
    drawing = page.get_by_role("img", name=re.compile("^Surface, frontal view"))
    clay = pixels_of(drawing)
    assert share_drawn(clay) > 0.15
    assert colourful(clay) == 0

    page.get_by_text("Uncertainty", exact=True).first.click()
    expect(page.get_by_label("Legend of the uncertainty")).to_contain_text("k = 1")
    keep(page.screenshot(), size, "surface uncertainty")
    coloured = pixels_of(drawing)
    assert share_drawn(coloured) == pytest.approx(share_drawn(clay), abs=0.05)
    assert colourful(coloured) > 0.1

    drawing.focus()
    page.keyboard.press("4")
    expect(page.get_by_text("Seen from 45° to the person's left")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Seen from 45° to the person's left, 5° above")).to_be_visible()
    keep(page.screenshot(), size, "surface oblique")
    page.keyboard.press("0")
    expect(page.get_by_text("Seen from the front")).to_be_visible()
    page.get_by_role("button", name="Distance").click()
    for across in (0.4, 0.6):
        box = drawing.bounding_box()
        assert box is not None
        drawing.click(position={"x": box["width"] * across, "y": box["height"] / 2})
    expect(page.get_by_text("k = 2")).to_be_visible()
    expect(page.get_by_text(re.compile("No released measurement"))).to_be_visible()
    keep(page.screenshot(), size, "surface distance")

    for name, beginning in (("Surface, PLY", b"ply\n"), ("Depth map, PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        taken = download.value.path().read_bytes()
        assert taken.startswith(beginning)
        if name == "Surface, PLY":
            assert Digest.of(taken) == mesh
    page.close()
    assert clinic.said == []


def surface_of(page: Page) -> tuple[str, str]:
    """Return the address and the digest of a surface that the story made."""
    for item in read(page, "/worklist")["items"]:
        for attempt in read(page, f"/capture-sessions/{item['session']}")["attempts"]:
            surface = (attempt["depth"] or {}).get("surface")
            if surface and attempt["view"] == "frontal":
                place = f"/sessions/{item['session']}/attempts/{attempt['attempt']}/surface"
                return place, surface["mesh"]["digest"]
    raise AssertionError("the story made no surface")


def pixels_of(drawing: Locator) -> Pixels:
    """Return what is drawn: (rows, columns, 3) int16, sRGB, blue first."""
    found = cv2.imdecode(np.frombuffer(drawing.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found.astype(np.int16)


def share_drawn(pixels: Pixels) -> float:
    """Return the share of pixels that are not the dark ground."""
    return float((pixels.max(axis=-1) > GROUND_LEVEL).mean())


def colourful(pixels: Pixels) -> float:
    """Return the share of pixels that are far from grey, in the middle where nothing lies over."""
    rows, columns = pixels.shape[:2]
    middle = pixels[rows // 3 : rows * 2 // 3, columns // 3 : columns * 2 // 3]
    return float((np.ptp(middle, axis=-1) > GREY_WITHIN).mean())


def assert_fits(page: Page, clinic: Served, path: str, words: str) -> None:
    page.goto(clinic.address + path)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(words, timeout=SOON_MS)
    expect(page.get_by_text("Reading the record")).to_have_count(0, timeout=SOON_MS)
    assert page.evaluate(LOADED) == [], f"{path} shows broken pictures"
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, f"{path} is {wider} px wider than the window"
    size = page.viewport_size
    assert size is not None
    place = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "one", path).strip("/").replace("/", " ")
    keep(page.screenshot(), size, place or words)


def keep_pages(page: Page, clinic: Clinic, report: str, size: ViewportSize) -> None:
    """Keep the pages of a report as the screen shows them."""
    number = 1
    while True:
        found = page.request.get(f"{clinic.address}/api/v1/reports/{report}/pages/{number}.png")
        if not found.ok:
            break
        keep(found.body(), size, f"report page {number}")
        number += 1
    assert number > 1


def keep(picture: bytes, size: ViewportSize, words: str) -> None:
    """Keep a picture for whoever wants to look."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    assert picture
    (PICTURES / f"{size['width']}-{name}.png").write_bytes(picture)


def width_px(picture: Locator) -> int:
    """Return how wide a picture is, once it is there and can be drawn."""
    found: int = picture.evaluate("async shown => (await shown.decode(), shown.naturalWidth)")
    return found


def read(page: Page, path: str) -> dict[str, Any]:
    """Read something as the person who is signed in on a page."""
    found: dict[str, Any] = page.evaluate(
        "async path => (await fetch('/api/v1' + path)).json()", path
    )
    return found

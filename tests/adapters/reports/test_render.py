"""The report document: repeatable, complete, accessible, and deaf to markup in its data."""

import dataclasses
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.reports.attachment import attachment
from adapters.reports.conditions import Uncalibrated
from adapters.reports.content import ReportContent
from adapters.reports.identity import Clinic
from adapters.reports.render import render_report, renderer
from adapters.reports.results import (
    ComparedCondition,
    ComparedPair,
    ComparedQuantity,
    Comparison,
    Verdict,
    WithheldOutput,
)
from adapters.reports.typeface import printable
from domain.errors import MalformedInput
from tests.adapters.reports import pdf_text, samples

ROOT = Path(__file__).parents[3]
HOSTILE = (
    '#panic("x") #import "x" $1/0$ *bold* _it_ `raw` <label> @ref \\u{41} // c /* d */ [#q] '
    '"quote" & <svg onload=x> {{}} % ~ -- ... = heading'
)


@pytest.fixture(scope="module")
def pages() -> list[str]:
    return pdf_text.pages(render_report(samples.report()))


def shows(pages: list[str], *texts: str) -> None:
    whole = "".join(pages)
    for text in texts:
        assert pdf_text.squeezed(text) in whole, text


def test_the_same_report_is_the_same_bytes_in_every_process() -> None:
    here = render_report(samples.report())
    assert render_report(samples.report()) == here
    code = (
        "import hashlib; from tests.adapters.reports import samples;"
        "from adapters.reports.render import render_report;"
        "print(hashlib.sha256(render_report(samples.report())).hexdigest())"
    )
    for environment in ({"TZ": "UTC"}, {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "HOME": "/"}):
        elsewhere = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": "7"} | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert elsewhere.stdout.strip() == sha256(here).hexdigest()


def test_another_report_is_other_bytes() -> None:
    later = samples.moment("2026-03-03T09:20:42.250000Z")
    assert render_report(samples.report(issued_at=later)) != render_report(samples.report())


@pytest.mark.verifies("REQ-IN-168", "REQ-IN-045")
def test_a_report_discloses_its_algorithm_versions(pages: list[str]) -> None:
    model = samples.algorithm()
    shows(pages, "Algorithm versions", "skin-colour 1.0.0", model.digest, model.runtime)
    shows(pages, "Training data none: analytic", model.validation)
    assert pdf_text.squeezed("Skin tone by skin-colour 1.0.0") in pages[0]


@pytest.mark.verifies("REQ-IN-169")
def test_a_report_discloses_its_capture_conditions(pages: list[str]) -> None:
    shows(
        pages,
        "Camera-to-face distance 451 mm",
        "Exposure 8.33 ms",
        "Gain × 1.25",
        "White balance R 1.912, G 1.000, B 1.604",
        "Colour temperature 5630 K",
        "Temperature 24.3 °C",
        "Fixture chin and forehead rest engaged",
        "Polarisation off",
        "24-patch chart in view: passed, mean residual 1.18 ΔE",
        "no make-up; hair held back; no glasses; neutral expression",
        "left 62 % 101 % healthy",
        "3 accepted, 1 refused",
    )


@pytest.mark.verifies("REQ-IN-170")
def test_a_report_discloses_its_calibration_status(pages: list[str]) -> None:
    shows(
        pages,
        "Calibration status Passed and valid at capture",
        "3f0c9a52-6b1e-4c58-9d5e-2a7d8f1b6c40",
        "Performed 3 March 2026, 08:40:00 UTC+11:00",
        "Operator Tom Hale, Operator",
        "charuco-9x6-15mm, serial CB-0417",
        "Reprojection error 0.118 px",
        "Baseline 79.998 mm",
        "Valid until 10 March 2026, 08:40:00 UTC+11:00",
    )


@pytest.mark.verifies("REQ-IN-170")
def test_every_calibration_is_disclosed_with_what_was_captured_with_it() -> None:
    other = dataclasses.replace(
        samples.calibration(),
        identifier="second",
        capture_views=("Left oblique",),
        baseline_mm=81.5,
    )
    absent = Uncalibrated(capture_views=("Right oblique",), reason="The rig was not calibrated.")
    content = samples.report(calibrations=(samples.calibration(), other, absent))
    shown = pdf_text.pages(render_report(content))
    shows(
        shown,
        "Captured Frontal, Left oblique, Right oblique",
        "3f0c9a52-6b1e-4c58-9d5e-2a7d8f1b6c40",
        "Captured Left oblique Calibration second",
        "Baseline 81.500 mm",
        "The rig was not calibrated. Captured Right oblique",
    )


@pytest.mark.verifies("REQ-IN-170")
def test_a_failed_expired_or_absent_calibration_is_said() -> None:
    failed = dataclasses.replace(
        samples.calibration(), passed=False, reasons=("Reprojection error 0.8 px is above 0.5 px",)
    )
    expired = dataclasses.replace(samples.calibration(), current_at_capture=False)
    absent = Uncalibrated(capture_views=("Frontal",), reason="The rig had no locked calibration.")
    for calibration, texts in (
        (failed, ("Failed or not valid at capture", "0.8 px is above 0.5 px")),
        (expired, ("Failed or not valid at capture", "was not valid when the pictures")),
        (absent, ("No locked calibration", absent.reason)),
    ):
        content = samples.report(calibrations=(calibration,))
        shown = pdf_text.pages(render_report(content))
        shows(shown, *texts)
        assert "Passedandvalid" not in "".join(shown)


@pytest.mark.verifies("REQ-IN-171", "REQ-IN-042", "DRV-17")
def test_a_report_discloses_value_uncertainty_confidence_and_quality_flags(
    pages: list[str],
) -> None:
    for text in (
        "Lightness L* 60.5 CIELAB ± 1.4 (k = 2) 86 % none raised 3, 4 Accepted",
        "Individual typology angle 31.6° ± 4.1 (k = 2)",
        "Melanin index 36.8 index points ± 2.3 (k = 2) 61 % little-skin",
    ):
        assert pdf_text.squeezed(text) in pages[0], text
    shows(pages, "Quality verdict acceptable Quality flags none raised")


@pytest.mark.verifies("REQ-IN-172", "REQ-IN-043", "REQ-IN-044")
def test_a_report_discloses_limitations_and_contraindications(pages: list[str]) -> None:
    content = samples.report()
    shows(pages, *content.contraindications)
    numbered = (*content.limitations, samples.COLOUR_LIMIT, samples.MAKEUP_LIMIT)
    for place, text in enumerate((*numbered, samples.TYPE_LIMIT), start=1):
        shows(pages, f"{place}. {text}")


@pytest.mark.verifies("REQ-IN-041")
def test_verdicts_reasons_originals_and_the_signature_are_shown(pages: list[str]) -> None:
    for text in (
        "Rejected: Flushed after cleansing",
        "Fitzpatrick skin type (set by the practitioner) IV",
        "Amended from III: Tans easily, burns rarely by history",
        "Signed off: reviewed and approved Dr Amélie Nguyễn, Cosmetic physician",
        "Cosmetic physician, 3 March 2026, 20:19:58 UTC+11:00",
    ):
        assert pdf_text.squeezed(text) in pages[0], text
    content = samples.report()
    assert content.sign_off is not None
    shows(pages, content.sign_off.signed_digest)


@pytest.mark.verifies("REQ-IN-040")
def test_every_page_says_what_it_is_and_where_it_belongs(pages: list[str]) -> None:
    assert len(pages) == 3
    code = samples.report().verification_code
    for place, page in enumerate(pages, start=1):
        assert "Clinicaldecisionsupport" in page
        assert "Notadiagnosis" in page
        assert page.endswith(f"VR-2026-000123Code{code}Page{place}of3")


def test_page_one_says_what_was_measured_what_was_not_and_what_was_concluded(
    pages: list[str],
) -> None:
    places = [
        pages[0].index(pdf_text.squeezed(heading))
        for heading in (
            "What was measured",
            "What was not measured, and why",
            "What the practitioner concluded",
        )
    ]
    assert places == sorted(places)
    shows(pages, "Volume change withheld Stereo completeness 71 % is below the limit of 85 %.")


@pytest.mark.verifies("REQ-IN-046")
def test_a_withheld_volume_is_a_card_with_its_reason_and_next_step() -> None:
    withheld = WithheldOutput(
        label="Volume change",
        reason="The capture was not bound to a locked calibration.",
        next_step="Calibrate the rig, then capture again.",
    )
    absent = Uncalibrated(capture_views=("Frontal",), reason="No locked calibration.")
    content = samples.report(withheld=(withheld,), calibrations=(absent,))
    shown = pdf_text.pages(render_report(content))
    assert pdf_text.squeezed(f"Volume change withheld {withheld.reason}") in shown[0]
    assert pdf_text.squeezed(withheld.next_step) in shown[0]


@pytest.mark.parametrize(
    ("demo", "signed", "mark"),
    [(True, True, "DEMO"), (True, False, "DEMODRAFT"), (False, False, "DRAFT"), (False, True, "")],
)
def test_demonstrations_and_drafts_are_marked_on_every_page_and_nothing_else_is(
    *, demo: bool, signed: bool, mark: str
) -> None:
    changes: dict[str, object] = {"clinic": Clinic(name="Harbour Street Clinic", demo=demo)}
    if not signed:
        changes["sign_off"] = None
    for page in pdf_text.pages(render_report(samples.report(**changes))):
        assert page.startswith(f"{mark}HarbourStreetClinic")
        assert ("DEMO" in page) == demo
        assert ("DRAFT" in page) == (not signed)


@pytest.mark.verifies("REQ-IN-041", "DRV-21")
def test_a_draft_says_that_nothing_was_reviewed_or_signed() -> None:
    pending = tuple(
        dataclasses.replace(each, verdict=Verdict.PENDING, reason="", original=None)
        for each in samples.findings()
    )
    shown = pdf_text.pages(render_report(samples.report(sign_off=None, findings=pending)))
    shows(
        shown,
        "Not signed off. This is a draft.",
        "Draft, without verification code",
        "Fitzpatrick skin type (suggestion, not confirmed)",
        "Not yet reviewed",
    )
    assert "Signedoff:" not in "".join(shown)


@pytest.mark.verifies("DRV-21")
def test_a_skin_type_that_was_rejected_is_not_reported() -> None:
    *others, skin_type = samples.findings()
    rejected = dataclasses.replace(
        skin_type, verdict=Verdict.REJECTED, reason="No history taken", original=None
    )
    shown = pdf_text.pages(render_report(samples.report(findings=(*others, rejected))))
    text = "Fitzpatrick skin type (suggestion not confirmed) not reported"
    assert pdf_text.squeezed(text) in shown[0]


def test_a_comparison_shows_then_now_and_never_a_change_it_could_not_detect() -> None:
    comparison = Comparison(
        earlier=samples.moment("2026-01-20T09:00:00.000000Z"),
        days_between=42,
        conditions_differ=(),
        quantities=(
            ComparedQuantity(
                label="Melanin index", unit="points", earlier=41.2, now=36.8, detectable_change=2.9
            ),
            ComparedQuantity(
                label="Erythema index", unit="points", earlier=19.2, now=19.9, detectable_change=2.9
            ),
        ),
    )
    shown = pdf_text.pages(render_report(samples.report(comparison=comparison)))
    shows(
        shown,
        "Compared with 20 January 2026 42 days before this session.",
        "Melanin index 41.2 points 36.8 points 2.9 points −4.4 points",
        "Erythema index 19.2 points 19.9 points 2.9 points No change that this system can detect",
    )


@pytest.mark.verifies("DRV-15")
def test_captures_that_are_not_comparable_are_said_to_be_so() -> None:
    comparison = Comparison(
        earlier=samples.moment("2026-01-20T09:00:00.000000Z"),
        days_between=42,
        conditions_differ=("Head 6° more to the left.",),
        quantities=(),
    )
    shown = pdf_text.pages(render_report(samples.report(comparison=comparison)))
    shows(shown, "The two captures are not comparable. Head 6° more to the left.")


@pytest.mark.verifies("DRV-15")
def test_every_pair_of_captures_shows_its_verdict_and_all_that_was_looked_at() -> None:
    conditions = tuple(
        ComparedCondition(
            what=what, earlier="450.0 mm", now=now, limit="at most 5 mm apart", alike=alike
        )
        for what, now, alike in (("distance", "450.4 mm", True), ("baseline", "458.0 mm", False))
    )
    pair = ComparedPair(
        what="Volume",
        view="Frontal",
        earlier=samples.moment("2026-01-20T09:00:00.000000Z"),
        now=samples.moment("2026-03-03T09:00:00.000000Z"),
        conditions=conditions,
    )
    shown = pdf_text.pages(render_report(dataclasses.replace(samples.report(), pairs=(pair,))))
    shows(
        shown,
        "Volume, frontal Taken on 20 January 2026 and 3 March 2026. Not comparable.",
        "Distance 450.0 mm 450.4 mm at most 5 mm apart yes",
        "Baseline 450.0 mm 458.0 mm at most 5 mm apart no",
    )


def test_the_trace_and_the_way_to_check_it_are_printed(pages: list[str]) -> None:
    content = samples.report()
    assert content.trace.log is not None
    for item in content.trace.evidence:
        shows(pages[-1:], f"{item.label} {item.seq} {item.digest}")
    shows(pages[-1:], content.trace.log.origin, content.trace.log.root, "vultus-verify")
    shows(pages[-1:], *(each.source for each in content.images))


def test_the_data_behind_the_pages_are_attached() -> None:
    content = samples.report()
    (attached,) = pdf_text.attachments(render_report(content))
    assert attached == attachment(content)
    report = json.loads(attached)["report"]
    assert report["findings"][0]["reading"]["value"] == 60.4837
    assert report["images"][0]["digest"] == content.images[0].digest
    assert "content" not in report["images"][0]


def test_the_document_is_tagged_titled_in_a_language_and_describes_its_pictures() -> None:
    document = render_report(samples.report())
    assert b"/Lang(en-AU)" in document
    assert b"/MarkInfo<</Marked true" in document
    assert b"(Facial imaging report VR-2026-000123)" in document
    for each in samples.report().images:
        assert f"/Alt({each.description})".encode() in document
    assert b"<pdfaid:part>3</pdfaid:part>" in document
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in document
    assert b"<pdfuaid:part>1</pdfuaid:part>" in document


def hostile_report(text: str) -> ReportContent:
    """Return a report with the text wherever a person or program can put one."""
    *_, first = samples.findings()
    return samples.report(
        pseudonym=text,
        conclusion=text,
        clinic=Clinic(name=text[:100], demo=False),
        withheld=(WithheldOutput(label=text, reason=text, next_step=text),),
        findings=(
            dataclasses.replace(
                first, label=text, reason=text, quality_flags=(text,), limitations=(text,)
            ),
        ),
        conditions=(dataclasses.replace(samples.conditions(), fixture=text, declared=(text,)),),
        limitations=(text,),
        contraindications=(text,),
        images=(samples.image(samples.png(), text),),
    )


def test_markup_in_the_data_is_printed_and_never_executed() -> None:
    shown = "".join(pdf_text.pages(render_report(hostile_report(HOSTILE))))
    assert shown.count(pdf_text.squeezed(HOSTILE)) >= 12


def test_characters_the_typeface_lacks_are_printed_as_their_code_points() -> None:
    shown = pdf_text.pages(render_report(hostile_report("中 עברית a\u202eb\u200bc \U0001f600 Ωж")))
    shows(shown, "[U+4E2D]", "[U+05E2]", "a[U+202E]b[U+200B]c", "[U+1F600]", "Ωж")


def test_a_word_longer_than_any_column_is_broken_and_kept_whole() -> None:
    shown = "".join(pdf_text.pages(render_report(hostile_report("W" * 400))))
    assert "W" * 400 in shown


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip())))
def test_any_text_is_printed_literally(text: str) -> None:
    content = samples.report(conclusion=text, images=(samples.image(samples.png(), "Frontal"),))
    shown = pdf_text.pages(render_report(content))
    lines = [each for each in printable("\n".join(text.splitlines())).split("\n") if each.strip()]
    for line in lines:
        assert pdf_text.squeezed(line) in "".join(shown)


def test_the_renderer_names_itself_and_its_compiler() -> None:
    assert renderer().startswith("vultus-report/2 typst 0.")


def test_every_picture_is_in_the_document_at_its_full_size() -> None:
    document = render_report(samples.report())
    pictures = [each for each in pdf_text.objects(document).values() if b"/DCTDecode" in each]
    assert len(pictures) == len(samples.report().images)
    for content, each in zip(samples.report().images, pictures, strict=True):
        assert b"/Width 480" in each
        assert b"/Height 600" in each
        assert content.content in each


def test_a_picture_that_cannot_be_decoded_is_refused() -> None:
    whole = samples.jpeg()
    for content in (whole[: len(whole) // 2], b"no picture", whole[:20]):
        image = samples.image(content, "Frontal")
        with pytest.raises(MalformedInput):
            render_report(samples.report(images=(image,)))


def test_conditions_that_nobody_knows_are_said_to_be_not_known() -> None:
    unknown = dataclasses.replace(
        samples.conditions(),
        distance_mm=None,
        exposure_us=None,
        gain=None,
        white_balance=None,
        cct_k=None,
        zones=(),
        temperature_c=None,
    )
    document = render_report(samples.report(conditions=(unknown,)))
    shows(
        pdf_text.pages(document),
        "Camera-to-face distance not known",
        "Exposure not known",
        "Gain not known",
        "White balance not known",
        "Colour temperature not known",
    )

"""What the skin analyses say of drawn faces, and what they withhold."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.decode import decode
from adapters.imaging.depth import DepthMap
from adapters.imaging.pixels import Mask
from adapters.inference import (
    skin_chromophores,
    skin_congestion,
    skin_pigmentation,
    skin_texture,
    skin_texture_report,
)
from adapters.inference.analyses import ANALYSES, steps_of
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.colour_uncertainty import COVERAGE_FACTOR
from adapters.inference.onnx_model import ReleasedModel, StepsAfter
from adapters.inference.release import parse_manifest
from adapters.inference.skin_density_graph import LUMINANCE_DENSITY_MAP
from adapters.inference.skin_measures import Tone
from adapters.inference.skin_repeatability import ESTIMATED, MEASURED, REPEATED
from adapters.inference.tensors import Tensor
from domain.errors import Refusal
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.finding import Finding
from domain.values.identifiers import InferenceId
from tests.adapters.imaging import scenes
from tests.adapters.inference.faces import SKIN_LAB, draw_face, photograph, with_noise

WIDTH, HEIGHT = 800, 1000
FOCAL_PX = 1800.0
DISTANCE_MM = 450.0
PIXEL_MM = DISTANCE_MM / FOCAL_PX
SKIN = ["skin-chromophores", "skin-pigmentation", "skin-texture", "skin-congestion"]


def face(tone: str = "light") -> NDArray[np.uint8]:
    return with_noise(draw_face(SKIN_LAB[tone], width_px=WIDTH, height_px=HEIGHT)[0], seed=3, sd=1)


def flat_depth() -> tuple[DepthMap, CameraIntrinsics]:
    shape = (HEIGHT // 2, WIDTH // 2)
    depth = DepthMap(
        depth_mm=np.full(shape, DISTANCE_MM, np.float32),
        valid=np.ones(shape, np.bool_),
        step=2,
        method="drawn",
    )
    camera = CameraIntrinsics(
        width_px=WIDTH,
        height_px=HEIGHT,
        focal_x_px=FOCAL_PX,
        focal_y_px=FOCAL_PX,
        centre_x_px=(WIDTH - 1) / 2,
        centre_y_px=(HEIGHT - 1) / 2,
        distortion=(0.0,) * 5,
    )
    return depth, camera


def halves() -> Mapping[FacialRegion, Mask]:
    column = np.mgrid[:HEIGHT, :WIDTH][1]
    row = np.mgrid[:HEIGHT, :WIDTH][0]
    middle = np.abs(column - WIDTH / 2) < 60
    cheeks = (row > 520) & (row < 640) & ~middle
    return {
        FacialRegion.CHEEK_RIGHT: cheeks & (column < WIDTH / 2),
        FacialRegion.CHEEK_LEFT: cheeks & (column > WIDTH / 2),
        FacialRegion.NOSE: middle & (row > 450) & (row < 600),
        FacialRegion.CHIN: (row > 680) & (row < 800),
    }


def source(picture: NDArray[np.uint8], *, depth: bool = True, regions: bool = False) -> Source:
    image = decode(scenes.png(picture), declared_media_type="image/png")
    found, camera = flat_depth()
    return Source(
        model=b"",
        image=image,
        depth=found if depth else None,
        camera=camera if depth else None,
        regions=halves() if regions else {},
        makeup="none",
        neutral_expression=True,
        hair_back=True,
    )


def run(
    name: str, shown: Source, *, chart: bool = True
) -> tuple[Given, Mapping[str, Tensor], Reported]:
    analysis = ANALYSES[name]
    content = analysis.model()
    domain = analysis.release(Digest.of(content)).input_domain
    model = ReleasedModel.load(content, expected=Digest.of(content))
    given = analysis.given(shown, domain)
    if chart:  # the drawn faces carry none
        facts = replace(given.facts, colour_reference_passed=True, colour_residual_delta_e=0.8)
        given = replace(given, facts=facts)
    verdict = analysis.judge(domain, given)
    assert verdict.permitted
    after = StepsAfter(
        name=analysis.postprocessing,
        beside=given.beside,
        work=lambda outputs: analysis.worked_out(outputs, given),
    )
    result = after.taken(model.run(given.tensors, preprocessing=analysis.preprocessing))
    judged = Judged(inference=InferenceId.derived("a", "b"), domain=domain, verdict=verdict)
    return given, result.outputs, analysis.reported(result.outputs, given, judged)


def by_code(reported: Reported) -> dict[str, Finding]:
    return {each.code: each for each in reported.findings}


def number(finding: Finding) -> float:
    assert finding.value is not None
    return finding.value


def stained(picture: NDArray[np.uint8], places: list[tuple[int, int]], radius_px: int) -> None:
    """Darken places as melanin does: blue most, red least."""
    veil = np.zeros(picture.shape[:2], np.float32)
    for place in places:
        cv2.circle(veil, place, radius_px, 1.0, -1, cv2.LINE_AA)
    linear = (picture / 255.0) ** 2.2 * np.exp(-0.25 * veil[..., None] * [0.579, 1.0, 1.667])
    picture[:] = np.rint(255.0 * linear ** (1 / 2.2))


@pytest.mark.verifies("REQ-IN-163", "REQ-IN-166", "DRV-17")
def test_brown_spots_have_number_area_and_uncertainty_by_region() -> None:
    picture = face()
    places = [(300, 560), (280, 600), (520, 570), (400, 740)]
    stained(picture, places, 9)
    _, _, reported = run("skin-pigmentation", source(picture, regions=True))
    found = by_code(reported)
    assert number(found["brown-spots"]) == len(places)
    assert found["brown-spots"].text == "By region: cheek left 1, cheek right 2, chin 1."
    expected = len(places) * np.pi * (9.5 * PIXEL_MM) ** 2
    area = found["brown-spot-area"]
    assert number(area) == pytest.approx(expected, rel=0.2)
    assert area.uncertainty is not None
    assert abs(number(area) - expected) < 2 * area.uncertainty
    overlay = next(each for each in reported.overlays if each.name == "brown-spots")
    assert overlay.legend.startswith("Brown spots: 4, ")


@pytest.mark.verifies("REQ-IN-164", "REQ-IN-165")
def test_a_pattern_on_both_sides_is_described_and_never_named_as_a_condition() -> None:
    picture = face()
    stained(picture, [(300, 580), (500, 580)], 40)
    _, _, reported = run("skin-pigmentation", source(picture, regions=True))
    note = by_code(reported)["melasma-like-pattern"]
    assert note.text is not None
    assert note.text.startswith("Melasma-like patterning: raised pigment, ")
    assert "Many conditions, and none, give the same pattern." in note.limitations[0]
    one_sided = face()
    stained(one_sided, [(300, 580)], 40)
    _, _, other = run("skin-pigmentation", source(one_sided, regions=True))
    assert "not alike on both sides" in str(by_code(other)["melasma-like-pattern"].text)
    _, _, plain = run("skin-pigmentation", source(face(), regions=True))
    assert str(by_code(plain)["melasma-like-pattern"].text).startswith("No patterning")


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize("name", SKIN)
def test_without_depth_nothing_has_a_size(name: str) -> None:
    _, _, reported = run(name, source(face(), depth=False))
    assert not [each.code for each in reported.findings if "mm" in str(each.unit)]
    if name != "skin-chromophores":
        assert "model.scale" in {each.ground.rule for each in reported.withheld}


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize("tone", ["brown", "dark"])
def test_what_rests_on_separation_is_withheld_where_it_was_not_verified(tone: str) -> None:
    given, _, reported = run("skin-pigmentation", source(face(tone)))
    assert Tone.of(given).ita_deg < 10
    assert not {"redness-share", "dyschromia"} & by_code(reported).keys()
    redness = next(each for each in reported.withheld if each.output.endswith("redness"))
    assert redness.ground.rule == "model.skin-tone"
    assert "verified from 10° up" in redness.ground.evidence
    assert ("brown-spot-share" in by_code(reported)) == (tone == "brown")
    _, _, densities = run("skin-chromophores", source(face(tone)))
    assert not densities.findings
    assert len(densities.overlays) == 3


@pytest.mark.verifies("DRV-22")
def test_without_a_chart_absolute_colour_is_withheld_and_confidence_is_low() -> None:
    _, _, reported = run("skin-chromophores", source(face()), chart=False)
    assert not reported.findings
    _, _, relative = run("skin-pigmentation", source(face()), chart=False)
    for each in relative.findings:
        assert each.confidence <= 0.3
        assert "colour-reference-absent" in each.quality_flags


@pytest.mark.verifies("DRV-22")
def test_make_up_is_refused_when_full_and_lowers_confidence_when_light() -> None:
    name = "skin-pigmentation"
    analysis = ANALYSES[name]
    domain = analysis.release(Digest.of(b"model")).input_domain
    shown = source(face())
    full = analysis.judge(domain, analysis.given(replace(shown, makeup="full"), domain))
    assert [each.rule for each in full.refusals] == ["model.makeup"]
    nowhere = replace(shown, regions={FacialRegion.CHIN: np.zeros((HEIGHT, WIDTH), np.bool_)})
    assert analysis.judge(domain, analysis.given(nowhere, domain)).permitted
    plain, light = (
        [each.confidence for each in run(name, replace(shown, makeup=worn))[2].findings]
        for worn in ("none", "light")
    )
    assert all(less < more for less, more in zip(light, plain, strict=True))


@pytest.mark.verifies("REQ-IN-161", "REQ-IN-162")
def test_congestion_counts_dots_by_size_and_colour() -> None:
    picture = face()
    red, dark = [(300, 560), (500, 600)], [(330, 620), (480, 560), (280, 590)]
    linear = (picture / 255.0) ** 2.2
    for places, radius, vector, depth in (
        (red, 5, [0.386, 1.0, 0.906], 0.3),
        (dark, 2, [1.0, 1.0, 1.0], 0.7),
    ):
        veil = np.zeros(picture.shape[:2], np.float32)
        for place in places:
            cv2.circle(veil, place, radius, 1.0, -1, cv2.LINE_AA)
        linear *= np.exp(-depth * veil[..., None] * np.array(vector))
    picture[:] = np.rint(255.0 * linear ** (1 / 2.2))
    _, _, reported = run("skin-congestion", source(picture, regions=True))
    found = by_code(reported)
    assert number(found["inflammatory-like"]) == len(red)
    assert number(found["dark-comedone-like"]) == len(dark)
    assert "cheek left 1" in str(found["inflammatory-like"].text)


@pytest.mark.verifies("REQ-IN-161", "DRV-22")
@pytest.mark.parametrize("tone", ["brown", "dark"])
def test_dots_are_withheld_on_skin_whose_own_texture_they_are_not_told_from(tone: str) -> None:
    given, results, reported = run("skin-congestion", source(face(tone)))
    assert not reported.findings
    assert not reported.overlays
    assert {each.ground.rule for each in reported.withheld} == {"model.skin-tone"}
    assert len(reported.withheld) == 3
    analysis = ANALYSES["skin-congestion"]
    domain = analysis.release(Digest.of(b"model")).input_domain
    judged = Judged(
        inference=InferenceId.derived("a", "b"),
        domain=domain,
        verdict=analysis.judge(domain, given),
    )
    first = skin_congestion.FIRST.reported(results, given, judged)
    assert len(first.findings) == 2, "release 1.0.0 said dark and light ones on every tone"


@pytest.mark.verifies("REQ-IN-161", "REQ-IN-166")
def test_a_freckle_as_small_as_a_dot_is_no_dark_comedone_like_dot() -> None:
    picture = face()
    places = [(300, 560), (280, 600), (520, 570)]
    stained(picture, places, 3)
    _, _, reported = run("skin-congestion", source(picture, regions=True))
    assert number(by_code(reported)["dark-comedone-like"]) == 0


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    "module", [skin_chromophores, skin_pigmentation, skin_texture, skin_congestion]
)
def test_earlier_releases_keep_their_steps_and_their_words(module: ModuleType) -> None:
    newest = ANALYSES[module.NAME]
    said = newest.release(Digest.of(b"model"))
    assert steps_of(said) is newest
    assert module.EARLIER["1.0.0"] is module.FIRST
    named = {newest.postprocessing}
    for version, steps in module.EARLIER.items():
        assert steps_of(replace(said, version=version)) is steps
        assert steps.preprocessing == newest.preprocessing
        named.add(steps.postprocessing)
    assert len(named) == 1 + len(module.EARLIER), "no two releases have the same steps"


@pytest.mark.verifies("DRV-17", "DRV-20")
@pytest.mark.parametrize("name", [each for each in SKIN if each != "skin-texture"])
def test_a_release_states_the_repeatability_that_it_was_signed_with(name: str) -> None:
    said = ANALYSES[name].release(Digest.of(b"model"))
    assert MEASURED.words in said.limitations
    given, results, reported = run(name, source(face(), regions=True))
    judged = Judged(
        inference=InferenceId.derived("a", "b"),
        domain=said.input_domain,
        verdict=ANALYSES[name].judge(said.input_domain, given),
    )
    assert {each.limitations[-1] for each in reported.findings} == {MEASURED.words}
    before = steps_of(replace(said, version="1.0.0")).reported(results, given, judged)
    assert {each.limitations[-1] for each in before.findings} == {ESTIMATED.words}


@pytest.mark.verifies("DRV-17", "DRV-20")
def test_what_texture_says_of_repeats_is_its_releases_own() -> None:
    newest = ANALYSES["skin-texture"]
    said = newest.release(Digest.of(b"model")).limitations
    assert newest.words.repeatability is MEASURED  # type: ignore[attr-defined]
    assert said == (*skin_texture_report.LIMITS, MEASURED.words)
    assert any("relief is an estimate" in each for each in said)
    for steps in skin_texture.EARLIER.values():
        assert steps.words.repeatability is ESTIMATED
        assert not any("relief is an estimate" in each for each in steps.words.limits)


@pytest.mark.verifies("DRV-17")
def test_nothing_states_less_than_its_estimate_and_than_repeats_showed() -> None:
    assert MEASURED.spreads.keys() == ESTIMATED.spreads.keys()
    assert MEASURED.spreads.keys() - REPEATED.keys() == {"relief-roughness", "relief-slope"}
    for code, spread in MEASURED.spreads.items():
        for value in (0.0, 1.0, 50.0):
            assert spread.standard(value) >= ESTIMATED.spreads[code].standard(value)
            if code in REPEATED:
                assert spread.standard(value) >= REPEATED[code].standard(value)


def test_what_findings_state_of_their_limits_is_what_the_release_states() -> None:
    for name in SKIN:
        said = ANALYSES[name].release(Digest.of(b"model"))
        _, _, reported = run(name, source(face(), regions=True))
        for each in reported.findings:
            assert set(said.limitations) <= set(each.limitations)


@pytest.mark.verifies("REQ-IN-154", "DRV-22")
@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(
    ("words", "least_mm"),
    [
        (skin_texture_report.WORDS, skin_texture.LINES.shortest_mm / 2),
        (skin_texture_report.FIRST_WORDS, 0.0),
    ],
)
def test_where_no_line_was_found_the_shortest_may_be_there_unseen(
    words: skin_texture_report.TextureWords, least_mm: float
) -> None:
    analysis = ANALYSES["skin-texture"]
    given, outputs, _ = run("skin-texture", source(face()))
    shape = (HEIGHT, WIDTH)
    nothing = {
        "texture": np.zeros(shape, np.float32),
        "texture_median": np.array(1.0),
        "texture_gradient": np.array(1.0),
        "lines": np.zeros(shape, np.int32),
        "line_widths_mm": np.zeros(0),
        "line_totals_mm": np.zeros((3, 2)),
    }
    domain = analysis.release(Digest.of(analysis.model())).input_domain
    verdict = analysis.judge(domain, given)
    judged = Judged(inference=InferenceId.derived("a", "b"), domain=domain, verdict=verdict)
    reported = skin_texture_report.texture_report({**outputs, **nothing}, given, judged, words)
    lengths = [each for each in reported.findings if each.code.endswith("-length")]
    assert [each.value for each in lengths] == [0.0, 0.0]
    for each in lengths:
        unseen = words.repeatability.spreads[each.code].standard(0.0)
        assert each.uncertainty == pytest.approx(COVERAGE_FACTOR * np.hypot(unseen, least_mm))


def test_a_coarse_picture_has_no_pores_and_says_which_pixel_they_need() -> None:
    _, _, reported = run("skin-texture", source(face()))
    pores = next(each for each in reported.withheld if each.output == "texture: pores")
    assert pores.ground.rule == "model.resolution"
    assert "a pixel shows 0.250 mm of skin, at most 0.08 mm is needed" in pores.ground.evidence


def judged_by(given: Given) -> Judged:
    """Return the verdict of the texture release on an input."""
    analysis = ANALYSES["skin-texture"]
    domain = analysis.release(Digest.of(analysis.model())).input_domain
    verdict = analysis.judge(domain, given)
    assert verdict.permitted
    return Judged(inference=InferenceId.derived("a", "b"), domain=domain, verdict=verdict)


def texture_of(given: Given) -> tuple[Mapping[str, Tensor], dict[str, Refusal]]:
    """Return what texture works out of an input, and why it withholds what."""
    even = np.zeros(given.beside["looked_at"].shape, np.float32)
    outputs = {LUMINANCE_DENSITY_MAP: even}
    results = skin_texture.SkinTexture().worked_out(outputs, given)
    reported = ANALYSES["skin-texture"].reported(results, given, judged_by(given))
    return results, {each.output: each.ground for each in reported.withheld}


@pytest.mark.verifies("DRV-22")
def test_skin_in_no_whole_block_is_said_to_be_that_and_neither_coarse_nor_without_scale() -> None:
    given, _, _ = run("skin-texture", source(face()))
    striped = given.beside["looked_at"].copy()
    striped[:, ::2] = 0
    fine = {**given.beside, "looked_at": striped, "pixel_mm": np.array(0.06)}
    results, withheld = texture_of(replace(given, beside=fine))
    assert "texture" not in results
    texture = ("roughness", "fine lines", "wrinkles", "texture gradient", "relief")
    assert {withheld[f"texture: {each}"].rule for each in texture} == {"model.skin-in-one-piece"}
    assert "mm² of skin looked at lie scattered" in withheld["texture: relief"].evidence
    assert "texture: pores" not in withheld


@pytest.mark.verifies("DRV-22")
def test_relief_without_depth_on_the_skin_says_so_though_there_is_a_scale() -> None:
    given, _, _ = run("skin-texture", source(face()))
    holed = {**given.beside, "depth_mm": np.zeros_like(given.beside["depth_mm"])}
    _, withheld = texture_of(replace(given, beside=holed))
    assert withheld["texture: relief"].rule == "model.depth-on-skin"
    without = {name: each for name, each in holed.items() if not name.startswith("depth_")}
    _, withheld = texture_of(replace(given, beside=without))
    assert withheld["texture: relief"].rule == "model.scale"
    assert withheld["texture: roughness"].rule == "model.resolution"


@pytest.mark.parametrize("name", SKIN)
def test_releases_are_complete_and_say_nothing_about_people(name: str) -> None:
    analysis = ANALYSES[name]
    said = analysis.release(Digest.of(analysis.model()))
    assert parse_manifest(said.manifest()) == said
    assert len(said.subgroups) == 6
    assert "No clinical validation with people" in said.validation


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize("name", ["skin-chromophores", "skin-pigmentation"])
def test_the_small_photograph_without_a_chart_gives_no_number(name: str) -> None:
    image = decode(scenes.png(photograph()), declared_media_type="image/png")
    shown = replace(source(face(), depth=False), image=image)
    _, _, reported = run(name, shown, chart=False)
    assert not reported.findings
    assert {each.ground.rule for each in reported.withheld} <= {
        "model.resolution",
        "model.colour-reference",
    }

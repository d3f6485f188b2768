"""A practitioner-labelled data set, given as a manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.studies.case_file import decode_cases, encode_cases
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Cases, Classified, Quantity, Segmented, Withheld
from domain.errors import MalformedInput
from domain.events.codec import from_plain, to_plain
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study import Factor, Statistic, StudyPlan
from tests.domain.values.test_study import PLAN
from tests.validation.studies.test_cli import plan_file
from tests.validation.studies.test_report import text_of
from validation.demonstration.story import photograph
from validation.studies.cli import NOT_RUN, main
from validation.studies.labelled import measure_labelled, on_grid
from validation.studies.manifest import read_manifest
from validation.studies.plans import HEADS, PLANS, SKIN_TONE

__all__ = ["plan_file"]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    picture = photograph().read_bytes()
    (tmp_path / "a.png").write_bytes(picture)
    path = tmp_path / "manifest.json"
    plain = {
        "format": "vultus/labelled-pictures/v1",
        "output": "ita",
        "source": "a public photograph",
        "labelled_by": "nobody; the label is invented for a test",
        "pictures": [
            {
                "file": "a.png",
                "digest": str(Digest.of(picture)),
                "case": "a",
                "factors": {"ita-class": "light"},
                "label": 30,
            }
        ],
    }
    path.write_text(json.dumps(plain), "utf-8")
    return path


def test_pictures_are_measured_beside_their_labels(manifest: Path) -> None:
    said: list[str] = []
    found = measure_labelled(read_manifest(manifest), said.append)
    (case,) = found.cases
    assert isinstance(case, Quantity)
    assert case.reference == 30
    assert -90 < case.repeats[0] < 90
    assert said == ["a"]
    assert found.origin is not None
    assert found.origin.source == "a public photograph"
    assert found.origin.manifest == Digest.of(manifest.read_bytes())


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda plain: plain.update(format="else"), "study.manifest"),
        (lambda plain: plain.update(extra=1), "study.manifest"),
        (lambda plain: plain.update(output="weight"), "study.output"),
        (lambda plain: plain["pictures"][0].update(label="30"), "study.label"),
        (lambda plain: plain["pictures"][0].update(digest=str(Digest.of(b""))), "study.digest"),
        (lambda plain: plain["pictures"][0].update(factors={"mood": "good"}), "study.factors"),
        (lambda plain: plain["pictures"][0].update(file="gone.png"), "study.file"),
        (lambda plain: plain["pictures"][0].pop("case"), "study.manifest"),
        (lambda plain: plain["pictures"][0].update(label=None), "study.label"),
        (lambda plain: plain.update(pictures=[]), "study.manifest"),
        (lambda plain: plain.update(labelled_by=" "), "study.manifest"),
    ],
)
def test_a_manifest_that_does_not_hold_is_refused_by_rule(
    manifest: Path, spoil: Spoil, rule: str
) -> None:
    plain = json.loads(manifest.read_text("utf-8"))
    spoil(plain)
    manifest.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(MalformedInput, match=rule):
        measure_labelled(read_manifest(manifest), lambda _: None)


def test_a_picture_that_cannot_be_measured_is_named(manifest: Path) -> None:
    plain = json.loads(manifest.read_text("utf-8"))
    (manifest.parent / "a.png").write_bytes(b"no picture")
    plain["pictures"][0]["digest"] = str(Digest.of(b"no picture"))
    manifest.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(MalformedInput, match=r"study\.picture: a: "):
        measure_labelled(read_manifest(manifest), lambda _: None)


def test_the_command_takes_a_manifest_and_says_what_is_wrong(
    manifest: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(manifest.parent / "out")
    given = ["run", "depth", "--labelled", str(manifest), "--out", out]
    assert main(given) == NOT_RUN
    assert "ita was labelled, the plan is about depth-map" in capsys.readouterr().err
    written = manifest.parent / "depth.json"
    written.write_bytes(canonical.encode(to_plain(PLANS["depth"])))
    given[1] = str(written)
    assert main(given) == NOT_RUN
    assert "ita was labelled, the plan is about depth-map" in capsys.readouterr().err
    given[1] = str(plan_file)
    assert main(given) != NOT_RUN
    assert "MISSED" in capsys.readouterr().out  # one picture is too few for any figure


def test_more_pictures_than_the_service_takes_are_refused_before_one_is_measured(
    manifest: Path,
    plan_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.studies.submitted.MOST_CASES", 0)
    out = manifest.parent / "out"
    given = ["run", str(plan_file), "--labelled", str(manifest), "--out", str(out)]
    assert main(given) == NOT_RUN
    assert capsys.readouterr().err.startswith("vultus study: study.size: 1 cases are more than 0")


def test_plan_result_and_report_say_whose_pictures_they_are(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "skin-tone", "--labelled", str(manifest)]) == 0
    printed = json.loads(capsys.readouterr().out)
    out = manifest.parent / "out"
    assert main(["run", "skin-tone", "--labelled", str(manifest), "--out", str(out)]) != NOT_RUN
    result = json.loads((out / "result.json").read_bytes())
    assert result["plan"] == printed  # what was laid down and approved is what was run
    plan = from_plain(StudyPlan, result["plan"])
    assert plan.limits == SKIN_TONE.limits
    assert plan.strata == (Factor.ITA_CLASS, Factor.LIGHTING)  # a level is known, a limit asks
    assert "a public photograph" in plan.population
    assert "nobody; the label is invented for a test" in plan.reference
    assert "generated heads" not in json.dumps(printed)
    assert "simulat" not in plan.name
    origin = decode_cases((out / "cases.json").read_bytes()).origin
    assert origin is not None
    assert origin.labelled_by == "nobody; the label is invented for a test"
    shown = " ".join(text_of((out / "report.pdf").read_bytes()).split())
    assert "Labelled by nobody; the label is invented for a test" in shown
    assert "a public photograph" in shown
    assert "no person was measured" not in shown


def test_a_plan_about_generated_heads_is_not_run_over_people(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, out = manifest.parent / "plan.json", manifest.parent / "out"
    written.write_bytes(canonical.encode(to_plain(SKIN_TONE)))
    given = ["run", str(written), "--labelled", str(manifest), "--out", str(out)]
    assert SKIN_TONE.population == HEADS
    assert main(given) == NOT_RUN
    assert "study.population" in capsys.readouterr().err
    cases = manifest.parent / "cases.json"
    cases.write_bytes(encode_cases(measure_labelled(read_manifest(manifest), lambda _: None)))
    assert main(["run", "skin-tone", "--cases", str(cases), "--out", str(out)]) == NOT_RUN
    assert "study.population" in capsys.readouterr().err


def rewritten(manifest: Path, **changed: object) -> Path:
    """Return a manifest of the second format with some fields changed."""
    plain = json.loads(manifest.read_text("utf-8"))
    plain |= {"format": "vultus/labelled-pictures/v2", "labels": "number"} | changed
    manifest.write_text(json.dumps(plain), "utf-8")
    return manifest


def measured(manifest: Path) -> Cases:
    return measure_labelled(read_manifest(manifest), lambda _: None)


def picture(folder: Path, name: str, pixels: NDArray[np.uint8]) -> dict[str, str]:
    """Store a picture and return its name and digest."""
    coded, content = cv2.imencode(".png", pixels)
    assert coded
    (folder / name).write_bytes(content.tobytes())
    return {"file": name, "digest": str(Digest.of(content.tobytes()))}


def of_face(folder: Path, *, name: str = "face.png", times: int = 1) -> dict[str, str]:
    """Store the demonstration's photograph, so many times as large."""
    pixels = cv2.imread(str(photograph()))
    assert pixels is not None
    large = cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    return picture(folder, name, np.asarray(large, np.uint8))


def test_pictures_of_one_case_are_its_repeats(manifest: Path) -> None:
    one = json.loads(manifest.read_text("utf-8"))["pictures"][0]
    pixels = cv2.imread(str(photograph()))
    assert pixels is not None
    rng = np.random.default_rng(3)
    others = [
        picture(
            manifest.parent,
            f"again-{number}.png",
            np.clip(pixels + rng.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8),
        )
        for number in range(2)
    ]
    pictures = [
        {"case": case, "factors": {}, "label": None, **named}
        for case in ("a", "b", "c")
        for named in ({"file": one["file"], "digest": one["digest"]}, *others)
    ]
    cases = measured(rewritten(manifest, pictures=pictures))
    assert [each.case for each in cases.cases] == ["a", "b", "c"]
    for each in cases.cases:
        assert isinstance(each, Quantity)
        assert len(each.repeats) == 3
        assert each.reference is None
    figures = {each.statistic: each for each in evaluate(PLAN, cases)}
    assert {Statistic.TEM, Statistic.SEM, Statistic.MDC95} <= figures.keys()
    assert figures[Statistic.SEM].cases == 3


@pytest.mark.parametrize(
    ("labels", "second", "rule"),
    [
        ("number", {"label": 31}, "study.repeats"),
        ("number", {"factors": {}}, "study.repeats"),
        ("number", {}, "study.repeats"),
        ("class", {}, "study.repeats"),
        ("words", {}, "study.labels"),
    ],
)
def test_repeats_that_are_none_are_refused_by_rule(
    manifest: Path, labels: str, second: dict[str, Any], rule: str
) -> None:
    one = json.loads(manifest.read_text("utf-8"))["pictures"][0]
    with pytest.raises(MalformedInput, match=rule):
        read_manifest(rewritten(manifest, labels=labels, pictures=[one, one | second]))


@pytest.mark.parametrize(
    ("output", "label", "other"),
    [
        ("ita-class", "light", "very dark"),
        ("monk-scale", "3", "11"),
        ("fitzpatrick-suggestion", "II", "VII"),
    ],
)
def test_a_practitioners_classes_stand_beside_the_releases(
    manifest: Path, output: str, label: str, other: str
) -> None:
    one = json.loads(manifest.read_text("utf-8"))["pictures"][0]
    changed = {"labels": "class", "output": output}
    cases = measured(rewritten(manifest, **changed, pictures=[one | {"label": label}]))
    (case,) = cases.cases
    assert isinstance(case, Classified)
    assert cases.classes[case.true] == label
    rewritten(manifest, **changed, pictures=[one | {"label": other}])
    with pytest.raises(MalformedInput, match=rf"study\.label: a: '{other}' is none of"):
        measured(manifest)
    with pytest.raises(MalformedInput, match=r"study\.output: weight is not measured"):
        measured(rewritten(manifest, output="weight"))


def test_masks_are_compared_on_the_whole_picture(manifest: Path) -> None:
    face = of_face(manifest.parent, times=4)
    drawn = np.zeros((2048, 2048), np.uint8)
    drawn[800:900, 800:1000] = 255
    mask = picture(manifest.parent, "mask.png", drawn)
    pictures = [{"case": "a", "factors": {}, "label": mask, **face}]
    changed = {"labels": "mask", "output": "redness"}
    (case,) = measured(rewritten(manifest, **changed, pictures=pictures)).cases
    assert isinstance(case, Segmented)
    assert case.there == 100 * 200
    assert case.found > 0

    small = picture(manifest.parent, "small.png", drawn[::2, ::2])
    pictures[0]["label"] = small
    with pytest.raises(MalformedInput, match="the mask is 1024 x 1024, the picture 2048 x 2048"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    pictures[0]["label"] = picture(manifest.parent, "grey.png", drawn // 2)
    with pytest.raises(MalformedInput, match=r"study\.mask: a: a mask is black"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    (manifest.parent / "words.png").write_bytes(b"no picture")
    pictures[0]["label"] = {"file": "words.png", "digest": str(Digest.of(b"no picture"))}
    with pytest.raises(MalformedInput, match=r"study\.mask: a: the mask is no picture"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    pictures[0]["label"] = mask | {"file": "gone.png"}
    with pytest.raises(MalformedInput, match=r"study\.file: a: gone\.png cannot be read"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    pictures[0]["label"] = mask | {"digest": face["digest"]}
    with pytest.raises(MalformedInput, match=r"study\.digest: a: mask\.png"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    pictures[0]["label"] = "mask.png"
    with pytest.raises(MalformedInput, match=r"study\.manifest: a: a file has the fields"):
        measured(rewritten(manifest, **changed, pictures=pictures))


def test_what_a_release_withholds_is_a_case_without_a_value(manifest: Path) -> None:
    coarse = of_face(manifest.parent)
    large = of_face(manifest.parent, name="large.png", times=4)
    pictures = [
        {"case": "coarse", "factors": {"ita-class": "dark"}, "label": True, **coarse},
        {"case": "large", "factors": {"ita-class": "light"}, "label": True, **large},
    ]
    changed = {"labels": "yes-no", "output": "redness"}
    cases = measured(rewritten(manifest, **changed, pictures=pictures))
    coarse_case, large_case = cases.cases
    assert isinstance(coarse_case, Withheld)
    assert coarse_case.why.startswith("model.resolution: ")
    assert isinstance(large_case, Classified)
    assert (large_case.said, large_case.true) == (1, 1)
    assert decode_cases(encode_cases(cases)) == cases
    found = {(each.statistic, each.stratum): each.cases for each in evaluate(PLAN, cases)}
    assert found[Statistic.CASES, "all"] == 2
    assert found[Statistic.SENSITIVITY, "all"] == 1
    assert found[Statistic.CASES, "ita-class=dark"] == 1
    assert (Statistic.SENSITIVITY, "ita-class=dark") not in found
    pictures[0]["label"] = "yes"
    with pytest.raises(MalformedInput, match=r"study\.label: coarse: the label is true or false"):
        measured(rewritten(manifest, **changed, pictures=pictures))
    mask = picture(manifest.parent, "mask.png", np.zeros((512, 512), np.uint8))
    pictures[0]["label"] = mask
    changed["labels"] = "mask"
    (case,) = measured(rewritten(manifest, **changed, pictures=pictures[:1])).cases
    assert isinstance(case, Withheld)


def test_a_mask_comes_to_a_coarser_grid_by_halves() -> None:
    drawn = np.zeros((5, 4), np.bool_)
    drawn[0, 0] = drawn[0, 1] = drawn[2, 0] = True
    assert on_grid(drawn, (2, 2)).tolist() == [[True, False], [False, False]]
    assert on_grid(drawn, (5, 4)) is drawn

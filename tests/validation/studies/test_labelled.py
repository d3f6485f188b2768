"""A practitioner-labelled data set, given as a manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.values.content import Digest
from tests.validation.studies.test_cli import plan_file
from validation.demonstration.story import photograph
from validation.studies.cli import NOT_RUN, main
from validation.studies.labelled import measure_labelled
from validation.studies.observations import Quantity

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
    found = measure_labelled(manifest, said.append)
    (case,) = found.cases.cases
    assert isinstance(case, Quantity)
    assert case.reference == 30
    assert -90 < case.repeats[0] < 90
    assert said == ["a"]
    assert found.source == "a public photograph"


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
    ],
)
def test_a_manifest_that_does_not_hold_is_refused_by_rule(
    manifest: Path, spoil: Spoil, rule: str
) -> None:
    plain = json.loads(manifest.read_text("utf-8"))
    spoil(plain)
    manifest.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(MalformedInput, match=rule):
        measure_labelled(manifest, lambda _: None)


def test_a_picture_that_cannot_be_measured_is_named(manifest: Path) -> None:
    plain = json.loads(manifest.read_text("utf-8"))
    (manifest.parent / "a.png").write_bytes(b"no picture")
    plain["pictures"][0]["digest"] = str(Digest.of(b"no picture"))
    manifest.write_text(json.dumps(plain), "utf-8")
    with pytest.raises(MalformedInput, match=r"study\.picture: a: "):
        measure_labelled(manifest, lambda _: None)


def test_the_command_takes_a_manifest_and_says_what_is_wrong(
    manifest: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(manifest.parent / "out")
    given = ["run", "depth", "--labelled", str(manifest), "--out", out]
    assert main(given) == NOT_RUN
    assert "ita was labelled, the plan is about depth-map" in capsys.readouterr().err
    given[1] = str(plan_file)
    assert main(given) != NOT_RUN
    assert "MISSED" in capsys.readouterr().out  # one picture is too few for any figure

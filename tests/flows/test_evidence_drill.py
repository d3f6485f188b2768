"""The demonstration's evidence, changed by hand in every way that is in somebody's interest."""

import json
import zipfile
from pathlib import Path

import pytest

from domain.ledger import canonical
from domain.ledger.bundle import MANIFEST_PATH, disclosure_path, entry_path, proof_path
from tests.flows.test_tamper_drill import Failures, flipped, verified

pytestmark = pytest.mark.slow

SEEN, DISCLOSED, CONTENTS, ORIGINS = 6, 7, 9, 10
"""Steps of the verifier over an evidence bundle."""


class Bundle:
    """The demonstration's evidence, taken apart, and packed again as somebody else would."""

    def __init__(self, told: Path, place: Path) -> None:
        """Take it apart."""
        self._key = told / "log-key.txt"
        self._place = place
        with zipfile.ZipFile(told / "evidence.zip") as archive:
            self._order = archive.infolist()
            self.files = {each.filename: archive.read(each) for each in self._order}
        self.manifest = json.loads(self.files["manifest.json"])

    def verified(self) -> Failures:
        """Pack what there is now and verify it."""
        with zipfile.ZipFile(self._place, "w") as archive:
            for each in self._order:
                if each.filename in self.files:
                    archive.writestr(each, self.files[each.filename])
        return verified(str(self._place), "--log-key", str(self._key))

    def leave_out(self, *seqs: int) -> None:
        """Take records out, and everything that the index says of them."""
        for seq in seqs:
            for path in (entry_path(seq), proof_path(seq), disclosure_path(seq)):
                self.files.pop(path, None)
        kept = [each for each in self.manifest["records"] if each["seq"] not in seqs]
        gone = {f"record:{seq}" for seq in seqs}
        gone |= {f"stream:{each['stream']}" for each in self.manifest["records"]}
        gone -= {f"stream:{each['stream']}" for each in kept}
        self.manifest["records"] = kept
        self.manifest["links"] = [
            each
            for each in self.manifest["links"]
            if each["seq"] not in seqs and each["to"] not in gone
        ]
        self.files[MANIFEST_PATH] = canonical.encode(self.manifest)

    def seqs(self, stream: str) -> list[int]:
        """Return the records of the streams of a kind, in order."""
        return [
            each["seq"] for each in self.manifest["records"] if each["stream"].startswith(stream)
        ]

    def seq(self, name: str) -> int:
        """Return the first record of a name."""
        found: int = next(each["seq"] for each in self.manifest["records"] if each["name"] == name)
        return found


@pytest.fixture
def bundle(told: Path, tmp_path: Path) -> Bundle:
    """The evidence of the demonstration, for a test to change."""
    return Bundle(told, tmp_path / "evidence.zip")


@pytest.mark.verifies("REQ-IN-020", "DRV-25")
def test_the_evidence_packed_again_untouched_passes(bundle: Bundle) -> None:
    assert bundle.verified() == {}


@pytest.mark.verifies("REQ-IN-020", "DRV-25")
def test_two_exchanged_pictures_of_the_evidence_are_named(bundle: Bundle) -> None:
    one, two = sorted(
        each["digest"] for each in bundle.manifest["blobs"] if each["media_type"] == "image/png"
    )[:2]
    places = [f"blobs/{each.removeprefix('sha256:')}" for each in (one, two)]
    contents = [bundle.files[each] for each in places]
    bundle.files.update(zip(places, reversed(contents), strict=True))

    changed = [f"the content {each} has been changed" for each in (one, two)]
    assert bundle.verified() == {CONTENTS: changed}


@pytest.mark.verifies("REQ-IN-020", "DRV-25")
def test_a_report_exchanged_for_another_document_is_named(bundle: Bundle) -> None:
    digest = bundle.manifest["report"]["digest"]
    bundle.files[f"blobs/{digest.removeprefix('sha256:')}"] = b"%PDF-1.7 another report"

    found = bundle.verified()
    assert f"the content {digest} has been changed" in found[CONTENTS]
    assert found.keys() <= {SEEN, CONTENTS, ORIGINS}


@pytest.mark.verifies("REQ-IN-020", "DRV-25")
def test_a_disclosure_that_says_something_else_is_named(bundle: Bundle) -> None:
    seq = bundle.seq("AssessmentSignedOff")
    place = f"disclosures/{seq}.payload"
    bundle.files[place] = flipped(bundle.files[place], len(bundle.files[place]) // 2)

    found = bundle.verified()
    text = f"record {seq} (AssessmentSignedOff) does not say what is disclosed"
    assert found[DISCLOSED] == [text]


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181")
def test_an_earlier_figure_that_is_changed_is_named(bundle: Bundle) -> None:
    seq = bundle.seq("AssessmentOpened")
    place = f"disclosures/{seq}.payload"
    shown = bundle.files[place]
    at = shown.index(b'"value":') + len(b'"value":') + 3
    bundle.files[place] = (
        shown[:at] + (b"1" if shown[at : at + 1] != b"1" else b"2") + shown[at + 1 :]
    )

    found = bundle.verified()
    text = f"record {seq} (AssessmentOpened) does not say what is disclosed"
    assert found[DISCLOSED] == [text]
    assert any("with which the report compares, is not in" in each for each in found[ORIGINS])


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181")
def test_an_earlier_visit_that_is_left_out_is_named(bundle: Bundle) -> None:
    streams = [each["stream"] for each in bundle.manifest["records"]]
    earlier, _ = dict.fromkeys(each for each in streams if each.startswith("assessment-"))
    bundle.leave_out(*bundle.seqs(earlier))

    (missing,) = bundle.verified()[ORIGINS]
    assert "with which the report compares, is not in the bundle" in missing


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181")
def test_an_earlier_run_that_is_left_out_is_named(bundle: Bundle) -> None:
    streams = [each["stream"] for each in bundle.manifest["records"]]
    earlier = next(each for each in streams if each.startswith("inference-"))
    bundle.leave_out(*bundle.seqs(earlier))

    found = bundle.verified()[ORIGINS]
    assert any(f"{earlier} has 0 disclosed InferenceRequested" in each for each in found)


@pytest.mark.verifies("DRV-16", "DRV-25")
@pytest.mark.parametrize("kind", ["claim", "model-release", "device", "consent", "capture-session"])
def test_a_record_cut_off_a_streams_end_is_named(bundle: Bundle, kind: str) -> None:
    seqs = bundle.seqs(f"{kind}-")
    asked = bundle.manifest["report"]["seq"]
    bundle.leave_out([seq for seq in seqs if seq < asked][-1])

    found = bundle.verified()[ORIGINS]
    assert any(
        each.startswith(f"{kind}-") and "1 of them are not in the bundle" in each for each in found
    ), found

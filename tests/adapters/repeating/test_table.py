"""Everything that was computed is computed again: identical, or it says what changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from adapters.imaging import depth as maps
from adapters.imaging.decode import decode
from adapters.inference.reproduction import Outcome
from adapters.repeating import captures, runs
from adapters.repeating.repeated import PassedOver, Repeated
from adapters.repeating.table import repeat, repeat_all
from domain.errors import ContentErased
from domain.events.capture_session import AttemptMeasured, AttemptSubmitted
from domain.events.inference import InferenceCompleted
from domain.events.model_release import ModelShadowed
from domain.events.record import Record
from domain.ports import BlobStore
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import SessionId
from domain.values.quality import Region
from tests.adapters.imaging import scenes
from tests.adapters.inference.learned import learned_model, learned_release
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import QUALITY_MANAGER

EVERY_KIND = {
    captures.MEASUREMENTS,
    captures.DEPTH,
    captures.SURFACE,
    runs.INFERENCE_RUN,
    runs.SHADOW_RUN,
}


class Altered:
    """A store that gives out something else for one content."""

    def __init__(self, blobs: BlobStore, digest: Digest, content: bytes) -> None:
        """Give out ``content`` for ``digest``."""
        self._blobs = blobs
        self._digest = digest
        self._content = content

    def __getattr__(self, name: str) -> object:
        return getattr(self._blobs, name)

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Give out what is stored, or the other content."""
        if digest == self._digest:
            return iter((self._content,))
        return iter(self._blobs.read(digest, key=key))


class Erased:
    """A store whose subjects were all erased."""

    def __getattr__(self, name: str) -> object:
        raise AttributeError(name)

    def read(self, digest: Digest, *, key: str) -> Iterator[bytes]:
        """Refuse what was erased."""
        raise ContentErased(f"{key} {digest}")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClinicDay]:
    """Return a clinic in which a stereo pair was measured, reconstructed and analysed."""
    with clinic_day(tmp_path_factory.mktemp("worked")) as day:
        lit = day.release_learned(learned_release(), learned_model())
        model = learned_model(0.5)
        dark = day.release_learned(learned_release(model, version="2.0.0"), model, approve=False)
        manager = Actor.practitioner(QUALITY_MANAGER)
        day.record(dark.stream, ModelShadowed(beside=lit), by=manager)
        day.submit(day.open_session())
        day.work()
        yield day


@pytest.fixture(scope="module")
def repeated(worked: ClinicDay) -> list[Repeated]:
    found = list(repeat_all(worked.bench()))
    # The day's light was calibrated by nobody: its result is stated, and nothing behind it.
    over = [each.what for each in found if isinstance(each, PassedOver)]
    assert over == ["IlluminationCalibrated"]
    return [each for each in found if isinstance(each, Repeated)]


def records(day: ClinicDay) -> tuple[Record, ...]:
    return day.log.after(-1, limit=10_000)


def again(
    day: ClinicDay, which: Callable[[Record], bool], digest: Digest, content: bytes
) -> Repeated:
    """Repeat one computation while the store gives out another content."""
    blobs: BlobStore = Altered(day.blobs, digest, content)  # type: ignore[assignment]
    record = next(each for each in records(day) if which(each))
    found = repeat(day.bench(blobs=blobs), record)
    assert isinstance(found, Repeated)
    return found


def named(name: str) -> Callable[[Record], bool]:
    return lambda record: record.name == name


@pytest.mark.verifies("DRV-20")
def test_every_recorded_computation_is_the_same_bit_for_bit(repeated: list[Repeated]) -> None:
    assert {each.what for each in repeated} == EVERY_KIND
    assert {each.outcome for each in repeated} == {Outcome.BIT_IDENTICAL}, repeated
    assert all(each.evidence.startswith("nothing changed") for each in repeated)


def test_a_repeat_records_nothing(worked: ClinicDay, repeated: list[Repeated]) -> None:
    size = worked.log.size()
    assert repeat(worked.bench(), records(worked)[repeated[0].seq]) == repeated[0]
    assert worked.log.size() == size


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("AttemptMeasured", "input:left"),
        ("DepthReconstructed", "input:left"),
        ("SurfaceReconstructed", "input:left"),
        ("InferenceCompleted", "frame:1, input:image"),
        ("ShadowCompared", "frame:1, input:picture"),
    ],
)
def test_one_changed_pixel_is_named(worked: ClinicDay, name: str, changed: str) -> None:
    left = frames.pair()[0]
    picture = decode(left).encoded.copy()
    picture[300, 200] ^= 1
    found = again(worked, named(name), Digest.of(left), scenes.png(picture))
    assert f"changed: {changed}" in found.evidence


@pytest.mark.verifies("DRV-20")
def test_a_changed_byte_of_the_model_is_named_and_nothing_is_run(worked: ClinicDay) -> None:
    model = next(
        each.event.run.model
        for each in records(worked)
        if isinstance(each.event, InferenceCompleted)
    )
    content = b"".join(worked.blobs.read(model, key=worked.bench().clinic_key))
    altered = bytes([content[0] ^ 1]) + content[1:]
    found = again(worked, named("InferenceCompleted"), model, altered)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence == "not run; changed: model"


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["DepthReconstructed", "SurfaceReconstructed"])
def test_a_changed_setting_is_named(
    worked: ClinicDay, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = maps.settings_of(maps.METHOD)
    for place in ("adapters.imaging.depth", "adapters.imaging.depth_reproduction"):
        monkeypatch.setattr(f"{place}.settings_of", lambda _: (*settings[:-1], "other=1"))
    record = next(each for each in records(worked) if each.name == name)
    found = repeat(worked.bench(), record)
    assert isinstance(found, Repeated)
    assert "changed: settings" in found.evidence


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("name", "outcome", "evidence"),
    [
        (
            "light_direction_across",
            Outcome.BIT_IDENTICAL,
            "numbers identical; not measured then: light_direction_across",
        ),
        ("working_distance", Outcome.DIFFERENT, "off: working_distance"),
    ],
)
def test_a_word_that_came_after_the_record_is_named_and_no_difference(
    worked: ClinicDay, name: str, outcome: Outcome, evidence: str
) -> None:
    record = next(each for each in records(worked) if each.name == "AttemptMeasured")
    assert isinstance(record.event, AttemptMeasured)
    kept = tuple(each for each in record.event.measurements if each.name != name)
    assert len(kept) < len(record.event.measurements)
    found = captures.repeat_measurements(
        worked.bench(), record, replace(record.event, measurements=kept)
    )
    assert found.outcome is outcome
    assert found.evidence.endswith(evidence)


def found_with_region(day: ClinicDay, name: str, region: Region | None) -> tuple[Outcome, str]:
    """Repeat the measurements of a record that states another region for one word."""
    record = next(each for each in records(day) if each.name == "AttemptMeasured")
    assert isinstance(record.event, AttemptMeasured)
    changed = tuple(
        replace(each, region=region) if each.name == name else each
        for each in record.event.measurements
    )
    assert changed != record.event.measurements
    event = replace(record.event, measurements=changed)
    found = captures.repeat_measurements(day.bench(), record, event)
    return found.outcome, found.evidence


def the_face(day: ClinicDay) -> Region:
    """Return the region that the first records state for every word: the whole face."""
    record = next(each for each in records(day) if each.name == "AttemptMeasured")
    assert isinstance(record.event, AttemptMeasured)
    face = next(each.region for each in record.event.measurements if each.name == "face_found")
    assert face is not None
    return face


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light_across_ratio", "light_zone_ratio"])
def test_a_part_told_since_the_record_stated_the_whole_is_named_and_no_difference(
    worked: ClinicDay, name: str
) -> None:
    outcome, evidence = found_with_region(worked, name, the_face(worked))
    assert outcome is Outcome.BIT_IDENTICAL
    assert evidence.endswith(f"; part of the picture not told then: {name}")


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["light_across_ratio", "face_level", "face_found"])
def test_any_other_region_is_a_difference(worked: ClinicDay, name: str) -> None:
    face = the_face(worked)
    for region in (replace(face, width_px=face.width_px - 1), replace(face, frame="right"), None):
        outcome, evidence = found_with_region(worked, name, region)
        assert outcome is Outcome.DIFFERENT
        assert f"off: {name}" in evidence


def test_content_that_is_missing_or_no_picture_counts_as_different(worked: ClinicDay) -> None:
    left = Digest.of(frames.pair()[0])
    found = again(worked, named("AttemptMeasured"), left, b"no picture")
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("not run; ")


def test_what_holds_no_computation_is_passed_over(worked: ClinicDay) -> None:
    record = next(each for each in records(worked) if isinstance(each.event, AttemptSubmitted))
    assert SessionId.of_stream(record.stream)
    assert repeat(worked.bench(), record) is None


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("name", ["AttemptMeasured", "DepthReconstructed", "InferenceCompleted"])
def test_what_was_erased_is_passed_over_with_the_reason(worked: ClinicDay, name: str) -> None:
    record = next(each for each in records(worked) if each.name == name)
    blobs: BlobStore = Erased()  # type: ignore[assignment]
    over = PassedOver(seq=record.seq, what=name, of=record.stream, why="erased")
    assert repeat(worked.bench(blobs=blobs), record) == over

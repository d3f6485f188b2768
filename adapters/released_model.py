"""A registered model release with its bytes: checked, then ready to run on a recorded request.

Rules kept here:

1. A manifest counts only as the very bytes that were registered, with a signature that holds under
   the key registered with it [DRV-18]; whether that key is trusted was decided at registration.
2. What the record says of the model is what the signed manifest says of it.
"""

from datetime import date

from adapters.captured_depth import read_depth
from adapters.captured_face import read_regions
from adapters.captures import Capture, read_capture, read_picture
from adapters.inference.analysis import Given, Source, Steps
from adapters.inference.onnx_model import StepsAfter
from adapters.inference.release import ModelRelease, verify_release
from adapters.keys.signing import verify_ed25519
from adapters.workbench import Workbench
from domain.errors import DigestMismatch, NotFound
from domain.events.inference import InferenceRequested
from domain.handling import load
from domain.rules.subject import SUBJECT
from domain.values.model import ModelManifest


def read_manifest(bench: Workbench, registered: ModelManifest) -> ModelRelease:
    """Return what the signed manifest of a registered model says.

    Raises:
        NotFound: the manifest's bytes were never stored.
        SignatureInvalid: the signature does not hold.
        DigestMismatch: the manifest is of another model.
        MalformedInput: the bytes are no manifest.
    """
    content = bench.content(registered.manifest_digest, key=bench.clinic_key)
    key = bytes.fromhex(registered.signing_key)
    release = verify_release(
        content,
        bytes.fromhex(registered.signature),
        lambda message, signature: verify_ed25519(key, signature, message),
    )
    if release.model != registered.model.digest:
        raise DigestMismatch(
            f"the manifest is of {release.model}, {registered.model.digest} was registered"
        )
    return release


def read_input(
    bench: Workbench, requested: InferenceRequested, release: ModelRelease, analysis: Steps
) -> Given:
    """Return what a requested run is given, made of the stored frame and what was made of it.

    Raises:
        NotFound: the attempt or its frame is not there.
        ContentErased: the subject was erased.
        MalformedInput: the frame is no picture the model can be given.
    """
    capture = read_capture(bench, requested.session, requested.attempt)
    frame = next(
        (each for each in capture.attempt.frames if each.content.digest in requested.frames), None
    )
    if frame is None:
        message = f"attempt {requested.attempt} has none of the frames of {requested.inference}"
        raise NotFound(message)
    prompts = capture.opened.prompts
    depth = read_depth(bench, capture)
    image = read_picture(bench, frame, key=capture.key)
    source = Source(
        model=bench.content(requested.model, key=bench.clinic_key),
        image=image,
        depth=None if depth is None else depth.map,
        camera=None if depth is None else depth.calibration.left,
        regions=read_regions(bench, capture, rows=image.height, columns=image.width),
        makeup=prompts.makeup,
        neutral_expression=prompts.neutral_expression,
        hair_back=prompts.hair_back,
        age_years=_age_years(bench, capture),
    )
    return analysis.given(source, release.input_domain)


def steps_after(analysis: Steps, given: Given) -> StepsAfter:
    """Return the steps after a model, with what they are given."""
    return StepsAfter(
        name=analysis.postprocessing,
        beside=given.beside,
        work=lambda outputs: analysis.worked_out(outputs, given),
    )


def _age_years(bench: Workbench, capture: Capture) -> int | None:
    """Return the age when the attempt was taken; none when no date of birth is known."""
    subject, _ = load(bench.log, SUBJECT, capture.subject.stream)
    if subject.identity is None:
        return None
    try:
        born = date.fromisoformat(subject.identity.date_of_birth)
    except ValueError:
        return None
    taken = date.fromisoformat(str(capture.taken_at)[:10])
    before = (taken.month, taken.day) < (born.month, born.day)
    return taken.year - born.year - before

"""The face mesh that was recorded of an attempt, and the facial regions that follow from it.

Rules kept here:

1. The mesh is the stored result of a recorded run of a face model; nothing is found anew here.
2. Of several face models that ran on an attempt, the newest version counts.
"""

from collections.abc import Mapping

from adapters.captures import Capture
from adapters.imaging.face_mesh import DOCUMENT, FaceMesh
from adapters.imaging.face_networks import NAME
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.pixels import Mask
from adapters.workbench import Workbench
from domain.events.inference import InferenceCompleted
from domain.handling import load
from domain.rules.inference import INFERENCE
from domain.rules.model_release import MODEL_RELEASE
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import AttemptId, InferenceId, ReleaseId


def read_face_mesh(bench: Workbench, capture: Capture) -> FaceMesh | None:
    """Return the face mesh recorded of an attempt; none when there is none.

    Raises:
        NotFound: the mesh was never stored.
        ContentErased: the subject was erased.
        MalformedInput: the stored bytes are no mesh.
    """
    stored = mesh_reference(bench, capture)
    return None if stored is None else FaceMesh.from_bytes(bench.content(stored, key=capture.key))


def mesh_reference(bench: Workbench, capture: Capture) -> Digest | None:
    """Return under which digest the face mesh of an attempt is stored; none when there is none."""
    completed = _completed(bench, capture.attempt.attempt)
    if completed is None:
        return None
    document = next((each for each in completed.artefacts if each.name == DOCUMENT), None)
    return None if document is None else document.content.digest


def read_regions(
    bench: Workbench, capture: Capture, *, rows: int, columns: int
) -> Mapping[FacialRegion, Mask]:
    """Return where each facial region lies in the attempt's first picture; empty when unknown.

    Raises:
        NotFound: the mesh was never stored.
        ContentErased: the subject was erased.
        MalformedInput: the stored bytes are no mesh.
    """
    mesh = read_face_mesh(bench, capture)
    return {} if mesh is None else region_masks(mesh, rows, columns)


def _completed(bench: Workbench, attempt: AttemptId) -> InferenceCompleted | None:
    found: dict[tuple[int, ...], InferenceCompleted] = {}
    for stream in bench.streams.of_kind(ReleaseId.kind):
        release, _ = load(bench.log, MODEL_RELEASE, stream)
        if release.registered is None or release.registered.manifest.name != NAME:
            continue
        identifier = InferenceId.derived(attempt, release.registered.release)
        run, _ = load(bench.log, INFERENCE, identifier.stream)
        if run.completed is not None:
            version = release.registered.manifest.version
            found[tuple(int(each) for each in version.split("."))] = run.completed
    return found[max(found)] if found else None

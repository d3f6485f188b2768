"""Maps that are laid over an image: shown, recorded, and kept under a neutral name."""

from dataclasses import replace

import pytest

from adapters.imaging.mesh_files import PLY_TYPE, ply_bytes
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import SubjectId
from domain.values.model import Artefact
from tests.adapters.imaging.test_depth_mesh import mesh, plane
from tests.api.portal import Clinic, Portal
from tests.api.reporting import assessed, record
from tests.event_builders import (
    a_depth,
    a_surface,
    an_inference_completed,
    an_inference_requested,
)

MAP = b"\x89PNG\r\n\x1a\n and what follows"
REFERENCE = ContentReference(digest=Digest.of(MAP), size_bytes=len(MAP), media_type="image/png")


@pytest.mark.verifies("REQ-IN-457", "REQ-IN-458", "DRV-30")
def test_a_map_is_a_file_with_a_neutral_name_that_says_where_the_look_is_recorded(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    stored = portal.system.blobs.put(
        [MAP], key=f"subject:{subject}", expected=Digest.of(MAP), limit_bytes=1000
    )
    content = ContentReference(digest=stored.content, size_bytes=len(MAP), media_type="image/png")
    asked = replace(an_inference_requested(), subject=subject, session=made.session)
    found = Artefact(name="melanin-map", content=content, legend="melanin, relative")
    done = replace(an_inference_completed(), artefacts=(found,))
    stream = asked.inference.stream
    record(portal, subject, stream, 0, asked)
    record(portal, subject, stream, 1, done, stored)
    practitioner = portal.sign_in("practitioner")
    answered = practitioner.get(f"/artefacts/{stored.content}", session=made.session)

    assert answered.content == MAP
    name = f"map-{stored.content[7:19]}.png"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answered.headers["x-vultus-audit"] == str(portal.records("RecordViewed")[-1].seq)


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-348", "REQ-IN-349", "REQ-IN-350", "DRV-30")
def test_a_surface_is_handed_out_in_three_forms_and_every_look_is_recorded(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    content = ply_bytes(mesh(plane(), stride=8))
    stored = portal.system.blobs.put(
        [content],
        key=f"subject:{subject}",
        expected=Digest.of(content),
        limit_bytes=len(content),
    )
    reference = ContentReference(
        digest=stored.content, size_bytes=len(content), media_type=PLY_TYPE
    )
    event = replace(a_surface(), mesh=reference)
    stream = made.session.stream
    version = len(tuple(portal.system.log.stream(stream)))
    record(portal, subject, stream, version, event, stored)
    practitioner = portal.sign_in("practitioner")
    for form, start in (("ply", b"ply"), ("obj", b"# millimetres"), ("stl", b"surface")):
        answered = practitioner.get(f"/surfaces/{stored.content}", session=made.session, form=form)
        assert answered.content.startswith(start)
        assert f".{form}" in answered.headers["content-disposition"]
        seen = portal.records("RecordViewed")[-1].seq
        assert answered.headers["x-vultus-audit"] == str(seen)


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-457", "DRV-30")
def test_depth_and_its_uncertainty_are_handed_out_as_they_are_stored(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    kept = {}
    for kind, content in (("depth", MAP + b" of depth"), ("depth-uncertainty", MAP + b" of sigma")):
        stored = portal.system.blobs.put(
            [content], key=f"subject:{subject}", expected=Digest.of(content), limit_bytes=1000
        )
        kept[kind] = (content, stored, replace(REFERENCE, digest=stored.content))
    stream = made.session.stream
    version = len(tuple(portal.system.log.stream(stream)))
    depth = replace(a_depth(), depth=kept["depth"][2])
    record(portal, subject, stream, version, depth, kept["depth"][1])
    sigma = kept["depth-uncertainty"]
    surface = replace(a_surface(), depth=depth.depth.digest, uncertainty=sigma[2])
    record(portal, subject, stream, version + 1, surface, sigma[1])
    practitioner = portal.sign_in("practitioner")
    for kind, (content, stored, _) in kept.items():
        answered = practitioner.get(f"/depth-maps/{stored.content}", session=made.session)
        assert answered.content == content
        name = f"{kind}-{stored.content[7:19]}.png"
        assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
        seen = portal.records("RecordViewed")[-1].seq
        assert answered.headers["x-vultus-audit"] == str(seen)


def test_only_depth_is_a_depth_map_and_only_whoever_may_look_sees_one(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    version = len(tuple(portal.system.log.stream(made.session.stream)))
    event = a_surface()
    record(portal, subject, made.session.stream, version, event)
    wrong = portal.sign_in("practitioner").get(
        f"/depth-maps/{event.mesh.digest}", session=made.session
    )
    barred = portal.sign_in("auditor").get(
        f"/depth-maps/{event.uncertainty.digest}", session=made.session
    )

    assert (wrong.status_code, barred.status_code) == (404, 403)
    assert not portal.records("RecordViewed")

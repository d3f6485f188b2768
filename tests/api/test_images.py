"""Maps that are laid over an image: shown, recorded, and kept under a neutral name."""

from dataclasses import replace

import pytest

from domain.values.content import ContentReference, Digest
from domain.values.identifiers import SubjectId
from domain.values.model import Artefact
from tests.api.portal import Clinic, Portal
from tests.api.reporting import assessed, record
from tests.event_builders import an_inference_completed, an_inference_requested

MAP = b"\x89PNG\r\n\x1a\n and what follows"


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

"""The colours that a legend shows are those that overlays are drawn in."""

import cv2
import numpy as np
import pytest

from adapters.inference.legend import LEGENDS
from adapters.inference.overlay import Overlay
from tests.adapters.inference.test_skin_analyses import SKIN, by_code, face, run, source


def opaque_colours(overlay: Overlay) -> set[tuple[int, ...]]:
    decoded = cv2.imdecode(np.frombuffer(overlay.png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    marked = decoded[decoded[..., 3] == 255]
    return {tuple(int(each) for each in colour[2::-1]) for colour in np.unique(marked, axis=0)}


@pytest.mark.parametrize("name", SKIN)
def test_every_overlay_of_a_skin_release_has_the_colours_and_findings_of_its_legend(
    name: str,
) -> None:
    _, _, reported = run(name, source(face(), regions=True))
    said = by_code(reported)
    for overlay in reported.overlays:
        if overlay.name == "shading-density-map":
            assert overlay.name not in LEGENDS, "shading is no finding"
            continue
        legend = LEGENDS[overlay.name]
        if not legend.scale:
            assert opaque_colours(overlay) <= set(legend.colours)
            assert len(overlay.legend.split("; ")) == len(legend.colours)
        assert legend.codes & set(said), "it shows a finding of its run"

"""The permanent table of what the face mesh and depth say beyond the first measurements.

The rules of ``measures.py`` hold here: a word is for ever, limits are protocol data.
"""

from typing import Final

from adapters.imaging.measures import Bound, Measure
from domain.values import quality

FACE_COUNT: Final = Measure(
    name=quality.FACE_COUNT,
    unit="1",
    bound=Bound.BOTH,
    method="face-mesh/1",
    meaning="Number of faces in view; of two pictures the one farther from 1",
    region="another face than the one measured; that one where it is alone",
    finer=True,
)
EYE_LINE: Final = Measure(
    name="eye_line",
    unit="deg",
    bound=Bound.BOTH,
    method="face-expression/1",
    meaning="Tilt of the line through the middles of the eyes, clockwise positive",
    region="between the eyes' corners, brows and cheeks",
)
FACE_TURN_SEEN: Final = Measure(
    name="face_turn_seen",
    unit="deg",
    bound=Bound.BOTH,
    method="face-stance/1",
    meaning="Turn of the face to the picture's right, from the mesh; one verged camera alone sees "
    "its own angle to the rig's axis besides",
    region="the face: it turns as a whole",
)
FACE_NOD_SEEN: Final = Measure(
    name="face_nod_seen",
    unit="deg",
    bound=Bound.BOTH,
    method="face-stance/1",
    meaning="Tilt of the face upwards against the mesh's average face, from the mesh",
    region="the face: it nods as a whole",
)
MOUTH_OPENING: Final = Measure(
    name="mouth_opening",
    unit="1",
    bound=Bound.UPPER,
    method="face-expression/1",
    meaning="Gap between the lips, share of the length of the nose",
    region="the lips",
)
MOUTH_WIDTH: Final = Measure(
    name="mouth_width",
    unit="1",
    bound=Bound.UPPER,
    method="face-expression/1",
    meaning="Mouth from corner to corner, share of the distance between the eyes' outer corners",
    region="the lips",
)
SMILE: Final = Measure(
    name="smile",
    unit="1",
    bound=Bound.UPPER,
    method="face-expression/1",
    meaning="Corners of the mouth above its middle, share of the length of the nose",
    region="the lips",
)
BROW_HEIGHT: Final = Measure(
    name="brow_height",
    unit="1",
    bound=Bound.UPPER,
    method="face-stance/1",
    meaning="Brows above the eyes, share of the distance between the eyes' outer corners",
    region="between the eyes' corners, brows and cheeks",
)
FACE_DARK_SHARE: Final = Measure(
    name="face_dark_share",
    unit="1",
    bound=Bound.UPPER,
    method="face-cover/1",
    meaning="Largest share of forehead or a cheek far darker than its skin, as under hair",
    region="the forehead or the cheek of that share",
)
FACE_BAR_SHARE: Final = Measure(
    name="face_bar_share",
    unit="1",
    bound=Bound.UPPER,
    method="face-cover/1",
    meaning="Share of lines below the eyes and down the nose crossed by a dark bar, as by glasses",
    region="between the eyes' corners, brows and cheeks",
)
LIP_CONTRAST: Final = Measure(
    name="lip_contrast",
    unit="CIELAB",
    bound=Bound.UPPER,
    method="face-cover/1",
    meaning="Difference in a* between lips and cheeks at one lightness, as painted lips raise it",
    region="the lips",
)
SKIN_TEXTURE: Final = Measure(
    name="skin_texture",
    unit="percent",
    bound=Bound.LOWER,
    method="face-cover/1",
    meaning="Spread of light and dark of forehead and cheeks between about 0.5 and 2 mm",
    region="the face: a spread over forehead and both cheeks together",
)
SKIN_SHINE: Final = Measure(
    name="skin_shine",
    unit="1",
    bound=Bound.UPPER,
    method="face-cover/1",
    meaning="Light mirrored by the shiniest skin, share of the colour reference's white",
    region="the patch with most of the shiniest skin; the face where that is scattered",
    finer=True,
)
COLOUR_REFERENCE_LEVEL: Final = Measure(
    name="colour_reference_level",
    unit="1",
    bound=Bound.BOTH,
    method="colour-chart/1",
    meaning="Level at which a perfect white in the reference's place is recorded, 1 at full scale; "
    "tells exposure apart from skin tone",
    region="the reference: a factor common to all patches",
)
CAMERA_ORDER: Final = Measure(
    name="camera_order",
    unit="1",
    bound=Bound.LOWER,
    method="stereo-agreement/1",
    meaning="1 unless the pair fits its calibration only with left and right exchanged, then 0",
    region="the face: matches over all of it",
    stereo=True,
)
FACE_RELIEF: Final = Measure(
    name="face_relief",
    unit="mm",
    bound=Bound.LOWER,
    method="face-relief/1",
    meaning="Spread of the face's depth about the best plane with a bend; a picture has none",
    region="the face: a spread over all of it",
    stereo=True,
)
FACE_UNEVEN_SHARE: Final = Measure(
    name="face_uneven_share",
    unit="1",
    bound=Bound.UPPER,
    method="face-relief/1",
    meaning="Share of mirrored places of the face of which one stands out, as under a hand",
    region="the box around what stands out, of the side with more of it",
    finer=True,
    stereo=True,
)

FACE_MEASURES: Final = (
    FACE_COUNT,
    EYE_LINE,
    FACE_TURN_SEEN,
    FACE_NOD_SEEN,
    MOUTH_OPENING,
    MOUTH_WIDTH,
    SMILE,
    BROW_HEIGHT,
    FACE_DARK_SHARE,
    FACE_BAR_SHARE,
    LIP_CONTRAST,
    SKIN_TEXTURE,
    SKIN_SHINE,
    COLOUR_REFERENCE_LEVEL,
    CAMERA_ORDER,
    FACE_RELIEF,
    FACE_UNEVEN_SHARE,
)

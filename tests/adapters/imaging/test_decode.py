"""Decoding: what is refused, with which reason, and what the pixels become."""

import io
import struct
import zlib
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from adapters.imaging.colour import D50_XYZ, D65_XYZ, SRGB_TO_XYZ, adapt, srgb_to_linear
from adapters.imaging.decode import decode, read_structure
from domain.errors import MalformedInput

PICTURE = np.random.default_rng(5).integers(0, 256, (32, 48, 3), dtype=np.uint8)
SMOOTH = cv2.GaussianBlur(np.repeat(np.repeat(PICTURE, 4, 0), 4, 1), (0, 0), 3)


def encoded(extension: str, picture: NDArray[np.generic] = SMOOTH) -> bytes:
    """Return the picture as a file; the array is red first."""
    swapped = np.ascontiguousarray(np.asarray(picture)[..., ::-1])
    done, content = cv2.imencode(extension, swapped)
    assert done
    return content.tobytes()


PNG = encoded(".png", PICTURE)
JPEG = encoded(".jpg")


def chunk(name: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(name: bytes, body: bytes) -> bytes:
    """Return the picture with one more chunk after the header."""
    return PNG[:33] + chunk(name, body) + PNG[33:]


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG whose header claims a size and kind that its data need not have."""
    body = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(10)))
    return PNG[:8] + chunk(b"IHDR", body) + data + chunk(b"IEND", b"")


def jpeg_with(marker: int, body: bytes) -> bytes:
    """Return the picture with one more segment after its start."""
    return JPEG[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + JPEG[2:]


def exif(tag: int, value: int, order: str = "<") -> bytes:
    """Return a TIFF block with one short value; the colour space goes into the inner directory."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)
    if tag != 0xA001:
        return head + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)
    outer = struct.pack(f"{order}HHII", 0x8769, 4, 1, 26)
    inner = struct.pack(f"{order}H", 1) + entry + bytes(4)
    return head + struct.pack(f"{order}IH", 8, 1) + outer + bytes(4) + inner


def profile(primaries: NDArray[np.float64], gamma: float, name: str) -> bytes:
    """Return a small matrix profile; ``primaries`` are rows of XYZ under D50."""

    def fixed(values: NDArray[np.float64]) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))

    text = name.encode() + b"\0"
    elements = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", len(text)) + text)]
    for letter, row in zip(b"rgb", primaries, strict=True):
        elements.append((bytes([letter]) + b"XYZ", b"XYZ " + bytes(4) + fixed(row)))
        curve = struct.pack(">IH", 1, round(gamma * 256))
        elements.append((bytes([letter]) + b"TRC", b"curv" + bytes(4) + curve))
    offset, table, data = 132 + 12 * len(elements), b"", b""
    for signature, element in elements:
        table += signature + struct.pack(">II", offset + len(data), len(element))
        data += element
    head = bytearray(128)
    head[16:20], head[36:40] = b"RGB ", b"acsp"
    return bytes(head) + struct.pack(">I", len(elements)) + table + data


ADOBE_PRIMARIES = adapt(
    np.array(
        [[0.57667, 0.29734, 0.02703], [0.18556, 0.62736, 0.07069], [0.18823, 0.07529, 0.9911]]
    ),
    source_white=D65_XYZ,
    target_white=D50_XYZ,
)
ADOBE = profile(ADOBE_PRIMARIES, 2.2, "Adobe RGB (1998)")
SRGB_PRIMARIES = adapt(SRGB_TO_XYZ.T, source_white=D65_XYZ, target_white=D50_XYZ)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def refuses(content: bytes, rule: str) -> str:
    """Assert that decoding refuses with the rule; return the message."""
    with pytest.raises(MalformedInput) as refusal:
        decode(content)
    message = str(refusal.value)
    assert message.startswith(f"{rule}: "), message
    assert message.count(". ") >= 1, "evidence and next step"
    return message


def test_a_png_comes_back_pixel_for_pixel_and_linear() -> None:
    image = decode(PNG)
    assert np.array_equal(image.encoded, PICTURE)
    assert image.linear.dtype == np.float32
    assert np.abs(image.linear - srgb_to_linear(PICTURE / 255)).max() < 1e-7
    assert (image.width, image.height, image.facts.media_type) == (48, 32, "image/png")
    assert image.facts.colour_claim == "undeclared"


def test_a_16_bit_png_keeps_its_depth_in_the_linear_image() -> None:
    deep = np.random.default_rng(6).integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    image = decode(encoded(".png", deep))
    assert image.facts.bit_depth == 16
    assert np.abs(image.linear - srgb_to_linear(deep / 65535)).max() < 1e-6
    assert np.abs(image.encoded.astype(float) - deep / 257).max() <= 0.5


def test_a_jpeg_is_decoded_as_the_library_does() -> None:
    image = decode(JPEG, declared_media_type="image/jpeg")
    assert np.abs(image.encoded.astype(int) - SMOOTH).mean() < 4
    expected = cv2.imdecode(np.frombuffer(JPEG, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert expected is not None
    assert np.array_equal(image.encoded, expected)


def test_an_rgb_coded_jpeg_keeps_its_colours() -> None:
    out = io.BytesIO()
    Image.fromarray(SMOOTH).save(out, "JPEG", quality=95, keep_rgb=True)
    assert np.abs(decode(out.getvalue()).encoded.astype(int) - SMOOTH).mean() < 2


def test_nothing_and_too_much_are_refused() -> None:
    refuses(b"", "image.empty")
    with pytest.raises(MalformedInput, match=r"image\.bytes"):
        decode(PNG, maximum_bytes=len(PNG) - 1)
    refuses(b"GIF89a" + bytes(100), "image.format")
    refuses(encoded(".webp"), "image.format")


@given(st.integers(1, len(PNG) - 1))
@settings(max_examples=60)
def test_a_png_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(MalformedInput):
        read_structure(PNG[:length])


@given(st.integers(1, len(JPEG) - 1))
@settings(max_examples=60)
def test_a_jpeg_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(MalformedInput):
        read_structure(JPEG[:length])


@given(st.integers(8, len(PNG) - 1), st.integers(0, 7))
@settings(max_examples=60)
def test_any_flipped_bit_of_a_png_is_caught(position: int, bit: int) -> None:
    damaged = bytearray(PNG)
    damaged[position] ^= 1 << bit
    with pytest.raises(MalformedInput):
        decode(bytes(damaged))


def test_a_jpeg_with_missing_data_but_an_end_marker_is_refused() -> None:
    refuses(JPEG[: len(JPEG) // 2] + b"\xff\xd9", "image.truncated")


def test_png_data_that_is_short_but_well_formed_is_refused() -> None:
    refuses(png_header(48, 32), "image.data")


def test_a_bomb_is_refused_from_its_header() -> None:
    refuses(png_header(60_000, 60_000), "image.pixels")
    with pytest.raises(MalformedInput, match=r"image\.pixels"):
        decode(PNG, maximum_pixels=48 * 32 - 1)
    refuses(png_header(8, 8), "image.pixels")


def test_trailing_bytes_are_noted_and_never_decoded() -> None:
    assert decode(PNG + b"second picture").facts.trailing_bytes == 14
    assert decode(JPEG + JPEG).facts.trailing_bytes == len(JPEG)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (encoded(".png", PICTURE)[:0] + png_header(48, 32, colour=0), "grey"),
        (png_header(48, 32, colour=3), "palette"),
        (png_header(48, 32, colour=4), "grey with alpha"),
        (png_header(48, 32, colour=6), "colour with alpha"),
    ],
)
def test_other_png_colour_types_are_refused_by_name(content: bytes, word: str) -> None:
    assert f"is {word}," in refuses(content, "image.colour_encoding")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpeg_colour_types_are_refused_by_name(mode: str) -> None:
    out = io.BytesIO()
    Image.fromarray(SMOOTH).convert(mode).save(out, "JPEG")
    expected = {"L": "grey", "CMYK": "CMYK"}[mode]
    assert f"is {expected}," in refuses(out.getvalue(), "image.colour_encoding")


def test_transparency_and_animation_are_refused() -> None:
    assert "transparency" in refuses(png_with(b"tRNS", bytes(6)), "image.png")
    assert "animation" in refuses(png_with(b"acTL", bytes(8)), "image.png")


def test_unknown_critical_chunks_and_a_wrong_first_chunk_are_refused() -> None:
    assert "ABCD" in refuses(png_with(b"ABCD", b""), "image.png")
    refuses(PNG[:8] + chunk(b"tEXt", b"a\0b") + PNG[8:], "image.png")
    refuses(png_with(b"IHDR", PNG[16:29]), "image.png")


def test_arithmetic_and_lossless_jpeg_are_refused() -> None:
    frame = JPEG.index(b"\xff\xc0")
    for process in (0xC3, 0xC9):
        content = JPEG[: frame + 1] + bytes([process]) + JPEG[frame + 2 :]
        refuses(content, "image.jpeg.coding")


def test_twelve_bit_jpeg_is_refused() -> None:
    frame = JPEG.index(b"\xff\xc0")
    refuses(JPEG[: frame + 4] + b"\x0c" + JPEG[frame + 5 :], "image.bit_depth")


def test_a_jpeg_with_too_many_scans_is_refused() -> None:
    start, end = JPEG.index(b"\xff\xda"), len(JPEG) - 2
    refuses(JPEG[:end] + JPEG[start:end] * 64 + JPEG[end:], "image.jpeg.scans")


def test_an_embedded_srgb_profile_is_accepted_by_what_it_does() -> None:
    inside = b"icc\0\0" + zlib.compress(SRGB_PROFILE)
    assert decode(png_with(b"iCCP", inside)).facts.colour_claim == "icc profile"
    segment = jpeg_with(0xE2, b"ICC_PROFILE\0\x01\x01" + SRGB_PROFILE)
    assert decode(segment).facts.colour_claim == "icc profile"


@pytest.mark.parametrize("wrap", ["png", "jpeg"])
def test_adobe_rgb_is_refused_with_the_profile_named(wrap: str) -> None:
    content = (
        png_with(b"iCCP", b"icc\0\0" + zlib.compress(ADOBE))
        if wrap == "png"
        else jpeg_with(0xE2, b"ICC_PROFILE\0\x01\x01" + ADOBE)
    )
    assert "'Adobe RGB (1998)'" in refuses(content, "image.colour_profile")


def test_a_profile_called_srgb_with_another_curve_is_refused() -> None:
    lying = profile(SRGB_PRIMARIES, 1.0, "sRGB IEC61966-2.1")
    refuses(png_with(b"iCCP", b"icc\0\0" + zlib.compress(lying)), "image.colour_profile")


@given(st.integers(0, 2000))
@settings(max_examples=60)
def test_a_damaged_profile_is_refused_or_still_srgb(length: int) -> None:
    content = png_with(b"iCCP", b"icc\0\0" + zlib.compress(SRGB_PROFILE[:length]))
    if length < len(SRGB_PROFILE):
        refuses(content, "image.colour_profile")


def test_a_profile_bomb_is_refused() -> None:
    bomb = png_with(b"iCCP", b"icc\0\0" + zlib.compress(bytes(5 << 20)))
    assert "inflates to more" in refuses(bomb, "image.png")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"gAMA", struct.pack(">I", 100_000)),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)),
        (b"cICP", bytes([9, 16, 0, 1])),
    ],
)
def test_another_declared_colour_space_is_refused(name: bytes, body: bytes) -> None:
    refuses(png_with(name, body), "image.colour_space")


@pytest.mark.parametrize(
    ("name", "body", "claim"),
    [
        (b"sRGB", b"\0", "srgb chunk"),
        (b"cICP", bytes([1, 13, 0, 1]), "coding-independent code points"),
        (b"gAMA", struct.pack(">I", 45455), "undeclared"),
        (b"eXIf", exif(0xA001, 1), "exif colour space"),
    ],
)
def test_what_declared_srgb_is_kept(name: bytes, body: bytes, claim: str) -> None:
    assert decode(png_with(name, body)).facts.colour_claim == claim


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_turned_picture_is_refused(order: str) -> None:
    for make in (
        lambda block: jpeg_with(0xE1, b"Exif\0\0" + block),
        lambda b: png_with(b"eXIf", b),
    ):
        content_of: Callable[[bytes], bytes] = make
        assert "orientation is 6" in refuses(
            content_of(exif(0x0112, 6, order)), "image.orientation"
        )
        assert decode(content_of(exif(0x0112, 1, order))).width > 0


def test_an_uncalibrated_exif_colour_space_is_refused() -> None:
    content = jpeg_with(0xE1, b"Exif\0\0" + exif(0xA001, 0xFFFF))
    refuses(content, "image.colour_space")


@given(st.binary(max_size=200))
def test_arbitrary_exif_never_breaks_the_reader(block: bytes) -> None:
    try:
        decode(png_with(b"eXIf", block))
    except MalformedInput:
        return


def test_metadata_is_dropped_before_decoding_and_never_repeated() -> None:
    secret = b"GPS 12.3456 Jane Doe"
    content = jpeg_with(0xFE, secret)
    structure = read_structure(content)
    assert secret not in structure.pixel_stream
    assert structure.metadata_bytes == len(secret) + 4
    assert "Jane" not in repr(decode(content).facts)


def test_a_wrong_declared_type_is_refused() -> None:
    with pytest.raises(MalformedInput, match=r"image\.media_type"):
        decode(PNG, declared_media_type="image/jpeg")


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_nothing_else(noise: bytes) -> None:
    for start in (b"", PNG[:8], PNG[:33], b"\xff\xd8", JPEG[:200]):
        with pytest.raises(MalformedInput):
            decode(start + noise)


def test_jpeg_with_restart_markers_and_several_profile_parts_is_read() -> None:
    out = io.BytesIO()
    Image.fromarray(SMOOTH).save(out, "JPEG", quality=90, restart_marker_blocks=4)
    assert decode(out.getvalue()).width == SMOOTH.shape[1]
    half = len(SRGB_PROFILE) // 2
    tag = b"ICC_PROFILE\0"
    first = jpeg_with(0xE2, tag + b"\x01\x02" + SRGB_PROFILE[:half])
    second = jpeg_with(0xE2, tag + b"\x02\x02" + SRGB_PROFILE[half:])
    # Parts may come in any order; their numbers say how they join.
    both = second[: len(second) - len(JPEG) + 2] + first[2:]
    assert decode(both).facts.colour_claim == "icc profile"
    refuses(first, "image.colour_profile")


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
def test_parametric_curves_are_evaluated(kind: int) -> None:
    """The numbers of sRGB make sRGB, also without its tiny linear foot; cut shorter they do not."""
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0)
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}[kind]
    curve = struct.pack(">HH", kind, 0)
    curve += struct.pack(f">{count}i", *(round(value * 65536) for value in numbers[:count]))
    plain = bytearray(profile(SRGB_PRIMARIES, 2.4, "test"))
    table_end = 132 + 12 * 7
    tags = plain[132:table_end]
    element = b"para" + bytes(4) + curve
    for at in range(0, len(tags), 12):
        if tags[at + 1 : at + 4] == b"TRC":
            tags[at + 4 : at + 12] = struct.pack(">II", len(plain), len(element))
    content = bytes(plain[:132] + tags + plain[table_end:]) + element
    wrapped = png_with(b"iCCP", b"icc\0\0" + zlib.compress(content))
    if kind in {1, 3, 4}:
        assert decode(wrapped).facts.colour_claim == "icc profile"
    else:
        refuses(wrapped, "image.colour_profile")

"""Model releases: the signed manifest and the released input domain."""

import dataclasses
from decimal import Decimal

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from adapters.inference.release import (
    InputDomain,
    InputFacts,
    ModelRelease,
    SignatureCheck,
    judge_input,
    parse_manifest,
    signed_message,
    verify_release,
)
from adapters.inference.skin_colour_release import skin_colour_release
from adapters.inference.skin_tone import SkinToneClass
from domain.errors import MalformedInput, SignatureInvalid
from domain.ledger import canonical
from domain.values.content import Digest

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RELEASE = skin_colour_release(Digest.of(b"model"))
DOMAIN = RELEASE.input_domain
GOOD = InputFacts(
    pixel_count=1_000_000,
    skin_pixel_count=300_000,
    clipped_fraction=0.01,
    colour_reference_passed=True,
    colour_residual_delta_e=1.2,
    makeup="none",
    neutral_expression=True,
)


def check_with(key: Ed25519PublicKey) -> SignatureCheck:
    def check(message: bytes, signature: bytes) -> None:
        try:
            key.verify(signature, message)
        except InvalidSignature as error:
            raise SignatureInvalid("the release key did not sign this manifest") from error

    return check


@pytest.mark.verifies("DRV-18")
def test_a_signed_manifest_is_read_back_whole() -> None:
    manifest = RELEASE.manifest()
    signature = KEY.sign(signed_message(manifest))
    assert verify_release(manifest, signature, check_with(KEY.public_key())) == RELEASE
    assert canonical.parse_canonical(manifest)


@pytest.mark.verifies("DRV-18")
@given(place=st.integers(0), bit=st.integers(0, 7))
def test_every_flipped_bit_of_a_manifest_is_caught(place: int, bit: int) -> None:
    manifest = bytearray(RELEASE.manifest())
    signature = KEY.sign(signed_message(bytes(manifest)))
    manifest[place % len(manifest)] ^= 1 << bit
    with pytest.raises(SignatureInvalid):
        verify_release(bytes(manifest), signature, check_with(KEY.public_key()))


def test_a_signature_over_the_bare_manifest_or_by_another_key_is_refused() -> None:
    manifest = RELEASE.manifest()
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    for signature in (KEY.sign(manifest), other.sign(signed_message(manifest)), b""):
        with pytest.raises(SignatureInvalid):
            verify_release(manifest, signature, check_with(KEY.public_key()))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "vultus/model-release/v2"},
        {"name": 5},
        {"more": "unknown"},
        {"model": "sha256:short"},
        {"subgroups": []},
        {"subgroups": [{"subgroup": "tan", "samples": "2", "result": "x"}]},
        {"subgroups": "tan"},
        {"outputs": [{"name": "x"}]},
        {"input_domain": {"description": "x"}},
        {"licence": ""},
    ],
)
def test_manifests_of_another_form_are_refused(change: dict[str, canonical.JsonValue]) -> None:
    value = canonical.parse(RELEASE.manifest())
    assert isinstance(value, dict)
    with pytest.raises(MalformedInput):
        parse_manifest(canonical.encode(value | change))


@pytest.mark.parametrize("content", [b"[]", b'{"format": "x"}', b"\xff"])
def test_bytes_that_are_no_manifest_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        parse_manifest(content)


def test_the_release_says_where_its_evidence_ends() -> None:
    assert RELEASE.training_data == "none: analytic"
    assert "No clinical validation" in RELEASE.validation
    assert [each.subgroup for each in RELEASE.subgroups] == [each.value for each in SkinToneClass]
    assert all("not tested on people" in each.result for each in RELEASE.subgroups)


@pytest.mark.verifies("REQ-IN-043", "REQ-IN-044")
def test_a_release_without_limitations_or_contraindications_cannot_be_made() -> None:
    for part in ("limitations", "contraindications", "validation", "intended_use"):
        empty: dict[str, str | tuple[str, ...]] = {
            part: "" if isinstance(getattr(RELEASE, part), str) else ()
        }
        with pytest.raises(MalformedInput):
            dataclasses.replace(RELEASE, **empty)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"skin_pixels_min": 0},
        {"clipped_fraction_max": Decimal(0)},
        {"skin_fraction_min": Decimal("1.1")},
        {"colour_residual_max_delta_e": Decimal(0)},
    ],
)
def test_a_domain_without_sensible_limits_cannot_be_made(change: dict[str, Decimal]) -> None:
    with pytest.raises(MalformedInput):
        dataclasses.replace(DOMAIN, **change)  # type: ignore[arg-type]


def test_an_input_inside_the_domain_is_permitted_without_flags() -> None:
    verdict = judge_input(DOMAIN, GOOD)
    assert verdict.permitted
    assert verdict.flags == ()


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"skin_pixel_count": DOMAIN.skin_pixels_min - 1}, "model.skin-pixels"),
        ({"clipped_fraction": 0.11}, "model.clipped"),
    ],
)
def test_an_input_outside_the_domain_is_refused_with_evidence_and_next_step(
    change: dict[str, float], rule: str
) -> None:
    verdict = judge_input(DOMAIN, dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]
    assert not verdict.permitted
    assert [each.rule for each in verdict.refusals] == [rule]
    assert verdict.refusals[0].evidence
    assert verdict.refusals[0].next_step


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"skin_pixel_count": 40_000}, ("little-skin",)),
        (
            {"colour_reference_passed": None, "colour_residual_delta_e": None},
            ("colour-reference-absent",),
        ),
        (
            {"colour_reference_passed": False, "colour_residual_delta_e": 9.0},
            ("colour-reference-failed", "colour-residual-high"),
        ),
        ({"makeup": None}, ("makeup-not-recorded",)),
        ({"makeup": "light"}, ("makeup-present",)),
        ({"neutral_expression": False}, ("expression-not-neutral",)),
    ],
)
def test_an_input_at_the_edge_of_the_domain_is_flagged(
    change: dict[str, object], flags: tuple[str, ...]
) -> None:
    facts = dataclasses.replace(GOOD, **change)  # type: ignore[arg-type]
    verdict = judge_input(DOMAIN, facts)
    assert verdict.permitted
    assert verdict.flags == flags


def test_domain_and_release_are_values() -> None:
    assert isinstance(DOMAIN, InputDomain)
    assert isinstance(RELEASE, ModelRelease)
    assert hash(RELEASE) == hash(skin_colour_release(Digest.of(b"model")))

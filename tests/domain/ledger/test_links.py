"""Links: derived from what payloads say, by one rule for every event."""

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.canonical import JsonValue
from domain.ledger.links import CAUSATION, Disclosed, Link, derive_links, texts

DIGEST = "sha256:" + "ab" * 32
UUID = "0198c0de-0000-7000-8000-000000000001"
OTHER = "0198c0de-0000-7000-8000-000000000002"


def derive(payload: JsonValue, causation: int | None = None) -> tuple[Link, ...]:
    """Derive links of one record in a bundle with everything that can be linked to."""
    record = Disclosed(
        seq=9, stream=f"capture-session-{OTHER}", causation=causation, payload=payload
    )
    return derive_links(
        [record],
        seqs={3, 9},
        streams={f"capture-session-{OTHER}", f"inference-{UUID}", f"device-{UUID}"},
        digests={DIGEST},
    )


def test_a_digest_of_a_content_at_hand_is_a_link_wherever_it_stands() -> None:
    assert derive({"frames": [{"content": {"digest": DIGEST}}]}) == (
        Link(seq=9, field="frames.0.content.digest", to=DIGEST),
    )


def test_a_digest_of_nothing_at_hand_is_no_link() -> None:
    assert derive({"digest": "sha256:" + "00" * 32, "text": f"see {DIGEST}"}) == ()


def test_a_stream_is_referred_to_by_name_or_by_identifier() -> None:
    assert derive({"a": f"device-{UUID}", "b": UUID}) == (
        Link(seq=9, field="a", to=f"stream:device-{UUID}"),
        Link(seq=9, field="b", to=f"stream:device-{UUID}"),
        Link(seq=9, field="b", to=f"stream:inference-{UUID}"),
    )


def test_a_record_does_not_link_to_its_own_stream() -> None:
    assert derive({"session": OTHER}) == ()


def test_the_record_that_led_to_this_one_is_a_link_if_it_is_at_hand() -> None:
    assert derive({}, causation=3) == (Link(seq=9, field=CAUSATION, to="record:3"),)
    assert derive({}, causation=4) == ()


def test_texts_are_found_at_every_depth_with_their_place() -> None:
    payload: JsonValue = {"a": ["x", {"b": "y"}], "c": 1, "d": None, "e": True}
    assert list(texts(payload)) == [(("a", "0"), "x"), (("a", "1", "b"), "y")]


@given(st.lists(st.sampled_from([DIGEST, UUID, f"device-{UUID}", OTHER, "text"])))
def test_links_come_in_order_and_once(found: list[str]) -> None:
    links = derive(list(found))
    assert list(links) == sorted(set(links))

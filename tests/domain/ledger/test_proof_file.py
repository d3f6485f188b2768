"""Proof files: the C2SP tlog-proof text."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger.proof_file import PATH_MAX, ProofFile, encode, parse

NODE = b64encode(bytes(32)).decode()
CHECKPOINT = "log\n1\n" + NODE + "\n\n— log AAAAAAA=\n"


@given(
    st.integers(0, (1 << 64) - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=PATH_MAX).map(tuple),
    st.binary(),
)
def test_a_proof_file_is_read_back_as_it_was_written(
    index: int, path: tuple[bytes, ...], checkpoint: bytes
) -> None:
    proof = ProofFile(index=index, path=path, checkpoint=checkpoint)
    assert parse(encode(proof)) == proof


def test_the_text_has_the_lines_of_the_specification() -> None:
    written = encode(ProofFile(index=73894, path=(bytes(32),), checkpoint=CHECKPOINT.encode()))
    assert written.decode() == (f"c2sp.org/tlog-proof@v1\nindex 73894\n{NODE}\n\n{CHECKPOINT}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        f"c2sp.org/tlog-proof@v2\nindex 0\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\nindex 00\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\nindex 0\né\n\n{CHECKPOINT}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{(NODE + chr(10)) * 65}\n{CHECKPOINT}",
    ],
)
def test_a_text_that_is_not_a_proof_file_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse(text.encode())

"""One-time codes against the published vectors, and each code once."""

from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.one_time_password import STEP_S, code_at, provisioning_uri, step_of

SECRET = b"12345678901234567890"


@pytest.mark.verifies("REQ-IN-198")
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // STEP_S, digits=8) == code


@pytest.mark.parametrize(
    ("count", "code"), [(0, "755224"), (1, "287082"), (2, "359152"), (3, "969429")]
)
def test_codes_are_those_of_rfc_4226_appendix_d(count: int, code: str) -> None:
    assert code_at(SECRET, count) == code


@given(step=st.integers(4, 10**9), second=st.integers(0, STEP_S - 1), off=st.integers(-3, 3))
def test_a_code_is_good_for_its_own_step_and_its_neighbours(
    step: int, second: int, off: int
) -> None:
    found = step_of(
        SECRET, code_at(SECRET, step), now_s=(step + off) * STEP_S + second, last_step=-1
    )

    # Two steps may have the same code; then any of them is a right answer.
    good = {
        each
        for each in range(step + off - 1, step + off + 2)
        if code_at(SECRET, each) == code_at(SECRET, step)
    }
    assert found in good if good else found is None


@given(step=st.integers(2, 10**9))
def test_a_used_step_and_those_before_it_are_refused(step: int) -> None:
    code = code_at(SECRET, step)

    assert step_of(SECRET, code, now_s=step * STEP_S, last_step=step + 1) is None
    assert step_of(SECRET, code, now_s=step * STEP_S, last_step=step - 1) is not None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "½23456", "123456"])
def test_what_is_no_code_of_this_time_is_refused(code: str) -> None:
    assert step_of(SECRET, code, now_s=59, last_step=-1) is None


def test_the_authenticators_address_quotes_the_account_and_holds_the_secret() -> None:
    address = urlparse(provisioning_uri(SECRET, issuer="Vultus", account="a b?c"))

    assert address.scheme == "otpauth"
    assert address.path == "/Vultus:a%20b%3Fc"
    assert parse_qs(address.query)["secret"] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]

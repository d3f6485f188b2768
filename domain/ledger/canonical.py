"""Plain JSON values ↔ canonical bytes, so that one value has one digest.

Rules kept here:

1. The bytes are those of the JSON Canonicalization Scheme: no white space, keys ordered by their
   UTF-16 code units, numbers as ECMAScript prints them, text as UTF-8 and not normalised.
2. Only plain values are taken: None, bool, int, float, str, list or tuple, dict with str keys.
   Subclasses are refused, so an enumeration never slips in under its base type.
3. What other readers could understand differently is refused, writing and reading: NaN and
   infinities, integers beyond ±(2⁵³ - 1), lone surrogates, a key given twice.

Source: RFC 8785; ECMA-262, section "Number::toString".
"""

import json
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from math import isfinite
from typing import Final, TypeAlias, cast

from domain.errors import MalformedInput

JsonValue: TypeAlias = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
"""What parsing gives."""

JsonInput: TypeAlias = (
    bool | int | float | str | Sequence["JsonInput"] | Mapping[str, "JsonInput"] | None
)
"""What encoding takes; of the sequences and mappings only list, tuple and dict."""

MAX_SAFE_INTEGER: Final = (1 << 53) - 1
MAX_DEPTH: Final = 64

_LITERAL_DIGITS_MAX: Final = 24
_ECMA_FIXED_DIGITS: Final = 21
_ECMA_EXPONENT_BELOW: Final = -6

# The C function behind json.dumps(ensure_ascii=False): it escapes exactly what RFC 8785
# section 3.2.2.2 wants escaped, in the form it wants.
quote: Final[Callable[[str], str]] = encode_basestring
"""Writes a text, or a subclass of it, as a JSON string."""


def encode(value: JsonInput) -> bytes:
    """Encode a plain JSON value as its canonical bytes.

    Raises:
        MalformedInput: the value is not plain JSON, or nested deeper than ``MAX_DEPTH``.
    """
    parts: list[str] = []
    _write(value, parts.append, 0)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError as error:
        raise MalformedInput("a text holds a lone surrogate, which has no UTF-8 form") from error


def parse(data: bytes) -> JsonValue:
    """Read a JSON value from UTF-8 bytes, canonical or not; objects become dict, arrays list.

    Raises:
        MalformedInput: the bytes are not JSON, or hold something that ``encode`` would refuse.
    """
    try:
        text = data.decode()
        value: object = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise MalformedInput("the JSON text is not UTF-8") from error
    except RecursionError as error:
        raise MalformedInput("the JSON text is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise MalformedInput(f"not JSON: {error.msg} at character {error.pos}") from error
    # Only an escape can bring in a lone surrogate, and only brackets depth; few texts have either.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        _write(value, _check_text, 0)
    return cast("JsonValue", value)


def parse_canonical(data: bytes) -> JsonValue:
    """Read a JSON value from bytes that must be its canonical form.

    Raises:
        MalformedInput: the bytes are not JSON or not canonical.
    """
    value = parse(data)
    if encode(value) != data:
        raise MalformedInput("the JSON text is not in its canonical form")
    return value


def format_number(value: float) -> str:
    """Format a finite IEEE 754 double as ECMAScript does.

    Python's ``repr`` finds the same shortest digits; only their arrangement differs, and only
    where ``repr`` turns to exponents: below 10⁻⁴ and from 10¹⁶.

    Raises:
        MalformedInput: the number is NaN or infinite.
    """
    text = repr(value)
    if "e" not in text and "n" not in text:
        return text.removesuffix(".0") if value else "0"  # minus zero too
    if not isfinite(value):
        raise MalformedInput(f"{value} is not a JSON number")
    mantissa, _, exponent = text.partition("e")
    sign = "-" if value < 0 else ""
    digits = mantissa.removeprefix("-").replace(".", "")
    point = int(exponent) + 1  # n of ECMA-262: the value is 0.digits × 10ⁿ
    if _ECMA_EXPONENT_BELOW < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if 0 < point <= _ECMA_FIXED_DIGITS:
        return sign + digits.ljust(point, "0")
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _write(value: object, write: Callable[[str], object], depth: int) -> None:
    """Write one value, its parts in canonical order."""
    kind = type(value)
    if kind is str:
        write(quote(cast("str", value)))
    elif value is None:
        write("null")
    elif kind is bool:
        write("true" if value else "false")
    elif kind is int:
        write(format_integer(cast("int", value)))
    elif kind is float:
        write(format_number(cast("float", value)))
    elif depth == MAX_DEPTH:
        raise MalformedInput(f"the value is nested deeper than {MAX_DEPTH}")
    elif kind is dict:
        _write_object(cast("dict[object, object]", value), write, depth)
    elif kind is list or kind is tuple:
        separator = "["
        for element in cast("Sequence[object]", value):
            write(separator)
            _write(element, write, depth + 1)
            separator = ","
        write("]" if separator == "," else "[]")
    else:
        raise MalformedInput(f"{kind.__name__} is not a plain JSON type")


def _write_object(value: dict[object, object], write: Callable[[str], object], depth: int) -> None:
    """Write an object, its keys ordered by their UTF-16 code units."""
    for key in value:
        if type(key) is not str:
            raise MalformedInput(f"an object key is {type(key).__name__}, not str")
    keys = cast("dict[str, object]", value)
    separator = "{"
    for key in sorted(keys, key=None if all(map(str.isascii, keys)) else _utf16_units):
        write(f"{separator}{quote(key)}:")
        _write(keys[key], write, depth + 1)
        separator = ","
    write("}" if separator == "," else "{}")


def _utf16_units(key: str) -> bytes:
    """Return bytes that order as the key's UTF-16 code units do."""
    return key.encode("utf-16-be", "surrogatepass")


def format_integer(value: int) -> str:
    """Format an integer.

    Raises:
        MalformedInput: it lies beyond ±(2⁵³ - 1).
    """
    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise MalformedInput("an integer is beyond ±(2^53 - 1), where doubles skip integers")
    return str(value)


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object, refusing a key given twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedInput("an object gives the same key twice")
    return result


def _parse_integer(literal: str) -> int | float:
    """Read an integer literal; beyond the safe integers only the canonical form of a double."""
    if len(literal) > _LITERAL_DIGITS_MAX:
        raise MalformedInput("an integer has too many digits")
    value = int(literal)
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return value
    double = float(value)
    if format_number(double) != literal:
        raise MalformedInput("an integer is beyond ±(2^53 - 1) and no double prints as it")
    return double


def _parse_float(literal: str) -> float:
    value = float(literal)
    if not isfinite(value):
        raise MalformedInput("a number is too large for a double")
    return value


def _refuse_constant(literal: str) -> None:
    raise MalformedInput(f"{literal} is not JSON")


def _check_text(text: str) -> None:
    """Refuse a lone surrogate in a text that was read; take the place of writing it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise MalformedInput("a text holds a lone surrogate") from error


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates,
    parse_int=_parse_integer,
    parse_float=_parse_float,
    parse_constant=_refuse_constant,
)

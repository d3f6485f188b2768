"""Which characters the report can show."""

from pathlib import Path

import pytest
import typst

from adapters.reports import typeface


def test_every_character_counted_as_shown_is_shown_by_the_compiler(
    tmp_path: Path,
) -> None:
    """A missing glyph is an error under PDF/A, so compiling all of them at once is the proof."""
    template = (
        '#set document(title: "characters")\n'
        f'#set text(font: ("{typeface.FAMILY}", "{typeface.FALLBACK_FAMILY}"), fallback: false)\n'
        "#for each in sys.inputs.characters.codepoints() [#each ]"
    )
    typeface.copy_fonts(tmp_path)
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(tmp_path)],
    )
    compiler = typst.Compiler(template.encode(), font_paths=fonts, ignore_system_fonts=True)
    document, warnings = compiler.compile_with_warnings(
        format="pdf",
        sys_inputs={"characters": "".join(sorted(typeface.characters()))},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=0,
    )
    assert document
    assert not warnings


@pytest.mark.parametrize("text", ["Zoë Łukasiewicz", "Nguyễn", "Ωμέγα", "Жанна", "± 1.4 ΔE → ≥"])
def test_latin_greek_and_cyrillic_are_shown_as_they_are(text: str) -> None:
    assert typeface.printable(text) == text


def test_letters_and_their_marks_are_composed() -> None:
    assert typeface.printable("Zoe\u0308") == "Zoë"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("中", "[U+4E2D]"),
        ("\u202e", "[U+202E]"),
        ("\u200b", "[U+200B]"),
        ("\x00\x1b", "[U+0000][U+001B]"),
        ("\U0001f600", "[U+1F600]"),
        ("a\tb", "a b"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_what_cannot_be_shown_is_written_as_code_points(text: str, shown: str) -> None:
    assert typeface.printable(text) == shown


def test_only_words_longer_than_a_column_get_places_to_break() -> None:
    assert typeface.printable("x" * typeface.LONGEST_UNBROKEN) == "x" * typeface.LONGEST_UNBROKEN
    broken = typeface.printable("before " + "x" * 100 + " after\nline")
    assert broken.replace(typeface.ZERO_WIDTH_SPACE, "") == "before " + "x" * 100 + " after\nline"
    assert max(map(len, broken.replace(" ", "\u200b").split("\u200b"))) < 25

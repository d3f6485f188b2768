"""Finding subjects by the beginnings of words: of the pseudonym, of names and clinic numbers.

Rules kept here:

1. Only who may identify subjects finds them by who they are; everybody finds them by pseudonym.
2. Case and accents do not matter. A word is found by its beginning, and by the beginning of any
   part after a hyphen, an apostrophe or the like.
"""

import re
import unicodedata

import sqlalchemy as sa

from projections.rows import holdable
from projections.tables import BYTEWISE, metadata
from projections.writing import Rows

WORD = sa.Table(
    "subject_word",
    metadata,
    sa.Column("word", BYTEWISE, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True, index=True),
    sa.Column("identifying", sa.Boolean, primary_key=True),
)

LONGEST = 64
MOST_WORDS = 8
LAST = "\U0010ffff"
"""What no beginning of a word is followed by."""

_PART = re.compile(r"(?<=\W)\w")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: in one case, without accents."""
    apart = unicodedata.normalize("NFKD", str(holdable(text)))
    # What folding makes may come apart once more. Source: The Unicode Standard, 3.13, D146.
    folded = unicodedata.normalize("NFKD", apart.casefold())
    bare = "".join(each for each in folded if not unicodedata.combining(each))
    return tuple(word[:LONGEST] for word in bare.split())


def put_words(rows: Rows, subject: str, text: str, *, identifying: bool) -> None:
    """Let a subject be found by these words, and no longer by earlier ones of the same kind."""
    rows.remove(WORD, subject=subject, identifying=identifying)
    for word in words_of(text):
        for start in (0, *(part.start() for part in _PART.finditer(word))):
            rows.put(WORD, word=word[start:], subject=subject, identifying=identifying)


def found_by(text: str, *, identified: bool) -> sa.Select[tuple[str]] | None:
    """Return a query for the subjects that have every word of a text; none for no words."""
    searches = []
    for word in words_of(text)[:MOST_WORDS]:
        search = sa.select(WORD.c.subject).where(WORD.c.word >= word, WORD.c.word < word + LAST)
        searches.append(search if identified else search.where(sa.not_(WORD.c.identifying)))
    if not searches:
        return None
    first, *others = searches
    for other in others:
        first = first.where(WORD.c.subject.in_(other))
    return first

"""The words of a text: how it falls apart and is folded, for every script, and for what is stored and what is looked for alike.

Each letter is folded by itself: case, accents, width, and the spellings that people mix up. Scripts that are written without blanks are
taken apart into pairs of letters, so that any run of them is found inside a sentence. What is made of the words is in `searches`.
"""
# ruff: noqa: RUF001, RUF003 -- letters of many scripts are what this is about

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

LONGEST_WORD: Final = 200  # letters, of a word that is kept as it is: an entry of PostgreSQL's index must fit into a page

# Scripts without blanks between words: Thai, Lao, Myanmar, Khmer, Tai, Balinese, Javanese, Han with kana and bopomofo.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9ff\uaa60-\uaadf"
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_RUNS: Final = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_WRAPPED: Final = re.compile(rf"(?<=[{_UNSPACED}])[ \t\r]*\n[ \t]*(?=[{_UNSPACED}])")  # mail has its lines broken anywhere
_HALF_WIDTH: Final = re.compile("[\uff66-\uff9f]+")

# What has no decomposition of its own, or is mixed up so often that it must be found either way.
_ALIKE: Final = {
    "ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ё": "е", "ѐ": "е", "ѝ": "и",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ـ": "",
}  # fmt: skip


def split(text: str) -> list[str]:
    """Split a text into words, folded."""
    if text.isascii():
        words = text.translate(_FOLDING).split()  # 3 µs for 1,000 letters
    else:
        folded = unicodedata.normalize("NFC", _HALF_WIDTH.sub(_widen, text)).translate(_FOLDING)
        words = folded.split()
        if _IS_UNSPACED.search(folded):
            words = [word for each in _WRAPPED.sub("", folded).split() for word in _in_pairs(each)]
    return words if len(text) <= LONGEST_WORD else [word if len(word) <= LONGEST_WORD else _shortened(word) for word in words]


def is_unspaced(word: str) -> bool:
    """Tell whether a word is one of letters, or a pair of them, that are written without blanks between words."""
    return _IS_UNSPACED.match(word) is not None


def _in_pairs(word: str) -> Iterator[str]:
    """Take runs of scripts without blanks apart: ABC is AB, BC and C, so that each run in it follows from one of its pairs to the next."""
    for run in _RUNS.findall(word):
        if is_unspaced(run):
            yield from map("".join, pairwise(run))
            yield run[-1]
        else:
            yield run


def _shortened(word: str) -> str:
    """Stand in for a long word: equal ones stay equal, no others do."""
    return word[:LONGEST_WORD] + hashlib.sha256(word.encode()).hexdigest()


def _widen(letters: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", letters[0])


def _fold(letter: str) -> str:
    """Fold one letter: a blank for what is between words, nothing for what is only drawn on or between letters."""
    if "\U00020000" <= letter <= "\U0003ffff":
        return unicodedata.normalize("NFKC", letter)  # Han, also what is newer than Python's tables
    kind = unicodedata.category(letter)
    if kind == "Nd":
        return str(unicodedata.digit(letter))
    if kind == "Cf":
        return ""  # soft hyphens, joiners, marks of direction
    if kind[0] not in "LMN":
        return "\n" if letter == "\n" else " "
    if letter.casefold() in _ALIKE:
        return _ALIKE[letter.casefold()]
    if "\u0400" <= letter <= "\u052f":
        return letter.casefold()  # й and ї are letters, not и and і with something on top
    plain = "".join(each for each in unicodedata.normalize("NFKD", letter) if not _is_drawn_on(each)).casefold()
    folded = "".join(_ALIKE.get(each, each) for each in unicodedata.normalize("NFKD", plain) if not _is_drawn_on(each))
    return "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in unicodedata.normalize("NFC", folded))


def _is_drawn_on(letter: str) -> bool:
    """Tell accents, points and vowel signs that texts may leave out (by their combining classes) from signs that make another word."""
    kind = unicodedata.combining(letter)
    if kind == 0:
        return unicodedata.category(letter) == "Me" or "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return kind in (1, 7) or 10 <= kind <= 36 or kind >= 200


class _Folding(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_FOLDING: Final = _Folding()

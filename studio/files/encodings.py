"""Which encoding a text has that is not UTF-8 throughout, and says nothing of it."""

from __future__ import annotations

import re
import unicodedata

from charset_normalizer import from_bytes

WESTERN = "cp1252"

LEGACY = {
    WESTERN: "Western European text (Windows-1252)",
    "cp1250": "Central European text (Windows-1250)",
    "cp1251": "Cyrillic text (Windows-1251)",
    "koi8_r": "Cyrillic text (KOI8-R)",
    "cp1253": "Greek text (Windows-1253)",
    "cp1255": "Hebrew text (Windows-1255)",
    "cp1256": "Arabic text (Windows-1256)",
    "shift_jis": "Japanese text (Shift JIS)",
    "euc_jp": "Japanese text (EUC-JP)",
    "gb18030": "Chinese text (GB 18030)",
    "big5": "Chinese text (Big5)",
    "euc_kr": "Korean text (EUC-KR)",
}
"""The encodings that are told apart, and what a sentence calls them."""

ASKED_FOR = {
    "cp866": "Cyrillic text (DOS, 866)",
    "iso8859-2": "Central European text (ISO 8859-2)",
    "iso8859-15": "Western European text (ISO 8859-15)",
    "cp437": "Western text (DOS, 437)",
    "mac-roman": "Western text (old Macintosh)",
    "cp874": "Thai text (Windows-874)",
    "utf-16-le": "UTF-16, low byte first",
    "utf-16-be": "UTF-16, high byte first",
    "utf-32-le": "UTF-32, low byte first",
    "utf-7": "UTF-7",
}
"""Encodings that are only taken where they are named: they cannot be told apart, or are rare."""

SHIFTED = "iso2022_jp"
SHIFTED_NAME = "Japanese text (ISO-2022-JP)"
_SHIFTS = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\([BJ]")  # to Japanese letters and back, in bytes that are ASCII

_SAMPLE = 64 * 1024  # bytes that are looked at, from the first one beyond ASCII
_FOREIGN_SHARE = 0.15  # of bytes beyond ASCII; with fewer, a text is in Latin letters, and a detector merely guesses
_ENOUGH = 32  # bytes beyond ASCII; with fewer there is nothing to go by
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_BROKEN = "\ufffd"
_NO_LETTERS = ("Cc", "Cn", "Co", "Cs")  # control characters, and what is no character
_SPACES = 0.01  # of the letters of a text, line ends among them; bytes that merely look like letters have none


def detected(data: bytes) -> str:
    """The Python name of the encoding of a text that is not UTF-8 throughout.

    UTF-8 where most that is beyond ASCII is valid UTF-8, so that a bad byte costs one character; else what
    charset-normalizer finds in the first 64 KB with letters beyond ASCII, among `LEGACY`; Windows-1252 where there are
    too few to tell.
    """
    first = _BEYOND_ASCII.search(data)
    if first is None:
        return "utf-8"
    sample = data[first.start() : first.start() + _SAMPLE]
    beyond = len(_BEYOND_ASCII.findall(sample))
    letters = sample.decode("utf-8", errors="replace")
    valid = sum(letter > "\x7f" for letter in letters) - letters.count(_BROKEN)
    if valid > letters.count(_BROKEN):
        return "utf-8"
    if beyond < _ENOUGH or beyond < _FOREIGN_SHARE * len(sample):
        return WESTERN
    best = from_bytes(sample, cp_isolation=list(LEGACY)).best()
    return best.encoding if best is not None and best.encoding in LEGACY else WESTERN


def is_shifted(data: bytes) -> bool:
    """Whether it is ASCII with the escape sequences of ISO-2022-JP, as in mail and old web pages."""
    if b"\x1b$" not in data or not data.isascii() or not _SHIFTS.search(data):
        return False
    try:
        data.decode(SHIFTED)
    except UnicodeDecodeError:
        return False
    return True


def is_utf_16(head: bytes, encoding: str) -> bool:
    """Whether the first bytes of a file are words in UTF-16, with the byte order that `encoding` names."""
    try:
        letters = head[: len(head) // 2 * 2].decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return False
        letters = head[: error.start].decode(encoding)
    spaces = sum(letter in "\t\r\n \u3000" for letter in letters)
    known = all(letter in "\t\r\n" or unicodedata.category(letter) not in _NO_LETTERS for letter in letters)
    return known and spaces >= max(1, _SPACES * len(letters))

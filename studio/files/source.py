"""One file being read: its name, its bytes, and refusals that say where in it something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.files import encodings, limits
from studio.files.table_options import AS_FOUND, TableOptions

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def _never() -> None:
    """Nobody asked to stop."""


@dataclass(frozen=True)
class Source:
    """What a reader reads.

    Attributes:
        name: the file as its user knows it; every refusal begins with it.
        data: its bytes.
        notes: sentences on what a reader left out, while the rest of the file came in.
        check_cancelled: called now and then by readers that take long; may raise.
        options: what is said of tables of points, and of the encoding of texts.
        path: where it lies, where a reader looks for what stands beside it; None for bytes.
        alike: tables (`RawTable`) in other files of the same import, which help to tell how those in this one are read.
        assumed: those of the notes that only say how the file was read.
        doubts: the tables in it as `table_reader.Doubt`, for whoever shows how they are read.
    """

    name: str
    data: bytes
    notes: list[str] = field(default_factory=list)
    check_cancelled: Callable[[], None] = _never
    options: TableOptions = AS_FOUND
    path: Path | None = None
    doubts: list[Any] = field(default_factory=list)
    alike: Sequence[Any] = ()
    assumed: list[str] = field(default_factory=list)

    @classmethod
    def open(
        cls,
        path: Path,
        name: str = "",
        check_cancelled: Callable[[], None] = _never,
        options: TableOptions = AS_FOUND,
    ) -> Source:
        """Read a file.

        Raises:
            StudioError: it cannot be opened, is no ordinary file, or is too large.
        """
        name = name or printable(path.name)
        try:
            if not path.is_file():  # a named pipe would wait for ever
                raise StudioError(f"{name}: is no file that can be read." if path.exists() else f"{name}: not found.")
            with path.open("rb") as file:
                data = file.read(limits.FILE_BYTES + 1)
        except OSError as error:
            raise StudioError(f"{name}: cannot be read: {reason(error)}.") from error
        source = cls(name, data, [], check_cancelled, options, path)
        source.limit_bytes(limits.FILE_BYTES)
        return source

    def refuse(
        self, what: str, *, line: int | None = None, byte: int | None = None, part: str | None = None
    ) -> StudioError:
        """The error to raise.

        Args:
            what: what is wrong and what was expected, without a full stop.
            line: counted from 1.
            byte: counted from 0.
            part: another name for the place, such as "strokes[3]".
        """
        place = [self.name]
        if line is not None:
            place.append(f"line {line}")
        if byte is not None:
            place.append(f"byte {byte}")
        if part is not None:
            place.append(part)
        return StudioError(printable(f"{', '.join(place)}: {what}."))

    def note(self, what: str) -> None:
        """Tell the user of something that was left out."""
        self.notes.append(f"{self.name}: {what}.")

    def assume(self, what: str) -> None:
        """Tell the user how the file was read, once; of many files alike it is told together."""
        sentence = f"{self.name}: {what}."
        if sentence not in self.notes:
            self.notes.append(sentence)
            self.assumed.append(sentence)

    def limit_bytes(self, most: int) -> None:
        """Refuse a file larger than `most` bytes."""
        if len(self.data) > most:
            raise self.refuse(f"is larger than {most // 2**20} MB, the most that can be read")

    def text(self) -> str:
        """The file as text.

        By its byte order mark, else in the encoding that `options` name, else UTF-16 or UTF-8 if it is that, else as
        `encodings` has it.
        """
        encoding = self._encoding()
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == self.options.encoding:
                what = f"is no text in {encoding}: name another encoding, or none"
                raise self.refuse(what, byte=error.start) from error
            if encoding == "utf-8":
                return self._nearly_unicode() or self.data.decode(encodings.detected(self.data), "replace")
            raise self.refuse(f"is not the {encoding.upper()} text it begins as", byte=error.start) from error

    def _nearly_unicode(self) -> str | None:
        """UTF-8 in which a few bytes are damaged, each of which becomes an unknown character; None where it is not."""
        text = self.data.decode("utf-8", errors="replace")
        damaged = text.count("\ufffd")
        beyond_ascii = sum(not letter.isascii() for letter in text) - damaged
        return text if beyond_ascii > 4 * damaged else None

    @property
    def damaged(self) -> int:
        """How many characters `text` cannot make out in what is UTF-8 but for those."""
        return (
            0
            if self.legacy or self._encoding() != "utf-8"
            else len(self.data.decode("utf-8", "replace").split("\ufffd")) - 1
        )

    @property
    def legacy(self) -> str:
        """What a sentence calls the older encoding that `text` takes where it is not Unicode; "" where it is."""
        if (encoding := self._encoding()) != "utf-8":
            return encodings.SHIFTED_NAME if encoding == encodings.SHIFTED else ""
        try:
            self.data.decode()
        except UnicodeDecodeError:
            nearly = self._nearly_unicode() is not None
            return "" if nearly else encodings.LEGACY.get(encodings.detected(self.data), "")
        return ""

    def _encoding(self) -> str:
        for mark, encoding in BYTE_ORDER_MARKS:
            if self.data.startswith(mark):
                return encoding
        if self.options.encoding is not None:
            return self.options.encoding
        zero = self.data.find(0)
        if zero < 0:
            return encodings.SHIFTED if encodings.is_shifted(self.data) else "utf-8"
        head = self.data[:4096]
        zeros = (head[0::2].count(0), head[1::2].count(0))
        if len(head) >= 4 and max(zeros) > len(head) // 4 and min(zeros) == 0:
            return "utf-16-be" if zeros[0] else "utf-16-le"
        guessed = "utf-16-be" if zeros[0] else "utf-16-le"
        if min(zeros) == 0 and encodings.is_utf_16(head, guessed):
            return guessed
        raise self.refuse("holds a zero byte where text was expected", byte=zero)

    def lines(self) -> list[str]:
        """Its lines without their ends; line n is ``lines()[n - 1]``.

        Raises:
            StudioError: where the file is too large to be held as lines.
        """
        self.limit_bytes(limits.DOCUMENT_BYTES)
        return self.text().replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line with its number, for files too large to hold twice."""
        start, number = 0, 1
        while start < len(self.data):
            end = self.data.find(b"\n", start)
            end = len(self.data) if end < 0 else end
            yield number, self.data[start:end]
            start, number = end + 1, number + 1


def printable(text: str) -> str:
    """A name or a sentence without the line breaks and control characters that would break it apart."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def shown(text: object, most: int = 30) -> str:
    """A piece of a file, quoted in a sentence."""
    quoted = repr(text if isinstance(text, str) else str(text))
    return quoted if len(quoted) <= most + 2 else quoted[:most] + "…" + quoted[0]


def reason(error: OSError) -> str:
    """Why the operating system refused, in lower case and without its number."""
    text = error.strerror or type(error).__name__
    return text[0].lower() + text[1:]

"""Text files from other hands: Notepad and PowerShell put a byte order mark before UTF-8, or write UTF-16."""

import codecs
from pathlib import Path

# UTF-32's little-endian mark begins as UTF-16's does, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path) -> str:
    """The text of ``path`` without a byte order mark. Raises OSError, and ValueError as ``text_of`` does."""
    return text_of(path.read_bytes())


def text_of(data: bytes) -> str:
    """``data`` as text: UTF-8, or what its byte order mark says. Raises ValueError, saying why it is none."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise ValueError(f"byte {problem.start} is not {encoding.upper()}; save it as UTF-8") from None
    if "\0" in text:
        raise ValueError("it has zero bytes, as UTF-16 without a byte order mark has; save it as UTF-8")
    return text

"""The answers of clamd, and the text of them that the log and the client may see.

An answer is a line that ends with a zero byte: the name of the scanned stream or descriptor, a colon, and ``OK``, the
name of a signature with ``FOUND``, or a text with ``ERROR``.  Source: clamd(8).
"""

from __future__ import annotations

import re

LARGEST_CLAMD_ANSWER_BYTES = 4096
_MOST_TOLD = 200

_ANSWER = re.compile(rb"(?:(?:stream|fd\[\d+\]): )?(?P<text>.+)", re.DOTALL)
_DETAILS = re.compile(rb"\([^()]*:-?\d+\)$")
"""The hash and the size of the part in which a signature was found: ``ExtendedDetectionInfo`` adds them to its name."""
_SIZE_LIMIT = b"INSTREAM size limit exceeded"


class ClamdProblem(Exception):
    """Clamd has not said whether a file is clean; the text is for the log."""


class ClamdError(ClamdProblem):
    """Clamd has answered that it could not scan a file."""


def signature_of(answer: bytes) -> str | None:
    """Return the name of the signature that was found, or None if the file is clean.

    :raises ClamdError: the answer is an error.
    :raises ClamdProblem: the answer has no meaning.
    """
    match = _ANSWER.fullmatch(answer)
    text = match["text"] if match else b""
    if text == b"OK" and text != answer:
        return None
    if text.endswith(b" FOUND") and text != answer:
        return told(_DETAILS.sub(b"", text.removesuffix(b" FOUND")))
    if text.startswith(_SIZE_LIMIT):
        raise ClamdError("the file is larger than the StreamMaxLength of clamd: set max_size of the stage to it")
    if text.endswith(b" ERROR"):
        raise ClamdError(f"clamd answers: {told(text)}")
    raise ClamdProblem(f"clamd answers nonsense: {told(answer)}")


def told(text: bytes) -> str:
    """Return a text of clamd in one short line of printable ASCII."""
    shown = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in text[: _MOST_TOLD + 1])
    return shown if len(shown) <= _MOST_TOLD else f"{shown[:_MOST_TOLD]}..."

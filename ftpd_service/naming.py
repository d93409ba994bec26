"""The keys ``names``: how the names of files look to clients, in general, on a listener and for an account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Normalisation(Enum):
    """The form in which clients make names; the values are the configuration's words."""

    NONE = "none"
    """As the client sends them."""
    NFC = "nfc"
    """Composed, as Windows and Linux have them."""
    NFD = "nfd"
    """Decomposed, as macOS sends them."""


class LetterCase(Enum):
    """Whether names that differ in case alone are different; the values are the configuration's words."""

    SENSITIVE = "sensitive"
    INSENSITIVE = "insensitive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The keys that a section gives; None means that a key is not given, so that the next section decides."""

    charset: str | None = None
    """The character set of names and other text on the control connection and in listings, by Python's name."""
    normalise: Normalisation | None = None
    case: LetterCase | None = None

    def over(self, below: Naming) -> Naming:
        """Return these keys, with those of another section in the place of keys that are not given."""
        return Naming(
            charset=self.charset or below.charset,
            normalise=self.normalise or below.normalise,
            case=self.case or below.case,
        )


STANDARD_NAMING = Naming(charset="utf-8", normalise=Normalisation.NONE, case=LetterCase.SENSITIVE)
"""The values of keys that no section gives."""

"""The keys ``names``: how the names of files look to clients, in general, on a listener and for an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The keys that a section gives; None means that a key is not given, so that the next section decides."""

    charset: str | None = None
    """The character set of names and other text on the control connection and in listings, by Python's name."""

    def over(self, below: Naming) -> Naming:
        """Return these keys, with those of another section in the place of keys that are not given."""
        return Naming(charset=self.charset or below.charset)


STANDARD_NAMING = Naming(charset="utf-8")
"""The values of keys that no section gives."""

"""Which names are the same name for a client: in NFC and NFD, and in upper and lower case.

Two names are equal if their keys are equal.  The key of a path has the keys of its names, as neither a slash nor a dot
changes, and none arises: the normal forms are the canonical ones, and the case of single characters is folded, which
keeps their number.  So a ``?`` of a pattern still stands for one character.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from zope.interface import Interface

from ftpd_service.naming import LetterCase, Naming, Normalisation
from ftpd_service.values import VirtualPath

_FORMS: Final[dict[Normalisation, Literal["NFC", "NFD"]]] = {Normalisation.NFC: "NFC", Normalisation.NFD: "NFD"}


class IEqualNames(Interface):
    """An optional interface of a storage in which some names are the same name."""

    def regard(equal: EqualNames) -> None:
        """Regard names as equal from now on: in rules, and in `resolved`."""

    async def resolved(path: VirtualPath) -> VirtualPath:
        """Return the path under which the storage has what a client means, or would get a new name.

        :raises TemporarilyUnavailable: and StorageFailed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualNames:
    """The names that are the same name.

    :ivar form: the form in which names are made; NONE means that NFC and NFD are different names.
    :ivar any_case: whether names in upper and lower case are equal.
    """

    form: Normalisation = Normalisation.NONE
    any_case: bool = False

    def key(self, text: str) -> str:
        """Return the key of a name, a path or a pattern."""
        if text.isascii():
            return text.lower() if self.any_case else text
        key = text if self.form is Normalisation.NONE else unicodedata.normalize("NFC", text)
        if self.any_case:
            key = "".join(map(_folded, key))
            # Small letters may compose where capital letters did not.
            key = key if self.form is Normalisation.NONE else unicodedata.normalize("NFC", key)
        return key

    def made(self, name: str) -> str:
        """Return the form in which a new name is made."""
        form = _FORMS.get(self.form)
        return name if form is None else unicodedata.normalize(form, name)

    def forms(self, name: str) -> tuple[str, ...]:
        """Return the likely forms of a name: as it is, then the form of new names, then the other form."""
        if self.form is Normalisation.NONE or name.isascii():
            return (name,)
        return tuple(
            dict.fromkeys((name, self.made(name), *(unicodedata.normalize(one, name) for one in _FORMS.values())))
        )

    def alone(self, name: str) -> bool:
        """Return whether no other name is equal to a name, so that nobody need look for it."""
        return name.isascii() and (not self.any_case or name.lower() == name.upper())

    def rank(self, name: str, wanted: str) -> int:
        """Return how near a name is to an equal name: 0 for itself, 1 for its other form, 2 for another case."""
        if name == wanted:
            return 0
        same = self.form is not Normalisation.NONE
        return 1 if same and unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", wanted) else 2


def equal_names(naming: Naming) -> EqualNames | None:
    """Return the names that some keys make equal, or None if all names differ."""
    form = naming.normalise or Normalisation.NONE
    any_case = naming.case is LetterCase.INSENSITIVE
    return EqualNames(form=form, any_case=any_case) if any_case or form is not Normalisation.NONE else None


def _folded(character: str) -> str:
    """Return the one character that stands for both cases."""
    folded = character.casefold()
    if len(folded) > 1:
        folded = character.lower()
    return folded if len(folded) == 1 else character

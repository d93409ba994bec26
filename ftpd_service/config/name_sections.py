"""The declarations of ``names``, in general, on listeners, and of accounts and groups."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.forms import choice, member
from ftpd_service.config.section import Section, absent, key
from ftpd_service.naming import LetterCase, Normalisation


class NamesSection(Section):
    """The names of files as clients send and see them."""

    charset: forms.Charset = key(
        "utf-8",
        "The character set of names and of all other text to and from clients, such as ``gbk``, ``shift_jis``, "
        "``cp1251`` or ``latin-1``: docs/names.rst lists the sets. Names on the disk are UTF-8 in any case. A client "
        "that sends OPTS UTF8 ON gets UTF-8.",
        to="session.names.charset",
    )
    normalise: Annotated[Normalisation, member(Normalisation), choice(Normalisation)] = key(
        "none",
        "``nfc`` or ``nfd``: names that clients make get this form of Unicode, and a missing name is looked for in the "
        "other form, for clients with macOS. ``none``: the two forms are different names.",
        to="session.names.normalise",
    )
    case: Annotated[LetterCase, member(LetterCase), choice(LetterCase)] = key(
        "sensitive",
        "``insensitive``: a missing name is looked for in upper and lower case, and rules match in any case.",
        to="session.names.case",
    )


class OwnNamesSection(Section):
    """Keys of ``names`` for a listener, an account or a group."""

    charset: forms.OwnCharset = key(None, "As ``names.charset``.", to="names.charset", example="gbk")
    normalise: Annotated[Normalisation | None, member(Normalisation), choice(Normalisation)] = key(
        None, "As ``names.normalise``.", to="names.normalise", example="nfc"
    )
    case: Annotated[LetterCase | None, member(LetterCase), choice(LetterCase)] = key(
        None, "As ``names.case``.", to="names.case", example="insensitive"
    )


OwnNames = Annotated[OwnNamesSection, BeforeValidator(absent)]

NAMES_OF_LISTENER = key(
    {}, "Keys of ``names`` for the sessions on this listener; those of an account go before them, key by key."
)

NAMES_OF_ACCOUNT = key(
    {},
    "Keys of ``names`` for the account, on every listener. For each key the account goes before its group, then "
    "``account_defaults``, the listener, and ``names``. They count from the next login on.",
)

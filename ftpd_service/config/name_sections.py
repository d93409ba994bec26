"""The declarations of ``names``, in general, on listeners, and of accounts and groups."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.section import Section, absent, key


class NamesSection(Section):
    """The names of files as clients send and see them."""

    charset: forms.Charset = key(
        "utf-8",
        "The character set of names and of all other text to and from clients, such as ``gbk``, ``shift_jis``, "
        "``cp1251`` or ``latin-1``: docs/names.rst lists the sets. Names on the disk are UTF-8 in any case. A client "
        "that sends OPTS UTF8 ON gets UTF-8.",
        to="session.names.charset",
    )


class OwnNamesSection(Section):
    """Keys of ``names`` for a listener, an account or a group."""

    charset: forms.OwnCharset = key(None, "As ``names.charset``.", to="names.charset", example="gbk")


OwnNames = Annotated[OwnNamesSection, BeforeValidator(absent)]

NAMES_OF_LISTENER = key(
    {}, "Keys of ``names`` for the sessions on this listener; those of an account go before them, key by key."
)

NAMES_OF_ACCOUNT = key(
    {},
    "Keys of ``names`` for the account, on every listener. For each key the account goes before its group, then "
    "``account_defaults``, the listener, and ``names``. They count from the next login on.",
)

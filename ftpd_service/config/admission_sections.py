"""The declarations of an account's keys about when and from where it may log in."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import PlainValidator

from ftpd_service.config import admission_words
from ftpd_service.config.forms import Form
from ftpd_service.config.section import key
from ftpd_service.login_hours import LoginHours
from ftpd_service.values import Networks


def _day(value: object) -> str:
    return "never" if value == admission_words.NEVER else str(value)


FromNetworks = Annotated[
    Networks | None,
    PlainValidator(admission_words.from_networks),
    Form(
        "list of networks, any for all, or null",
        {"type": ["array", "null"], "items": {"type": "string", "minLength": 1}, "minItems": 1},
        told=None,
    ),
]
Expires = Annotated[
    date | None,
    PlainValidator(admission_words.last_day),
    Form(
        "date such as 2027-01-31, never, or null",
        {"type": ["string", "null"], "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$"},
        told=_day,
    ),
]
Hours = Annotated[
    LoginHours | None,
    PlainValidator(admission_words.hours),
    Form("hours in quotes, any, or null", {"type": ["string", "null"], "minLength": 1}),
]
TotpFile = Annotated[
    str | None,
    PlainValidator(admission_words.totp_file),
    Form("path with {name}, none, or null", {"type": ["string", "null"], "minLength": 1}, told=None),
]

NETWORKS = key(
    None,
    "The networks from which the account may log in. A login from elsewhere is refused like a wrong password, and the "
    "log has the reason. ``[any]`` lifts the networks of a group or of ``account_defaults``. Without a value: from "
    "everywhere.",
    to="networks",
    example="[10.0.0.0/8]",
)
EXPIRES = key(
    None,
    "The last day of the account, until its end by the local time of the server. Then its sessions end with 421, and "
    "its logins are refused like a wrong password. ``never`` lifts the day of a group or of ``account_defaults``. "
    "Without a value: the account does not expire.",
    to="expires",
    example="2027-01-31",
)
HOURS = key(
    None,
    "The hours in which the account may log in, by the local time of the server: days and hours, with commas between "
    'several, as in ``"mon-fri 06:00-20:00, sat 08:00-12:00"``. Without days: on each day. Hours such as '
    "``22:00-06:00`` end on the next day. A session that is open at the end of the hours goes on. ``any`` lifts the "
    "hours of a group or of ``account_defaults``. Without a value: at any time.",
    to="hours",
    example='"mon-fri 06:00-20:00"',
)
TOTP_FILE = key(
    None,
    "The file whose first line is the secret, in base32, of the account's one-time codes (TOTP); ``ftpd-service "
    "totp-secret NAME`` makes one. The six digits of the code then stand behind the password: docs/totp.rst. "
    "``{name}`` stands for the account's name; a group and ``account_defaults`` need it. ``none`` lifts the file of a "
    "group or of ``account_defaults``. Without a value: no codes.",
    to="totp_file",
    example='"totp/{name}"',
)

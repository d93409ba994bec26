"""Each key of the file: another value of it reaches a part of the server, and a reload names it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ftpd_service.config.differences import NEEDS_RESTART, changed
from ftpd_service.config.example import example
from ftpd_service.config.json_schema import json_schema
from ftpd_service.config.keys import Key, all_keys
from ftpd_service.config.reference import reference
from ftpd_service.config.schema import Config
from ftpd_service.config.yaml_text import parse
from tests.config.files import FileTestCase
from tests.config.test_reference import text_of

OTHERS: dict[str, object] = {
    "number, 1 to 100": 7,
    "true or false": True,
    "number, 1 or more": 7,
    "number, 1 to 32": 20,
    "number, 1 to 128": 48,
    "number, 1 or more, or null for no cap": 7,
    "rate, or null for no limit": "7KiB/s",
    "duration": "7s",
    "duration, 0 too": "7s",
    "octal digits in quotes": "077",
    "beginning of a file name": ".other-",
    "one line of text": "another text",
    "ranges of ports": "40000-40009",
    "path, {name} in it is the account's name": "/another/home",
    "all, read, write, none, or a list of permissions": ["list"],
    "hash, {plain}secret or any": "{plain}another",
    "path": "another.pem",
    "path with {name}, none, or null": "another/{name}",
    "list of networks, any for all, or null": ["10.0.0.0/8"],
    "date such as 2027-01-31, never, or null": "2027-01-31",
    "hours in quotes, any, or null": "mon-fri 06:00-20:00",
    "path, or null for none": "another.pem",
    "local, or a mapping": {"python": "another:Storage"},
    "Twisted server endpoint": "tcp:7777",
    "URL, or a mapping": "sqlite:///another.db",
    "list of networks": ["10.0.0.0/8"],
    "list of networks, and any for all": ["10.0.0.0/8"],
    "modern, compatible, or OpenSSL cipher list": "ECDHE+AESGCM",
    "auto, IPv4 address, host name, or a list of {network, address}": "203.0.113.9",
    "list of algorithms": ["md5"],
    "list of checkers": [{"strcred": "memory:a:b"}],
    '"1.2" or "1.3"': "1.3",
    "list of rules": [{"path": "/another/**", "allow": "read"}],
    "mapping of places": {"/another": {"path": "/another"}},
    "list of patterns": ["*.another"],
    "three octal digits in quotes": "600",
    "user, user:group or :group": ":7",
    "optional or required": "required",
    "the name of a group": "g",
    "character set": "gbk",
    "size": "7MiB",
    "number, 0 or more": 7,
    "path of a socket": "/run/another.sock",
    "group, or null": "another",
    "mapping of parts to levels": {"auth": "debug"},
    "path, journald, or null for none": "another.json",
    "text or list of texts": "another",
    "pattern or list of patterns": "/another/**",
    "path of a UNIX socket, or tcp:HOST:PORT": "/run/another.ctl",
    "network or list of networks": "10.0.0.0/8",
    "proved, likely or doubtful, or a list of them": "likely",
}
"""A value that is no default, by the form of a key; a choice takes the last of its words."""

BASE = {
    "listeners": [{"endpoint": "haproxy:tcp:21"}],
    "tls": {
        "certificate": "c.pem",
        "required_from": ["any"],
        "client_authorities": "ca.pem",
        "names": {"n.example": {"certificate": "n.pem"}},
    },
    "admin": {"socket": "/run/a.sock"},
    "accounts": {"a": {"home": "/x", "password": "{plain}x"}},
    "account_defaults": {"home": "/y"},
    "groups": {"g": {"home": "/z"}},
    "limits": {"bans": {}},
    "metrics": {},
    "uploads": {"mode": "in-place", "quarantine": "/quarantine"},
    "database": "sqlite:///base.db",
    "hooks": {
        "rules": [{"id": "r", "on": "login", "do": [{"program": ["/bin/true"]}]}],
        "verdicts": [{"id": "v", "clamd": {"address": "/run/c.ctl"}}],
    },
}
"""A file in which each key may be changed alone."""

ENTRIES = ("accounts.*", "groups.*", "account_defaults")
"""The sections with the keys of an account."""

ENTRY = {
    "listeners": 0,
    "hooks.rules": 0,
    "hooks.verdicts": 0,
    "accounts": "a",
    "groups": "g",
    "tls.names": "n.example",
}


def another(key: Key) -> object:
    """A value of a key that is no default."""
    assert key.form is not None
    if key.path == "data_connections.active" or key.default is True:
        return False
    if key.path.endswith("uploads.mode"):
        return key.default or "atomic"
    if key.path == "hooks.rules.*.on":
        return ["uploaded", "deleted"]
    if key.form.text in OTHERS:
        return OTHERS[key.form.text]
    options = key.form.schema["enum"]
    assert isinstance(options, list)
    return [option for option in options if option != key.default][-1]


def leaves() -> list[Key]:
    """The keys that take a value and stand in no list that is told as a whole."""
    whole = (
        *("auth.checkers.", "database.", "data_connections.passive_address.", "listeners.*.endpoint"),
        *("hooks.rules.*.id", "hooks.rules.*.do", "hooks.verdicts.*.id", "hooks.verdicts.*.clamd."),
        *(f"{entry}.{key}." for entry in ENTRIES for key in ("storage", "rules", "folders")),
    )
    keys = [key for key in all_keys() if key.form is not None and not key.path.startswith(whole)]
    return [key for key in keys if key.path not in ENTRY]


class Keys(FileTestCase):
    """What follows from the declaration of a key."""

    def file(self, values: object) -> Config:
        """The configuration of some values."""
        return self.loaded(yaml.safe_dump(values))

    def with_another(self, key: Key) -> tuple[Config, str]:
        """The file with another value of one key, and the key's place."""
        values: dict[str, Any] = json.loads(json.dumps(BASE))  # Any: the shape of a file
        branch: Any = values
        parts, place = key.path.split("."), ""
        for number, part in enumerate(parts[:-1]):
            above = ".".join(parts[:number])
            name = ENTRY[above] if part == "*" else part
            place += (
                f"[{branch[0].get('endpoint') or branch[0]['id']}]" if name == 0 else f".{name}" if place else str(name)
            )
            branch = branch[name] if name == 0 else branch.setdefault(name, {})
        if parts[-1] == "password_file":
            del branch["password"]
            self.write("{plain}another\n", "another.pem")
        branch[parts[-1]] = another(key)
        return self.file(values), f"{place}.{parts[-1]}".lstrip(".")

    def test_another_value_reaches_a_part(self) -> None:
        """Something that is built differs, for every key."""
        base = self.file(BASE)
        others = [(key.path, replace(self.with_another(key)[0], warnings=base.warnings)) for key in leaves()]
        self.assertEqual([path for path, other in others if other == base], [])

    def test_a_reload_names_the_key(self) -> None:
        """In a line that begins with its place, for every key."""
        base = self.file(BASE)
        silent = []
        for key in leaves():
            other, place = self.with_another(key)
            if not any(text.startswith(f"{place} ") for text in changed(base, other)):
                silent.append((key.path, changed(base, other)))
        self.assertEqual(silent, [])

    def test_a_reload_tells_which_keys_need_a_restart(self) -> None:
        """In the line of each key that is declared so, and of no other."""
        base = self.file(BASE)
        told = {
            key.path
            for key in leaves()
            for text in changed(base, self.with_another(key)[0])
            if text.endswith(NEEDS_RESTART)
        }
        self.assertEqual(told, {key.path for key in leaves() if key.restart})

    def test_reference_schema_and_example_tell_which_keys_need_a_restart(self) -> None:
        """A sentence of the description, for those keys alone."""
        sentence = "A change needs a restart."
        declared = [key for key in all_keys() if key.restart]
        self.assertEqual(
            [key.path for key in declared], ["database", "digests.file", "logging.queue", "service.allow_root"]
        )
        counts = [" ".join(text.replace("#", " ").split()).count(sentence) for text in (reference(), example())]
        self.assertEqual([*counts, json.dumps(json_schema()).count(sentence)], [len(declared)] * 3)

    def test_no_line_shows_a_secret(self) -> None:
        """Passwords, checkers and paths are told as changed."""
        base = self.file(BASE)
        texts = [text for key in leaves() for text in changed(base, self.with_another(key)[0])]
        self.assertEqual([text for text in texts if "another" in text.partition(" ")[2]], [])


class Schema(FileTestCase):
    """The JSON Schema for editors."""

    def setUp(self) -> None:
        """Make it."""
        super().setUp()
        self.schema = Draft202012Validator(json_schema())

    def test_is_a_schema(self) -> None:
        """Of its draft."""
        Draft202012Validator.check_schema(json_schema())

    def test_shipped_files_are_valid(self) -> None:
        """Both examples."""
        for name in ("ftpd.yaml", "ftpd-minimal.yaml"):
            self.schema.validate(parse(text_of("etc", name).encode()).values)

    def test_another_value_of_each_key_is_valid(self) -> None:
        """The schema refuses nothing that the check accepts."""
        self.schema.validate(BASE)
        wrong = [key.path for key in leaves() if not self.accepts(key, another(key))]
        self.assertEqual(wrong, [])

    def accepts(self, key: Key, value: object) -> bool:
        """Whether a value is right for one key."""
        parts = key.path.split(".")
        for part in reversed(parts):
            value = (
                [value]
                if part == "*" and parts[0] in ("listeners", "hooks")
                else {("n" if part == "*" else part): value}
            )
        # Another key of its section may have to be given too.
        return all(error.validator == "required" for error in self.schema.iter_errors(value))

    def test_unknown_keys_and_wrong_kinds_are_refused(self) -> None:
        """As the check does."""
        self.assertFalse(self.schema.is_valid({"limit": {}}))
        self.assertFalse(self.schema.is_valid({"limits": {"sessions": "many"}}))
        self.assertFalse(self.schema.is_valid({"uploads": {"mode": "sometimes"}}))

    def test_environment_may_stand_anywhere(self) -> None:
        """``${NAME}`` is text until it has been read."""
        self.schema.validate({"limits": {"sessions": "${SESSIONS:-5}"}})

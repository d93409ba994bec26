"""Tests of the sections of uploads: the general section, and those of accounts, groups and folders."""

from __future__ import annotations

from dataclasses import fields

from ftpd_service.accounts.layers import Layers
from ftpd_service.config.account_text import read_account
from ftpd_service.config.differences import changed
from ftpd_service.config.section import Section, extra
from ftpd_service.config.upload_sections import OwnUploadsSection, UploadKeys
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from tests.config.files import FileTestCase

IN_PLACE = (("mode", UploadMode.IN_PLACE),)
ATOMIC = (("mode", UploadMode.ATOMIC),)


def taking(section: type[Section]) -> list[str]:
    """The fields that the keys of a section name, those of sections in it too."""
    names = []
    for field in section.model_fields.values():
        inside = field.annotation
        names += taking(inside) if isinstance(inside, type) and issubclass(inside, Section) else [extra(field, "to")]
    return names


class UploadSectionTests(FileTestCase):
    """What comes of the keys."""

    def test_section_of_an_account(self) -> None:
        """The given keys alone count; an empty section gives none."""
        accounts = self.loaded("accounts: {a: {uploads: {mode: in-place}}, b: {uploads: {}}, c: {uploads: }}").accounts
        self.assertEqual([accounts.accounts[name].uploads for name in "abc"], [IN_PLACE, (), ()])

    def test_section_of_a_folder(self) -> None:
        """Likewise."""
        text = "account_defaults: {folders: {/a: {path: /srv, uploads: {mode: in-place}}, /b: {path: /opt}}}"
        defaults = self.loaded(text).accounts.defaults
        assert defaults is not None and defaults.folders is not None
        self.assertEqual([folder.uploads for folder in defaults.folders], [IN_PLACE, ()])

    def test_account_goes_before_group_and_defaults(self) -> None:
        """Key by key."""
        settings = self.loaded(
            """
            groups: {g: {uploads: {mode: in-place}}}
            account_defaults: {group: g, uploads: {mode: atomic}}
            accounts: {a: {uploads: {mode: atomic}}, b: {}}
            """
        ).accounts
        layers = Layers(groups=settings.groups, defaults=settings.defaults)
        given = [layers.account(name, settings.accounts[name]).uploads for name in "ab"]
        self.assertEqual(given, [ATOMIC, IN_PLACE])

    def test_general_keys_are_not_of_accounts(self) -> None:
        """The umask of an account is a key of the account, and all temporary names begin alike."""
        problem = self.problem("accounts: {a: {uploads: {hidden_prefix: .tmp-}}}")
        self.assertEqual((problem.path, problem.text), ("accounts.a.uploads.hidden_prefix", "unknown key"))

    def test_account_from_outside_the_file(self) -> None:
        """Checkers, the database and imports give the same keys."""
        self.assertEqual(read_account({"uploads": {"mode": "in-place"}}, folder="/").uploads, IN_PLACE)

    def test_account_from_outside_with_a_mistake(self) -> None:
        """The text names the key."""
        with self.assertRaisesRegex(ValueError, r"uploads\.mode: expected atomic, in-place or resumable"):
            read_account({"uploads": {"mode": "never"}}, folder="/")

    def test_reload_names_the_key_of_an_account(self) -> None:
        """The value of an absent key is told as unset."""
        old, new = (self.loaded(f"accounts: {{a: {{uploads: {{{one}}}}}}}") for one in ("", "mode: in-place"))
        self.assertEqual(changed(old, new), ("accounts.a.uploads.mode is in-place, was unset",))

    def test_every_key_has_a_field_of_the_policy(self) -> None:
        """The other way round too, and every section of an account has every key."""
        self.assertEqual(
            sorted(taking(UploadKeys)), sorted(f"storage.uploads.{field.name}" for field in fields(UploadPolicy))
        )
        self.assertEqual(sorted(taking(OwnUploadsSection)), sorted(taking(UploadKeys)))

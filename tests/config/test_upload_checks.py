"""Tests of the check of policies of uploads: a policy that cannot be followed is a mistake of the file."""

from __future__ import annotations

from tests.config.files import FileTestCase

KEEP = "grades: {aborted: keep}"


class AbortedTests(FileTestCase):
    """``aborted: keep`` with a mode that names only whole files."""

    def place(self, text: str) -> str:
        """The place of the one mistake."""
        problem = self.problem(text)
        self.assertIn("with mode: atomic no broken file has a name", problem.text)
        return problem.path

    def test_general_section(self) -> None:
        """The default mode is atomic."""
        self.assertEqual(self.place(f"uploads: {{{KEEP}}}"), "uploads.grades.aborted")

    def test_with_another_mode(self) -> None:
        """The bytes stay under the name."""
        self.loaded(f"uploads: {{mode: in-place, {KEEP}}}")

    def test_account_with_another_mode(self) -> None:
        """Its own key is the mistake."""
        text = f"uploads: {{mode: in-place, {KEEP}}}\naccounts: {{a: {{uploads: {{mode: atomic}}}}}}"
        self.assertEqual(self.place(text), "accounts.a.uploads.mode")

    def test_account_that_takes_the_mode_of_its_group(self) -> None:
        """What its group says counts."""
        self.loaded(
            f"groups: {{g: {{uploads: {{mode: in-place}}}}}}\naccounts: {{a: {{group: g, uploads: {{{KEEP}}}}}}}"
        )

    def test_group_and_defaults(self) -> None:
        """Each by itself."""
        self.assertEqual(self.place(f"groups: {{g: {{uploads: {{{KEEP}}}}}}}"), "groups.g.uploads.grades.aborted")
        place = self.place(f"account_defaults: {{uploads: {{{KEEP}}}}}")
        self.assertEqual(place, "account_defaults.uploads.grades.aborted")

    def test_group_that_takes_the_mode_of_the_defaults(self) -> None:
        """They stand below every group."""
        self.loaded(f"account_defaults: {{uploads: {{mode: in-place}}}}\ngroups: {{g: {{uploads: {{{KEEP}}}}}}}")

    def test_folder(self) -> None:
        """It goes before its account."""
        account = f"uploads: {{mode: in-place, {KEEP}}}"
        text = f"accounts: {{a: {{{account}, folders: {{/b: {{path: /srv, uploads: {{mode: atomic}}}}}}}}}}"
        self.assertEqual(self.place(text), "accounts.a.folders./b.uploads.mode")

    def test_folder_of_the_group(self) -> None:
        """The mistake is in the account, whose own key makes it."""
        group = "groups: {g: {folders: {/b: {path: /srv, uploads: {mode: atomic}}}}}"
        text = f"{group}\naccounts: {{a: {{group: g, uploads: {{mode: in-place, {KEEP}}}}}}}"
        self.assertEqual(self.place(text), "accounts.a.uploads.grades.aborted")

    def test_resumable_uploads(self) -> None:
        """Broken uploads stay for their account, so they can stand in no quarantine."""
        self.loaded(f"uploads: {{mode: resumable, {KEEP}}}")
        problem = self.problem("uploads: {mode: resumable, quarantine: /q, grades: {aborted: quarantine}}")
        self.assertEqual(problem.path, "uploads.grades.aborted")
        self.assertIn("with mode: resumable a broken upload stays for its account", problem.text)


class QuarantineTests(FileTestCase):
    """``quarantine`` without a directory."""

    def place(self, text: str) -> str:
        """The place of the one mistake."""
        problem = self.problem(text)
        self.assertIn("needs the key quarantine, which names the directory", problem.text)
        return problem.path

    def test_each_grade(self) -> None:
        """In the general section."""
        for grade in ("likely", "doubtful", "aborted"):
            place = self.place(f"uploads: {{grades: {{{grade}: quarantine}}}}")
            self.assertEqual(place, f"uploads.grades.{grade}")

    def test_directory_of_the_general_section(self) -> None:
        """It is enough for accounts."""
        self.loaded("uploads: {quarantine: /q}\naccounts: {a: {uploads: {grades: {doubtful: quarantine}}}}")

    def test_account_without_the_directory(self) -> None:
        """It has given the directory up."""
        general = "uploads: {quarantine: /q, grades: {doubtful: quarantine}}"
        place = self.place(f"{general}\naccounts: {{a: {{uploads: {{quarantine: null}}}}}}")
        self.assertEqual(place, "accounts.a.uploads.quarantine")

    def test_folder_with_the_directory_of_its_account(self) -> None:
        """It is enough, too."""
        folder = "folders: {/b: {path: /srv, uploads: {grades: {aborted: quarantine}}}}"
        self.loaded(f"accounts: {{a: {{uploads: {{quarantine: /q}}, {folder}}}}}")

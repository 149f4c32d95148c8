"""Breaks what a release needs, and expects that `make release` fails."""

import os
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from local import release
from local.failure import Failure

CARGO = '[package]\nversion = "1.2.3"\nrepository = "https://example.com/a/b"\n'
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-29\n\n- A change.\n"
PAGE = "```sh\nrepository=https://example.com/a/b\n   version=1.2.3\n```\n"


@unittest.skipUnless(shutil.which("git"), "requires Git")
class Release(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, Path.cwd())
        environment = unittest.mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop("GITHUB_REPOSITORY", None)
        os.chdir(folder.name)
        git("init", "--quiet")
        self.commit({"Cargo.toml": CARGO, "CHANGELOG.md": CHANGELOG, "page.md": PAGE})

    def commit(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            Path(name).write_text(text)
        git("add", ".")
        git("commit", "--quiet", "--message", "A change")

    def assert_refused(self, why: str, version: str = "1.2.3") -> None:
        with self.assertRaisesRegex(Failure, why):
            release.check(version)

    def test_accepts_what_agrees(self):
        release.check("1.2.3")
        git("tag", "v1.2.3")
        release.check("1.2.3")
        self.assertEqual(release.notes("1.2.3"), "- A change.")

    def test_refuses_another_version(self):
        self.assert_refused("Cargo.toml has version 1.2.3, not 1.2.4", "1.2.4")

    def test_refuses_a_missing_section(self):
        self.commit({"CHANGELOG.md": CHANGELOG.replace("[1.2.3]", "[1.2.2]")})
        self.assert_refused("has no section")

    def test_refuses_an_empty_section(self):
        self.commit({"CHANGELOG.md": CHANGELOG.replace("- A change.", "")})
        self.assert_refused("is empty")

    def test_refuses_unreleased_entries(self):
        self.commit(
            {"CHANGELOG.md": CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- New.\n")}
        )
        self.assert_refused("unreleased entries")

    def test_refuses_a_stale_page(self):
        self.commit({"page.md": PAGE.replace("1.2.3", "1.2.2")})
        self.assert_refused("page.md: another version or repository; run make pages")
        release.main(["pages"])
        self.assertEqual(Path("page.md").read_text(), PAGE)

    def test_refuses_changes_that_are_not_committed(self):
        Path("new").write_text("")
        self.assert_refused("not committed")

    def test_refuses_a_commit_with_another_tag(self):
        git("tag", "v1.2.2")
        self.assert_refused("has the tag v1.2.2, not v1.2.3")

    def test_refuses_a_tag_at_another_commit(self):
        git("tag", "v1.2.3")
        self.commit({"new": ""})
        self.assert_refused("the tag v1.2.3 is at another commit")

    def test_refuses_another_repository(self):
        os.environ |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "x/y"}
        self.assert_refused("this is the repository https://github.com/x/y")

    def test_links_of_the_readme_are_absolute(self):
        page = "[a](docs/a.md#b) [c](https://c) [d](#d)"
        self.assertEqual(
            release.with_absolute_links(page, "1.2.3"),
            "[a](https://example.com/a/b/blob/v1.2.3/docs/a.md#b) [c](https://c) [d](#d)",
        )


def git(*arguments: str) -> None:
    settings = ["user.name=test", "user.email=test@example.com"]
    settings += ["commit.gpgsign=false", "tag.gpgsign=false"]
    options = [word for setting in settings for word in ("-c", setting)]
    subprocess.run(["git", *options, *arguments], check=True)


if __name__ == "__main__":
    unittest.main()

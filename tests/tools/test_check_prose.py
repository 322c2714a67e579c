"""The prose check finds each word and form that it lists, and passes plain text."""

import subprocess
import tomllib
from pathlib import Path

import pytest

import check_prose
from check_prose import CONFIGURATION, EXCLUDED, RULES, Rule, check, findings_in, is_checked, main

# A file's name, its text, and the word or form in it that a rule finds.
BAD = [
    ("a.md", "The role cannot be told.", "told"),
    ("a.md", "This tells the user.", "tells"),
    ("a.md", "AWS says so.", "says"),
    ("a.py", "said = 1\n", "said"),
    ("a.md", "The state lies in a folder.", "lies"),
    ("a.md", "It stands before the provider.", "stands"),
    ("a.md", "Only to standard queues alone.", "alone"),
    ("a.py", "table_asked = 1\n", "asked"),
    ("a.md", "4 days unasked", "unasked"),
    ("a.js", "// beside the output", "beside"),
    ("a.md", "Whom the queue admits.", "Whom"),
    ("a.py", "way_out = 1\n", "way_out"),
    ("Makefile", "# a second way out", "way out"),
    ("a.toml", "# a role of its own", "of its own"),
    ("a.md", "TLS and the own account", "the own"),
    ("a.md", "Ten at the most.", "at the most"),
    ("a.md", "One at the least.", "at the least"),
    ("a.md", "It belongs into limits.py.", "belongs into"),
    ("a.md", "A function needs not the key.", "needs not"),
    ("a.yml", "# IAM knows no resource for it", "knows no"),
    ("a.md", "Whilst it waits", "Whilst"),
    ("a.py", "MOST_FILTERS = 5\n", "MOST_FILTERS"),
    ("a.py", "from limits import LARGEST_UPLOAD_BYTES\n", "LARGEST_UPLOAD_BYTES"),
    ("a.py", '"""What the function does."""\n', "What"),
    ("a.py", 'def f() -> None:\n    """Whether it is on."""\n', "Whether"),
    ("a.py", "# Why a key is refused.\nx = 1\n", "Why"),
    ("a.py", "def f(at: str) -> None: ...\n", "at"),
    ("a.py", "for place in range(3): ...\n", "place"),
    ("a.py", "class A:\n    def f(self) -> None:\n        self._places = 1\n", "_places"),
    ("a.py", "own = 1\n", "own"),
    ("a.py", "def draw() -> None: ...\n", "draw"),
]
# The same, for what codespell finds.
MISSPELLED = [
    ("a.md", "It synthesises the stack.", "synthesises"),
    ("a.py", "def test_it_synthesises() -> None: ...\n", "synthesises"),
    ("a.md", "the licence", "licence"),
    ("a.md", "the behaviour", "behaviour"),
    ("a.md", "an occurence", "occurence"),
]
GOOD = {
    "a.py": '''"""Return the queue's ARN.

What follows is a paragraph, so it may begin like this.
"""

# The service's limit; it is
# what AWS documents.
number_at = 1


def place_order(index: int) -> int:
    """The function's own execution role, in place of the default."""
    return index  # where it is known


def is_on() -> bool:
    """Is it on?"""
    return True
''',
    "a.md": "# What differs\n\nThe table keeps its own key. It allows at most ten, or the lowest number.\n",
    "Makefile": "all: ## Show the help\n",
}


def found(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text)
    return [finding.text for finding in check([name], folder)]


@pytest.mark.parametrize(("name", "text", "quoted"), BAD)
def test_a_listed_word_is_found(name: str, text: str, quoted: str) -> None:
    assert [finding.text for finding in findings_in(name, text)] == [quoted]


@pytest.mark.parametrize(("name", "text", "quoted"), MISSPELLED)
def test_a_misspelled_word_is_found(tmp_path: Path, name: str, text: str, quoted: str) -> None:
    assert found(tmp_path, name, text) == [quoted]


@pytest.mark.parametrize("rule", RULES, ids=[rule.pattern for rule in RULES])
def test_every_rule_has_an_example(rule: Rule) -> None:
    assert any(rule.regex.match(quoted) for _, _, quoted in BAD)


@pytest.mark.parametrize("name", GOOD)
def test_plain_text_passes(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, name, GOOD[name]) == []


def test_a_finding_has_its_line_the_reason_and_a_replacement(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\nIt belongs into a file.\n")
    (finding,) = check(["a.md"], tmp_path)
    assert str(finding) == 'a.md:3: "belongs into": not English; use belongs in'


def test_a_line_can_allow_a_word(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "data.told()  # prose: allow told\n") == []
    assert found(tmp_path, "a.md", "the licence <!-- prose: allow licence -->\n") == []


def test_an_allowed_word_does_not_allow_another(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "data.told()  # prose: allow licence\n") == ["told"]


def test_the_words_that_codespell_ignores_pass(tmp_path: Path) -> None:
    words = tomllib.loads(CONFIGURATION.read_text())["tool"]["codespell"]["ignore-words-list"]
    assert found(tmp_path, "a.md", words.replace(",", "\n")) == []


@pytest.mark.parametrize(
    "path", ["LICENSE", "requirements.txt", "package-lock.json", "function.zip", *sorted(EXCLUDED)]
)
def test_text_of_others_is_not_checked(path: str) -> None:
    assert not is_checked(path)


@pytest.mark.parametrize("path", ["README.md", "pyproject.toml", "tests/golden/handoff/main.tf", ".github/ci.yml"])
def test_text_of_this_project_is_checked(path: str) -> None:
    assert is_checked(path)


class TestTheCommand:
    @pytest.fixture
    def root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        (tmp_path / ".gitignore").write_text("ignored.md\n")
        (tmp_path / "ignored.md").write_text("told\n")
        (tmp_path / "good.md").write_text("The key is documented.\n")
        monkeypatch.setattr(check_prose, "ROOT", tmp_path)
        return tmp_path

    @pytest.mark.usefixtures("root")
    def test_succeeds_without_a_finding(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        assert capsys.readouterr().out == ""

    def test_checks_every_file_that_git_does_not_ignore(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (root / "bad.md").write_text("The key is told.\n")
        assert main([]) == 1
        output = capsys.readouterr()
        assert output.out.startswith('bad.md:1: "told": ')
        assert output.err.startswith("1 findings")

    def test_checks_the_given_files_only(self, root: Path) -> None:
        (root / "bad.md").write_text("The key is told.\n")
        assert main([str(root / "good.md")]) == 0
        assert main([str(root / "bad.md")]) == 1

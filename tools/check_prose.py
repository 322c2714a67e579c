"""Check that text in this repository is plain, American English.

    python tools/check_prose.py [FILE ...]

Without a file, checks every file that git tracks or would add. codespell finds misspelled words and British spellings
(`[tool.codespell]` in pyproject.toml); `RULES` lists the other words and forms to avoid. Prints each finding as
`file:line: text: reason; use replacement`, and exits with 1 if there is one. A line that needs such a word, for example
as the name of another project's function, allows it with a comment: `prose: allow <word>`.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONFIGURATION = ROOT / "pyproject.toml"


class Scope(Enum):
    """The text that a rule applies to."""

    LINE = auto()  # every line of every file; an underscore ends a word, so that names are checked as well
    SENTENCE = auto()  # the beginning of a docstring, and of a comment that has its own line
    NAME = auto()  # the names that Python code defines; the whole name must match


@dataclass(frozen=True)
class Rule:
    """A word or form to avoid.

    Attributes:
        pattern: a regular expression for it.
        reason: why to avoid it.
        use: the replacement.
        scope: where it is looked for.
        ignore_case: whether the pattern also finds other capitalizations.
    """

    pattern: str
    reason: str
    use: str
    scope: Scope = Scope.LINE
    ignore_case: bool = True

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern, with the boundaries of its scope."""
        templates = {
            Scope.LINE: r"(?<![A-Za-z])(?:{})(?![A-Za-z])",
            Scope.SENTENCE: r"(?:{})(?![A-Za-z])",
            Scope.NAME: r"_*(?:{})_*\Z",
        }
        return re.compile(templates[self.scope].format(self.pattern), re.IGNORECASE if self.ignore_case else 0)


RULES = (
    Rule("told|tells?|telling", "not the usual word", "documented, reported, shows, determines"),
    Rule("said|says", "not the usual word", "documented, reported, states, is"),
    Rule("lies?", "not the usual word", "is, are"),
    Rule("stands", "not the usual word", "is"),
    Rule("alone", "not the usual word", "only"),
    Rule("(?:un)?asked|asks", "not the usual word", "requested, required, default"),
    Rule("beside", "not the usual word", "next to, in addition to"),
    Rule("whom", "archaic", "who, or name the person"),
    Rule("way[ _]out", "not the usual word", "fix"),
    Rule("of (?:its|their|your|our|one's) own", "wordy", "its own X, a separate X"),
    Rule("an? own|the own", "not English", "its own, a separate"),
    Rule("at the most", "not idiomatic", "at most"),
    Rule("at the least", "not idiomatic", "at least"),
    Rule("belongs? into", "not English", "belongs in"),
    Rule("needs not", "archaic", "does not need"),
    Rule("knows? (?:no|not|nothing)", "a program knows nothing", "has no, does not support"),
    Rule("whilst|amongst|learnt|spelt|towards", "British", "while, among, learned, spelled, toward"),
    Rule("MOST_[A-Z_]+|LARGEST_[A-Z_]+", "one word for limits", "MAX_", ignore_case=False),
    Rule(
        "What|Whom|Who|Whose|Where|Whether|Which|Why|How",
        "headless clause",
        "a verb (`Return the ...`) or a noun (`The queue's ...`)",
        Scope.SENTENCE,
        ignore_case=False,
    ),
    Rule("at", "says nothing", "property, path", Scope.NAME),
    Rule("places?", "several meanings", "index, path, position", Scope.NAME),
    Rule("own", "several meanings", "pattern_..., user_...", Scope.NAME),
    Rule("draw", "says nothing", "the verb for what it does", Scope.NAME),
)
SUFFIXES = frozenset({".example", ".js", ".md", ".py", ".tf", ".toml", ".yaml", ".yml"})
NAMES = frozenset({"Makefile"})
EXCLUDED = frozenset(
    {
        "CODE_OF_CONDUCT.md",  # the text of another project
        "ddb_stream_lambda/arguments/_generated.py",  # names of the provider
        "tests/tools/test_check_prose.py",  # examples of bad prose
        "tools/check_prose.py",  # the patterns above
    }
)
ALLOW = re.compile(r"prose: allow ([\w' -]+)")
CODESPELL = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<word>.+?) ==> (?P<use>.+)")


@dataclass(frozen=True, order=True)
class Finding:
    """A text to reword."""

    path: str
    line: int
    text: str
    reason: str
    use: str

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: "{self.text}": {self.reason}; use {self.use}'


def files(root: Path) -> list[str]:
    """Return the files that git tracks or would add, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and (root / path).is_file()]


def is_checked(path: str) -> bool:
    """Return whether the file holds text that people of this project wrote."""
    name = Path(path).name
    return path not in EXCLUDED and (Path(path).suffix in SUFFIXES or name in NAMES)


def findings_in(path: str, text: str) -> Iterator[Finding]:
    """Yield what the rules find in a file."""
    for number, line in enumerate(text.splitlines(), 1):
        yield from _matches(path, number, line, Scope.LINE)
    if path.endswith(".py"):
        for number, sentence in _sentences_of(text):
            yield from _matches(path, number, sentence, Scope.SENTENCE)
        for number, name in _names_of(ast.parse(text)):
            yield from _matches(path, number, name, Scope.NAME)


def _matches(path: str, number: int, text: str, scope: Scope) -> Iterator[Finding]:
    for rule in RULES:
        if rule.scope is scope:
            found = rule.regex.finditer(text) if scope is Scope.LINE else filter(None, [rule.regex.match(text)])
            for match in found:
                yield Finding(path, number, match[0], rule.reason, rule.use)


def _sentences_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the beginning of each docstring and of each comment that has its own line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring and not docstring.partition("\n")[0].rstrip().endswith("?"):
                yield node.body[0].lineno, docstring.lstrip()
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            if token.start[0] != last + 1:
                yield token.start[0], token.string.lstrip("# ")
            last = token.start[0]


def _names_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each variable, parameter, function, class and attribute that the code defines."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def misspellings_in(paths: Sequence[str], root: Path) -> Iterator[Finding]:
    """Yield what codespell finds in the files."""
    command = [sys.executable, "-m", "codespell_lib", "--toml", str(CONFIGURATION), "--disable-colors", "--", *paths]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True)
    # codespell exits with 65 if it finds a misspelling.
    if ran.returncode not in (0, 65):
        raise RuntimeError(f"codespell failed: {ran.stderr}")
    for line in ran.stdout.splitlines():
        if match := CODESPELL.fullmatch(line):
            path = match["path"].removeprefix("./")
            yield Finding(path, int(match["line"]), match["word"], "spelling", match["use"])


def check(paths: Sequence[str], root: Path) -> list[Finding]:
    """Return the findings in the files, in order, without those that their line allows."""
    texts = {path: (root / path).read_text(encoding="utf-8") for path in paths if is_checked(path)}
    found = {finding for path, text in texts.items() for finding in findings_in(path, text)}
    if texts:
        found.update(misspellings_in(list(texts), root))
    return sorted(finding for finding in found if not _is_allowed(finding, texts[finding.path]))


def _is_allowed(finding: Finding, text: str) -> bool:
    allowed = ALLOW.search(text.splitlines()[finding.line - 1])
    return allowed is not None and finding.text.lower() in allowed[1].lower()


def main(arguments: Sequence[str]) -> int:
    """Check the files and return the exit code."""
    paths = [str(Path(path).resolve().relative_to(ROOT)) for path in arguments] or files(ROOT)
    findings = check(paths, ROOT)
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} findings; CONTRIBUTING.md has the rules", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

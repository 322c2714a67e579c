"""The renamed project for cdktn: what is renamed, what is kept, and which files it has."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from lock import entries_of
from rename_to_cdktn import (
    ABOUT_BOTH,
    KEPT,
    ROOT,
    SETTINGS,
    is_left_out,
    rename,
    rename_golden,
    rename_project,
    replace_versions,
    write_project,
)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSIONS: dict[str, str] = PROJECT["tool"][SETTINGS]["versions"]
SECOND: dict[str, Any] = PROJECT["tool"][SETTINGS]["project"]
# The lines of golden files that may differ: versions, the provider's address, and the manifest's packages.
DIFFERENCE = re.compile(
    r"""
    \s*"?version"?\s*[=:]\ "(~>\ )?[\d.]+",?
    | \s*"synthesized_for":\ "[\d.]+"
    | \s*"source":\ "(aws|hashicorp/aws)",
    | \s*"(cdktf|cdktf-cdktf-provider-aws|cdktn|cdktn-provider-aws)":\ "[\d.]+",?
    | .*registry\.terraform\.io/providers/hashicorp/aws/[\d.]+/docs/.*
    | \|\ <a\ name="(requirement|provider)_aws"></a>\ .*\ \|\ ~>\ [\d.]+\ \|
    | [0-9a-f]{64}\ \ (MANIFEST\.json|.*README\.md|.*terraform\.tf(\.json)?|.*main\.tf(\.json)?)
    """,
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the renamed project."""
    folder = tmp_path_factory.mktemp("build") / "cdktn"
    write_project(folder)
    return folder


def texts(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file of a folder."""
    for path in sorted(folder.rglob(pattern)):
        if path.is_file() and path.suffix != ".pyc":
            yield str(path.relative_to(folder)), path.read_text()


class TestNames:
    def test_of_the_operations_stay(self) -> None:
        """These files are in the archive of the backfill's worker, which is the same for both tools."""
        files = list((ROOT / "ddb_stream_lambda" / "operations").rglob("*.py"))
        assert files
        assert [path for path in files if rename(path.read_text()) != path.read_text()] == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("from cdktf import App", "from cdktn import App"),
            ("import cdktf_cdktf_provider_aws.sqs_queue", "import cdktn_provider_aws.sqs_queue"),
            ("pip install cdktf-cdktf-provider-aws", "pip install cdktn-provider-aws"),
            ("npm install cdktf-cli", "npm install cdktn-cli"),
            ("require('@cdktf/hcl2json')", "require('@cdktn/hcl2json')"),
            ("node_modules/@cdktf/provider-aws/lib/index.js", "node_modules/@cdktn/provider-aws/lib/index.js"),
            ("CDK for Terraform", "CDK Terrain"),
            ("the CDKTF construct", "the CDKTN construct"),
            ('DISTRIBUTION = "ddb-stream-lambda"', 'DISTRIBUTION = "ddb-stream-lambda-cdktn"'),
        ],
    )
    def test_are_renamed(self, text: str, expected: str) -> None:
        assert rename(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "node.add_metadata('@cdktf/warn', message)",
            "cdktf.out/stacks",
            "the app of cdktf.json",
            'os.environ["CDKTF_OUTDIR"]',
            "stack.cdktf_stack",
            "https://developer.hashicorp.com/terraform/cdktf/concepts/stacks",
            "ddb-stream-lambda handoff",
        ],
    )
    def test_that_the_fork_has_too_are_kept(self, text: str) -> None:
        assert rename(text) == text

    def test_in_a_line_about_both_tools_are_kept(self) -> None:
        assert rename("cdktf, or its fork cdktn\nimport cdktf\n") == "cdktf, or its fork cdktn\nimport cdktn\n"

    def test_next_to_a_kept_name_are_renamed(self) -> None:
        assert rename("cdktf writes cdktf.out") == "cdktn writes cdktf.out"

    def test_of_cdktf_do_not_remain_in_the_package(self, renamed: Path) -> None:
        remaining = {
            (name, line)
            for name, text in texts(renamed / "ddb_stream_lambda", "*")
            for line in text.splitlines()
            if not ABOUT_BOTH.search(line) and "cdktf" in re.sub(r"CDKTF_[A-Z_]+", "", KEPT.sub("", line)).lower()
        }
        assert remaining == set()

    def test_of_cdktf_are_not_imported_anywhere(self, renamed: Path) -> None:
        imports = re.compile(r"^\s*(?:from|import) cdktf\w*", re.MULTILINE)
        assert [name for name, text in texts(renamed, "*.py") if imports.search(text)] == []


class TestVersions:
    def test_are_replaced(self) -> None:
        assert (
            replace_versions('"6.25.0" and ~> 6.25.', {"6.25.0": "6.69.1", "6.25": "6.69"}) == '"6.69.1" and ~> 6.69.'
        )

    @pytest.mark.parametrize("text", ["16.25.0", "6.25.01", "1.6.25.0", "6.25.0.1"])
    def test_in_a_longer_number_are_kept(self, text: str) -> None:
        assert replace_versions(text, {"6.25.0": "6.69.1", "6.25": "6.69"}) == text

    def test_are_those_of_the_locked_packages(self) -> None:
        former = entries_of((ROOT / "requirements.txt").read_text())
        locked = entries_of((ROOT / "requirements-cdktn.txt").read_text())
        pairs = {"cdktf": "cdktn", "cdktf-cdktf-provider-aws": "cdktn-provider-aws", "constructs": "constructs"}
        for name, renamed in pairs.items():
            assert VERSIONS[former[name][0].version] == locked[renamed][0].version

    @pytest.mark.parametrize("requirement", [Requirement(text) for text in SECOND["dependencies"]], ids=str)
    def test_that_the_distribution_allows_include_the_locked_one(self, requirement: Requirement) -> None:
        (entry,) = entries_of((ROOT / "requirements-cdktn.txt").read_text())[requirement.name]
        assert requirement.specifier.contains(entry.version)


class TestGoldenFiles:
    def test_differ_only_in_versions_the_providers_address_and_the_names_of_packages(self, renamed: Path) -> None:
        former, written = (dict(texts(folder / "tests/golden", "*")) for folder in (ROOT, renamed))
        assert former.keys() == written.keys()
        for name, text in former.items():
            lines = difflib.ndiff(text.splitlines(), written[name].splitlines())
            changed = [line[2:] for line in lines if line.startswith(("- ", "+ "))]
            assert [line for line in changed if not DIFFERENCE.fullmatch(line)] == [], name

    def test_keep_the_words_of_a_text(self) -> None:
        text = '{"description": "10.8.10 of aws", "source": "aws"}'
        assert rename_golden(text, VERSIONS) == '{"description": "10.8.10 of aws", "source": "hashicorp/aws"}'

    def test_have_the_addresses_of_cdktf(self, renamed: Path) -> None:
        pattern = re.compile(r'^resource "\w+" "\w+"|^ +(?:from|to) = .*', re.MULTILINE)
        for name, text in texts(ROOT / "tests/golden", "*.tf"):
            assert pattern.findall(text) == pattern.findall((renamed / "tests/golden" / name).read_text())


class TestProject:
    def test_has_the_name_and_the_dependencies_of_the_second_distribution(self) -> None:
        project = tomllib.loads(rename_project((ROOT / "pyproject.toml").read_text()))
        assert project["project"]["name"] == "ddb-stream-lambda-cdktn"
        assert project["project"]["dependencies"] == SECOND["dependencies"]
        assert project["project"]["version"] == PROJECT["project"]["version"]
        assert SETTINGS not in project["tool"]
        assert "cdktn_provider_aws" in [override["module"] for override in project["tool"]["mypy"]["overrides"]]

    def test_removes_what_the_folder_held(self, tmp_path: Path) -> None:
        (tmp_path / "old.py").touch()
        write_project(tmp_path)
        assert not (tmp_path / "old.py").exists()
        assert (tmp_path / "ddb_stream_lambda/py.typed").exists()

    def test_has_the_requirements_of_cdktn(self, renamed: Path) -> None:
        assert (renamed / "requirements.txt").read_text() == (ROOT / "requirements-cdktn.txt").read_text()

    @pytest.mark.parametrize(
        "path",
        [
            "tests/tools/test_lock.py",
            "tests/test_documentation.py",
            "tests/test_package.py",
            "tests/code/test_archives.py",
            "tests/function/test_handler.py",
        ],
    )
    def test_leaves_out_tests_that_do_not_depend_on_the_tool(self, path: str) -> None:
        assert (ROOT / path).exists()
        assert is_left_out(path)

    @pytest.mark.parametrize(
        "path",
        [
            "tests/code/test_code_of_a_pattern.py",
            "tests/code/conftest.py",
            "tests/e2e/providers.py",
            "tests/handoff/test_command.py",
            "tests/test_output.py",
        ],
    )
    def test_has_the_other_tests_and_their_fixtures(self, path: str) -> None:
        assert (ROOT / path).exists()
        assert not is_left_out(path)

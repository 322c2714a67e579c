"""The documents agree with the code: the examples run, the tables are complete, and the links lead somewhere."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError, WarningId, limits
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from ddb_stream_lambda._engine import TESTED_WITH
from ddb_stream_lambda.resources import alarms
from ddb_stream_lambda.resources.table_access import TablePermissions

from rename_to_cdktn import rename
from tests.support.arns import ACCESS_POINT_ARN, KEY_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, new_stack
from tests.support.emitted import Emitted

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
README = (ROOT / "README.md").read_text()
MAXIMUM_README_LINES = 150
LINK = re.compile(r"\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of the tables, without their headers."""
    lines = text.splitlines()
    for line, previous in zip(lines[1:], lines, strict=False):
        if line.startswith("|") and previous.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def first_names(text: str) -> set[str]:
    """The names in code that begin the tables' rows."""
    return {match[1] for row in rows(text) if (match := re.match(r"`(\w+)`", row[0]))}


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


class TestReadme:
    def test_is_short(self) -> None:
        assert len(README.splitlines()) <= MAXIMUM_README_LINES

    @pytest.mark.slow
    def test_the_example_runs_with_the_imports_of_cdktf(self, tmp_path: Path) -> None:
        (tmp_path / "function").mkdir()
        (tmp_path / "function" / "index.py").write_text("def handler(event, context): ...\n")
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        (program,) = blocks(section(README, "Five lines"), "python")
        for cdktn, cdktf in self.imports():
            assert cdktn in program
            program = program.replace(cdktn, cdktf)
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
        assert (tmp_path / "cdktf.out/stacks/orders/cdk.tf.json").is_file()

    def imports(self) -> list[tuple[str, str]]:
        """The import lines of each tool that the table shows, those of cdktn first."""
        table = rows(section(README, "Install").split("\n### ", 1)[0])
        return [(row[1].strip("`"), row[2].strip("`")) for row in table if row[1].startswith("`from ")]

    def test_shows_the_same_imports_for_both_tools(self) -> None:
        assert len(self.imports()) == 2
        for cdktn, cdktf in self.imports():
            assert rename(cdktf) == cdktn

    def test_shows_the_formatters_setting_that_this_repository_uses(self) -> None:
        (setting,) = re.findall(r"^force-to-top = .*$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        for text in (README, page("reference/warnings")):
            assert setting in text
            assert setting.replace("-", "_") in text

    def test_links_to_every_page_of_the_site_that_is_not_a_list(self) -> None:
        listed = {path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")}
        linked = {link.partition("#")[0] for link in LINK.findall(README)}
        unlinked = {path for path in listed - linked if not path.startswith(("docs/decisions/", "docs/recipes/"))}
        assert unlinked == {"docs/index.md", "docs/reference/api.md"}


class TestLinks:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_every_link_leads_to_a_file_and_a_heading(self, document: Path) -> None:
        text = re.sub(r"^ *```.*?^ *```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
        for link in LINK.findall(text):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            target = (document.parent / name).resolve() if name else document
            assert target.exists(), f"{document.name}: {link}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
                assert anchor in map(anchor_of, headings), f"{document.name}: {link}"

    def test_the_navigation_of_the_site_names_every_page(self) -> None:
        config = (ROOT / "mkdocs.yml").read_text()
        for path in DOCS.rglob("*.md"):
            assert path.relative_to(DOCS).as_posix() in config

    def test_the_examples_page_links_to_every_example(self) -> None:
        linked = set(LINK.findall(page("examples")))
        for path in (ROOT / "examples").glob("*.py"):
            assert f"../examples/{path.name}" in linked


class TestGettingStarted:
    def test_shows_the_files_of_the_examples(self) -> None:
        programs = blocks(page("getting-started"), "python")
        for name in ("function/index.py", "five_lines.py"):
            assert rename((ROOT / "examples" / name).read_text()) in programs


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FORK = PROJECT["tool"]["rename-to-cdktn"]


def pinned_in(name: str) -> dict[str, str]:
    """The pinned versions of a requirements file."""
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE))


class TestTestedVersions:
    """The table of tested versions agrees with the pinned ones, for each distribution."""

    COLUMNS = ("ddb-stream-lambda-cdktn", "ddb-stream-lambda")

    def column(self, distribution: str) -> dict[str, str]:
        index = self.COLUMNS.index(distribution) + 1
        return {row[0]: row[index] for row in rows(section(page("compatibility"), "Tested versions"))}

    def test_the_columns_are_the_two_distributions(self) -> None:
        text = section(page("compatibility"), "Tested versions")
        assert "| | " + " | ".join(f"`{name}`" for name in self.COLUMNS) + " |" in text
        assert (FORK["project"]["name"], PROJECT["project"]["name"]) == self.COLUMNS

    @pytest.mark.parametrize("distribution", COLUMNS)
    def test_the_allowed_versions_are_the_dependencies(self, distribution: str) -> None:
        project = {PROJECT["project"]["name"]: PROJECT["project"], FORK["project"]["name"]: FORK["project"]}
        column = self.column(distribution)
        allowed = [column[f"{part}, allowed"].strip("`") for part in ("tool", "AWS bindings", "constructs")]
        assert allowed == project[distribution]["dependencies"]

    def test_the_tested_versions_of_cdktf_are_those_of_the_engine_and_of_the_requirements(self) -> None:
        column = self.column("ddb-stream-lambda")
        tested = dict(column[f"{part}, tested"].split() for part in ("tool", "AWS bindings"))
        tested |= {part: column[f"{part}, tested"] for part in ("constructs", "jsii")}
        assert tested == TESTED_WITH
        assert tested.items() <= pinned_in("requirements.txt").items()

    def test_the_tested_versions_of_cdktn_are_those_of_the_second_distribution(self) -> None:
        first, second = self.column("ddb-stream-lambda"), self.column("ddb-stream-lambda-cdktn")
        parts = ("tool, tested", "AWS bindings, tested", "constructs, tested", "AWS provider of the bindings")
        versions = {first[part].split()[-1]: second[part].split()[-1] for part in parts}
        assert versions.items() <= FORK["versions"].items()
        assert [second[part].split()[0] for part in parts[:2]] == ["cdktn", "cdktn-provider-aws"]
        tested = dict(second[part].split() for part in parts[:2])
        tested |= {part: second[f"{part}, tested"] for part in ("constructs", "jsii")}
        assert tested.items() <= pinned_in("requirements-cdktn.txt").items()

    def test_the_provider_of_the_bindings_is_the_one_of_the_golden_file(self) -> None:
        golden = (ROOT / "tests/golden/defaults.tf.json").read_text()
        assert f'"version": "{self.column("ddb-stream-lambda")["AWS provider of the bindings"]}"' in golden

    @pytest.mark.parametrize("distribution", COLUMNS)
    def test_the_versions_of_python_are_those_of_the_metadata_and_of_the_tests(self, distribution: str) -> None:
        versions = self.column(distribution)["Python"].split(", ")
        classifiers = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if ":: 3." in line]
        assert versions == classifiers
        assert PROJECT["project"]["requires-python"] == f">={versions[0]}"
        (matrix,) = re.findall(r"^ *python: \[(.*)\]$", (ROOT / ".github/workflows/ci.yml").read_text(), re.MULTILINE)
        assert matrix.replace('"', "").split(", ") == versions

    def test_the_version_of_node_is_that_of_the_command_line_of_cdktf(self) -> None:
        engines = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
        assert self.column("ddb-stream-lambda")["Node.js"] == f"{engines.removeprefix('>=')} or later"

    def test_the_version_of_terraform_is_the_one_of_the_workflow(self) -> None:
        workflow = (ROOT / ".github/workflows/ci.yml").read_text()
        for distribution in self.COLUMNS:
            assert f'terraform_version: "{self.column(distribution)["Terraform, tested"]}"' in workflow


# Programs of users, who import in other ways, and whose buckets and stacks can have the word in their names.
IMPORTS_OF_CDKTF = """\
import cdktf
import cdktf as c
import cdktf_cdktf_provider_aws.s3_bucket as s3
from cdktf import (
    App,
)
from cdktf.testing_matchers import Matchers
if True:
    from cdktf_cdktf_provider_aws import provider
app = cdktf.App(outdir="cdktf.out")
"""
IMPORTS_OF_CDKTN = """\
import cdktn
import cdktn as c
import cdktn_provider_aws.s3_bucket as s3
from cdktn import (
    App,
)
from cdktn.testing_matchers import Matchers
if True:
    from cdktn_provider_aws import provider
app = cdktn.App(outdir="cdktf.out")
"""
NAMES_WITH_CDKTF = """\
# See cdktf.json.
S3Backend(TerraformStack(app, "cdktf"), bucket="acme-cdktf-state", key="cdktf/orders.tfstate")
stack.node.set_context("@cdktf/warn", os.environ["CDKTF_HOME"])
"""


class TestMigration:
    RENAMED = ("main.py", *(f"stacks/{path.name}" for path in sorted((ROOT / "stacks").glob("*.py"))))

    def test_the_command_renames_the_imports_of_an_app(self, tmp_path: Path) -> None:
        if shutil.which("perl") is None:
            pytest.skip("perl is not on the path")
        (command,) = (code for code in blocks(unindented(page("migration/cdktn")), "sh") if "perl" in code)
        for name in self.RENAMED:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
        program = tmp_path / "infrastructure" / "state.py"
        program.parent.mkdir()
        program.write_text(IMPORTS_OF_CDKTF + NAMES_WITH_CDKTF)
        subprocess.run(command, shell=True, cwd=tmp_path, check=True)
        for name in self.RENAMED:
            assert code_of((tmp_path / name).read_text()) == code_of(rename((ROOT / name).read_text())), name
        assert program.read_text() == IMPORTS_OF_CDKTN + NAMES_WITH_CDKTF


def unindented(text: str) -> str:
    """The text without the indent of lists."""
    return re.sub(r"^ {3}", "", text, flags=re.MULTILINE)


def code_of(program: str) -> str:
    """The program without its docstrings and comments."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.unparse(tree)


class TestInputs:
    def test_documents_every_input(self) -> None:
        parameters = inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.values()
        keywords = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
        assert first_names(section(page("reference/inputs"), "Inputs")) == keywords

    def test_documents_every_property(self) -> None:
        properties = {name for name, value in vars(DynamoDBStreamsToLambda).items() if isinstance(value, property)}
        assert first_names(section(page("reference/inputs"), "Properties")) == properties


# Section of the page -> the input that its overrides are for, and the Terraform type.
DEFAULTS = {
    "Table": ("dynamo_table_props", "aws_dynamodb_table"),
    "Function": ("lambda_function_props", "aws_lambda_function"),
    "Event source mapping": ("dynamo_event_source_props", "aws_lambda_event_source_mapping"),
    "Dead-letter queue": ("sqs_dlq_queue_props", "aws_sqs_queue"),
    "Failure bucket": ("failure_bucket_props", "aws_s3_bucket"),
}
WITH_BUCKET = {"deploy_failure_bucket": True}


def overrides() -> list[Any]:
    """Each override of the page: its input, its value, and whether it is marked as a weakened protection."""
    return [
        pytest.param(given, ast.literal_eval(override.strip("`")), default.startswith("▲"), id=f"{title}: {override}")
        for title, (given, _) in DEFAULTS.items()
        for default, override in rows(section(page("reference/defaults"), title))
        if override
    ]


def needed_by(input: str) -> dict[str, Any]:
    """The input without which the pattern refuses another one."""
    return WITH_BUCKET if input == "failure_bucket_props" else {}


class TestDefaults:
    @pytest.mark.parametrize("title", DEFAULTS)
    def test_documents_every_argument_that_the_pattern_sets(self, emit: Emit, title: str) -> None:
        input, resource = DEFAULTS[title]
        text = section(page("reference/defaults"), title)
        given = {"handler", "runtime"} if title == "Function" else set()
        for argument in emit(**needed_by(input)).only(resource).keys() - given:
            assert f"`{argument}`" in text, argument

    @pytest.mark.parametrize(("given", "value", "weakens"), overrides())
    def test_an_override_is_accepted_and_warns_if_it_is_marked(
        self, emit: Emit, given: str, value: Mapping[str, Any], weakens: bool
    ) -> None:
        emitted = emit(**needed_by(given), **{given: value})
        assert emitted.text
        assert bool(emitted.warnings) == weakens

    def test_documents_every_alarm_with_its_threshold(self) -> None:
        documented = {row[0].strip("`"): row[1] for row in rows(section(page("reference/defaults"), "Alarms"))}
        assert documented == {
            name: f"{threshold} {limits.ALARM_THRESHOLDS[name].unit}" for name, threshold in alarms.defaults().items()
        }

    def test_the_name_of_the_example_is_right(self, emit: Emit) -> None:
        assert emit().table["name"] == "orders_pipeline"
        assert "`orders_pipeline`" in section(page("reference/defaults"), "Names")


class TestWarnings:
    def test_documents_every_id(self) -> None:
        assert first_names(section(page("reference/warnings"), "Weakened defaults")) == set(get_args(WarningId))

    def test_the_filter_silences_the_warning_of_the_import_order(self) -> None:
        (silence,) = (code for code in blocks(page("reference/warnings"), "python") if "filterwarnings" in code)
        # A module of the same name is enough for the warning; the provider's takes 20 seconds.
        imports = "import sys\nsys.modules['cdktf_cdktf_provider_aws'] = sys\nimport ddb_stream_lambda\n"
        for code, fails in ((imports, True), (silence + imports, False)):
            command = [sys.executable, "-W", "error", "-c", code]
            ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert ("ImportOrderWarning" in ran.stderr) == fails
            assert (ran.returncode != 0) == fails

    def test_a_marked_default_names_its_id(self) -> None:
        marked = " ".join(row[0] for row in rows(page("reference/defaults")) if row[0].startswith("▲"))
        marked += " ".join(re.findall(r"^- ▲ (`\w+`)", page("reference/defaults"), re.MULTILINE))
        rest = {
            "dead_letter_config",
            "deploy_sqs_dlq_queue",
            "destination_config",
            "file_system_config",
            "filter_criteria",
            "image_uri",
            "snap_start",
            "source_code_hash",
            "ttl",
        }
        rest |= {"import_table", "restore_backup_arn", "restore_source_name", "restore_source_table_arn"}
        rest |= {"grant_permissions", "policy_size", "queue_key", "region"}
        for word in set(get_args(WarningId)) - rest:
            assert f"`{word}`" in marked


VPC = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}


def with_customer_keys(stack: TerraformStack) -> dict[str, Any]:
    key = KmsKey(stack, "key").arn
    return {
        "dynamo_table_props": {"server_side_encryption": {"kms_key_arn": key}},
        "sqs_dlq_queue_props": {"kms_master_key_id": key},
        "lambda_function_props": ZIP_FUNCTION | {"vpc_config": VPC},
    }


def with_table_permissions(permissions: str, stack: TerraformStack) -> dict[str, Any]:
    return with_customer_keys(stack) | {"table_permissions": permissions}


def encrypted_bucket(stack: TerraformStack) -> S3Bucket:
    bucket = S3Bucket(stack, "encrypted")
    bucket.add_override(
        "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default",
        {"sse_algorithm": "aws:kms", "kms_master_key_id": KmsKey(stack, "bucket-key").arn},
    )
    return bucket


def with_destination(arn: str) -> dict[str, Any]:
    return {
        "dynamo_event_source_props": {"destination_config": {"on_failure": {"destination_arn": arn}}},
        "lambda_function_props": ZIP_FUNCTION,
    }


def with_dead_letters(arn: str) -> dict[str, Any]:
    settings = {
        "dead_letter_config": {"target_arn": arn},
        "durable_config": {"execution_timeout": 60},
        "file_system_config": {"arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/orders"},
        "vpc_config": VPC,
    }
    return {"lambda_function_props": ZIP_FUNCTION | settings, "lambda_alias_props": {}}


class TestPermissions:
    def documented(self) -> dict[str, list[set[str]]]:
        found: dict[str, list[set[str]]] = {}
        for row in rows(page("reference/permissions").split("\n## ", 1)[0]):
            found.setdefault(row[0].strip("`"), []).append(set(re.findall(r"`([\w:*]+)`", row[1])))
        return found

    def test_documents_every_statement_with_its_actions(self) -> None:
        documented = self.documented()
        emitted: dict[str, list[set[str]]] = {}
        calls: list[Callable[[TerraformStack], dict[str, Any]]] = [
            with_customer_keys,
            lambda stack: with_destination(SnsTopic(stack, "topic").arn),
            lambda stack: with_destination(S3Bucket(stack, "bucket").arn),
            lambda stack: with_dead_letters(SqsQueue(stack, "events").arn),
            lambda stack: with_dead_letters(SnsTopic(stack, "events").arn),
            lambda stack: with_dead_letters(SqsQueue(stack, "encrypted", kms_master_key_id=KEY_ARN).arn),
            *(partial(with_table_permissions, permissions) for permissions in get_args(TablePermissions)),
            lambda stack: with_destination(encrypted_bucket(stack).arn),
            lambda stack: WITH_BUCKET | {"lambda_function_props": ZIP_FUNCTION},
        ]
        for inputs_of in calls:
            stack = new_stack()
            grants = Emitted(stack, DynamoDBStreamsToLambda(stack, "pipeline", **inputs_of(stack))).permissions
            for sid, (actions, _) in grants.items():
                if actions not in emitted.setdefault(sid, []):
                    emitted[sid].append(actions)
        assert documented.keys() == emitted.keys()
        for sid, actions_of in documented.items():
            assert sorted(map(sorted, actions_of)) == sorted(map(sorted, emitted[sid])), sid

    def test_documents_the_statements_of_the_queue_policy(self, emit: Emit) -> None:
        text = section(page("reference/permissions"), "Dead-letter queue")
        policy = emit().only("aws_sqs_queue_policy")["policy"]
        assert first_names(text) == set(re.findall(r'"Sid": ?"(\w+)"', policy))

    def test_documents_the_policies_with_a_failure_bucket(self, emit: Emit) -> None:
        emitted = emit(**WITH_BUCKET)
        for title, kind in (("Dead-letter queue", "aws_sqs_queue_policy"), ("Failure bucket", "aws_s3_bucket_policy")):
            text = section(page("reference/permissions"), title)
            for sid in re.findall(r'"Sid": ?"(\w+)"', emitted.only(kind)["policy"]):
                assert f"`{sid}`" in text


class TestErrors:
    def test_the_example_is_what_the_library_reports(self, emit: Emit) -> None:
        with pytest.raises(PatternError) as caught:
            emit(
                dynamo_event_source_props={"retry_attempts": 3, "batch_size": 20_000},
                lambda_function_props=ZIP_FUNCTION | {"handler": None},
            )
        assert blocks(page("reference/errors"), "text") == [f"{caught.value}\n"]

    def test_documents_every_range(self) -> None:
        documented = {
            row[0].split("`")[1]: row[1] for row in rows(section(page("reference/errors"), "Limits")) if "`" in row[0]
        }
        table = (
            limits.POINT_IN_TIME_RECOVERY_RANGES,
            limits.ON_DEMAND_THROUGHPUT_RANGES,
            limits.WARM_THROUGHPUT_RANGES,
            limits.FAILURE_BUCKET_RANGES,
        )
        for ranges in (
            limits.EVENT_SOURCE_RANGES,
            limits.QUEUE_RANGES,
            limits.FUNCTION_RANGES,
            limits.ALARM_THRESHOLDS,
            *table,
        ):
            for argument, allowed in ranges.items():
                assert documented[argument] == str(allowed)

    def test_documents_every_range_of_a_backfill(self) -> None:
        documented = {row[0]: row[1] for row in rows(section(page("reference/errors"), "Limits"))}
        for argument, allowed in limits.BACKFILL_RANGES.items():
            assert documented[f"`{argument}`"] == str(allowed)
        for argument, allowed in limits.BACKFILL_WORKER_RANGES.items():
            assert documented[f"worker of a `Backfill`: `{argument}`"] == str(allowed)

    def test_documents_every_other_limit(self) -> None:
        text = section(page("reference/errors"), "Limits")
        words = set(re.findall(r"[\w-]+", text))
        for name, value in vars(limits).items():
            if name.isupper() and isinstance(value, int):
                assert str(value) in words, name
            if name.isupper() and isinstance(value, tuple):
                assert {str(item) for item in value} <= words, name
            if isinstance(value, limits.NameRule):
                assert f"{value.min_length} to {value.max_length} characters" in text, name


class TestRepository:
    """The files that GitHub and editors read."""

    WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

    @pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
    def test_actions_are_pinned_by_commit_with_their_version(self, workflow: Path) -> None:
        used = re.findall(r"uses: (.*)", workflow.read_text())
        assert used
        for action in used:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action

    def test_workflows_agree_on_the_pins(self) -> None:
        pins = {action for path in self.WORKFLOWS for action in re.findall(r"uses: (.*)", path.read_text())}
        assert len(pins) == len({action.partition("@")[0] for action in pins})

    def test_yaml_files_are_valid(self) -> None:
        yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
        files = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
        for path in files:
            assert yaml.safe_load(path.read_text()), path

    def test_the_changelog_has_a_section_for_the_version(self) -> None:
        (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        assert re.search(rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    def test_the_layout_table_names_folders_that_exist(self) -> None:
        text = section((ROOT / "CONTRIBUTING.md").read_text(), "The layout")
        paths = [path for row in rows(text) for path in re.findall(r"`([\w./-]+)`", row[0])]
        assert len(paths) > 10
        for path in paths:
            assert (ROOT / path).exists(), path

"""A bundle of a stack with a backfill: descriptions of its resources, its permissions, and the runbook's chapter."""

import re
import zipfile
from pathlib import Path

import pytest

from . import example_stack
from .support import run_handoff

MACHINE = "aws_sfn_state_machine.backfill"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    output = example_stack.synthesize_backfill(folder / "cdktf.out")
    options = ["--quiet", "--from", str(output), "--out", str(folder / "dist"), "--format", "hcl"]
    assert run_handoff(*options) == 0
    return folder / "dist" / "shop"


def test_each_resource_has_the_purpose_that_it_has_in_the_backfill(bundle: Path) -> None:
    readme = (bundle / "README.md").read_text()
    found = re.findall(r"^\| `(aws_[\w.]+)` \| .*?\| ([^|]*) \|$", readme, re.MULTILINE)
    rows = dict(reversed(found))  # the first table lists the resources
    assert rows[MACHINE].startswith("Sends the files of an export")
    assert rows["aws_lambda_function.backfill"].startswith("Sends one file of an export to the function")
    assert rows["aws_lambda_function.pipeline"].startswith("Processes the records of the stream")
    assert rows["aws_iam_role.backfill_worker"] == "The worker's execution role."
    assert rows["aws_iam_role.backfill_states"] == "The role of the state machine."


def test_permissions_of_both_roles_are_in_the_readme(bundle: Path) -> None:
    readme = (bundle / "README.md").read_text()
    for words in ("states:StartExecution", "s3:GetObject", "lambda:InvokeFunction", "stateMachine:shop_backfill"):
        assert words in readme


def test_runbook_exports_the_table_starts_the_machine_and_continues_it(bundle: Path) -> None:
    runbook = (bundle / "RUNBOOK.md").read_text()
    (chapter,) = (part for part in runbook.split("\n## ") if part.startswith(f"Backfill: `{MACHINE}`"))
    commands = re.findall(r"aws (\w+ [\w-]+)", chapter)
    assert commands == [
        "dynamodb export-table-to-point-in-time",
        "dynamodb describe-export",
        "stepfunctions start-execution",
        "stepfunctions describe-execution",
        "stepfunctions list-map-runs",
        "stepfunctions describe-map-run",
        "s3 rm",
        "stepfunctions redrive-execution",
        "stepfunctions stop-execution",
    ]
    assert '--s3-bucket "shop-exports" --s3-prefix "orders"' in chapter
    assert 's3://"shop-exports"/"orders"/AWSDynamoDB/EXPORT_ID' in chapter
    assert f"terraform state show -no-color '{MACHINE}'" in chapter


def test_runbook_sends_or_deletes_the_refused_records_before_it_continues(bundle: Path) -> None:
    runbook = (bundle / "RUNBOOK.md").read_text()
    (chapter,) = (part for part in runbook.split("\n## ") if part.startswith(f"Backfill: `{MACHINE}`"))
    # The folder that the worker writes them to, with quotes for the shell.
    assert chapter.count('REFUSED=s3://"shop-exports"/"backfill-results"/EXECUTION_NAME/refused/\n') == 2
    steps = [
        "After `RecordsRefused`",
        "pip install boto3 WHEEL_FILE",
        'ddb-stream-lambda redrive --bucket "$REFUSED" --dry-run\n',
        'ddb-stream-lambda redrive --bucket "$REFUSED"\n',
        'aws s3 rm "$REFUSED" --recursive',
        "aws stepfunctions redrive-execution",
    ]
    assert sorted(steps, key=chapter.index) == steps


def test_bundle_has_the_code_of_the_worker(bundle: Path) -> None:
    (archive,) = bundle.rglob("operations.zip")
    names = zipfile.ZipFile(archive).namelist()
    assert {"operations/__init__.py", "operations/worker.py", "operations/backfilling/worker.py"} <= set(names)
    assert all(name.endswith(".py") for name in names)

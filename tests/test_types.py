"""The types of the public interface: what mypy and pyright report about a call, and which types are exported.

mypy and pyright check all programs below in one run each, since a start takes seconds.
"""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_overloads, is_typeddict

import ddb_stream_lambda
import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, pattern

from tests.support.bindings import has_argument
from tests.support.calls import ROOT

PRELUDE = """
from typing import Any, assert_type

from ddb_stream_lambda import (
    Code, DynamoDBStreamsToLambda, DynamoEventSourceProps, DynamoTableProps, ExistingFunction, ExistingTable,
    LambdaFunctionProps, LambdaRoleProps, RoleStatement, SqsQueueProps, TableByArn, WarningId,
)
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable, DynamodbTableAttribute, DynamodbTableConfig, DynamodbTableServerSideEncryption,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping, LambdaEventSourceMappingConfig,
)
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunctionConfig, LambdaFunctionVpcConfig
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue, SqsQueueConfig

stack = TerraformStack(App(), "orders")
FUNCTION: LambdaFunctionProps = {"code": Code.from_asset("."), "runtime": "python3.13", "handler": "index.handler"}
"""

# Programs without mistakes.
RIGHT = {
    "mappings": """
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "code": Code.from_asset("."),
        "runtime": "python3.13",
        "handler": "index.handler",
        "environment": {"variables": {"INDEX": "orders"}},
        "vpc_config": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
    },
    dynamo_table_props={"hash_key": "id", "attribute": [{"name": "id", "type": "S"}], "ttl": None},
    dynamo_event_source_props={"batch_size": 10, "filter_criteria": {"filter": [{"pattern": "{}"}]}},
    sqs_dlq_queue_props={"message_retention_seconds": 600},
    lambda_role_props={"name": "worker"},
    lambda_role_statements=[{"Action": "es:ESHttpPost", "Resource": ["*"]}],
    deploy_sqs_dlq_queue=True,
    deploy_failure_bucket=True,
    failure_bucket_props={"expiration_days": 365, "tags": {"Team": "orders"}},
    silence_warnings=["message_retention_seconds"],
)
""",
    "structs": """
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props=LambdaFunctionConfig(function_name="orders", role="arn", image_uri="orders:1"),
    dynamo_table_props=DynamodbTableConfig(name="orders"),
    dynamo_event_source_props=LambdaEventSourceMappingConfig(function_name="orders"),
    sqs_dlq_queue_props=SqsQueueConfig(delay_seconds=3),
)
""",
    "structs_in_mappings": """
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "image_uri": "orders:1",
        "vpc_config": LambdaFunctionVpcConfig(subnet_ids=["subnet-1"], security_group_ids=["sg-1"]),
    },
    dynamo_table_props={
        "attribute": [DynamodbTableAttribute(name="id", type="N")],
        "server_side_encryption": DynamodbTableServerSideEncryption(enabled=True),
    },
)
""",
    "mappings_and_structs": """
DynamoDBStreamsToLambda(
    stack, "pipeline", lambda_function_props=FUNCTION, dynamo_table_props=DynamodbTableConfig(name="orders")
)
""",
    "none": """
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    existing_lambda_obj=None,
    lambda_function_props=FUNCTION,
    existing_table_interface=None,
    dynamo_table_props=None,
    dynamo_event_source_props=None,
    sqs_dlq_queue_props=None,
    lambda_role_props=None,
    lambda_role_statements=None,
)
""",
    "variables": """
def create(
    function: LambdaFunctionProps,
    table: DynamoTableProps | None,
    mapping: DynamoEventSourceProps,
    queue: SqsQueueProps | None,
    role: LambdaRoleProps,
    statements: list[RoleStatement],
    silenced: list[WarningId],
) -> None:
    DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        lambda_function_props=function,
        dynamo_table_props=table,
        dynamo_event_source_props=mapping,
        sqs_dlq_queue_props=queue,
        lambda_role_props=role,
        lambda_role_statements=statements,
        silence_warnings=silenced,
    )
""",
    "extended_variables": """
DynamoDBStreamsToLambda(stack, "one", lambda_function_props={**FUNCTION, "timeout": 60})
DynamoDBStreamsToLambda(stack, "two", lambda_function_props=FUNCTION | {"timeout": 60})
""",
    "untyped_inputs": """
def create(inputs: dict[str, Any]) -> None:
    DynamoDBStreamsToLambda(stack, "pipeline", **inputs)
""",
    "expressions": """
variable = TerraformVariable(stack, "variable")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "image_uri": variable.string_value,
        "timeout": variable.number_value,
        "publish": variable.boolean_value,
        "layers": variable.list_value,
        "memory_size": variable.value,
    },
    existing_table_interface=TableByArn(variable.string_value, stream_arn=variable.string_value),
)
""",
    "properties": """
existing: ExistingFunction = DataAwsLambdaFunction(stack, "function", function_name="orders")
pipeline = DynamoDBStreamsToLambda(stack, "pipeline", existing_lambda_obj=existing)
assert_type(pipeline.dynamo_table_interface, ExistingTable)
assert_type(pipeline.dynamo_table, DynamodbTable | None)
assert_type(pipeline.lambda_function, ExistingFunction)
assert_type(pipeline.lambda_role, IamRole | None)
assert_type(pipeline.event_source_mapping, LambdaEventSourceMapping)
assert_type(pipeline.dead_letter_queue, SqsQueue | None)
assert_type(pipeline.failure_bucket, S3Bucket | None)
""",
    "subclass": """
class Orders(DynamoDBStreamsToLambda):
    def __init__(self, scope: TerraformStack, id: str) -> None:
        super().__init__(scope, id, lambda_function_props=FUNCTION, dynamo_table_props={"hash_key": "order"})
""",
}

if has_argument("DynamoTableProps", "restore_backup_arn"):
    RIGHT["arguments_of_a_newer_provider"] = """
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTableGlobalSecondaryIndexKeySchema

KEY = DynamodbTableGlobalSecondaryIndexKeySchema(attribute_name="customer", key_type="HASH")
DynamoDBStreamsToLambda(
    stack,
    "one",
    lambda_function_props={**FUNCTION, "use_resource_timeout_for_propagation": True, "timeouts": {"create": "20m"}},
    dynamo_table_props={
        "global_secondary_index": [
            {"name": "by-customer", "key_schema": [KEY], "projection_type": "ALL"},
            {
                "name": "by-time",
                "key_schema": [
                    {"attribute_name": "customer", "key_type": "HASH"},
                    {"attribute_name": "time", "key_type": "RANGE"},
                ],
                "projection_type": "ALL",
            },
        ],
    },
    dynamo_event_source_props={"timeouts": {"create": "20m"}, "use_resource_timeout_for_propagation": True},
    lambda_alias_props={"timeouts": {"update": "20m"}},
)
DynamoDBStreamsToLambda(
    stack,
    "two",
    lambda_function_props={"s3_bucket": "code", "s3_key": "orders.zip", "code_sha256": "hash"},
    dynamo_table_props={"restore_backup_arn": "arn"},
    silence_warnings=["restore_backup_arn"],
)
"""

# Mistakes in the inputs, each with the text that the error must contain.
WRONG = {
    "function_key": ('lambda_function_props={"runtimes": "x"}', "runtimes"),
    "table_key": ('dynamo_table_props={"hash_keys": "id"}', "hash_keys"),
    "mapping_key": ('dynamo_event_source_props={"batch_size": 10, "retry_attempts": 3}', "retry_attempts"),
    "queue_key": ('sqs_dlq_queue_props={"retention": 5}', "retention"),
    "bucket_key": ('failure_bucket_props={"retention": 5}', "retention"),
    "role_key": ('lambda_role_props={"role_name": "worker"}', "role_name"),
    "statement_key": ('lambda_role_statements=[{"action": "a:b", "Action": "a:b", "Resource": "*"}]', "action"),
    "function_value": ('lambda_function_props={"timeout": "3"}', "lambda_function_props"),
    "table_value": ('dynamo_table_props={"hash_key": 5}', "dynamo_table_props"),
    "mapping_value": ('dynamo_event_source_props={"parallelization_factor": "3"}', "dynamo_event_source_props"),
    "queue_value": ('sqs_dlq_queue_props={"delay_seconds": "3"}', "sqs_dlq_queue_props"),
    "block_key": ('dynamo_table_props={"ttl": {"attribute": "expires"}}', "dynamo_table_props"),
    "block_value": ('dynamo_table_props={"ttl": {"attribute_name": 5}}', "dynamo_table_props"),
    "missing_key_of_a_block": ('dynamo_table_props={"attribute": [{"name": "id"}]}', "dynamo_table_props"),
    "other_struct": ("dynamo_table_props=SqsQueueConfig(delay_seconds=3)", "dynamo_table_props"),
    "no_props": ('dynamo_table_props="orders"', "dynamo_table_props"),
    "other_function": ('existing_lambda_obj="orders"', "existing_lambda_obj"),
    "other_table": ('existing_table_interface="orders"', "existing_table_interface"),
    "keyword": ("deploy_dlq=False", "deploy_dlq"),
    "silence_warnings": ('silence_warnings=["tracing"]', "tracing"),
    "flag": ('deploy_sqs_dlq_queue="yes"', "deploy_sqs_dlq_queue"),
}
WRONG_CALL = 'DynamoDBStreamsToLambda(\n    stack,\n    "pipeline",\n    {input},\n)\n'

Errors = Mapping[str, list[str]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs. Their names begin with "right" or "wrong"."""
    folder = tmp_path_factory.mktemp("programs")
    for name, program in RIGHT.items():
        (folder / f"right_{name}.py").write_text(PRELUDE + program)
    for name, (input, _) in WRONG.items():
        (folder / f"wrong_{name}.py").write_text(PRELUDE + WRONG_CALL.format(input=input))
    (folder / "wrong_variable.py").write_text(f'{PRELUDE}props: DynamoEventSourceProps = {{"retry_attempts": 3}}\n')
    return folder


@pytest.fixture(scope="module")
def mypy_errors(programs: Path) -> Errors:
    """The errors that mypy reports, by program."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--output", "json"]
    ran = subprocess.run([*command, *map(str, programs.glob("*.py"))], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    reports = [json.loads(line) for line in ran.stdout.splitlines()]
    return collect((report["file"], report["message"]) for report in reports if report["severity"] == "error")


@pytest.fixture(scope="module")
def pyright_errors(programs: Path) -> Errors:
    """The errors that pyright reports, by program."""
    folders = [str(ROOT / "node_modules" / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    pyright = shutil.which("pyright", path=os.pathsep.join(folders))
    if pyright is None:
        pytest.skip("pyright is not installed")
    (programs / "pyrightconfig.json").write_text(json.dumps({"include": ["."], "extraPaths": [str(ROOT)]}))
    command = [pyright, "--project", str(programs), "--pythonpath", sys.executable, "--outputjson"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    reports = json.loads(ran.stdout)["generalDiagnostics"]
    return collect((report["file"], report["message"]) for report in reports if report["severity"] == "error")


def collect(reports: Iterator[tuple[str, str]]) -> Errors:
    """Return the messages by the name of their program."""
    errors: dict[str, list[str]] = {}
    for file, message in reports:
        errors.setdefault(Path(file).stem, []).append(message)
    return errors


@pytest.fixture(params=["mypy", "pyright"], scope="module")
def checker(request: pytest.FixtureRequest) -> str:
    """The name of each of the two type checkers."""
    return str(request.param)


@pytest.fixture(scope="module")
def errors(checker: str, request: pytest.FixtureRequest) -> Errors:
    """The errors that the type checker reports, by program."""
    found: Errors = request.getfixturevalue(f"{checker}_errors")
    return found


@pytest.mark.slow
class TestCalls:
    @pytest.mark.parametrize("name", RIGHT)
    def test_without_mistakes_pass(self, errors: Errors, name: str) -> None:
        assert errors.get(f"right_{name}", []) == []

    @pytest.mark.parametrize("name", WRONG)
    def test_with_a_mistake_get_an_error_that_names_it(self, errors: Errors, name: str) -> None:
        found = errors[f"wrong_{name}"]
        _, text = WRONG[name]
        assert text in "\n".join(found)

    def test_with_props_in_a_variable_get_an_error_at_the_variable(self, errors: Errors) -> None:
        assert "retry_attempts" in "\n".join(errors["wrong_variable"])


def package_names(module: str) -> set[str]:
    """Return the names of this package that a module can use in its annotations: imported ones and defined ones."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(level=level, names=aliases) if level > 0:
                names.update(alias.asname or alias.name for alias in aliases)
    return names


def annotations_of(kind: type) -> Iterator[str]:
    """Yield the annotations of a class: its attributes, and the signatures of its public methods and properties."""
    yield from map(str, inspect.get_annotations(kind).values())
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else inspect.unwrap(getattr(member, "__func__", member))
        if inspect.isfunction(function) and (name == "__init__" or not name.startswith("_")):
            yield from map(str, inspect.get_annotations(function).values())


# The classes that the package exports. The blocks in the props are described by the provider's documentation.
PUBLIC_CLASSES = [
    value
    for name in ddb_stream_lambda.__all__
    if isinstance(value := getattr(ddb_stream_lambda, name), type) and not is_typeddict(value)
]


@pytest.mark.parametrize(
    "kind",
    PUBLIC_CLASSES,
    ids=[kind.__name__ for kind in PUBLIC_CLASSES],
)
def test_every_type_of_a_public_signature_is_exported(kind: type) -> None:
    used = {name for annotation in annotations_of(kind) for name in re.findall(r"\w+", annotation)}
    of_package = {name for name in used & package_names(kind.__module__) if not name.startswith("Wrong")}
    assert of_package <= set(ddb_stream_lambda.__all__)


class TestOverloads:
    """pyright reads the overloads of the constructor; mypy and the program read the constructor."""

    def inputs_of(self, overload: Callable[..., object]) -> dict[str, str]:
        """Return the inputs of an overload with their annotations: keywords, or the keys of an unpacked TypedDict."""
        inputs: dict[str, str] = {}
        for parameter in inspect.signature(overload).parameters.values():
            unpacked = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
            if unpacked:
                shape = getattr(pattern, unpacked[1])
                inputs |= {name: item.__forward_arg__ for name, item in shape.__annotations__.items()}
            elif parameter.kind is parameter.KEYWORD_ONLY:
                inputs[parameter.name] = str(parameter.annotation)
        return inputs

    def test_have_the_inputs_of_the_constructor(self) -> None:
        inputs = self.inputs_of(DynamoDBStreamsToLambda.__init__)
        constructor = {name: re.sub(r" \| Wrong\w+", "", annotation) for name, annotation in inputs.items()}
        structs, mappings = map(self.inputs_of, get_overloads(DynamoDBStreamsToLambda.__init__))
        assert structs == constructor
        assert mappings.keys() == constructor.keys()
        for name, annotation in mappings.items():
            assert annotation in (constructor[name], constructor[name].split(" | ")[0])

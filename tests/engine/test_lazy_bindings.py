"""Imports on demand: the same classes and the same Terraform in every order and form of import.

Each test is a program of its own, since a process imports the provider's package once.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYNTHESISE = """
import hashlib
from cdktf import TerraformStack, Testing
import ddb_stream_lambda
from cdktf_cdktf_provider_aws.provider import AwsProvider
stack = TerraformStack(Testing.app(), "orders")
AwsProvider(stack, "aws", region="eu-west-1")
code = ddb_stream_lambda.Code.from_asset("tests/assets/hello")
props = {"code": code, "runtime": "python3.13", "handler": "index.handler"}
pattern = ddb_stream_lambda.DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=props)
print("TERRAFORM", hashlib.sha256(Testing.synth(stack).encode()).hexdigest())
"""
COUNT = """
import sys
print("MODULES", sum(name.startswith("cdktf_cdktf_provider_aws.") for name in sys.modules))
"""
# What a user's program may do before it imports the library.
BEFORE = {
    "nothing": "",
    "cdktf": "import cdktf",
    "a class": "from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket",
    "a module": "import cdktf_cdktf_provider_aws.s3_bucket",
    "the package": "import cdktf_cdktf_provider_aws as aws; aws.s3_bucket.S3Bucket",
    "a running engine": "import cdktf; cdktf.App()",
}
# The ways of Python to reach a class after the library is imported.
FORMS = {
    "from module import class": "from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket",
    "import module": "import cdktf_cdktf_provider_aws.s3_bucket as m; S3Bucket = m.S3Bucket",
    "import module by its full name": "import cdktf_cdktf_provider_aws.s3_bucket\n"
    "S3Bucket = cdktf_cdktf_provider_aws.s3_bucket.S3Bucket",
    "from package import module": "from cdktf_cdktf_provider_aws import s3_bucket; S3Bucket = s3_bucket.S3Bucket",
    "import package": "import cdktf_cdktf_provider_aws as aws; S3Bucket = aws.s3_bucket.S3Bucket",
    "importlib": "import importlib; S3Bucket = importlib.import_module('cdktf_cdktf_provider_aws.s3_bucket').S3Bucket",
    "from package import star": "from cdktf_cdktf_provider_aws import *; S3Bucket = s3_bucket.S3Bucket",
}


def run(program: str, **environment: str) -> dict[str, str]:
    """What the program prints: first word to second."""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(line.split(maxsplit=1) for line in ran.stdout.splitlines() if " " in line)


@pytest.fixture(scope="module")
def usual() -> dict[str, str]:
    return run(SYNTHESISE + COUNT)


def test_only_the_modules_that_a_pattern_needs_are_imported(usual: dict[str, str]) -> None:
    assert int(usual["MODULES"]) < 40


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_the_terraform_is_the_same_whatever_was_imported_before(usual: dict[str, str], before: str) -> None:
    assert run(f"{before}\n{SYNTHESISE}")["TERRAFORM"] == usual["TERRAFORM"]


def test_the_terraform_is_the_same_with_the_switch_off(usual: dict[str, str]) -> None:
    plain = run(SYNTHESISE + COUNT, DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND="0")
    assert plain["TERRAFORM"] == usual["TERRAFORM"]
    assert int(plain["MODULES"]) > 2000


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_class_is_the_same_by_whichever_form_of_import(form: str) -> None:
    program = f"""
import ddb_stream_lambda
{form}
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket as Expected
assert S3Bucket is Expected
stack = TerraformStack(Testing.app(), "orders")
bucket = S3Bucket(stack, "bucket", bucket="orders")
assert type(bucket.versioning).__name__ == "S3BucketVersioningOutputReference"
assert '"bucket": "orders"' in Testing.synth(stack)
print("CLASS same")
"""
    assert run(program)["CLASS"] == "same"


def test_a_name_that_the_package_lacks_is_an_attribute_error() -> None:
    program = """
import ddb_stream_lambda, cdktf_cdktf_provider_aws as aws
assert not hasattr(aws, "no_such_module")
try:
    from cdktf_cdktf_provider_aws import no_such_module
except ImportError as error:
    print("ERROR", error)
"""
    assert "no_such_module" in run(program)["ERROR"]


def test_the_package_still_tells_where_it_lies_and_what_it_holds() -> None:
    program = """
import ddb_stream_lambda, cdktf_cdktf_provider_aws as aws, inspect
from importlib import resources, reload
assert aws.__spec__.name == aws.__name__ == aws.__package__ == "cdktf_cdktf_provider_aws"
assert inspect.getsourcefile(aws).endswith("__init__.py")
assert resources.files(aws).joinpath("py.typed").is_file()
assert {"s3_bucket", "sqs_queue"} <= set(dir(aws)) & set(aws.__all__)
print("PACKAGE whole")
"""
    assert run(program)["PACKAGE"] == "whole"


def test_a_resource_of_another_kind_comes_out_as_with_plain_imports() -> None:
    program = """
import hashlib
{library}
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.wafv2_web_acl import *
stack = TerraformStack(Testing.app(), "orders")
Wafv2WebAcl(
    stack, "acl", name="orders", scope="REGIONAL", default_action=Wafv2WebAclDefaultAction(allow={{}}),
    visibility_config={{"cloudwatch_metrics_enabled": True, "metric_name": "m", "sampled_requests_enabled": False}},
)
print("TERRAFORM", hashlib.sha256(Testing.synth(stack).encode()).hexdigest())
"""
    with_library, plain = (run(program.format(library=text)) for text in ("import ddb_stream_lambda", ""))
    assert with_library == plain


def test_threads_that_import_at_once_get_one_module() -> None:
    program = """
import ddb_stream_lambda, importlib
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    modules = list(pool.map(importlib.import_module, ["cdktf_cdktf_provider_aws.s3_bucket"] * 16))
assert len(set(map(id, modules))) == 1
print("MODULES one")
"""
    assert run(program)["MODULES"] == "one"

"""Imports on demand: the same classes and the same Terraform in every order and form of import.

Each test runs a program in a new process, since a process imports the provider's package once.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYNTHESIZE = """
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
# Imports that a user's program may do before it imports the library.
BEFORE = {
    "nothing": "",
    "cdktf": "import cdktf",
    "a running engine": "import cdktf; cdktf.App()",
}
# The same, where it loads the provider's whole package.
PROVIDER_BEFORE = {
    "a class": "from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket",
    "a module": "import cdktf_cdktf_provider_aws.s3_bucket",
    "the package": "import cdktf_cdktf_provider_aws as aws; aws.s3_bucket.S3Bucket",
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
    # A star imports every module in the package's path, so the path is a folder that holds two of the 2,213.
    "from package import star": """
import cdktf_cdktf_provider_aws, os, tempfile
folder = tempfile.mkdtemp()
for module in ("_jsii", "s3_bucket", "sqs_queue"):
    os.symlink(os.path.join(cdktf_cdktf_provider_aws.__path__[0], module), os.path.join(folder, module))
cdktf_cdktf_provider_aws.__path__ = [folder]
from cdktf_cdktf_provider_aws import *
S3Bucket = s3_bucket.S3Bucket
assert sqs_queue.SqsQueue
""",
}
# A resource that the pattern does not create.
WEB_ACL = """
import hashlib
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.wafv2_web_acl import *
stack = TerraformStack(Testing.app(), "orders")
Wafv2WebAcl(
    stack, "acl", name="orders", scope="REGIONAL", default_action=Wafv2WebAclDefaultAction(allow={}),
    visibility_config={"cloudwatch_metrics_enabled": True, "metric_name": "m", "sampled_requests_enabled": False},
)
print("TERRAFORM", hashlib.sha256(Testing.synth(stack).encode()).hexdigest())
"""
# Every comparison that needs the provider's whole package, in one process, since loading it takes 15 s. The process
# begins with the switch off, so that the package is loaded as without the library. To import the library again, the
# program first removes the library's modules.
PLAIN = f"""
import contextlib, io, json, os, sys, types

def output_of(program):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(program, {{"__name__": "__main__"}})
    return dict(line.split(maxsplit=1) for line in output.getvalue().splitlines())

def forget_the_library():
    for name in [name for name in sys.modules if name.split(".")[0] == "ddb_stream_lambda"]:
        del sys.modules[name]

outputs = {{"switch off": output_of({SYNTHESIZE + COUNT!r})}}
assert type(sys.modules["cdktf_cdktf_provider_aws"]) is types.ModuleType
outputs["another kind"] = output_of({WEB_ACL!r})
del os.environ["DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND"]
for before, statement in {PROVIDER_BEFORE!r}.items():
    forget_the_library()
    outputs[before] = output_of(statement + {SYNTHESIZE!r})
assert type(sys.modules["cdktf_cdktf_provider_aws"]) is types.ModuleType
print("OUTPUTS", json.dumps(outputs))
"""


def run(program: str, **environment: str) -> dict[str, str]:
    """Run a program and return its output: first word to second."""
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
    return run(SYNTHESIZE + COUNT)


@pytest.fixture(scope="module")
def plain() -> dict[str, dict[str, str]]:
    """Return the output of each comparison in the process that loads the provider's whole package."""
    outputs: dict[str, dict[str, str]] = json.loads(run(PLAIN, DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND="0")["OUTPUTS"])
    return outputs


def test_only_the_modules_that_a_pattern_needs_are_imported(usual: dict[str, str]) -> None:
    assert int(usual["MODULES"]) < 40


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_the_terraform_is_the_same_whatever_was_imported_before(usual: dict[str, str], before: str) -> None:
    assert run(f"{before}\n{SYNTHESIZE}")["TERRAFORM"] == usual["TERRAFORM"]


@pytest.mark.slow
@pytest.mark.parametrize("before", PROVIDER_BEFORE)
def test_the_terraform_is_the_same_when_the_provider_was_imported_before(
    usual: dict[str, str], plain: dict[str, dict[str, str]], before: str
) -> None:
    assert plain[before]["TERRAFORM"] == usual["TERRAFORM"]


@pytest.mark.slow
def test_the_terraform_is_the_same_with_the_switch_off(usual: dict[str, str], plain: dict[str, dict[str, str]]) -> None:
    assert plain["switch off"]["TERRAFORM"] == usual["TERRAFORM"]
    assert int(plain["switch off"]["MODULES"]) >= int(usual["MODULES"])


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


def test_the_package_still_has_its_location_and_its_contents() -> None:
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


@pytest.mark.slow
def test_a_resource_of_another_kind_comes_out_as_with_plain_imports(plain: dict[str, dict[str, str]]) -> None:
    assert run(f"import ddb_stream_lambda\n{WEB_ACL}") == plain["another kind"]


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

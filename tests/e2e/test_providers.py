"""The choice of the provider's version, and the table of what older versions lack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.arguments import _generated

from .install import WHEEL_PROVIDER_VERSION
from .provider_versions import (
    BINDINGS_VERSION,
    DIFFERENCES,
    MIN_VERSION,
    adapt,
    differences,
    format_version,
    lacking,
    parse_version,
)
from .providers import Provider, find_newest, mirror_folders
from .terraform import Terraform
from .variants import builder

# Resource type -> the class of its props.
RESOURCES = {
    "aws_cloudwatch_log_group": _generated.LogGroupProps,
    "aws_dynamodb_table": _generated.DynamoTableProps,
    "aws_iam_role": _generated.LambdaRoleProps,
    "aws_lambda_alias": _generated.LambdaAliasProps,
    "aws_lambda_event_source_mapping": _generated.DynamoEventSourceProps,
    "aws_lambda_function": _generated.LambdaFunctionProps,
    "aws_sqs_queue": _generated.SqsQueueProps,
}
# Terraform's own arguments, and those of the pattern.
NO_ARGUMENTS = {("code",), ("depends_on",), ("lifecycle",), ("policy_arns",), ("provider",)}

ADDRESS = "example.org/hashicorp/aws"


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of this machine's platform in a mirror, whatever machine this is."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return "linux_amd64"


def make_mirror(folder: Path, *versions: str, platform: str) -> Path:
    """Create a mirror with empty folders of the provider's versions."""
    for version in versions:
        (folder / ADDRESS / version / platform).mkdir(parents=True)
    return folder


class TestFindNewest:
    def test_newest_usable_version_of_all_mirrors_is_found(self, tmp_path: Path, platform: str) -> None:
        one = make_mirror(tmp_path / "one", "4.67.0", "5.9.0", platform=platform)
        two = make_mirror(tmp_path / "two", "5.100.0", "7.0.0", "6.30.0-beta1", "notes", platform=platform)
        assert find_newest(iter([one, two, tmp_path / "missing"]), ADDRESS) == (two, (5, 100, 0))

    @pytest.mark.usefixtures("platform")
    def test_version_for_another_platform_is_not_found(self, tmp_path: Path) -> None:
        mirror = make_mirror(tmp_path, "5.100.0", platform="darwin_arm64")
        assert find_newest(iter([mirror]), ADDRESS) is None

    def test_version_older_than_the_table_is_not_found(self, tmp_path: Path, platform: str) -> None:
        mirror = make_mirror(tmp_path, "2.70.4", platform=platform)
        assert find_newest(iter([mirror]), ADDRESS) is None


class TestMirrorFolders:
    def test_implied_folders_of_terraform_come_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        monkeypatch.delenv("XDG_DATA_DIRS", raising=False)
        assert list(mirror_folders())[:4] == [
            tmp_path / ".terraform.d/plugins",
            tmp_path / ".local/share/terraform/plugins",
            Path("/usr/local/share/terraform/plugins"),
            Path("/usr/share/terraform/plugins"),
        ]

    def test_folders_below_the_optional_software_are_searched(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        mirror = tmp_path / "vendor" / "plugins"
        mirror.mkdir(parents=True)
        monkeypatch.setattr("tests.e2e.providers.OPTIONAL_SOFTWARE", tmp_path)
        assert mirror in mirror_folders()


class TestDifferences:
    def test_bindings_lack_nothing(self) -> None:
        app = App(outdir="unused")
        stack = TerraformStack(app, "orders")
        AwsProvider(stack, "aws", region="eu-west-1")
        config = stack.to_terraform()
        assert config["terraform"]["required_providers"]["aws"]["version"] == format_version(BINDINGS_VERSION)
        assert adapt(config, BINDINGS_VERSION) == config

    def test_wheel_has_the_oldest_version_of_the_table(self) -> None:
        assert parse_version(WHEEL_PROVIDER_VERSION) == MIN_VERSION

    def test_version_between_two_rows_uses_the_older_row(self) -> None:
        assert differences((4, 67, 0)) == DIFFERENCES[3, 39, 0]
        assert differences((6, 30, 1)) == DIFFERENCES[BINDINGS_VERSION]

    def test_only_the_listed_arguments_are_removed(self, terraform: Terraform) -> None:
        terraform.synthesize(builder("filters, windows and partial responses"))
        synthesized = json.loads((terraform.folder / "cdktf.out/stacks/orders/cdk.tf.json").read_text())
        adapted = adapt(synthesized, MIN_VERSION)
        removed = {
            type: [name for name in arguments if name not in adapted["resource"][type][resource]]
            for type, resources in synthesized["resource"].items()
            for resource, arguments in resources.items()
        }
        assert {type: names for type, names in removed.items() if names} == {
            "aws_dynamodb_table": ["deletion_protection_enabled"],
            "aws_lambda_event_source_mapping": ["filter_criteria", "function_response_types"],
        }

    def test_table_agrees_with_the_schema_of_the_provider_in_use(
        self, provider: Provider, terraform: Terraform
    ) -> None:
        """A version of the table lacks exactly the listed arguments; another version may lack fewer of them."""
        terraform.synthesize(lambda stack: None)
        terraform.init()
        (schemas,) = json.loads(terraform.run("providers", "schema", "-json"))["provider_schemas"].values()
        for type, props in RESOURCES.items():
            block = schemas["resource_schemas"][type]["block"]
            lacked = {".".join(path) for path in lacked_arguments(props, block)}
            listed = set(lacking(type, provider.version))
            if provider.version in DIFFERENCES:
                assert lacked | set(differences(provider.version).everywhere) == listed, type
            else:
                assert lacked <= listed, type


def lacked_arguments(props: type, block: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the arguments of props that a block of the schema does not have."""
    blocks = block.get("block_types", {})
    for name, hint in get_type_hints(props).items():
        here = (*path, name)
        if here in NO_ARGUMENTS:
            continue
        if name not in block.get("attributes", {}) and name not in blocks:
            yield here
        elif name in blocks:
            for inner in inner_props(hint):
                yield from lacked_arguments(inner, blocks[name]["block"], here)


def inner_props(hint: object) -> Iterator[type]:
    """Yield the props of blocks in a type, such as `Sequence[DynamodbTableReplicaProps | ProviderStruct] | None`."""
    if isinstance(hint, type) and is_typeddict(hint):
        yield hint
    for part in get_args(hint):
        yield from inner_props(part)

"""The choice of the provider's version, and the table of what older versions lack."""

import json
from pathlib import Path

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .install import WHEEL_PROVIDER_VERSION
from .provider_versions import (
    BINDINGS_VERSION,
    DIFFERENCES,
    MIN_VERSION,
    adapt,
    differences,
    format_version,
    parse_version,
)
from .providers import Provider, find_newest, mirror_folders
from .terraform import Terraform
from .variants import builder

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
        terraform.synthesize(builder("filters and windows"))
        synthesized = json.loads((terraform.folder / "cdktf.out/stacks/orders/cdk.tf.json").read_text())
        adapted = adapt(synthesized, MIN_VERSION)
        removed = {
            type: [name for name in arguments if name not in adapted["resource"][type][resource]]
            for type, resources in synthesized["resource"].items()
            for resource, arguments in resources.items()
        }
        assert {type: names for type, names in removed.items() if names} == {
            "aws_dynamodb_table": ["deletion_protection_enabled"],
            "aws_lambda_event_source_mapping": [
                "filter_criteria",
                "function_response_types",
                "tumbling_window_in_seconds",
            ],
        }

    def test_table_agrees_with_the_schema_of_the_provider_in_use(
        self, provider: Provider, terraform: Terraform
    ) -> None:
        """A version of the table lacks exactly the listed arguments; another version may lack fewer of them."""
        terraform.synthesize(lambda stack: None)
        terraform.init()
        (schemas,) = json.loads(terraform.run("providers", "schema", "-json"))["provider_schemas"].values()
        for row in DIFFERENCES.values():
            for type, arguments in row.arguments.items():
                block = schemas["resource_schemas"][type]["block"]
                known = block["attributes"].keys() | block.get("block_types", {}).keys()
                lacking = {argument for argument in arguments if argument not in known}
                listed = {argument for argument in arguments if provider.lacks(type, argument)}
                assert lacking == listed if provider.version in DIFFERENCES else lacking <= listed

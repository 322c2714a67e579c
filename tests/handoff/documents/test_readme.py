"""The statements of the README about a stack."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.documents.checkov_settings import checkov_settings
from ddb_stream_lambda.handoff.documents.readme import readme
from ddb_stream_lambda.handoff.formats import Format
from ddb_stream_lambda.handoff.synthesized.assets import Assets

from .support import facts_of

GPG = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")


def readme_of(**blocks: Any) -> str:
    return readme(facts_of(blocks), Format.JSON)


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_readme_names_the_files_only_if_there_are_any() -> None:
    assert "`assets/`" not in readme_of()
    facts = replace(facts_of({}), assets=Assets({"assets/a.zip": Path("a.zip")}))
    assert "`assets/`" in readme(facts, Format.JSON)


def test_queue_of_another_team_has_no_words_about_the_pattern() -> None:
    text = readme_of(resource={"aws_sqs_queue": {"q": {}}, "aws_lambda_function": {"f": {"handler": "a.b"}}})
    assert "could not be processed" not in text
    assert "Processes the records" not in text
    assert "No check of" in section(text, "Suppressed checks")


def test_descriptions_link_to_the_version_that_the_stack_was_made_for() -> None:
    blocks: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "aws", "version": "5.100.0"}}},
        "resource": {"aws_sqs_queue": {"q": {}}, "null_resource": {"n": {}}},
    }
    page = "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/sqs_queue"
    rows = section(readme_of(**blocks), "Descriptions")
    assert f"| `aws_sqs_queue.q` | [`aws_sqs_queue`]({page}) |" in rows
    assert "| `null_resource.n` | n/a | n/a |" in rows


def test_permissions_name_what_was_not_read() -> None:
    policy = '{"Statement": [{"Effect": "Deny", "NotAction": ["a:b", "c:d"], "NotPrincipal": "*", "Resource": "x"}]}'
    text = section(
        readme_of(
            resource={
                "aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": policy}, "q": {"policy": "${var.policy}"}},
                "aws_iam_role_policy_attachment": {"a": {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/X"}},
            }
        ),
        "Permissions",
    )
    assert "| Deny | all except for:<br>`a:b`<br>`c:d` | `x` | all except for:<br>`*` |" in text
    assert "| `r` | `arn:aws:iam::aws:policy/X` | `aws_iam_role_policy_attachment.a` |" in text
    assert "The tables do not have everything. These were not read:" in text
    assert "| `aws_s3_bucket_policy.q.policy` | its value is known only to Terraform |" in text


def test_stack_without_policies_states_only_what_was_read() -> None:
    assert section(readme_of(), "Permissions").strip() == "No policy of the configuration was read."


def test_support_of_opentofu_is_stated() -> None:
    providers = {"aws": {"source": "aws", "version": "5.100.0"}, "own": {"source": "example.org/a/own"}}
    text = section(
        readme_of(terraform={"required_providers": providers}, variable={"a": {"ephemeral": True}}), "OpenTofu"
    )
    assert "OpenTofu 1.11.0 and later read this configuration" in text
    assert "OpenTofu has ephemeral variables since version 1.11, Terraform since 1.10." in text.replace("\n", " ")
    assert re.findall("replace-provider .*", text) == [
        "replace-provider registry.opentofu.org/hashicorp/aws registry.terraform.io/hashicorp/aws"
    ]


def test_configuration_that_no_opentofu_reads_is_stated() -> None:
    text = readme_of(output={"a": {"value": "${provider::terraform::encode_expr(1)}"}})
    assert "No version of OpenTofu reads this configuration." in section(text, "OpenTofu")


def test_commands_of_gnupg_sign_and_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    home, bundle = tmp_path / "g", tmp_path / "orders"
    home.mkdir(mode=0o700)
    bundle.mkdir()
    monkeypatch.setenv("GNUPGHOME", str(home))
    subprocess.run([*GPG, "--quick-generate-key", "team@example.org", "ed25519"], check=True, capture_output=True)
    (bundle / "SHA256SUMS").write_text("sums\n")
    sign, verify = (line.split("    #")[0].split() for line in re.findall(r"^gpg .*", readme_of(), re.MULTILINE))
    subprocess.run([*GPG, *sign[1:]], cwd=bundle, check=True, capture_output=True)
    assert subprocess.run(verify, cwd=bundle, capture_output=True).returncode == 0
    (bundle / "SHA256SUMS").write_text("other\n")
    assert subprocess.run(verify, cwd=bundle, capture_output=True).returncode != 0
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)


@pytest.mark.parametrize("format", Format)
def test_checkov_looks_for_secrets(format: Format) -> None:
    assert "\n  - secrets\n" in checkov_settings([], format)

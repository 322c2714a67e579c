"""The look-up of a customer managed key: IAM accepts only the key's ARN."""

from typing import Any

import pytest
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.kms_replica_key import KmsReplicaKey

from tests.support.arns import KEY_ARN, KEY_ID
from tests.support.calls import Emit, MistakesOf
from tests.support.emitted import Emitted


def emit_with_queue_key(emit: Emit, key: str) -> Emitted:
    return emit(sqs_dlq_queue_props={"kms_master_key_id": key})


def test_an_arn_is_not_looked_up(emit: Emit) -> None:
    emitted = emit_with_queue_key(emit, KEY_ARN)
    assert emitted.permissions["EncryptFailedBatches"][1] == KEY_ARN
    assert emitted.all("aws_kms_key", kind="data") == {}


@pytest.mark.parametrize(
    ("kind", "arguments", "attribute", "expression"),
    [
        (KmsKey, {}, "arn", "${aws_kms_key.key.arn}"),
        (KmsReplicaKey, {"primary_key_arn": KEY_ARN}, "arn", "${aws_kms_replica_key.key.arn}"),
        (DataAwsKmsKey, {"key_id": KEY_ID}, "arn", "${data.aws_kms_key.key.arn}"),
        (
            KmsAlias,
            {"name": "alias/orders", "target_key_id": KEY_ID},
            "target_key_arn",
            "${aws_kms_alias.key.target_key_arn}",
        ),
    ],
)
def test_an_expression_that_is_always_an_arn_is_not_looked_up(
    emit: Emit, stack: TerraformStack, kind: type, arguments: dict[str, Any], attribute: str, expression: str
) -> None:
    key = kind(stack, "key", **arguments)
    emitted = emit_with_queue_key(emit, getattr(key, attribute))
    assert emitted.permissions["EncryptFailedBatches"][1] == expression
    assert set(emitted.all("aws_kms_key", kind="data")) <= {"key"}


@pytest.mark.parametrize("key", ["alias/orders", KEY_ID])
def test_an_alias_or_id_is_looked_up(emit: Emit, key: str) -> None:
    emitted = emit_with_queue_key(emit, key)
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": key}
    assert emitted.permissions["EncryptFailedBatches"][1].startswith("${data.aws_kms_key.")


@pytest.mark.parametrize("attribute", ["arn", "name"])
def test_an_alias_of_the_app_is_looked_up(emit: Emit, stack: TerraformStack, attribute: str) -> None:
    alias = KmsAlias(stack, "alias", name="alias/orders", target_key_id="1234")
    emitted = emit_with_queue_key(emit, getattr(alias, attribute))
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": f"${{aws_kms_alias.alias.{attribute}}}"}
    assert emitted.permissions["EncryptFailedBatches"][1].startswith("${data.aws_kms_key.")


def test_a_variable_is_looked_up(emit: Emit, stack: TerraformStack) -> None:
    key = TerraformVariable(stack, "key", type="string").string_value
    emitted = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": key}})
    assert emitted.table["server_side_encryption"]["kms_key_arn"] == "${var.key}"
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": "${var.key}"}
    assert emitted.permissions["DecryptStream"][1].startswith("${data.aws_kms_key.")


BUCKET_KEY = "failure_bucket_props.kms_master_key_id"
QUEUE_KEY = "sqs_dlq_queue_props.kms_master_key_id"


def calls_with_key(key: str) -> dict[str, dict[str, Any]]:
    """Return the inputs that give the key to the bucket, and to the queue."""
    return {
        BUCKET_KEY: {"deploy_failure_bucket": True, "failure_bucket_props": {"kms_master_key_id": key}},
        QUEUE_KEY: {"sqs_dlq_queue_props": {"kms_master_key_id": key}},
    }


@pytest.mark.parametrize("key", ["", "   ", "aws/s3", "orders", "alias/", "arn:aws:kms:eu-west-1:123456789012:orders"])
@pytest.mark.parametrize("property", [BUCKET_KEY, QUEUE_KEY])
def test_text_that_names_no_key_is_refused(mistakes_of: MistakesOf, property: str, key: str) -> None:
    mistakes = mistakes_of(**calls_with_key(key)[property])
    assert list(mistakes) == [property]
    assert "must be a key's ARN" in mistakes[property]


@pytest.mark.parametrize("start", ["", "arn:aws:kms:eu-west-1:123456789012:"])
@pytest.mark.parametrize("service", ["sqs", "sns", "s3", "dynamodb", "lambda"])
@pytest.mark.parametrize(("property", "own_service"), [(BUCKET_KEY, "s3"), (QUEUE_KEY, "sqs")])
def test_a_key_that_aws_manages_for_another_service_is_refused(
    emit: Emit, mistakes_of: MistakesOf, property: str, own_service: str, service: str, start: str
) -> None:
    call = calls_with_key(f"{start}alias/aws/{service}")[property]
    if service == own_service:
        assert emit(**call).all("aws_kms_key", kind="data") == {}
    else:
        assert f"customer managed key, or alias/aws/{own_service}" in mistakes_of(**call)[property]


def test_a_key_that_aws_manages_for_another_service_is_refused_for_a_table(mistakes_of: MistakesOf) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:alias/aws/sqs"
    mistakes = mistakes_of(dynamo_table_props={"server_side_encryption": {"enabled": True, "kms_key_arn": key}})
    assert "another service" in mistakes["dynamo_table_props.server_side_encryption.kms_key_arn"]


@pytest.mark.parametrize("account", ["123456789012", "${var.account}"])
@pytest.mark.parametrize("property", [BUCKET_KEY, QUEUE_KEY])
def test_a_key_of_another_region_is_refused(mistakes_of: MistakesOf, property: str, account: str) -> None:
    mistakes = mistakes_of(**calls_with_key(f"arn:aws:kms:us-east-1:{account}:key/{KEY_ID}")[property])
    assert list(mistakes) == [property]
    assert "give a key of eu-west-1" in mistakes[property]

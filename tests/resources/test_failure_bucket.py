"""The failure bucket: its settings, its notification, its permissions, its props, and what it changes at the queue."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from ddb_stream_lambda.limits import BUCKET_NAME_FORM, BUCKET_NAME_PREFIX
from ddb_stream_lambda.resources.failure_bucket import name_prefix

from tests.support.arns import KEY_ARN, ROLE_ARN, STREAM_ARN, TABLE_ARN, TOPIC_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, send_failed_batches_to
from tests.support.emitted import Emitted

ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
BUCKET_TYPES = {
    "aws_s3_bucket",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    ENCRYPTION,
    "aws_s3_bucket_versioning",
}


def with_bucket(emit: Emit, **props: Any) -> Emitted:
    """Return a pattern with a bucket of the given props."""
    return emit(deploy_failure_bucket=True, failure_bucket_props=props)


def setting(emitted: Emitted, kind: str) -> dict[str, Any]:
    """Return the arguments of a setting of the bucket, without the bucket's name."""
    arguments = emitted.only(kind)
    assert arguments.pop("bucket") == emitted.reference("aws_s3_bucket", "id")
    arguments.pop("depends_on", None)
    return arguments


def rules(emitted: Emitted) -> dict[str, dict[str, Any]]:
    """Return the rules of the bucket's lifecycle, by their ids."""
    found = {rule.pop("id"): rule for rule in setting(emitted, "aws_s3_bucket_lifecycle_configuration")["rule"]}
    for rule in found.values():
        assert rule.pop("status") == "Enabled"
        assert rule.pop("filter") == [{"prefix": ""}]
    return found


def test_there_is_none_by_default(emit: Emit) -> None:
    emitted = emit()
    assert not BUCKET_TYPES & emitted.config["resource"].keys()
    assert emitted.pattern.failure_bucket is None


def test_the_property_returns_the_bucket(emit: Emit) -> None:
    assert isinstance(with_bucket(emit).pattern.failure_bucket, S3Bucket)


def test_the_defaults_cause_no_warning(emit: Emit) -> None:
    assert emit(deploy_failure_bucket=True).warnings == []


class TestDefaults:
    def test_of_the_bucket_are_a_name_by_prefix_and_no_destruction(self, emit: Emit) -> None:
        assert with_bucket(emit).only("aws_s3_bucket") == {
            "bucket_prefix": "orders-pipeline-failures-",
            "lifecycle": {"prevent_destroy": True},
        }

    def test_block_public_access(self, emit: Emit) -> None:
        assert setting(with_bucket(emit), "aws_s3_bucket_public_access_block") == {
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        }

    def test_turn_access_lists_off(self, emit: Emit) -> None:
        ownership = setting(with_bucket(emit), "aws_s3_bucket_ownership_controls")
        assert ownership == {"rule": {"object_ownership": "BucketOwnerEnforced"}}

    def test_deny_requests_without_tls(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        (statement,) = json.loads(setting(emitted, "aws_s3_bucket_policy")["policy"])["Statement"]
        arn = emitted.reference("aws_s3_bucket", "arn")
        assert statement == {
            "Sid": "HttpsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }

    def test_encrypt_with_keys_of_s3(self, emit: Emit) -> None:
        by_default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
        assert setting(with_bucket(emit), ENCRYPTION) == {"rule": [by_default]}

    def test_keep_versions(self, emit: Emit) -> None:
        versioning = setting(with_bucket(emit), "aws_s3_bucket_versioning")
        assert versioning == {"versioning_configuration": {"status": "Enabled"}}

    def test_expire_current_and_noncurrent_versions(self, emit: Emit) -> None:
        assert rules(with_bucket(emit)) == {
            "versions": {
                "expiration": [{"days": 90}],
                "noncurrent_version_expiration": [{"noncurrent_days": 90}],
            },
            "incomplete-uploads": {"abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]},
            "delete-markers": {"expiration": [{"expired_object_delete_marker": True}]},
        }


class TestOrder:
    """The resources that AWS refuses, or that would lose something, if they came earlier."""

    def test_the_notification_waits_for_the_policy_of_the_queue(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        waits_for = emitted.only("aws_s3_bucket_notification")["depends_on"]
        assert waits_for == [emitted.address("aws_sqs_queue_policy")]

    def test_the_mapping_waits_for_the_notification_and_the_encryption(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        waits_for = emitted.mapping["depends_on"]
        assert emitted.address("aws_s3_bucket_notification") in waits_for
        assert emitted.address(ENCRYPTION) in waits_for

    def test_the_policy_waits_for_the_block_of_public_access(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        waits_for = emitted.only("aws_s3_bucket_policy")["depends_on"]
        assert waits_for == [emitted.address("aws_s3_bucket_public_access_block")]

    def test_the_expiration_waits_for_the_versioning(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        waits_for = emitted.only("aws_s3_bucket_lifecycle_configuration")["depends_on"]
        assert waits_for == [emitted.address("aws_s3_bucket_versioning")]


class TestDestination:
    def test_of_the_mapping_is_the_bucket(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        destination = emitted.mapping["destination_config"]["on_failure"]["destination_arn"]
        assert destination == emitted.reference("aws_s3_bucket", "arn")

    def test_can_be_written_by_the_role(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        arn = emitted.reference("aws_s3_bucket", "arn")
        assert emitted.permissions["SendFailedBatches"] == ({"s3:PutObject", "s3:ListBucket"}, [arn, f"{arn}/*"])
        assert "EncryptFailedBatches" not in emitted.permissions

    def test_can_be_written_by_the_role_of_an_existing_function(self, emit: Emit, stack: TerraformStack) -> None:
        given = LambdaFunction(stack, "given", function_name="orders", role=ROLE_ARN, image_uri="orders")
        emitted = emit(existing_lambda_obj=given, deploy_failure_bucket=True)
        assert "SendFailedBatches" in emitted.permissions

    def test_sends_a_notification_for_each_object_to_the_queue(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        queue = {"queue_arn": emitted.reference("aws_sqs_queue", "arn"), "events": ["s3:ObjectCreated:*"]}
        assert setting(emitted, "aws_s3_bucket_notification") == {"queue": [queue]}
        assert emitted.pattern.dead_letter_queue is not None

    def test_without_a_queue_sends_no_notification(self, emit: Emit) -> None:
        emitted = emit(deploy_failure_bucket=True, deploy_sqs_dlq_queue=False)
        kinds = emitted.config["resource"].keys()
        assert BUCKET_TYPES - kinds == {"aws_s3_bucket_notification"}
        assert not {"aws_sqs_queue", "aws_sqs_queue_policy"} & kinds
        assert emitted.pattern.dead_letter_queue is None
        assert emitted.warnings == []


class TestKey:
    def test_of_a_customer_encrypts_the_bucket(self, emit: Emit) -> None:
        by_default = {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY_ARN}
        rule = {"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": True}
        assert setting(with_bucket(emit, kms_master_key_id=KEY_ARN), ENCRYPTION) == {"rule": [rule]}

    def test_of_a_customer_can_be_used_by_the_role(self, emit: Emit) -> None:
        emitted = with_bucket(emit, kms_master_key_id=KEY_ARN)
        assert emitted.permissions["EncryptFailedBatches"] == ({"kms:GenerateDataKey"}, KEY_ARN)

    def test_by_its_alias_is_looked_up(self, emit: Emit) -> None:
        emitted = with_bucket(emit, kms_master_key_id="alias/orders")
        assert emitted.only("aws_kms_key", kind="data") == {"key_id": "alias/orders"}
        looked_up = "${data.aws_kms_key.pipeline_failure.arn}"
        assert emitted.permissions["EncryptFailedBatches"] == ({"kms:GenerateDataKey"}, looked_up)

    def test_that_aws_manages_for_s3_needs_no_permission(self, emit: Emit) -> None:
        emitted = with_bucket(emit, kms_master_key_id="alias/aws/s3")
        assert "EncryptFailedBatches" not in emitted.permissions
        assert emitted.all("aws_kms_key", kind="data") == {}

    def test_of_the_queue_is_not_used_by_the_role(self, emit: Emit) -> None:
        """S3 sends to the queue, and not Lambda."""
        emitted = emit(deploy_failure_bucket=True, sqs_dlq_queue_props={"kms_master_key_id": "alias/orders"})
        assert "EncryptFailedBatches" not in emitted.permissions
        assert emitted.all("aws_kms_key", kind="data") == {}


class TestQueue:
    """The dead-letter queue that receives the notifications."""

    def test_is_encrypted_with_keys_of_sqs(self, emit: Emit) -> None:
        assert with_bucket(emit).queue == {
            "name": "orders_pipeline-dlq",
            "sqs_managed_sse_enabled": True,
            "message_retention_seconds": 14 * 24 * 60 * 60,
        }

    @pytest.mark.parametrize("key", ["alias/aws/sqs", "arn:aws:kms:eu-west-1:123456789012:alias/aws/sqs"])
    def test_with_the_key_that_aws_manages_is_refused(self, mistakes_of: MistakesOf, key: str) -> None:
        mistakes = mistakes_of(deploy_failure_bucket=True, sqs_dlq_queue_props={"kms_master_key_id": key})
        assert list(mistakes) == ["sqs_dlq_queue_props.kms_master_key_id"]
        assert "does not allow S3" in mistakes["sqs_dlq_queue_props.kms_master_key_id"]

    def test_with_a_key_of_a_customer_warns_with_the_statement_for_the_key(self, emit: Emit) -> None:
        emitted = emit(deploy_failure_bucket=True, sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN})
        assert emitted.queue["kms_master_key_id"] == KEY_ARN
        assert "sqs_managed_sse_enabled" not in emitted.queue
        (warning,) = emitted.warnings
        statement = json.loads(warning[warning.index("{") : warning.rindex("}") + 1])
        assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
        assert statement["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]

    def test_without_encryption_warns(self, emit: Emit) -> None:
        emitted = emit(deploy_failure_bucket=True, sqs_dlq_queue_props={"sqs_managed_sse_enabled": False})
        (warning,) = emitted.warnings
        assert "not encrypted" in warning

    def statements(self, emitted: Emitted) -> dict[str, dict[str, Any]]:
        """Return the statements of the queue's policy, by Sid; the account's expression is replaced."""
        account = f'${{element(split(":", {emitted.address("aws_sqs_queue")}.arn), 4)}}'
        policy = json.loads(emitted.only("aws_sqs_queue_policy")["policy"].replace(account, "THIS ACCOUNT"))
        return {statement["Sid"]: statement for statement in policy["Statement"]}

    def test_allows_only_this_bucket_of_this_account_to_send(self, emit: Emit) -> None:
        emitted = with_bucket(emit)
        statements = self.statements(emitted)
        assert statements.keys() == {"HttpsOnly", "OwnAccountOnly", "NotifyOfFailedBatches"}
        assert statements["NotifyOfFailedBatches"] == {
            "Sid": "NotifyOfFailedBatches",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": emitted.reference("aws_sqs_queue", "arn"),
            "Condition": {
                "ArnEquals": {"aws:SourceArn": emitted.reference("aws_s3_bucket", "arn")},
                "StringEquals": {"aws:SourceAccount": "THIS ACCOUNT"},
            },
        }

    def test_does_not_deny_the_service_s3(self, emit: Emit) -> None:
        """A service has no account, so that its key is missing and differs: the second condition leaves it out."""
        denial = self.statements(with_bucket(emit))["OwnAccountOnly"]
        assert denial["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}

    def test_with_a_policy_of_the_props_warns_that_it_must_allow_s3(self, emit: Emit) -> None:
        emitted = emit(deploy_failure_bucket=True, sqs_dlq_queue_props={"policy": '{"Statement": []}'})
        (warning,) = emitted.warnings
        assert "allows s3.amazonaws.com to send" in warning


class TestProps:
    def test_can_replace_the_prefix_by_a_name(self, emit: Emit) -> None:
        bucket = with_bucket(emit, bucket="failed-orders").only("aws_s3_bucket")
        assert bucket["bucket"] == "failed-orders"
        assert "bucket_prefix" not in bucket

    def test_can_be_another_prefix_tags_and_timeouts(self, emit: Emit) -> None:
        given = {"bucket_prefix": "failed-", "tags": {"Team": "orders"}, "timeouts": {"create": "10m"}}
        assert given.items() <= with_bucket(emit, **given).only("aws_s3_bucket").items()

    @pytest.mark.parametrize("days", [1, 365, 10_000])
    def test_can_change_the_expiration(self, emit: Emit, days: int) -> None:
        versions = rules(with_bucket(emit, expiration_days=days))["versions"]
        assert versions["expiration"] == [{"days": days}]
        assert versions["noncurrent_version_expiration"] == [{"noncurrent_days": days}]

    def test_can_keep_objects_forever(self, emit: Emit) -> None:
        emitted = with_bucket(emit, expiration_days=None)
        assert rules(emitted).keys() == {"incomplete-uploads", "delete-markers"}
        assert emitted.warnings == []

    def test_can_be_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        days = TerraformVariable(stack, "days", type="number").number_value
        key = TerraformVariable(stack, "key", type="string").string_value
        emitted = with_bucket(emit, expiration_days=days, kms_master_key_id=key, bucket="${var.name}")
        assert rules(emitted)["versions"]["expiration"] == [{"days": "${var.days}"}]
        (rule,) = setting(emitted, ENCRYPTION)["rule"]
        assert rule["apply_server_side_encryption_by_default"]["kms_master_key_id"] == "${var.key}"
        assert emitted.only("aws_s3_bucket")["bucket"] == "${var.name}"

    @pytest.mark.parametrize(
        ("props", "wrong"),
        [
            ({"bucket": "failed", "bucket_prefix": "failed-"}, "bucket_prefix"),
            ({"bucket": "ab"}, "bucket"),
            ({"bucket": "b" * 64}, "bucket"),
            ({"bucket": "Failed"}, "bucket"),
            ({"bucket": "failed_orders"}, "bucket"),
            ({"bucket": "-failed"}, "bucket"),
            ({"bucket": "failed-"}, "bucket"),
            ({"bucket": "failed..orders"}, "bucket"),
            ({"bucket": "192.168.5.4"}, "bucket"),
            ({"bucket": "xn--failed"}, "bucket"),
            ({"bucket": "failed-s3alias"}, "bucket"),
            ({"bucket": "failed--x-s3"}, "bucket"),
            ({"bucket_prefix": "p" * 38}, "bucket_prefix"),
            ({"bucket_prefix": ".failed"}, "bucket_prefix"),
            ({"bucket_prefix": "sthree-failed-"}, "bucket_prefix"),
            ({"expiration_days": 0}, "expiration_days"),
            ({"expiration_days": 2**31}, "expiration_days"),
            ({"expiration_days": 1.5}, "expiration_days"),
            ({"expiration_days": "90"}, "expiration_days"),
            ({"timeouts": {"create": "soon"}}, "timeouts.create"),
            ({"versioning": {"enabled": False}}, "versioning"),
            ({"policy": "{}"}, "policy"),
            ({"acl": "private"}, "acl"),
            ({"tags": ["orders"]}, "tags"),
            ({"lifecycle": {"prevent_destroy": "${var.retained}"}}, "lifecycle.prevent_destroy"),
        ],
    )
    def test_that_s3_or_the_pattern_would_refuse_are_refused(
        self, mistakes_of: MistakesOf, props: dict[str, object], wrong: str
    ) -> None:
        mistakes = mistakes_of(deploy_failure_bucket=True, failure_bucket_props=props)
        assert list(mistakes) == [f"failure_bucket_props.{wrong}"]

    @pytest.mark.parametrize(
        "props",
        [
            {"bucket": "abc"},
            {"bucket": "b" * 63},
            {"bucket": "failed.orders-1"},
            {"bucket_prefix": "p" * 37},
            {"bucket_prefix": "failed-orders-"},
        ],
    )
    def test_that_s3_accepts_are_accepted(self, emit: Emit, props: dict[str, object]) -> None:
        assert props.items() <= with_bucket(emit, **props).only("aws_s3_bucket").items()

    @pytest.mark.parametrize(
        ("word", "hint"),
        [
            ("bucket_name", "bucket"),
            ("encryption_key", "kms_master_key_id"),
            ("removal_policy", "lifecycle.prevent_destroy"),
            ("auto_delete_objects", "force_destroy"),
            ("lifecycle_rules", "expiration_days"),
            ("expirationDays", "expiration_days"),
        ],
    )
    def test_in_other_words_are_refused_with_the_right_one(self, mistakes_of: MistakesOf, word: str, hint: str) -> None:
        mistakes = mistakes_of(deploy_failure_bucket=True, failure_bucket_props={word: "x"})
        assert hint in mistakes[f"failure_bucket_props.{word}"]

    def test_have_all_mistakes_reported_together(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(
            deploy_failure_bucket=True,
            failure_bucket_props={"bucket": "NO", "expiration_days": -1, "retention": 3},
            sqs_dlq_queue_props={"kms_master_key_id": "alias/aws/sqs"},
        )
        assert list(mistakes) == [
            "failure_bucket_props.retention",
            "failure_bucket_props.bucket",
            "failure_bucket_props.expiration_days",
            "sqs_dlq_queue_props.kms_master_key_id",
        ]

    def test_without_the_bucket_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(failure_bucket_props={"tags": {"Team": "orders"}})
        assert "deploy_failure_bucket" in mistakes["failure_bucket_props"]


class TestDeployFailureBucket:
    def test_together_with_another_destination_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props=send_failed_batches_to(TOPIC_ARN), deploy_failure_bucket=True)
        assert list(mistakes) == ["deploy_failure_bucket"]
        assert "destination_config" in mistakes["deploy_failure_bucket"]

    @pytest.mark.parametrize("value", [0, 1, "yes", None, "${var.keep}"])
    def test_must_be_a_bool_that_is_known(self, mistakes_of: MistakesOf, value: object) -> None:
        assert list(mistakes_of(deploy_failure_bucket=value)) == ["deploy_failure_bucket"]


class TestNamePrefix:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("orders/pipeline", "orders-pipeline-failures-"),
            ("Orders_Dev/Pipe.line", "orders-dev-pipe-line-failures-"),
            ("-/-", "failures-"),
            ("bestellungen/über", "bestellungen-ber-failures-"),
        ],
    )
    def test_comes_from_the_path(self, path: str, expected: str) -> None:
        assert name_prefix(path) == expected

    @pytest.mark.parametrize("path", ["sthree-orders/pipeline", "amzn-s3-demo/pipeline", "xn--orders/pipeline"])
    def test_does_not_begin_as_s3_reserves_it(self, path: str) -> None:
        assert re.fullmatch(BUCKET_NAME_FORM, name_prefix(path))
        assert name_prefix("sthree-orders/pipeline") == "x-sthree-orders-pipeline-failures-"

    def test_is_cut_to_what_the_provider_can_complete(self) -> None:
        prefix = name_prefix("a-long-name-of-a-stack/and-a-long-one-of-a-pattern")
        assert prefix == "a-long-name-of-a-stack-and-failures-"
        assert len(prefix) <= BUCKET_NAME_PREFIX.max_length


class TestNameOfAnotherBucket:
    @pytest.mark.parametrize("attribute", ["bucket", "id"])
    def test_of_the_app_by_reference_is_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack, attribute: str
    ) -> None:
        name = getattr(S3Bucket(stack, "failed", bucket="failed"), attribute)
        mistakes = mistakes_of(deploy_failure_bucket=True, failure_bucket_props={"bucket": name})
        assert list(mistakes) == ["failure_bucket_props.bucket"]
        fix = "name the existing bucket in destination_config of dynamo_event_source_props"
        assert fix in mistakes["failure_bucket_props.bucket"]

    def test_as_text_fails_the_synthesis(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        for number, name in enumerate(("failed", "failed", "other")):
            stack = TerraformStack(app, f"orders-{number}")
            AwsProvider(stack, "aws", region="eu-west-1")
            DynamoDBStreamsToLambda(
                stack,
                "pipeline",
                lambda_function_props=ZIP_FUNCTION,
                deploy_failure_bucket=True,
                failure_bucket_props={"bucket": name},
            )
        with pytest.raises(Exception, match="which orders-1/pipeline/failure-bucket has too") as caught:
            app.synth()
        assert "'other'" not in str(caught.value)


class TestProviderAndRegion:
    """The bucket and its settings go with the function, unless the props say otherwise."""

    def companions(self, emitted: Emitted) -> set[tuple[object, object]]:
        resources = [emitted.only(kind) for kind in BUCKET_TYPES]
        resources.append(emitted.all("aws_kms_key", kind="data")["pipeline_failure"])
        return {(resource.get("provider"), resource.get("region")) for resource in resources}

    @pytest.fixture
    def ohio(self, stack: TerraformStack) -> AwsProvider:
        return AwsProvider(stack, "ohio", region="us-east-2", alias="ohio")

    def table(self) -> dict[str, Any]:
        arns = (arn.replace("eu-west-1", "us-east-2") for arn in (TABLE_ARN, STREAM_ARN))
        return {"existing_table_interface": TableByArn(*arns)}

    def test_are_those_of_a_new_function(self, emit: Emit, ohio: AwsProvider) -> None:
        emitted = emit(
            **self.table(),
            lambda_function_props={"provider": ohio},
            deploy_failure_bucket=True,
            failure_bucket_props={"kms_master_key_id": "alias/orders"},
        )
        assert self.companions(emitted) == {("aws.ohio", None)}

    def test_are_those_of_a_given_function(self, emit: Emit, stack: TerraformStack) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="orders", region="us-east-2")
        emitted = emit(
            **self.table(),
            existing_lambda_obj=given,
            deploy_failure_bucket=True,
            failure_bucket_props={"kms_master_key_id": "alias/orders"},
        )
        assert self.companions(emitted) == {(None, "us-east-2")}

    def test_can_be_those_of_the_props(self, emit: Emit, ohio: AwsProvider) -> None:
        emitted = emit(
            deploy_failure_bucket=True,
            failure_bucket_props={"kms_master_key_id": "alias/orders", "provider": ohio},
            sqs_dlq_queue_props={"provider": ohio},
        )
        assert self.companions(emitted) == {("aws.ohio", None)}

    def test_of_another_region_than_the_queue_are_refused(self, mistakes_of: MistakesOf, ohio: AwsProvider) -> None:
        for props in ({"region": "us-east-2"}, {"provider": ohio}):
            mistakes = mistakes_of(deploy_failure_bucket=True, failure_bucket_props=props)
            (property,) = mistakes
            assert property == f"failure_bucket_props.{next(iter(props))}"
            assert "the dead-letter queue is in eu-west-1" in mistakes[property]

    @pytest.mark.parametrize("function_props", [{}, {"region": "eu-west-1"}])
    def test_of_the_queue_in_another_region_are_refused_by_the_argument_of_the_user(
        self, mistakes_of: MistakesOf, ohio: AwsProvider, function_props: dict[str, Any]
    ) -> None:
        for props in ({"region": "us-east-2"}, {"provider": ohio}):
            mistakes = mistakes_of(
                deploy_failure_bucket=True,
                lambda_function_props=function_props,
                dynamo_table_props=function_props,
                sqs_dlq_queue_props=props,
            )
            (property,) = mistakes
            assert property == f"sqs_dlq_queue_props.{next(iter(props))}"
            assert "the failure bucket is in eu-west-1" in mistakes[property]

    def test_of_another_region_are_accepted_without_a_queue(self, emit: Emit) -> None:
        emitted = emit(
            deploy_failure_bucket=True, deploy_sqs_dlq_queue=False, failure_bucket_props={"region": "us-east-2"}
        )
        assert emitted.only("aws_s3_bucket")["region"] == "us-east-2"


def test_every_resource_has_a_readable_address(emit: Emit) -> None:
    emitted = with_bucket(emit)
    assert {kind: list(emitted.all(kind)) for kind in BUCKET_TYPES} == {
        kind: ["pipeline_failure"] for kind in BUCKET_TYPES
    }

"""The construct `Backfill`: the state machine, the worker, and exact permissions for both."""

import json
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Backfill, DynamoDBStreamsToLambda, LogGroupProps, PatternError, TableByArn
from cdktf import App, Fn, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_kms_alias import DataAwsKmsAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from ddb_stream_lambda.resources.backfill.worker import BackfillWorkerProps

from tests.support.arns import KEY_ARN
from tests.support.calls import ZIP_FUNCTION, new_stack
from tests.support.emitted import Emitted

STREAM = "stream/2026-09-17T12:49:54.528"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
PARTITION = "${data.aws_partition.backfill.partition}"
ACCOUNT = "${data.aws_caller_identity.backfill.account_id}"
STATES = f"arn:{PARTITION}:states:${{data.aws_region.backfill.region}}:{ACCOUNT}"


@pytest.fixture
def pattern(stack: TerraformStack) -> DynamoDBStreamsToLambda:
    return DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)


def emit(stack: TerraformStack, pattern: DynamoDBStreamsToLambda | None = None, **inputs: Any) -> Emitted:
    """Create a backfill and return the Terraform of its stack."""
    given = {"export_bucket": "exports"} | ({} if pattern is None else {"pattern": pattern}) | inputs
    return Emitted(stack, Backfill(stack, "backfill", **given))  # type: ignore[arg-type]  # it has no warnings


def mistakes_of(stack: TerraformStack, **inputs: Any) -> dict[str, str]:
    """Create a backfill with wrong inputs, and return the mistakes: property to message."""
    before = len(stack.node.children)
    with pytest.raises(PatternError) as caught:
        Backfill(stack, "backfill", **{"export_bucket": "exports", **inputs})
    assert str(caught.value).startswith("orders/backfill: ")
    assert len(stack.node.children) == before, "nothing stays in the tree"
    return {mistake.property: str(mistake) for mistake in caught.value.mistakes}


def permissions(emitted: Emitted, role: str) -> dict[str, tuple[list[str], Any]]:
    """Return the statements of a role: Sid to actions and resource."""
    document = json.loads(emitted.all("aws_iam_role_policy")[f"backfill_{role}"]["policy"])
    return {entry["Sid"]: (entry["Action"], entry["Resource"]) for entry in document["Statement"]}


def definition(emitted: Emitted) -> dict[str, Any]:
    return dict(json.loads(emitted.only("aws_sfn_state_machine")["definition"]))


class TestResources:
    def test_are_named_after_the_path(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        emitted = emit(stack, pattern)
        assert emitted.only("aws_sfn_state_machine")["name"] == "orders_backfill"
        assert emitted.all("aws_lambda_function")["backfill"]["function_name"] == "orders_backfill_worker"
        groups = {
            block["name"] for name, block in emitted.all("aws_cloudwatch_log_group").items() if "backfill" in name
        }
        assert groups == {"/aws/vendedlogs/states/orders_backfill", "/aws/lambda/orders_backfill_worker"}
        roles = {block["name"] for name, block in emitted.all("aws_iam_role").items() if "backfill" in name}
        assert roles == {"orders_backfill_states-role", "orders_backfill_worker-role"}

    def test_have_the_tags_and_the_provider_of_the_function(self, stack: TerraformStack) -> None:
        other = AwsProvider(stack, "other", region="eu-central-1", alias="other")
        function = DataAwsLambdaFunction(stack, "orders", function_name="orders", provider=other)
        table = TableByArn(stream_arn=f"{TABLE}/stream/2026-09-17T12:49:54.528".replace("eu-west-1", "eu-central-1"))
        emitted = emit(stack, existing_table_interface=table, existing_lambda_obj=function, tags={"Team": "orders"})
        for kind in ("sfn_state_machine", "lambda_function", "cloudwatch_log_group", "iam_role"):
            for block in emitted.all(f"aws_{kind}").values():
                assert (block["provider"], block["tags"]) == ("aws.other", {"Team": "orders"}), kind
        assert {block["provider"] for block in emitted.all("aws_iam_role_policy").values()} == {"aws.other"}

    def test_are_created_after_their_policies(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        emitted = emit(stack, pattern)
        assert emitted.only("aws_sfn_state_machine")["depends_on"] == ["aws_iam_role_policy.backfill_states"]
        worker = emitted.all("aws_lambda_function")["backfill"]
        assert worker["depends_on"] == [
            "aws_iam_role_policy.backfill_worker",
            "aws_cloudwatch_log_group.backfill_worker",
        ]

    def test_have_no_moves_from_addresses_that_were_never_deployed(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        assert "backfill" not in str(emit(stack, pattern).config.get("moved"))

    def test_are_returned_by_the_properties(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        backfill = Backfill(stack, "backfill", pattern=pattern, export_bucket="exports")
        assert backfill.state_machine.name_input == "orders_backfill"
        assert backfill.worker.function_name_input == "orders_backfill_worker"
        assert backfill.worker_role.name_input == "orders_backfill_worker-role"
        assert backfill.state_machine_role.name_input == "orders_backfill_states-role"


class TestNames:
    @pytest.mark.parametrize(
        "sibling", ["backfill-worker", "backfill-states", "backfill_worker", "backfill_states-role"]
    )
    def test_are_those_of_no_other_construct(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, sibling: str
    ) -> None:
        DynamoDBStreamsToLambda(stack, sibling, lambda_function_props=ZIP_FUNCTION)
        backfill = Backfill(stack, "backfill", pattern=pattern, export_bucket="exports")
        for id in ("states", "states-role-policy-2"):
            DynamoDBStreamsToLambda(backfill, id, lambda_function_props=ZIP_FUNCTION)
        emitted = Emitted(stack, pattern)
        for kind, argument in (
            ("lambda_function", "function_name"),
            ("iam_role", "name"),
            ("cloudwatch_log_group", "name"),
        ):
            names = [block[argument].lower() for block in emitted.all(f"aws_{kind}").values()]
            assert len(set(names)) == len(names), names

    def test_of_a_long_path_are_cut_and_distinct(self) -> None:
        stack = new_stack("orders-" + "x" * 70)
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)
        emitted = Emitted(stack, pattern)
        Backfill(stack, "backfill", pattern=pattern, export_bucket="exports")
        functions = {block["function_name"] for block in emitted.all("aws_lambda_function").values()}
        roles = {block["name"] for block in emitted.all("aws_iam_role").values()}
        assert (len(functions), len(roles)) == (2, 3)
        assert max(map(len, functions | roles)) <= 64


class TestTags:
    @pytest.mark.parametrize("form", ["merge", "text", "value", "any"])
    def test_can_be_an_expression(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, form: str) -> None:
        variable = TerraformVariable(stack, "tags", type="map(string)")
        given: dict[str, tuple[Any, Any]] = {
            "merge": (Fn.merge([variable.value, {"Team": "orders"}]), '${merge(var.tags, {"Team" = "orders"})}'),
            "text": ("${var.tags}", "${var.tags}"),
            "value": (variable.value, "${var.tags}"),
            "any": (Token.as_any({"Team": "orders"}), {"Team": "orders"}),
        }
        tags, expected = given[form]
        emitted = emit(stack, pattern, tags=tags)
        assert emitted.only("aws_sfn_state_machine")["tags"] == expected
        for kind in ("lambda_function", "iam_role", "cloudwatch_log_group"):
            found = [block["tags"] for name, block in emitted.all(f"aws_{kind}").items() if name.startswith("backfill")]
            assert found in ([expected], [expected, expected]), kind

    def test_of_log_groups_are_merged_over_those_of_all(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        tags, specific = {"Team": "orders", "Stage": "dev"}, {"Stage": "test", "Kind": "logs"}
        emitted = emit(stack, pattern, tags=tags, log_group_props={"tags": specific})
        groups = emitted.all("aws_cloudwatch_log_group")
        assert groups["backfill_worker"]["tags"] == groups["backfill_states"]["tags"] == {**tags, **specific}
        assert emitted.only("aws_sfn_state_machine")["tags"] == tags

    def test_of_log_groups_are_merged_by_terraform_if_they_are_an_expression(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        TerraformVariable(stack, "tags", type="map(string)")
        emitted = emit(stack, pattern, tags={"Team": "orders"}, log_group_props={"tags": "${var.tags}"})
        tags = emitted.all("aws_cloudwatch_log_group")["backfill_worker"]["tags"]
        assert tags.startswith("${merge(")
        assert "var.tags" in tags
        assert "Team" in tags

    def test_of_wrong_types_are_refused(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        assert mistakes_of(stack, pattern=pattern, tags={"Team": 1}).keys() == {"tags.Team"}
        assert mistakes_of(stack, pattern=pattern, tags="orders").keys() == {"tags"}


class TestWorker:
    def test_has_its_settings_in_the_environment(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        emitted = emit(stack, pattern, export_prefix="/orders/", result_bucket="results", result_prefix="a/b")
        assert emitted.all("aws_lambda_function")["backfill"]["environment"]["variables"] == {
            "TABLE_ARN": "${aws_dynamodb_table.pipeline.arn}",
            "FUNCTION_ARN": "${aws_lambda_function.pipeline.arn}",
            "MAPPING_UUID": "${aws_lambda_event_source_mapping.pipeline.uuid}",
            "EXPORT_BUCKET": "exports",
            "EXPORT_PREFIX": "orders",
            "RESULT_BUCKET": "results",
            "RESULT_PREFIX": "a/b",
        }

    def test_has_defaults_that_props_replace(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        props = {"memory_size": 2048, "timeout": 300, "reserved_concurrent_executions": 8}
        worker = emit(stack, pattern, worker_props=props).all("aws_lambda_function")["backfill"]
        assert {name: worker[name] for name in props} == props
        assert (worker["ephemeral_storage"], worker["tracing_config"]) == ({"size": 1024}, {"mode": "Active"})

    @pytest.mark.parametrize("name", BackfillWorkerProps.__annotations__)
    def test_settings_that_are_none_are_left_out(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, name: str
    ) -> None:
        if name in ("timeout", "memory_size"):
            message = mistakes_of(stack, pattern=pattern, worker_props={name: None})[f"worker_props.{name}"]
            assert "must be" in message
            assert "remove it to use" in message
        else:
            worker = emit(stack, pattern, worker_props={name: None}).all("aws_lambda_function")["backfill"]
            assert name not in worker

    @pytest.mark.parametrize("name", sorted(LogGroupProps.__annotations__))
    def test_log_groups_leave_out_what_is_none(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, name: str
    ) -> None:
        if name in ("name", "name_prefix"):
            emitted = emit(stack, pattern, log_group_props={name: None})
            assert "name" in emitted.all("aws_cloudwatch_log_group")["backfill_worker"]
        else:
            emitted = emit(stack, pattern, log_group_props={name: None}, tags={"Team": "orders"})
            assert name not in emitted.all("aws_cloudwatch_log_group")["backfill_worker"]

    @pytest.mark.parametrize("named", ["arn", "name", "alias"])
    def test_invokes_the_function_that_the_mapping_names(self, stack: TerraformStack, named: str) -> None:
        alias = LambdaAlias(stack, "live", name="live", function_name="zz", function_version="1")
        arn = "arn:aws:lambda:eu-west-1:111122223333:function:zz:live"
        computed = "${aws_lambda_event_source_mapping.pipeline.function_arn}"
        name, expected = {
            "arn": (arn, arn),
            "name": ("zz:live", computed),
            "alias": (alias.arn, "${aws_lambda_alias.live.arn}"),
        }[named]
        pattern = DynamoDBStreamsToLambda(
            stack, "pipeline", lambda_function_props=ZIP_FUNCTION, dynamo_event_source_props={"function_name": name}
        )
        emitted = emit(stack, pattern)
        assert permissions(emitted, "worker")["InvokeFunction"] == (["lambda:InvokeFunction"], expected)
        assert emitted.all("aws_lambda_function")["backfill"]["environment"]["variables"]["FUNCTION_ARN"] == expected

    def test_invokes_the_alias_of_the_pattern(self, stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(
            stack, "pipeline", lambda_function_props=ZIP_FUNCTION, lambda_alias_props={"name": "live"}
        )
        emitted = emit(stack, pattern)
        alias = "${aws_lambda_alias.pipeline.arn}"
        assert permissions(emitted, "worker")["InvokeFunction"] == (["lambda:InvokeFunction"], alias)
        assert emitted.all("aws_lambda_function")["backfill"]["environment"]["variables"]["FUNCTION_ARN"] == alias


class TestPermissions:
    def test_of_the_worker_are_exact(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        mapping = "event-source-mapping:${aws_lambda_event_source_mapping.pipeline.uuid}"
        assert permissions(emit(stack, pattern, export_prefix="orders"), "worker") == {
            "ReadExports": (["s3:GetObject"], f"arn:{PARTITION}:s3:::exports/orders/AWSDynamoDB/*"),
            "WriteResults": (["s3:GetObject", "s3:PutObject"], f"arn:{PARTITION}:s3:::exports/backfill-results/*"),
            "ListResults": (["s3:ListBucket"], f"arn:{PARTITION}:s3:::exports"),
            "DescribeTable": (["dynamodb:DescribeTable"], "${aws_dynamodb_table.pipeline.arn}"),
            "FindMapping": (["lambda:ListEventSourceMappings"], "*"),
            "ReadMapping": (
                ["lambda:GetEventSourceMapping"],
                f"{STATES.replace('states', 'lambda')}:{mapping}",
            ),
            "InvokeFunction": (["lambda:InvokeFunction"], "${aws_lambda_function.pipeline.arn}"),
            "WriteLogs": (
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                "${aws_cloudwatch_log_group.backfill_worker.arn}:*",
            ),
            "SendTraces": (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        }

    def test_to_list_results_are_for_their_prefix(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        policy = json.loads(emit(stack, pattern).all("aws_iam_role_policy")["backfill_worker"]["policy"])
        (statement,) = (entry for entry in policy["Statement"] if entry["Sid"] == "ListResults")
        assert statement["Condition"] == {"StringLike": {"s3:prefix": "backfill-results/*"}}

    def test_of_the_state_machine_are_exact(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        found = permissions(emit(stack, pattern), "states")
        assert found.pop("DeliverLogs")[1] == found.pop("SendTraces")[1] == "*"
        assert found == {
            "ReadListOfFiles": (
                ["s3:GetObject"],
                f"arn:{PARTITION}:s3:::exports/AWSDynamoDB/*/manifest-files.json",
            ),
            "WriteResults": (
                ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
                f"arn:{PARTITION}:s3:::exports/backfill-results/*",
            ),
            "StartChildren": (["states:StartExecution"], f"{STATES}:stateMachine:orders_backfill"),
            "RunChildren": (
                ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                [f"{STATES}:execution:orders_backfill:*", f"{STATES}:execution:orders_backfill/SendFiles:*"],
            ),
            "InvokeWorker": (["lambda:InvokeFunction"], "${aws_lambda_function.backfill.arn}"),
        }

    @pytest.mark.parametrize("role", ["worker", "states"])
    def test_for_keys_are_those_of_their_use(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, role: str
    ) -> None:
        other = KEY_ARN.replace("key/", "key/0")
        found = permissions(emit(stack, pattern, export_kms_key_arn=KEY_ARN, result_kms_key_arn=other), role)
        assert found["DecryptExports"] == (["kms:Decrypt"], KEY_ARN)
        assert found["EncryptResults"] == (["kms:Decrypt", "kms:GenerateDataKey"], other)

    @pytest.mark.parametrize("role", ["worker", "states"])
    @pytest.mark.parametrize("as_expression", [False, True])
    def test_for_results_in_the_same_bucket_have_the_key_of_the_exports(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, role: str, as_expression: bool
    ) -> None:
        variable = TerraformVariable(stack, "bucket", type="string")
        names = [variable.string_value if as_expression else "orders-exports" for _ in range(2)]
        emitted = emit(stack, pattern, export_bucket=names[0], result_bucket=names[1], export_kms_key_arn=KEY_ARN)
        assert permissions(emitted, role)["EncryptResults"] == (["kms:Decrypt", "kms:GenerateDataKey"], KEY_ARN)

    def test_for_results_in_the_same_bucket_of_the_app_have_the_key_of_the_exports(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        bucket = S3Bucket(stack, "exports")
        inputs = {"export_bucket": bucket.bucket, "result_bucket": bucket.id, "export_kms_key_arn": KEY_ARN}
        assert permissions(emit(stack, pattern, **inputs), "worker")["EncryptResults"][1] == KEY_ARN

    def test_for_the_filters_have_the_arn_of_their_key(self, stack: TerraformStack) -> None:
        alias = DataAwsKmsAlias(stack, "filters", name="alias/filters")
        pattern = DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props=ZIP_FUNCTION,
            dynamo_event_source_props={"kms_key_arn": alias.arn},
        )
        found = permissions(emit(stack, pattern), "worker")
        assert found["DecryptFilters"] == (["kms:Decrypt"], "${data.aws_kms_key.backfill_filters.arn}")

    def test_for_results_in_another_bucket_do_not_have_the_key_of_the_exports(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        emitted = emit(stack, pattern, result_bucket="results", export_kms_key_arn=KEY_ARN)
        assert "EncryptResults" not in permissions(emitted, "worker")

    @pytest.mark.parametrize("form", ["alias", "data source of an alias", "id"])
    def test_for_keys_have_the_arn_of_the_key(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, form: str
    ) -> None:
        key = KmsKey(stack, "key")
        given = {
            "alias": KmsAlias(stack, "alias", target_key_id=key.key_id).arn,
            "data source of an alias": DataAwsKmsAlias(stack, "other", name="alias/orders").arn,
            "id": key.key_id,
        }[form]
        emitted = emit(stack, pattern, export_kms_key_arn=key.arn, result_kms_key_arn=given)
        found = permissions(emitted, "worker")
        assert found["DecryptExports"][1] == "${aws_kms_key.key.arn}"
        assert found["EncryptResults"][1] == "${data.aws_kms_key.backfill_results.arn}"
        variables = emitted.all("aws_lambda_function")["backfill"]["environment"]["variables"]
        assert variables["RESULT_KEY_ARN"] == found["EncryptResults"][1]

    def test_are_for_the_services_of_this_account(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        roles = emit(stack, pattern).all("aws_iam_role")
        for name, service in (("worker", "lambda"), ("states", "states")):
            (statement,) = json.loads(roles[f"backfill_{name}"]["assume_role_policy"])["Statement"]
            assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


class TestDefinition:
    def test_bounds_the_concurrency_and_tolerates_failures(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        state = definition(emit(stack, pattern))["States"]["SendFiles"]
        assert (state["MaxConcurrency"], state["ToleratedFailurePercentage"]) == (4, 10)
        inputs = {"max_concurrency": 200, "tolerated_failure_percentage": 0, "max_retries": 7}
        other = new_stack("other")
        other_pattern = DynamoDBStreamsToLambda(other, "pipeline", lambda_function_props=ZIP_FUNCTION)
        state = definition(emit(other, other_pattern, **inputs))["States"]["SendFiles"]
        assert (state["MaxConcurrency"], state["ToleratedFailurePercentage"]) == (200, 0)
        assert {entry["MaxAttempts"] for entry in state["ItemProcessor"]["States"]["SendFile"]["Retry"]} == {7}

    def test_waits_for_the_worker_as_long_as_it_may_run(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        states = definition(emit(stack, pattern, worker_props={"timeout": 120}))["States"]
        assert states["SendFiles"]["ItemProcessor"]["States"]["SendFile"]["TimeoutSeconds"] > 120


class TestMistakes:
    def test_are_reported_together(self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
        mistakes = mistakes_of(
            stack,
            pattern=pattern,
            existing_table_interface=TableByArn(stream_arn=f"{TABLE}/stream/x"),
            export_bucket="Exports",
            export_prefix="a//b",
            export_kms_key_arn="alias/orders",
            result_prefix="",
            max_concurrency=0,
            tolerated_failure_percentage=101,
            max_retries=True,
            worker_props={"timeout": 901, "memory_sizes": 1},
            log_group_props={"name": "/orders", "retention_in_days": 2},
            tags=["a"],
            bucket="exports",
        )
        assert mistakes.keys() == {
            "existing_table_interface",
            "export_bucket",
            "export_prefix",
            "export_kms_key_arn",
            "result_prefix",
            "max_concurrency",
            "tolerated_failure_percentage",
            "max_retries",
            "worker_props.timeout",
            "worker_props.memory_sizes",
            "log_group_props.name",
            "log_group_props.retention_in_days",
            "tags",
            "bucket",
        }

    def test_without_a_pattern_need_a_table_and_a_function(self, stack: TerraformStack) -> None:
        mistakes = mistakes_of(stack)
        assert mistakes.keys() == {"existing_table_interface", "existing_lambda_obj"}
        assert "give pattern" in mistakes["existing_table_interface"]

    def test_of_another_pattern_are_refused(self, stack: TerraformStack) -> None:
        assert mistakes_of(stack, pattern=stack).keys() == {"pattern"}

    def test_of_reserved_concurrency_below_the_files_at_once_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        mistakes = mistakes_of(stack, pattern=pattern, worker_props={"reserved_concurrent_executions": 3})
        assert "max_concurrency = 4" in mistakes["worker_props.reserved_concurrent_executions"]

    def test_of_expressions_in_the_definition_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        number = TerraformVariable(stack, "number", type="number").number_value
        mistakes = mistakes_of(stack, pattern=pattern, max_concurrency=number)
        assert "${var.number}" in mistakes["max_concurrency"]

    def test_of_results_in_the_folder_of_the_exports_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        assert mistakes_of(stack, pattern=pattern, result_prefix="AWSDynamoDB/results").keys() == {"result_prefix"}

    @pytest.mark.parametrize(
        ("prefix", "fix"),
        [("AWSDynamoDB", "remove it"), ("/orders/AWSDynamoDB/", "give the part before it, orders")],
    )
    def test_of_a_prefix_with_the_folder_of_the_exports_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, prefix: str, fix: str
    ) -> None:
        assert mistakes_of(stack, pattern=pattern, export_prefix=prefix)["export_prefix"].endswith(fix)

    @pytest.mark.parametrize("input", ["export_bucket", "result_bucket"])
    @pytest.mark.parametrize("name", ["a..b", "-abc", "abc-", "192.168.1.1", "xn--abc", "ab", "Exports"])
    def test_of_names_that_no_bucket_has_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, input: str, name: str
    ) -> None:
        mistakes = mistakes_of(stack, **{"pattern": pattern, input: name})
        assert mistakes.keys() == {input}
        assert mistakes[input].endswith("give the name of a bucket that exists")

    @pytest.mark.parametrize(
        "key", ["alias/orders", KEY_ARN.partition("key/")[0] + "alias/orders", KEY_ARN.rpartition("/")[2]]
    )
    def test_of_keys_that_iam_does_not_accept_are_refused(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, key: str
    ) -> None:
        mistakes = mistakes_of(stack, pattern=pattern, export_kms_key_arn=key, result_kms_key_arn=key)
        assert mistakes.keys() == {"export_kms_key_arn", "result_kms_key_arn"}
        assert "DataAwsKmsKey" in mistakes["result_kms_key_arn"]

    @pytest.mark.parametrize("name", ["vpc_config", "layers", "environment", "runtime"])
    def test_of_other_arguments_of_the_worker_name_those_that_it_takes(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, name: str
    ) -> None:
        message = mistakes_of(stack, pattern=pattern, worker_props={name: {}})[f"worker_props.{name}"]
        assert "not supported" in message
        assert all(known in message for known in BackfillWorkerProps.__annotations__)
        assert "lambda_function_props" not in message
        assert ("VPC" in message) == (name == "vpc_config")

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("bucket", "export_bucket"),
            ("timeout", "worker_props"),
            ("vpc_config", "VPC"),
            ("exportBucket", "export_bucket"),
            ("export_buckets", "did you mean export_bucket?"),
            ("code", "result_prefix"),
        ],
    )
    def test_of_unknown_inputs_name_inputs_of_the_construct(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda, name: str, words: str
    ) -> None:
        message = mistakes_of(stack, **{"pattern": pattern, name: "x"})[name]
        assert words in message
        assert "failure_bucket_props" not in message

    def test_of_unknown_arguments_of_the_log_groups_name_inputs_of_the_construct(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        props = {"memory_size": 512, "runtime": "python3.13", "retention": 7}
        mistakes = mistakes_of(stack, pattern=pattern, log_group_props=props)
        assert mistakes["log_group_props.memory_size"].endswith("use worker_props with memory_size")
        assert "the known names are" in mistakes["log_group_props.runtime"]
        assert mistakes["log_group_props.retention"].endswith("retention_in_days")
        assert not any("lambda_function_props" in message for message in mistakes.values())

    def test_of_a_camel_case_or_misspelled_argument_of_the_worker_name_the_right_one(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        mistakes = mistakes_of(stack, pattern=pattern, worker_props={"memorySize": 512, "timeouts": 60})
        assert mistakes["worker_props.memorySize"].endswith("memory_size")
        assert mistakes["worker_props.timeouts"].endswith("did you mean timeout?")

    def test_of_an_id_that_is_taken_leave_nothing(
        self, stack: TerraformStack, pattern: DynamoDBStreamsToLambda
    ) -> None:
        with pytest.raises(PatternError, match="choose another id"):
            Backfill(stack, "pipeline", pattern=pattern, export_bucket="exports")


class TestRegionsAndStacks:
    def test_of_a_table_in_another_region_are_refused(self, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "function", function_name="orders")
        table = TableByArn(stream_arn=f"{TABLE}/{STREAM}".replace("eu-west-1", "us-east-1"))
        mistakes = mistakes_of(stack, existing_table_interface=table, existing_lambda_obj=function)
        assert "the function is in eu-west-1" in mistakes["existing_table_interface"]

    def test_of_a_function_in_another_region_than_the_backfill_are_refused(self, stack: TerraformStack) -> None:
        arn = "arn:aws:lambda:us-east-1:111122223333:function:orders"
        function = DataAwsLambdaFunction(stack, "function", function_name=arn)
        table = TableByArn(stream_arn=f"{TABLE}/{STREAM}".replace("eu-west-1", "us-east-1"))
        mistakes = mistakes_of(stack, existing_table_interface=table, existing_lambda_obj=function)
        assert "would be in eu-west-1" in mistakes["existing_lambda_obj"]

    @pytest.mark.parametrize("argument", ["region", "provider"])
    def test_of_log_groups_in_another_region_are_refused(self, stack: TerraformStack, argument: str) -> None:
        other = AwsProvider(stack, "other", region="us-east-1", alias="other")
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)
        value = other if argument == "provider" else "us-east-1"
        mistakes = mistakes_of(stack, pattern=pattern, log_group_props={argument: value})
        assert "are in eu-west-1" in mistakes[f"log_group_props.{argument}"]

    def test_of_log_groups_can_be_given_if_they_are_the_same(self, stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)
        emitted = emit(stack, pattern, log_group_props={"region": "eu-west-1"})
        assert emitted.all("aws_cloudwatch_log_group")["backfill_worker"]["region"] == "eu-west-1"

    def test_of_a_provider_of_another_stack_are_refused(self) -> None:
        app = App()
        stack, other = TerraformStack(app, "orders"), TerraformStack(app, "other")
        alias = AwsProvider(other, "alias", region="eu-west-1", alias="x")
        props: Any = {**ZIP_FUNCTION, "provider": alias}
        pattern = DynamoDBStreamsToLambda(other, "pipeline", lambda_function_props=props)
        mistakes = mistakes_of(stack, pattern=pattern)
        assert "create the Backfill in the stack of the function" in mistakes["pattern.provider"]
        mistakes = mistakes_of(
            stack,
            existing_table_interface=TableByArn(stream_arn=f"{TABLE}/{STREAM}"),
            existing_lambda_obj=pattern.lambda_function,
            log_group_props={"provider": alias},
        )
        assert mistakes.keys() == {"existing_lambda_obj.provider", "log_group_props.provider"}

    def test_of_a_pattern_of_another_stack_in_another_region_are_refused(self) -> None:
        app = App()
        stack, other = TerraformStack(app, "orders"), TerraformStack(app, "other")
        AwsProvider(stack, "aws", region="eu-west-1")
        AwsProvider(other, "aws", region="us-east-1")
        pattern = DynamoDBStreamsToLambda(other, "pipeline", lambda_function_props=ZIP_FUNCTION)
        assert "the function is in us-east-1" in mistakes_of(stack, pattern=pattern)["pattern"]

    def test_of_a_pattern_of_another_stack_in_the_same_region_are_taken(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        stack, other = TerraformStack(app, "orders"), TerraformStack(app, "other")
        for each in (stack, other):
            AwsProvider(each, "aws", region="eu-west-1")
        pattern = DynamoDBStreamsToLambda(other, "pipeline", lambda_function_props=ZIP_FUNCTION)
        Backfill(stack, "backfill", pattern=pattern, export_bucket="exports")
        app.synth()
        emitted = json.loads((Path(app.outdir) / "stacks" / "orders" / "cdk.tf.json").read_text())["resource"]
        variables = emitted["aws_lambda_function"]["backfill"]["environment"]["variables"]
        for name in ("TABLE_ARN", "FUNCTION_ARN", "MAPPING_UUID"):
            assert variables[name].startswith("${data.terraform_remote_state."), name

    def test_of_a_pattern_whose_function_belongs_to_a_third_stack_are_taken(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        stacks = {name: TerraformStack(app, name) for name in ("orders", "other", "third")}
        for stack in stacks.values():
            AwsProvider(stack, "aws", region="eu-west-1")
        function = DataAwsLambdaFunction(stacks["third"], "function", function_name="orders")
        pattern = DynamoDBStreamsToLambda(stacks["other"], "pipeline", existing_lambda_obj=function)
        for name in ("orders", "other"):
            Backfill(stacks[name], "backfill", pattern=pattern, export_bucket="exports")
        app.synth()
        for name in ("orders", "other"):
            emitted = json.loads((tmp_path / "stacks" / name / "cdk.tf.json").read_text())["resource"]
            variables = emitted["aws_lambda_function"]["backfill"]["environment"]["variables"]
            assert "cross-stack-reference-input-third" in variables["FUNCTION_ARN"]


def test_inputs_can_be_expressions(stack: TerraformStack, pattern: DynamoDBStreamsToLambda) -> None:
    text = TerraformVariable(stack, "text", type="string").string_value
    emitted = emit(stack, pattern, export_bucket=text, export_prefix=text, export_kms_key_arn=text)
    found = permissions(emitted, "worker")
    assert found["ReadExports"][1] == f"arn:{PARTITION}:s3:::${{var.text}}/${{var.text}}/AWSDynamoDB/*"
    assert found["DecryptExports"][1] == found["EncryptResults"][1] == "${data.aws_kms_key.backfill_exports.arn}"


def test_code_of_the_worker_is_the_same_archive_each_time(stack: TerraformStack) -> None:
    patterns = [DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION) for id in ("a", "b")]
    for number, pattern in enumerate(patterns):
        Backfill(stack, f"backfill-{number}", pattern=pattern, export_bucket="exports")
    workers = [
        block
        for name, block in Emitted(stack, patterns[0]).all("aws_lambda_function").items()
        if name.startswith("backfill")
    ]
    assert len({(block["filename"], block["source_code_hash"]) for block in workers}) == 1

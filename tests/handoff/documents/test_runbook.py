"""The chapters of the runbook, which depend on the resources and the backend of the stack."""

import re
from typing import Any

from ddb_stream_lambda.handoff.documents.runbook import runbook
from ddb_stream_lambda.handoff.facts.pipelines import ALARM_IDS
from ddb_stream_lambda.handoff.synthesized.patterns import Pattern
from ddb_stream_lambda.resources.alarms import FIGURES

from .support import facts_of

QUEUE_AND_TABLE = {"dead-letter-queue": "aws_sqs_queue.q", "table": "aws_dynamodb_table.t"}
ALWAYS = [
    "Before the first apply: choose where the state is",
    "The first apply",
    "Check that it works",
    "Take the next bundle",
    "Roll back",
    "Find and undo changes made by hand",
    "Move the state",
    "After an interrupted apply",
    "Release a stuck lock",
    "A lost state",
    "Destroy everything",
]


def text_for(blocks: dict[str, Any], *patterns: Pattern, suffix: str = ".tf") -> str:
    return runbook(facts_of(blocks, *patterns), suffix)


def chapters(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def resource(type: str, **arguments: Any) -> dict[str, Any]:
    return {"resource": {type: {"r": arguments}}}


def test_stack_without_aws_has_only_the_chapters_that_every_stack_has() -> None:
    text = text_for({"resource": {"terraform_data": {"job": {}}}})
    assert list(chapters(text)) == ALWAYS
    assert "AWS_DEFAULT_REGION" not in text
    assert "-var-file" not in text


def test_chapters_are_listed_at_the_top() -> None:
    text = text_for(resource("aws_sqs_queue", name="q"))
    assert re.findall(r"^- (.*)$", text.partition("\n## ")[0], re.MULTILINE) == list(chapters(text))


def test_only_the_parts_of_a_pattern_have_chapters_about_it() -> None:
    blocks: dict[str, Any] = {"resource": {"aws_sqs_queue": {"q": {}, "other": {}}, "aws_dynamodb_table": {"t": {}}}}
    titles = list(chapters(text_for(blocks, Pattern("orders/pipeline", QUEUE_AND_TABLE))))
    assert [title for title in titles if "dead-letter queue" in title] == [
        "Read the dead-letter queue: `aws_sqs_queue.q`",
        "Empty the dead-letter queue: `aws_sqs_queue.q`",
    ]


def test_pattern_with_a_bucket_has_a_chapter_about_the_batches_in_it() -> None:
    addresses = QUEUE_AND_TABLE | {"failure-bucket": "aws_s3_bucket.b"}
    blocks: dict[str, Any] = {"resource": {"aws_sqs_queue": {"q": {}}, "aws_s3_bucket": {"b": {}, "other": {}}}}
    written = chapters(text_for(blocks, Pattern("orders/pipeline", addresses)))
    assert "a notification of S3" in written["Read the dead-letter queue: `aws_sqs_queue.q`"]
    assert "s3:TestEvent" in written["Read the dead-letter queue: `aws_sqs_queue.q`"]
    batches = [title for title in written if title.startswith("Read the failed batches")]
    assert batches == ["Read the failed batches: `aws_s3_bucket.b`"]
    assert "`payload` is the event" in written[batches[0]]


def words_of(chapter: str) -> str:
    """A chapter without its line breaks."""
    return " ".join(chapter.split())


def chapters_with(*ids: str) -> dict[str, str]:
    """The chapters about a pattern that has a queue and a bucket, or one of them, and alarms."""
    types = {"dead-letter-queue": "aws_sqs_queue", "failure-bucket": "aws_s3_bucket"}
    addresses = {id: f"{types.get(id, 'aws_cloudwatch_metric_alarm')}.{id}" for id in ids}
    resources: dict[str, Any] = {}
    for address in addresses.values():
        type, name = address.split(".")
        resources.setdefault(type, {})[name] = {}
    return chapters(text_for({"resource": resources}, Pattern("orders/pipeline", addresses)))


EMPTY = "Empty the dead-letter queue: `aws_sqs_queue.dead-letter-queue`"
BATCHES = "Read the failed batches: `aws_s3_bucket.failure-bucket`"


def test_batches_of_a_bucket_without_a_queue_are_sent_again_and_deleted() -> None:
    chapter = chapters_with("failure-bucket")[BATCHES]
    assert re.findall(r"^ddb-stream-lambda (.*)$", chapter, re.MULTILINE) == [
        'redrive --bucket "$BUCKET" --dry-run',
        'redrive --bucket "$BUCKET"',
    ]
    assert 'aws s3api delete-object --bucket "$BUCKET" --key "OBJECT_KEY"' in chapter
    assert "**Lost: the batch." in chapter
    # With a queue, its chapter does both, for the messages too.
    assert "redrive" not in chapters_with("failure-bucket", "dead-letter-queue")[BATCHES]


def test_message_about_an_object_is_deleted_with_the_object() -> None:
    chapter = words_of(chapters_with("failure-bucket", "dead-letter-queue")[EMPTY])
    assert chapter.index("aws s3api delete-object") < chapter.index("aws sqs delete-message")
    assert "deletes each object and its message" in chapter
    assert "If you delete only the message, the object stays" in chapter
    assert "This deletes no object" in chapter
    assert "only note" not in chapter
    assert "come from S3" in chapter


def test_message_about_records_is_the_only_note_of_a_batch() -> None:
    chapter = words_of(chapters_with("dead-letter-queue")[EMPTY])
    assert "**Lost: the message, which is the only note of which batch failed.**" in chapter
    assert "object" not in chapter


def test_only_the_alarms_of_the_queue_turn_off_with_it() -> None:
    assert "alarm" not in chapters_with("dead-letter-queue")[EMPTY]
    with_bucket = chapters_with("dead-letter-queue", "failure-bucket", "alarm-iterator-age", "alarm-delivered-events")
    assert "alarm" not in with_bucket[EMPTY]
    chapter = chapters_with("dead-letter-queue", "alarm-errors", "alarm-queue-messages", "alarm-queue-age")[EMPTY]
    assert re.findall(r"alarm\.alarm-([\w-]+)", chapter) == ["queue-messages", "queue-age"]


def test_command_for_failed_batches_is_installed_from_a_file() -> None:
    for chapter in (chapters_with("dead-letter-queue")[EMPTY], chapters_with("failure-bucket")[BATCHES]):
        assert re.findall("^pip install .*", chapter, re.MULTILINE) == ["pip install boto3 WHEEL_FILE"]
        assert "The developers of the stack have the command as a file, a wheel." in words_of(chapter)


def test_alarms_of_a_pattern_have_a_chapter_with_their_states_and_meaning() -> None:
    alarms = {
        "queue": {"alarm_name": "orders-queue-age", "alarm_description": "Send the records again now."},
        "age": {"alarm_name": "orders-iterator-age", "alarm_description": "The function receives records late."},
        "other": {"alarm_name": "billing", "alarm_description": "Too expensive."},
    }
    resources = {"aws_cloudwatch_metric_alarm": alarms, "aws_cloudwatch_dashboard": {"d": {"dashboard_name": "orders"}}}
    addresses = {
        "alarm-queue-age": "aws_cloudwatch_metric_alarm.queue",
        "alarm-iterator-age": "aws_cloudwatch_metric_alarm.age",
        "dashboard": "aws_cloudwatch_dashboard.d",
    }
    written = chapters(text_for({"resource": resources}, Pattern("orders/pipeline", addresses)))
    chapter = written["Handle the alarms of `orders/pipeline`"]
    # In the order of the data flow.
    assert re.findall(r"^- `(.*)`: (.*)$", chapter, re.MULTILINE) == [
        ("aws_cloudwatch_metric_alarm.age", "The function receives records late."),
        ("aws_cloudwatch_metric_alarm.queue", "Send the records again now."),
    ]
    assert "aws cloudwatch describe-alarms --alarm-names" in chapter
    assert "aws_cloudwatch_dashboard.d" in chapter


def test_the_ids_of_the_alarms_are_those_of_the_pattern() -> None:
    assert tuple(f"alarm-{name.replace('_', '-')}" for name in FIGURES) == ALARM_IDS


def test_each_queue_has_the_stream_of_its_own_pattern() -> None:
    resources: dict[str, Any] = {"aws_sqs_queue": {}, "aws_dynamodb_table": {}, "aws_lambda_event_source_mapping": {}}
    patterns = []
    for name in ("orders", "returns"):
        resources["aws_sqs_queue"][name] = {}
        resources["aws_dynamodb_table"][name] = {}
        resources["aws_lambda_event_source_mapping"][name] = {
            "event_source_arn": f"${{aws_dynamodb_table.{name}.stream_arn}}"
        }
        addresses = {
            "dead-letter-queue": f"aws_sqs_queue.{name}",
            "event-source-mapping": f"aws_lambda_event_source_mapping.{name}",
        }
        patterns.append(Pattern(f"stack/{name}", addresses))
    written = chapters(text_for({"resource": resources}, *patterns))
    for name in ("orders", "returns"):
        chapter = written[f"Read the dead-letter queue: `aws_sqs_queue.{name}`"]
        assert re.findall(r"aws_dynamodb_table\.\w+", chapter) == [f"aws_dynamodb_table.{name}"]


def test_code_of_a_function_with_an_alias_is_that_of_the_version_that_the_alias_names() -> None:
    function = {"filename": "${path.module}/assets/a.zip", "source_code_hash": "aGFzaA=="}
    resources: dict[str, Any] = {"aws_lambda_function": {"f": function}, "aws_lambda_alias": {"live": {"name": "live"}}}
    addresses = {"function": "aws_lambda_function.f", "alias": "aws_lambda_alias.live"}
    written = chapters(text_for({"resource": resources}, Pattern("orders/pipeline", addresses)))
    check = written["Check that it works"]
    assert "aws lambda get-alias --function-name" in check
    assert check.count('--qualifier "$VERSION"') == 3
    assert "about the version that the alias `aws_lambda_alias.live` names" in " ".join(check.split())
    drift = written["Find and undo changes made by hand"]
    assert "  --publish --query CodeSha256" in drift
    published, redeployed = drift.index("published by hand"), drift.index("aws lambda update-function-code")
    assert published < drift.index("-out=drift.plan") < redeployed < drift.index("-out=redeploy.plan")


def test_code_of_a_function_without_an_alias_is_the_latest() -> None:
    resources = {"aws_lambda_function": {"f": {"filename": "a.zip"}}, "aws_lambda_alias": {"other": {"name": "live"}}}
    text = text_for({"resource": resources}, Pattern("orders/pipeline", {"function": "aws_lambda_function.f"}))
    assert "aws lambda update-function-code" in text
    for words in ("the alias", "--publish", "--qualifier", "redeploy.plan"):
        assert words not in text


def test_backend_of_the_bundle_is_configured_and_not_chosen() -> None:
    written = chapters(text_for({"terraform": {"backend": {"gcs": {"bucket": "states"}}}}))
    assert "cp backends/gcs.tfbackend.example prod.tfbackend" in written[ALWAYS[0]]
    assert "backends/s3" not in "".join(written.values())
    assert "aws s3api" not in written["A lost state"]
    assert "backend.tf" not in written["Take the next bundle"].replace("prod.tfbackend", "")


def test_lock_of_a_file_is_not_released_by_force() -> None:
    written = chapters(runbook(facts_of({}, backend="local"), ".tf"))
    assert "force-unlock" not in written["Release a stuck lock"]


def test_files_of_the_backend_have_the_form_of_the_bundle() -> None:
    text = text_for({}, suffix=".tf.json")
    assert re.search(r"cp backends/s3\.tf\.json\S* backend\.tf\.json\n", text)
    assert re.search(r"for file in prod\.tfbackend backend\.tf\.json \.terraform\.lock\.hcl backend\.tf;", text)


def test_region_of_the_provider_is_named() -> None:
    provider = {"provider": {"aws": [{"region": "eu-west-1"}]}, **resource("aws_sqs_queue")}
    assert "The region is `eu-west-1`." in text_for(provider)


def test_moved_resources_move_back_in_a_rollback_in_the_reverse_order() -> None:
    moved = [{"from": "aws_sqs_queue.a", "to": "aws_sqs_queue.b"}, {"from": "aws_sqs_queue.b", "to": "aws_sqs_queue.c"}]
    rollback = chapters(text_for({"moved": moved}))["Roll back"]
    assert re.findall(r"^terraform state mv '(.*)' '(.*)'$", rollback, re.MULTILINE) == [
        ("aws_sqs_queue.c", "aws_sqs_queue.b"),
        ("aws_sqs_queue.b", "aws_sqs_queue.a"),
    ]


def imports_for(**resources: Any) -> str:
    return chapters(text_for({"variable": {"v": {}}, "resource": resources}))["Import existing resources"]


def test_ids_of_imports_come_from_the_names_in_the_configuration() -> None:
    text = imports_for(
        aws_iam_role={"r": {"name": "${var.v}-orders"}},
        aws_iam_role_policy={"p": {"name": "write", "role": "${aws_iam_role.r.id}"}},
    )
    assert 'to = aws_iam_role.r\n  id = "${var.v}-orders"\n' in text
    assert 'to = aws_iam_role_policy.p\n  id = "${var.v}-orders:write"\n' in text


def test_unknown_ids_of_imports_are_placeholders_that_the_text_lists() -> None:
    text = imports_for(aws_vpc={"v": {}}, aws_sqs_queue={"many": {"name": "q", "count": 2}}, aws_iam_role={"r": {}})
    assert re.findall(r'id = "(.*)"', text) == ["SQS_QUEUE_MANY_ID", "IAM_ROLE_R_ID", "VPC_V_ID"]
    assert "`aws_sqs_queue.many`, `aws_iam_role.r`, `aws_vpc.v`" in text


def test_settings_of_a_bucket_are_imported_with_the_name_of_the_bucket() -> None:
    settings = {"aws_s3_bucket_versioning": {"v": {"bucket": "${aws_s3_bucket.b.id}"}}}
    text = imports_for(aws_s3_bucket={"b": {"bucket": "failed-${var.stage}"}}, **settings)
    assert text.count('id = "failed-${var.stage}"') == 2
    text = imports_for(aws_s3_bucket={"b": {"bucket_prefix": "failed-"}}, **settings)
    assert text.count('id = "B_BUCKET"') == 2
    assert text.count("aws s3api list-buckets") == 1
    assert "starts_with(Name, '" in text
    text = imports_for(aws_s3_bucket={"b": {}}, **settings)
    assert 'id = "S3_BUCKET_B_ID"' in text


def test_name_from_another_resource_that_only_the_state_knows_is_no_id() -> None:
    text = imports_for(aws_iam_role={"r": {"name": "${random_id.suffix.hex}-orders"}})
    assert 'id = "IAM_ROLE_R_ID"' in text


def test_bundle_with_import_blocks_describes_them() -> None:
    blocks = {"import": [{"to": "aws_sqs_queue.r", "id": "url"}], **resource("aws_sqs_queue")}
    written = chapters(text_for(blocks))
    assert "`1 to import`" in written["The first apply"]
    assert "existing.tf" not in written["Import existing resources"]


def test_destruction_names_the_loss_and_removes_every_protection() -> None:
    blocks = {
        "resource": {
            "aws_dynamodb_table": {"t": {"lifecycle": {"prevent_destroy": True}, "deletion_protection_enabled": True}},
            "aws_db_instance": {"d": {"deletion_protection": True}},
            "aws_s3_bucket": {"b": {"lifecycle": [{"prevent_destroy": True}]}},
        }
    }
    written = chapters(text_for(blocks))
    text = written["Destroy everything"]
    assert "- `aws_s3_bucket.b`: all objects." in text
    assert re.findall(r'resource "(\w+)"', text) == ["aws_dynamodb_table", "aws_s3_bucket", "aws_db_instance"]
    assert text.count("prevent_destroy = false") == 2
    assert text.count("  deletion_protection = false") == 1
    assert [title for title in written if title.startswith("Destroy everything except")] == [
        "Destroy everything except `aws_dynamodb_table.t`",
        "Destroy everything except `aws_s3_bucket.b`",
    ]


def test_destruction_deletes_the_objects_of_a_bucket() -> None:
    text = chapters(text_for(resource("aws_s3_bucket")))["Destroy everything"]
    assert 'resource "aws_s3_bucket" "r" {\n  force_destroy = true\n}' in text
    assert "`force_destroy` deletes all of them" in text
    assert "force_destroy" not in text_for(resource("aws_s3_bucket", force_destroy=True))


def test_retained_bucket_is_kept_with_its_settings_but_without_its_notification() -> None:
    bucket = "${aws_s3_bucket.b.id}"
    blocks = {
        "resource": {
            "aws_s3_bucket": {"b": {"lifecycle": {"prevent_destroy": True}}},
            "aws_s3_bucket_policy": {"p": {"bucket": bucket}, "other": {"bucket": "other"}},
            "aws_s3_bucket_notification": {"n": {"bucket": bucket}},
        }
    }
    text = chapters(text_for(blocks))["Destroy everything except `aws_s3_bucket.b`"]
    assert re.findall(r"terraform state rm '(.*)'", text) == ["aws_s3_bucket.b", "aws_s3_bucket_policy.p"]
    assert re.findall(r"'(aws\S+)' \"\$ID\" (>+) kept-resource\.txt", text) == [
        ("aws_s3_bucket.b", ">"),
        ("aws_s3_bucket_policy.p", ">>"),
    ]
    assert "The settings of the bucket stay with it." in text


def test_several_retained_resources_are_saved_in_files_of_their_own() -> None:
    retained = {"lifecycle": {"prevent_destroy": True}}
    blocks = {"resource": {"aws_dynamodb_table": {"t": retained}, "aws_s3_bucket": {"b": retained}}}
    text = chapters(text_for(blocks))["Destroy everything except `aws_dynamodb_table.t`"]
    assert "refuses to destroy other resources, too: `aws_s3_bucket.b`" in text
    assert "> kept-aws_dynamodb_table.t.txt" in text
    assert "cat kept-*.txt > existing.tf" in text


def test_deletion_protection_from_a_variable_is_disabled_with_the_variable() -> None:
    table = resource("aws_dynamodb_table", deletion_protection_enabled="${var.protect}")
    text = chapters(text_for({"variable": {"protect": {"default": True}}, **table}))["Destroy everything"]
    assert "terraform plan -var-file=prod.tfvars -var=protect=false -out=unprotect.plan" in text
    assert "terraform plan -var-file=prod.tfvars -var=protect=false -destroy -out=destroy.plan" in text
    assert "deletion_protection_enabled = false" not in text


def test_destruction_without_protections_has_no_override() -> None:
    assert "override" not in chapters(text_for(resource("aws_sqs_queue")))["Destroy everything"]

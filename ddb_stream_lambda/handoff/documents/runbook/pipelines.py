"""The chapters about the parts of each pattern, such as its alarms and its dead-letter queue, and about a backfill."""

from __future__ import annotations

from ...facts.pipelines import Pipeline
from ...synthesized.configuration import Resource
from ..markdown import code_list, paragraph
from .commands import Commands, chapter, file_block, shell, steps_lost

# The ways to process records again without Python.
CHANGE_ITEMS = "You can change an attribute of each item in the table, which adds a new record to the stream."
# The package is on no package index that the operations team could use.
WHEEL = (
    "The developers of the stack have the command as a file, a wheel. `WHEEL_FILE` is the path of this file. "
    "`--dry-run` only shows what the command would send:"
)
DELETE_OBJECT = 'aws s3api delete-object --bucket "$BUCKET" --key "OBJECT_KEY"'
DELETE_MESSAGE = 'aws sqs delete-message --queue-url "$QUEUE" --receipt-handle "RECEIPT_HANDLE"'


def pipeline_chapters(commands: Commands) -> list[str]:
    """Return the chapters about each pattern. A part that was given to a pattern, and not created by it, has none."""
    chapters = []
    for pipeline in commands.facts.pipelines:
        if pipeline.alarms:
            chapters.append(_handle_alarms(pipeline, commands))
        if pipeline.queue:
            if pipeline.bucket:
                chapters.append(_read_notifications(pipeline.queue, commands))
            else:
                chapters.append(_read_queue(pipeline.queue, pipeline.stream_arn, commands))
            chapters.append(_empty_queue(pipeline.queue, pipeline, commands))
        if pipeline.bucket:
            chapters.append(_read_bucket(pipeline.bucket, commands, has_queue=pipeline.queue is not None))
        if pipeline.mapping:
            chapters.append(_pause(pipeline.mapping, commands))
        if pipeline.state_machine:
            chapters.append(_backfill(pipeline.state_machine, pipeline.worker, commands))
    return chapters


def _handle_alarms(pipeline: Pipeline, commands: Commands) -> str:
    names = [f"  {commands.attribute(alarm, 'alarm_name')} \\" for alarm in pipeline.alarms]
    dashboard = []
    if pipeline.dashboard:
        dashboard = [
            "This prints the name of the dashboard, which shows the same figures from the table to the queue:",
            shell(f"echo {commands.attribute(pipeline.dashboard, 'dashboard_name')}"),
        ]
    return chapter(
        f"Handle the alarms of `{pipeline.path}`",
        "This prints the state of each alarm. `INSUFFICIENT_DATA` means that there was nothing to measure yet:",
        shell(
            "aws cloudwatch describe-alarms --alarm-names \\",
            *names,
            "  --query 'MetricAlarms[].[StateValue, AlarmName]' --output text",
        ),
        "\n".join(f"- `{alarm.address}`: {alarm.arguments.get('alarm_description', '')}" for alarm in pipeline.alarms),
        *dashboard,
    )


def _read_queue(queue: Resource, stream_arn: str, commands: Commands) -> str:
    records = [
        paragraph(
            "The stream keeps the records for 24 hours. To read the records of a batch, use the values of the message "
            "for the words in capital letters:"
        ),
        shell(
            f"STREAM={commands.value(stream_arn)}",
            'ITERATOR=$(aws dynamodbstreams get-shard-iterator --stream-arn "$STREAM" --shard-id SHARD_ID \\',
            "  --shard-iterator-type AT_SEQUENCE_NUMBER --sequence-number START_SEQUENCE_NUMBER \\",
            "  --query ShardIterator --output text)",
            'aws dynamodbstreams get-records --shard-iterator "$ITERATOR" --limit BATCH_SIZE',
        ),
        "After 24 hours, only the current version of each item remains, in the table.",
    ]
    return chapter(
        f"Read the dead-letter queue: `{queue.address}`",
        "This shows how many batches could not be processed, and which:",
        *_receive_messages(queue, commands),
        paragraph(
            "A message identifies a batch, but does not contain its records. `DDBStreamBatchInfo` has the shard, the "
            "sequence numbers and the batch size. `requestContext` has the reason of the failure. After you receive a "
            "message, it is hidden for five minutes. It becomes visible again, unless you delete it."
        ),
        *(records if stream_arn else []),
    )


def _read_notifications(queue: Resource, commands: Commands) -> str:
    return chapter(
        f"Read the dead-letter queue: `{queue.address}`",
        "This shows how many batches could not be processed, and which:",
        *_receive_messages(queue, commands),
        paragraph(
            "A message is a notification of S3: `Records[0].s3` has the bucket's name, and the key of the object with "
            "the batch. In the key, `+` is a space, and `%3A` is a colon. When the notification is created, "
            "S3 sends one message with `s3:TestEvent`: delete it. After you receive a message, it is hidden for five "
            "minutes. It becomes visible again, unless you delete it."
        ),
    )


def _receive_messages(queue: Resource, commands: Commands) -> list[str]:
    return [
        shell(
            f"QUEUE={commands.attribute(queue, 'url')}",
            'aws sqs get-queue-attributes --queue-url "$QUEUE" --attribute-names ApproximateNumberOfMessages',
            'aws sqs receive-message --queue-url "$QUEUE" --max-number-of-messages 10 --visibility-timeout 300',
        )
    ]


def _read_bucket(bucket: Resource, commands: Commands, *, has_queue: bool) -> str:
    name = f"BUCKET={commands.attribute(bucket, 'id')}"
    send_again = [
        "To send the batches again, first correct the cause of the failure. Otherwise, the same records fail again.",
        paragraph(
            "A machine with Python can run a command that sends the records of the objects as Lambda does, and deletes "
            f"each object whose records are done. {WHEEL}"
        ),
        _redrive(name, '--bucket "$BUCKET"'),
        paragraph(
            f"Without Python, process the records of each object again. {CHANGE_ITEMS} Or you can invoke the function "
            "with the event in `payload`, if the items have not changed since. Then delete the object:"
        ),
        shell(name, DELETE_OBJECT),
        _object_lost(),
    ]
    return chapter(
        f"Read the failed batches: `{bucket.address}`",
        "This lists the batches that could not be processed. The keys have the mapping, the shard and the time:",
        shell(
            name,
            'aws s3api list-objects-v2 --bucket "$BUCKET" --prefix aws/lambda/ --query Contents[].Key --output text',
        ),
        "This shows one of them. Use a key of the list for the word in capital letters:",
        shell(
            name,
            'aws s3api get-object --bucket "$BUCKET" --key OBJECT_KEY batch.json',
            "cat batch.json",
        ),
        paragraph(
            "`payload` is the event that the function received, as JSON in a string: it has the whole records. "
            "`requestContext` has the reason of the failure. `DDBStreamBatchInfo` has the shard, the sequence numbers "
            "and the batch size."
        ),
        *([] if has_queue else send_again),
    )


def _empty_queue(queue: Resource, pipeline: Pipeline, commands: Commands) -> str:
    name = f"QUEUE={commands.attribute(queue, 'url')}"
    bucket = pipeline.bucket
    alarms = code_list(alarm.address for alarm in pipeline.queue_alarms)
    return chapter(
        f"Empty the dead-letter queue: `{queue.address}`",
        "1. Correct the cause of the failure. Otherwise, the same records fail again.",
        *(_process_objects(name, bucket, commands) if bucket else _process_messages(name)),
        "If you do not need any of the messages, delete all of them. SQS allows this once in 60 seconds:",
        shell(name, 'aws sqs purge-queue --queue-url "$QUEUE"'),
        steps_lost("all messages of the queue, those that arrive meanwhile included."),
        "This deletes no object: the batches stay in the bucket." if bucket else "",
        paragraph(f"When the queue is empty, its alarms return to the state `OK`: {alarms}.") if alarms else "",
    )


def _process_messages(name: str) -> list[str]:
    """Return the steps for messages that are the only note of a failed batch."""
    return [
        paragraph(
            "2. Process the records of each message again. SQS cannot move the messages back "
            f"(`start-message-move-task`), since they come from a stream. {CHANGE_ITEMS} Or you can invoke the "
            "function with the records, if the items have not changed since."
        ),
        paragraph(
            "A machine with Python can run a command for this step and the next one. It finds the records, sends them "
            f"as Lambda does, and deletes each message whose records are done. {WHEEL}"
        ),
        _redrive(name, '--queue "$QUEUE"'),
        "3. Delete the message:",
        shell(name, DELETE_MESSAGE),
        steps_lost("the message, which is the only note of which batch failed."),
    ]


def _process_objects(name: str, bucket: Resource, commands: Commands) -> list[str]:
    """Return the steps for messages that name an object with the batch."""
    return [
        paragraph(
            "2. Process the records of each object again that a message names. SQS cannot move the messages back "
            f"(`start-message-move-task`), since they come from S3. {CHANGE_ITEMS} Or you can invoke the function with "
            "the event in `payload` of the object, if the items have not changed since."
        ),
        paragraph(
            "A machine with Python can run a command for this step and the next one. It reads the objects, sends their "
            "records as Lambda does, and deletes each object and its message when the records are done. "
            f"{WHEEL}"
        ),
        _redrive(name, '--queue "$QUEUE"'),
        "3. Delete the object and its message. If you delete only the message, the object stays:",
        shell(
            f"BUCKET={commands.attribute(bucket, 'id')}",
            DELETE_OBJECT,
            name,
            DELETE_MESSAGE,
        ),
        _object_lost(),
    ]


def _object_lost() -> str:
    return steps_lost(
        "the batch. The bucket has versions, so S3 keeps the content of the deleted object as an earlier version."
    )


def _redrive(variable: str, source: str) -> str:
    """Return the commands that need Python. They are no `shell` block, because an operator does not need them.

    Args:
        variable: the line that sets the variable in the source.
        source: the option that names where the failed batches are.
    """
    return "\n".join(
        [
            "```text",
            "pip install boto3 WHEEL_FILE",
            variable,
            f"ddb-stream-lambda redrive {source} --dry-run",
            f"ddb-stream-lambda redrive {source}",
            "```",
        ]
    )


def _pause(mapping: Resource, commands: Commands) -> str:
    uuid = commands.attribute(mapping, "uuid")
    state = 'aws lambda get-event-source-mapping --uuid "$MAPPING" --query State --output text'
    return chapter(
        f"Pause and resume: `{mapping.address}`",
        "This pauses the mapping. The state is first `Disabling`, then `Disabled`:",
        shell(
            f"MAPPING={uuid}",
            'aws lambda update-event-source-mapping --uuid "$MAPPING" --no-enabled --query State --output text',
            state,
        ),
        steps_lost("with a pause of more than 24 hours, the records that the stream no longer keeps."),
        "This resumes the mapping, at the record where it paused. The state is first `Enabling`, then `Enabled`:",
        shell(
            f"MAPPING={uuid}",
            'aws lambda update-event-source-mapping --uuid "$MAPPING" --enabled --query State --output text',
            state,
        ),
        paragraph(
            "Terraform does not know about the pause, so the next apply resumes the mapping. To keep it paused during "
            "an apply, add the file `pause_override.tf`, and delete it to resume:"
        ),
        file_block("pause_override.tf", f'resource "{mapping.type}" "{mapping.name}" {{', "  enabled = false", "}"),
    )


def _backfill(machine: Resource, worker: Resource | None, commands: Commands) -> str:
    arn = f"MACHINE={commands.attribute(machine, 'arn')}"
    variables = _variables(worker)
    bucket, prefix = variables.get("EXPORT_BUCKET", ""), variables.get("EXPORT_PREFIX", "")
    target = f"--s3-bucket {commands.value(bucket)}" + (f" --s3-prefix {commands.value(prefix)}" if prefix else "")
    results = "/".join(commands.value(variables.get(name, "")) for name in ("RESULT_BUCKET", "RESULT_PREFIX"))
    refused = f"REFUSED=s3://{results}/EXECUTION_NAME/refused/"
    folder = f"s3://{commands.value(bucket)}/" + (f"{commands.value(prefix)}/" if prefix else "")
    return chapter(
        f"Backfill: `{machine.address}`",
        paragraph(
            "This sends the items that are in the table to the function: those from before the stream, or all of them "
            "after the function lost what it had. The stream and the event source mapping must be on before the "
            "export. Export the table, which needs point-in-time recovery:"
        ),
        shell(
            f"TABLE={commands.value(variables.get('TABLE_ARN', ''))}",
            'aws dynamodb export-table-to-point-in-time --table-arn "$TABLE" \\',
            f"  {target} \\",
            "  --query ExportDescription.ExportArn --output text",
        ),
        "Wait until the status of the export is `COMPLETED`:",
        shell(
            'aws dynamodb describe-export --export-arn "EXPORT_ARN" --query ExportDescription.ExportStatus '
            "--output text",
        ),
        "Start the state machine with the folder of the export:",
        shell(
            arn,
            f"EXPORT={folder}AWSDynamoDB/EXPORT_ID",
            'aws stepfunctions start-execution --state-machine-arn "$MACHINE" \\',
            '  --input "{\\"export\\": \\"$EXPORT\\"}" --query executionArn --output text',
        ),
        "This shows the status, and the number of files that are done, failed and pending:",
        shell(
            'aws stepfunctions describe-execution --execution-arn "EXECUTION_ARN" --query "[status,error,cause]"',
            'MAP_RUN=$(aws stepfunctions list-map-runs --execution-arn "EXECUTION_ARN" \\',
            '  --query "mapRuns[0].mapRunArn" --output text)',
            'aws stepfunctions describe-map-run --map-run-arn "$MAP_RUN" --query itemCounts',
        ),
        paragraph(
            "If the status is `FAILED`, `cause` has the reason and the fix. `FilesFailed` names the list of the failed "
            "files, and `RecordsRefused` names the folder of the records that the function refused. Remove the cause."
        ),
        paragraph(
            "After `RecordsRefused`, also send the records in this folder, or delete them. Otherwise, the execution "
            "fails again. `EXECUTION_NAME` is the last part of the execution's ARN. A machine with Python can run a "
            f"command that sends the records, and deletes each object whose records are done. {WHEEL}"
        ),
        _redrive(refused, '--bucket "$REFUSED"'),
        "Without Python, delete the records:",
        shell(refused, 'aws s3 rm "$REFUSED" --recursive'),
        steps_lost(
            "the records that the function refused. The table does not change. To process one of its items, change an "
            "attribute of the item, which adds a new record to the stream."
        ),
        "Then continue the execution, which is possible for 14 days. Files that are done are not sent again:",
        shell('aws stepfunctions redrive-execution --execution-arn "EXECUTION_ARN"'),
        "This stops an execution. `redrive-execution` continues it:",
        shell('aws stepfunctions stop-execution --execution-arn "EXECUTION_ARN"'),
        steps_lost("nothing. Records can be sent twice, as with every stream."),
    )


def _variables(worker: Resource | None) -> dict[str, str]:
    """Return the environment variables of the worker."""
    environment = {} if worker is None else worker.arguments.get("environment") or {}
    block = environment[0] if isinstance(environment, list) else environment
    return dict(block.get("variables", {}))

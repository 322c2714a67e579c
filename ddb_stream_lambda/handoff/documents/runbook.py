"""The bundle's runbook: what an operator does, with commands for the resources of this stack."""

from __future__ import annotations

from collections.abc import Sequence

from ..facts.pipelines import Pipeline
from ..facts.variables import Output
from ..synthesized.configuration import Resource
from ..synthesized.module_paths import without_module_folder
from ..synthesized.templates import sole_expression


def runbook(*, stack: str, pipelines: Sequence[Pipeline], outputs: Sequence[Output], has_imports: bool) -> str:
    """Return the runbook's text. It has a chapter for each operation on each resource that the operation applies to.

    Args:
        stack: the stack's name.
        pipelines: the parts of each pattern. No other resource has a chapter.
        outputs: the stack's outputs, which the commands read where they can.
        has_imports: whether the bundle has import blocks.
    """
    chapters = [_introduction(stack), _first_deployment(has_imports=has_imports), _rollback()]
    for pipeline in pipelines:
        if pipeline.function:
            chapters.append(_redeploy(pipeline.function, outputs))
        if pipeline.queue:
            chapters.append(_read_queue(pipeline.queue, pipeline.stream_arn, outputs=outputs))
            chapters.append(_empty_queue(pipeline.queue, outputs))
        if pipeline.mapping:
            chapters.append(_pause(pipeline.mapping, outputs))
        if pipeline.table and _is_retained(pipeline.table):
            chapters.append(_destroy(pipeline.table, outputs))
    return "\n\n".join(chapters) + "\n"


def _introduction(stack: str) -> str:
    return f"""# Runbook of {stack}

Run the commands in this folder. Before you start:

- Run `terraform init`, with the settings of the environment's backend if you use one.
- Provide AWS credentials. Some commands also need the AWS CLI.
- Set `AWS_REGION` to the region in `prod.tfvars`. The AWS CLI uses this region.

`prod.tfvars` is the file with the environment's variables. [README.md](README.md) describes how to create it."""


def _first_deployment(*, has_imports: bool) -> str:
    imports = """

The bundle has `import` blocks for existing resources. The plan must show `to import` for each of them, and
`0 to destroy`. If the plan shows `must be replaced`, do not apply it: an argument differs from the existing resource.
After the first apply, you can keep the file with the `import` blocks or delete it."""
    return f"""## First deployment

```sh
sha256sum --check --quiet SHA256SUMS
cp terraform.tfvars.example prod.tfvars          # fill it in
terraform init                                   # add -backend-config=FILE if you chose a backend
terraform plan -var-file=prod.tfvars -out=prod.plan
terraform apply prod.plan
```

Read the plan before you apply it. It must only create resources, and not change or destroy any. After the apply,
`terraform plan` shows `No changes`.

`terraform init` writes the file `.terraform.lock.hcl`, which pins the version and the checksums of the provider. Keep
this file under version control.{imports if has_imports else ""}"""


def _rollback() -> str:
    return """## Roll back

To roll back, deploy the previous bundle with the same variables and the same state. Copy `prod.tfvars` into its folder.
If the state is in a local file, move it there too.

```sh
cd ../previous-bundle
terraform init                                   # add the same -backend-config=FILE as before
terraform plan -var-file=prod.tfvars -out=rollback.plan
terraform apply rollback.plan
```

This does not roll back the data in the table. Terraform refuses a plan that would replace a retained table
(`prevent_destroy`). To get the data of an earlier time, restore the table to a new table
(`aws dynamodb restore-table-to-point-in-time`), and copy the items that you need."""


def _redeploy(function: Resource, outputs: Sequence[Output]) -> str:
    name = _shell_value(function, "function_name", outputs=outputs)
    archive = without_module_folder(str(function.arguments.get("filename", "")))
    same_code = f"""

To deploy the code of this bundle again, for example after someone changed it by hand:

```sh
aws lambda update-function-code --function-name "{name}" \\
  --zip-file fileb://{archive}
```"""
    return f"""## Deploy new code: `{function.address}`

New code comes in a new bundle. The bundle has the code in `assets/` and its hash in the argument `source_code_hash`. If
only the code is new, the plan updates the function and nothing else. If the code is the same, the plan is empty.

```sh
terraform plan -var-file=prod.tfvars -out=code.plan
terraform apply code.plan
aws lambda wait function-updated-v2 --function-name "{name}"
```{same_code if archive else ""}"""


def _read_queue(queue: Resource, stream_arn: str, *, outputs: Sequence[Output]) -> str:
    text = f"""## Read the dead-letter queue: `{queue.address}`

This shows how many batches could not be processed, and which:

```sh
QUEUE="{_shell_value(queue, "url", outputs=outputs)}"
aws sqs get-queue-attributes --queue-url "$QUEUE" --attribute-names ApproximateNumberOfMessages
aws sqs receive-message --queue-url "$QUEUE" --max-number-of-messages 10 --visibility-timeout 300
```

A message identifies a batch, but does not contain its records. `DDBStreamBatchInfo` has the shard and the sequence
numbers. `requestContext` has the reason of the failure. After you receive a message, it is hidden for five minutes. It
becomes visible again, unless you delete it."""
    if not stream_arn:
        return text
    return f"""{text}

The stream keeps the records for 24 hours. To read the records of a batch, use the values from the message for the words
in capital letters:

```sh
STREAM="{_shell_template(stream_arn, outputs=outputs)}"
ITERATOR=$(aws dynamodbstreams get-shard-iterator --stream-arn "$STREAM" --shard-id SHARD_ID \\
  --shard-iterator-type AT_SEQUENCE_NUMBER --sequence-number START_SEQUENCE_NUMBER --query ShardIterator --output text)
aws dynamodbstreams get-records --shard-iterator "$ITERATOR" --limit BATCH_SIZE
```

After 24 hours, only the current version of each item remains, in the table."""


def _empty_queue(queue: Resource, outputs: Sequence[Output]) -> str:
    return f"""## Empty the dead-letter queue: `{queue.address}`

1. Correct the cause of the failure. Otherwise, the same records fail again.
2. Process the records of each message again. You can change an attribute of each item in the table, which adds a new
   record to the stream. Or you can invoke the function with the records.
3. Delete the message:

   ```sh
   QUEUE="{_shell_value(queue, "url", outputs=outputs)}"
   aws sqs delete-message --queue-url "$QUEUE" --receipt-handle RECEIPT_HANDLE
   ```

To delete all messages when you do not need any of them: `aws sqs purge-queue --queue-url "$QUEUE"`. When the queue is
empty, an alarm on the queue returns to the state `OK`."""


def _pause(mapping: Resource, outputs: Sequence[Output]) -> str:
    return f"""## Pause and resume: `{mapping.address}`

```sh
MAPPING="{_shell_value(mapping, "uuid", outputs=outputs)}"
aws lambda update-event-source-mapping --uuid "$MAPPING" --no-enabled                  # pause
aws lambda get-event-source-mapping --uuid "$MAPPING" --query State    # first Disabling, then Disabled
aws lambda update-event-source-mapping --uuid "$MAPPING" --enabled                     # resume
```

The mapping resumes at the record where it paused. **The stream keeps records for 24 hours: a longer pause loses
records.**

Terraform does not know about the pause, so the next `terraform apply` resumes the mapping. To keep it paused during an
apply, add a file `pause_override.tf`, and delete it to resume:

```hcl
resource "{mapping.type}" "{mapping.name}" {{
  enabled = false
}}
```"""


def _destroy(table: Resource, outputs: Sequence[Output]) -> str:
    protection = table.arguments.get("deletion_protection_enabled")
    expression = sole_expression(protection) if isinstance(protection, str) else None
    variable = expression.removeprefix("var.") if expression and expression.startswith("var.") else None
    disabled_protection = "\n  deletion_protection_enabled = false\n" if protection and not variable else ""
    option = f" -var={variable}=false" if variable else ""
    also_variable = f"\nThe variable `{variable}` of the stack disables the deletion protection.\n" if variable else ""
    return f"""## Destroy the retained table: `{table.address}`

Two settings protect the table: Terraform refuses to destroy it (`prevent_destroy`), and DynamoDB refuses to delete it
while its deletion protection is enabled. Make a backup first:

```sh
aws dynamodb create-backup --table-name "{_shell_value(table, "name", outputs=outputs)}" --backup-name before-destroy
```

To remove the protections, add a file `destroy_override.tf`. The files of the bundle stay as they are.
{also_variable}
```hcl
resource "{table.type}" "{table.name}" {{{disabled_protection}
  lifecycle {{
    prevent_destroy = false
  }}
}}
```

```sh
terraform apply -var-file=prod.tfvars{option}      # disables the deletion protection
terraform destroy -var-file=prod.tfvars{option}
rm destroy_override.tf
```

To destroy the other resources and keep the table, remove the table from Terraform's state first:

```sh
terraform state rm '{table.address}'
terraform destroy -var-file=prod.tfvars
```

To manage the table with Terraform again, import it:

```sh
terraform import -var-file=prod.tfvars '{table.address}' TABLE_NAME
```"""


def _is_retained(table: Resource) -> bool:
    return bool(table.arguments.get("lifecycle", {}).get("prevent_destroy"))


def _shell_value(resource: Resource, attribute: str, *, outputs: Sequence[Output]) -> str:
    """Return a shell command substitution for an attribute of a resource."""
    return _shell_template(f"${{{resource.address}.{attribute}}}", outputs=outputs)


def _shell_template(template: str, *, outputs: Sequence[Output]) -> str:
    """Return a template's value for a shell: from an output if there is one, or else from the state."""
    output = next((output for output in outputs if output.value == template), None)
    if output is not None:
        return f"$(terraform output -raw {output.name})"
    expression = sole_expression(template)
    if expression is None:
        return template
    return f"$(echo '{expression}' | terraform console -var-file=prod.tfvars | tr -d '\"')"

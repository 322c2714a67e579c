"""The bundle's runbook: what an operator does, in the commands for this configuration's resources."""

from __future__ import annotations

from .configuration import Configuration, Resource
from .templates import sole_expression


def runbook(stack: str, configuration: Configuration) -> str:
    """The runbook's text; a chapter is there where the configuration has what it is about.

    Args:
        stack: the stack's name.
        configuration: what is handed over.
    """
    chapters = [_opening(stack), _first_deploy(configuration), _rollback()]
    functions = configuration.of("aws_lambda_function")
    mappings = configuration.of("aws_lambda_event_source_mapping")
    queues = configuration.of("aws_sqs_queue")
    tables = configuration.of("aws_dynamodb_table")
    chapters += [_redeploy(configuration, function) for function in functions]
    for queue in queues:
        chapters += [_read_queue(configuration, queue, tables), _drain_queue(configuration, queue)]
    chapters += [_pause(configuration, mapping) for mapping in mappings]
    retained = [table for table in tables if _retained(table)]
    chapters += [_destroy(configuration, table) for table in retained]
    return "\n\n".join(chapters) + "\n"


def _opening(stack: str) -> str:
    return f"""# Runbook of {stack}

The commands run in this folder, after `terraform init` with the environment's backend, with AWS credentials and the AWS
CLI. `prod.tfvars` stands for the environment's variables: see [README.md](README.md). The CLI takes the region from
`AWS_REGION`; set it to the one that `prod.tfvars` says."""


def _first_deploy(configuration: Configuration) -> str:
    sections = [
        """## First deploy

```sh
sha256sum --check --quiet SHA256SUMS
cp terraform.tfvars.example prod.tfvars          # fill in
terraform init                                   # with -backend-config=…, once a backend is chosen
terraform plan -var-file=prod.tfvars -out=prod.plan
terraform apply prod.plan
```

Read the plan before the apply: it creates, and changes or destroys nothing. Keep `.terraform.lock.hcl`, which `init`
writes, under version control: it pins the provider's version and checksum for every later run. A second
`terraform plan` says `No changes`."""
    ]
    if configuration.blocks.get("import"):
        sections.append(
            "What exists is taken over by the `import` blocks of this bundle: the plan says `to import` for each, and\n"
            "must say `0 to destroy`. Where it says `must be replaced`, stop: an argument differs from what exists.\n"
            "The imports file has done its work after the first apply, and may stay."
        )
    return "\n\n".join(sections)


def _rollback() -> str:
    return """## Roll back

A bundle is complete, so the previous one is the way back: its folder, with the same variables and the same state.

```sh
cd ../previous-bundle
terraform init -backend-config=…                 # the same settings
terraform plan -var-file=prod.tfvars -out=back.plan
terraform apply back.plan
```

Data does not roll back: a plan that would replace a retained table is refused (`prevent_destroy`). To return data to a
moment, restore the table to a new one (`aws dynamodb restore-table-to-point-in-time`) and copy what is needed."""


def _redeploy(configuration: Configuration, function: Resource) -> str:
    name = _value(configuration, function, "function_name")
    archive = function.arguments.get("filename")
    again = (
        f"""

To deploy the archive of this bundle again, for example after the code was changed by hand:

```sh
aws lambda update-function-code --function-name "{name}" \\
  --zip-file fileb://{archive}
```"""
        if archive
        else ""
    )
    return f"""## Redeploy the code: `{function.address}`

New code comes as a new bundle: its archive in `assets/`, and `source_code_hash` in the configuration. The plan then
changes the function in place, and nothing else; unchanged code plans no change.

```sh
terraform plan -var-file=prod.tfvars -out=code.plan
terraform apply code.plan
aws lambda wait function-updated-v2 --function-name "{name}"
```{again}"""


def _read_queue(configuration: Configuration, queue: Resource, tables: list[Resource]) -> str:
    lines = [
        f"""## Read the queue: `{queue.address}`

How many batches were given up, and which:

```sh
QUEUE="{_value(configuration, queue, "url")}"
aws sqs get-queue-attributes --queue-url "$QUEUE" --attribute-names ApproximateNumberOfMessages
aws sqs receive-message --queue-url "$QUEUE" --max-number-of-messages 10 --visibility-timeout 300
```

A message names a batch and does not hold it: `DDBStreamBatchInfo` has the shard and the sequence numbers,
`requestContext` the reason. A message that is read is hidden for five minutes, and comes back unless it is deleted."""
    ]
    if tables:
        lines.append(f"""The records themselves are in the stream for 24 hours:

```sh
STREAM="{_value(configuration, tables[0], "stream_arn")}"
ITERATOR=$(aws dynamodbstreams get-shard-iterator --stream-arn "$STREAM" --shard-id SHARD_ID \\
  --shard-iterator-type AT_SEQUENCE_NUMBER --sequence-number START_SEQUENCE_NUMBER --query ShardIterator --output text)
aws dynamodbstreams get-records --shard-iterator "$ITERATOR" --limit BATCH_SIZE
```

After that, what an item is now is in the table; what it was in between is gone.""")
    return "\n\n".join(lines)


def _drain_queue(configuration: Configuration, queue: Resource) -> str:
    return f"""## Drain the queue: `{queue.address}`

Mend the cause first, or the same records come back. Then, for each message, process its records again (write their
items to the table with an attribute changed, which puts them into the stream anew, or invoke the function with the
records) and delete the message:

```sh
QUEUE="{_value(configuration, queue, "url")}"
aws sqs delete-message --queue-url "$QUEUE" --receipt-handle RECEIPT_HANDLE
```

To drop all that is there, once nothing in it is needed: `aws sqs purge-queue --queue-url "$QUEUE"`. An alarm on the
queue goes back to OK when it is empty."""


def _pause(configuration: Configuration, mapping: Resource) -> str:
    return f"""## Pause and resume: `{mapping.address}`

```sh
MAPPING="{_value(configuration, mapping, "uuid")}"
aws lambda update-event-source-mapping --uuid "$MAPPING" --no-enabled
aws lambda get-event-source-mapping --uuid "$MAPPING" --query State        # Disabling, then Disabled
aws lambda update-event-source-mapping --uuid "$MAPPING" --enabled
```

It resumes where it stopped. The stream drops records after 24 hours: a longer pause loses them. Terraform knows
nothing of the pause, and the next apply resumes. For a pause that outlasts an apply, add a file `paused_override.tf`,
and remove it to resume:

```hcl
resource "{mapping.type}" "{mapping.name}" {{
  enabled = false
}}
```"""


def _destroy(configuration: Configuration, table: Resource) -> str:
    protection = table.arguments.get("deletion_protection_enabled")
    switch = sole_expression(protection) if isinstance(protection, str) else None
    variable = switch.removeprefix("var.") if switch and switch.startswith("var.") else None
    also = "" if variable or not protection else "\n  deletion_protection_enabled = false\n"
    option = f" -var={variable}=false" if variable else ""
    return f"""## Destroy the retained table: `{table.address}`

Terraform refuses to destroy the table (`prevent_destroy`), and DynamoDB refuses while its deletion protection is on.
Keep a copy first:

```sh
aws dynamodb create-backup --table-name "{_value(configuration, table, "name")}" --backup-name before-destroy
```

Both refusals are lifted by a file `destroy_override.tf`, which leaves what was handed over as it is{
        f", and by the variable `{variable}`" if variable else ""
    }:

```hcl
resource "{table.type}" "{table.name}" {{{also}
  lifecycle {{
    prevent_destroy = false
  }}
}}
```

```sh
terraform apply -var-file=prod.tfvars{option}      # DynamoDB's protection goes
terraform destroy -var-file=prod.tfvars{option}
rm destroy_override.tf
```

To destroy the rest and keep the table, let Terraform forget it first, and destroy then. The last line takes it back:

```sh
terraform state rm '{table.address}'
terraform destroy -var-file=prod.tfvars
terraform import -var-file=prod.tfvars '{table.address}' TABLE_NAME
```"""


def _retained(table: Resource) -> bool:
    return bool(table.arguments.get("lifecycle", {}).get("prevent_destroy"))


def _value(configuration: Configuration, resource: Resource, attribute: str) -> str:
    """The shell's way to an attribute: the output that tells it, or Terraform's console."""
    output = configuration.output_of(resource, attribute)
    if output is not None:
        return f"$(terraform output -raw {output})"
    return f"$(echo '{resource.address}.{attribute}' | terraform console -var-file=prod.tfvars | tr -d '\"')"

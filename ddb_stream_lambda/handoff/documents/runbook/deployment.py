"""The chapters about deploying a bundle: the first one, the next one, the earlier one, and changes made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...synthesized.configuration import Resource
from ...synthesized.module_paths import without_module_folder
from ...synthesized.templates import sole_expression
from ..markdown import code, code_list, paragraph
from .commands import BACKEND_SETTINGS, VARIABLES, Commands, chapter, shell, steps_lost

LOCK_FILE = ".terraform.lock.hcl"


def introduction(commands: Commands) -> str:
    """Return the part above the chapters."""
    facts = commands.facts
    parts = [
        f"# Runbook of {facts.stack}",
        paragraph(
            "Run the commands of a chapter one after the other, in the folder of this bundle. If a command fails, or "
            "prints something else than the text describes, stop there. Replace each word in capital letters, such as "
            "`PREVIOUS_BUNDLE`, before you run the command. The commands are for the environment `prod`. For another "
            "environment, use its name in place of `prod`, and a separate folder with a copy of this bundle: then no "
            "command can use the state of one environment with the variables of another."
        ),
        paragraph(
            f"You need Terraform {code(facts.requirements.terraform)}. Use the same version for every operation, or a "
            "newer one. A plan and a state may contain secrets: do not put `*.plan` and `*.tfstate` files under "
            "version control."
        ),
    ]
    if commands.uses_aws:
        parts += [
            paragraph(
                f"Provide AWS credentials. Some commands need the AWS CLI, version 1 or 2. {_region(commands)} "
                "Version 2 of the AWS CLI reads `AWS_REGION`, and version 1 reads only `AWS_DEFAULT_REGION`. The last "
                "command must print the account of the environment:"
            ),
            shell(
                "export AWS_REGION=REGION",
                'export AWS_DEFAULT_REGION="$AWS_REGION"',
                'export AWS_PAGER=""',
                "aws sts get-caller-identity --query Account --output text",
            ),
        ]
    return "\n\n".join(parts)


def first_apply(commands: Commands) -> str:
    """Return the chapter about the first apply."""
    facts = commands.facts
    imports = facts.configuration.imports
    expectation = (
        f"`{len(imports)} to import`, `0 to destroy`, and no `must be replaced`. See Import existing resources"
        if imports
        else "only `to add`, with `0 to change, 0 to destroy`"
    )
    prepare = [f"cp terraform.tfvars.example {VARIABLES}"] if facts.variables else []
    required = [variable.name for variable in facts.variables if variable.is_required]
    return chapter(
        "The first apply",
        "Check that no file has changed since the bundle was made. On Linux:",
        shell("sha256sum --check --quiet SHA256SUMS"),
        "On macOS:",
        shell("shasum -a 256 -c SHA256SUMS"),
        "Prepare the folder. Before that, do the chapter Before the first apply.",
        shell(*prepare, commands.init()),
        paragraph(
            f"Fill in `{VARIABLES}`. Every variable has a default."
            if not required
            else f"Fill in `{VARIABLES}`. These variables have no default: {code_list(required)}."
        )
        if facts.variables
        else "",
        shell(commands.plan("prod")),
        paragraph(
            f"Read the plan. It must show {expectation}. If it shows that it changes or destroys something, the "
            "backend "
            "settings are those of another environment: do not apply it."
        ),
        shell(commands.apply("prod")),
        paragraph(
            f"Keep these files, which the next bundle needs: {code_list(_carried(commands))}. `{LOCK_FILE}` pins the "
            "versions and checksums of the providers. Keep it under version control."
        ),
    )


def check(commands: Commands) -> str:
    """Return the chapter about checking a deployment."""
    parts = []
    for pipeline in commands.facts.pipelines:
        lines = []
        words = []
        if function := pipeline.function:
            lines += _show_code(function, pipeline.alias, commands)
            words.append("`Active`")
            hashes = (_literal(function.arguments.get(name)) for name in ("code_sha256", "source_code_hash"))
            code_hash = next(filter(None, hashes), None)
            words.append(
                f"the checksum of this bundle's code, {code(code_hash)}" if code_hash else "the code's checksum"
            )
        if mapping := pipeline.mapping:
            uuid = commands.attribute(mapping, "uuid")
            lines += [
                f"MAPPING={uuid}",
                'aws lambda get-event-source-mapping --uuid "$MAPPING" --query State --output text',
            ]
            words.append("`Enabled`")
        if lines:
            parts += [paragraph(f"For `{pipeline.path}`, these commands print {_enumerate(words)}:"), shell(*lines)]
        if alias := pipeline.alias:
            parts.append(
                paragraph(
                    f"The first two lines are about the version that the alias `{alias.address}` names. The event "
                    "source mapping invokes this version, and not `$LATEST`."
                )
            )
    return chapter(
        "Check that it works",
        "The plan after an apply must show `No changes`. The command then exits with 0; with 2 if there are changes.",
        shell(f"terraform plan{commands.variables} -detailed-exitcode", "terraform output"),
        *parts,
    )


def next_bundle(commands: Commands) -> str:
    """Return the chapter about taking the next bundle."""
    return chapter(
        "Take the next bundle",
        paragraph(
            "This is the usual way to deploy a change. Put the new bundle into a new folder next to the folder of the "
            "previous bundle, and run these commands in the new folder. If the previous folder has a file "
            "`terraform.tfstate`, first do the chapter Move the state there: a state inside a bundle's folder gets "
            "lost."
        ),
        shell("sha256sum --check --quiet SHA256SUMS", *_carry_over("PREVIOUS", commands)),
        paragraph(
            "The last command lists the resources of the deployment. If it lists nothing, or prints `No state file was "
            "found!`, stop: the folder does not use the state of the deployment, and an apply would create every "
            "resource a second time. Otherwise, plan:"
        ),
        shell(commands.plan("next")),
        paragraph(
            "Read the plan. It must not add the resources that exist already. `has moved to` is normal. If "
            "it shows `must be replaced` or `to destroy`, ask the developers of the stack before you apply it."
        ),
        shell(commands.apply("next")),
        "Then do the chapter Check that it works.",
        "Which files come from the previous folder:",
        _carried_table(commands),
        "This lists everything that only the previous folder has. Copy by hand what your team still needs:",
        shell("PREVIOUS=../PREVIOUS_BUNDLE", "diff -rq \"$PREVIOUS\" . | sed -n '/^Only in \\.\\./p'"),
        paragraph(
            "Do not use `-upgrade` unless `terraform init` reports that a locked provider does not match the version "
            "constraint. Then the new bundle needs a newer provider:"
        ),
        shell(commands.init("-reconfigure", "-upgrade")),
        paragraph(
            "Keep the previous folder for a rollback, and run no Terraform there. If the new bundle was handed over "
            "into the same folder instead, the hand-off kept the files that you added, the selected workspace "
            "included. "
            "Then there is nothing to carry over: start with these commands, and go on with the plan above."
        ),
        shell("sha256sum --check --quiet SHA256SUMS", commands.init(), "terraform state list"),
    )


def roll_back(commands: Commands) -> str:
    """Return the chapter about going back to the previous bundle."""
    moved = [block for block in commands.facts.configuration.blocks.get("moved", []) if {"from", "to"} <= set(block)]
    return chapter(
        "Roll back",
        paragraph(
            "Deploy the previous bundle again, with the same state, variables and backend settings. Run these "
            "commands in the folder of the previous bundle. `NEWER_BUNDLE` is the folder of this bundle. If the "
            "folder of this bundle has a file `terraform.tfstate`, first do the chapter Move the state there. With an "
            "old copy of the state, the plan would show `No changes`, and the new code would stay."
        ),
        shell(*_carry_over("NEWER", commands)),
        *_move_back(moved),
        shell(commands.plan("rollback")),
        paragraph(
            "Read the plan. It must change what the newer bundle changed. If it shows `No changes`, it does not use "
            "the "
            "present state. If it shows `must be replaced` or `to destroy`, read for each resource what you would lose."
        ),
        shell(commands.apply("rollback")),
        "Then do the chapter Check that it works, in the folder of the previous bundle.",
        steps_lost("the settings and the code of the newer bundle, until you deploy it again."),
        paragraph(
            "A rollback does not change the data. To get the data of an earlier time, restore the table to a new table "
            "(`aws dynamodb restore-table-to-point-in-time`), and copy the items that you need."
        )
        if any(pipeline.table for pipeline in commands.facts.pipelines)
        else "",
    )


def drift(commands: Commands) -> str:
    """Return the chapter about changes that were made by hand."""
    redeploy: list[str] = []
    aliases = []
    for pipeline in commands.facts.pipelines:
        function = pipeline.function
        archive = _archive(function.arguments.get("filename")) if function else ""
        if function and archive:
            redeploy += _redeploy(function, archive, pipeline.alias, commands)
            if pipeline.alias:
                aliases.append(pipeline.alias.address)
    return chapter(
        "Find and undo changes made by hand",
        "This shows what differs from the state, and changes nothing:",
        shell(f"terraform plan{commands.variables} -refresh-only"),
        paragraph(
            "To undo these changes, plan and apply this bundle. To keep them, ask the developers for a bundle with the "
            "same settings. Until then, each apply undoes them."
        ),
        paragraph(
            "An apply does not undo a version of a function that was published by hand. It does the opposite: the "
            f"alias names the last published version after the apply ({code_list(aliases)}), so the code of that "
            "version processes the stream. If the plan changes `function_version` of an alias, do not apply it. Deploy "
            "the code of this bundle again, with the commands at the end of this chapter."
        )
        if aliases
        else "",
        shell(commands.plan("drift"), commands.apply("drift")),
        steps_lost("the changes that were made by hand."),
        *redeploy,
    )


def _show_code(function: Resource, alias: Resource | None, commands: Commands) -> list[str]:
    """Return the commands that print the state of the code that is in use, and its checksum."""
    name = f"FUNCTION={commands.attribute(function, 'function_name')}"
    show = 'aws lambda get-function-configuration --function-name "$FUNCTION"'
    if alias is None:
        return [
            name,
            'aws lambda wait function-updated-v2 --function-name "$FUNCTION"',
            f"{show} --query State --output text",
            f"{show} --query CodeSha256 --output text",
        ]
    return [
        name,
        f"ALIAS={commands.attribute(alias, 'name')}",
        'VERSION=$(aws lambda get-alias --function-name "$FUNCTION" --name "$ALIAS" \\',
        "  --query FunctionVersion --output text)",
        'aws lambda wait published-version-active --function-name "$FUNCTION" --qualifier "$VERSION"',
        f'{show} --qualifier "$VERSION" --query State --output text',
        f'{show} --qualifier "$VERSION" --query CodeSha256 --output text',
    ]


def _redeploy(function: Resource, archive: str, alias: Resource | None, commands: Commands) -> list[str]:
    """Return the paragraphs about deploying the code of this bundle again after a change by hand."""
    publish = "" if alias is None else "--publish "
    parts = [
        paragraph(
            "Terraform does not notice when someone changes only the code of the function. To deploy the code "
            f"of this bundle again for `{function.address}`:"
        ),
        shell(
            f"FUNCTION={commands.attribute(function, 'function_name')}",
            'aws lambda update-function-code --function-name "$FUNCTION" \\',
            f"  --zip-file fileb://{archive} \\",
            f"  {publish}--query CodeSha256 --output text",
        ),
    ]
    if alias is not None:
        parts += [
            paragraph(
                "`--publish` makes this code the last published version of the function. The alias "
                f"`{alias.address}` follows only with an apply, and until then the event source mapping invokes the "
                "version from before. Plan and apply:"
            ),
            shell(commands.plan("redeploy"), commands.apply("redeploy")),
            paragraph(
                "The plan changes `function_version` of the alias, and undoes other changes that were made by hand. "
                "If it shows `No changes`, the alias names this code already, because Lambda publishes no second "
                "version of the same code. Then do the chapter Check that it works."
            ),
        ]
    return parts


def _region(commands: Commands) -> str:
    providers = commands.facts.configuration.blocks.get("provider", {}).get("aws", [])
    regions = {_region_words(provider) for provider in (providers if isinstance(providers, list) else [providers])}
    if len(regions) == 1 and (words := regions.pop()):
        return f"The region is {words}."
    return "Use the region of the resources that a command names."


def _region_words(provider: Mapping[str, Any]) -> str:
    region = provider.get("region")
    expression = sole_expression(region) if isinstance(region, str) else None
    if expression and expression.startswith("var."):
        return f"the value of the variable {code(expression.removeprefix('var.'))}"
    return code(region) if isinstance(region, str) and "${" not in region else ""


def _carried(commands: Commands) -> list[str]:
    files = [VARIABLES] if commands.facts.variables else []
    files.append(BACKEND_SETTINGS)
    if commands.facts.backends.chosen is None:
        files.append(f"backend{commands.suffix}")
    return [*files, LOCK_FILE]


def _carried_table(commands: Commands) -> str:
    reasons = {
        VARIABLES: "the variables of the environment",
        BACKEND_SETTINGS: "where the state is",
        f"backend{commands.suffix}": "the type of the backend",
        LOCK_FILE: "the versions and checksums of the providers, unless the bundle has its own",
    }
    lines = [f"- {code(name)}: {reasons[name]}. Copied." for name in _carried(commands)]
    lines += [
        "- The state: in the backend. Both folders use the same one. Nothing to copy.",
        "- The workspace: selected again. It is `default`, unless your team uses workspaces.",
        "- `*_override.tf`: not copied. Copy one by hand only if the operation that it is for goes on.",
        "- `terraform.tfstate`: in this folder, it is an old copy, so it gets another name. Otherwise, Terraform would "
        "offer to copy it over the state in the backend.",
        "- `.terraform/` and `*.plan`: never copied. `terraform init` writes the folder again.",
    ]
    return "\n".join(lines)


def _carry_over(other: str, commands: Commands) -> list[str]:
    """Return the commands that bring the files and the workspace of another bundle's folder into this one."""
    files = _carried(commands)
    if commands.facts.backends.chosen is None:
        # The other bundle may have the other syntax.
        files = [*files, *({"backend.tf", "backend.tf.json"} - set(files))]
    return [
        f"{other}=../{other}_BUNDLE",
        f"for file in {' '.join(files)}; do",
        # A file of this bundle, such as its own lock file, stays.
        f'  if [ -e "${other}/$file" ] && ! grep -q "  $file\\$" SHA256SUMS; then cp -p "${other}/$file" .; fi',
        "done",
        # Terraform would offer to copy a state in the folder over the one in the backend.
        "for file in terraform.tfstate terraform.tfstate.d; do",
        '  if [ -e "$file" ]; then mv "$file" "old-$file"; fi',
        "done",
        commands.init("-reconfigure"),
        f'terraform workspace select "$(cd "${other}" && terraform workspace show)"',
        "terraform state list",
    ]


def _move_back(moved: list[Mapping[str, Any]]) -> list[str]:
    if not moved:
        return []
    return [
        paragraph(
            "This bundle has `moved` blocks, which the previous bundle may lack. If the previous bundle uses the old "
            "addresses, move the resources back in the state. Skip a resource that the list above does not have:"
        ),
        shell(*(f"terraform state mv '{block['to']}' '{block['from']}'" for block in reversed(moved))),
    ]


def _archive(filename: object) -> str:
    path = without_module_folder(filename) if isinstance(filename, str) else ""
    return "" if "${" in path else path


def _literal(value: object) -> str:
    return value if isinstance(value, str) and "${" not in value else ""


def _enumerate(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""The chapters about the state: where it is kept, how it moves, its lock, and what to do when it is damaged."""

from __future__ import annotations

from ..markdown import code_list, paragraph
from .commands import BACKEND_SETTINGS, Commands, chapter, shell, steps_lost

LOCKING = {
    "azurerm": "`azurerm` locks by itself.",
    "gcs": "`gcs` locks by itself.",
    "http": "`http` locks only with `lock_address` and `unlock_address`, and has no workspaces.",
    "local": "`local` keeps the state in a file on this machine, and locks it only against other runs on this machine.",
    "s3": (
        "`s3` locks with `use_lockfile = true`, which needs Terraform 1.10 or later, or with `dynamodb_table` in "
        "earlier "
        "versions."
    ),
}


def before_first_apply(commands: Commands) -> str:
    """Return the chapter about choosing and configuring the backend."""
    backends = commands.facts.backends
    types = [backend.type for backend in backends.offered] if backends.chosen is None else [backends.chosen.type]
    return chapter(
        "Before the first apply: choose where the state is",
        paragraph(
            "Terraform records in its state which resources it manages. Choose the place before the first apply, and "
            "never keep the state in a bundle's folder: the next bundle has another folder. If you choose the place "
            "later, do the chapter Move the state."
        ),
        *(_choose(commands, types) if backends.chosen is None else _configure(backends.chosen.type)),
        paragraph(
            "Two runs at the same time damage a state, so the backend must lock it. "
            + " ".join(LOCKING[type] for type in types if type in LOCKING)
        ),
        *(_versioning() if "s3" in types else []),
    )


def move_state(commands: Commands) -> str:
    """Return the chapter about moving the state to another place."""
    backends = commands.facts.backends
    chosen = backends.chosen
    # The present block may be in the other syntax, and Terraform allows only one.
    copy = [] if chosen is not None else ["rm -f backend.tf backend.tf.json", *_copy_example(commands)]
    settings = (
        paragraph(
            f"Write the new settings into `{BACKEND_SETTINGS}`."
            if chosen is not None
            else f"For example, to move the state from a file to the backend `s3`. Fill in `{BACKEND_SETTINGS}` after "
            "you copied it."
        ),
    )
    return chapter(
        "Move the state",
        paragraph(
            "Do this to move the state to another backend, or out of a bundle's folder. Nobody may run Terraform "
            "meanwhile. First save a copy of the state:"
        ),
        shell("terraform state pull > before-move.tfstate"),
        *settings,
        shell(*copy) if copy else "",
        paragraph(
            "Terraform wants to know whether to copy the state. Answer `yes`. Without `-migrate-state`, it does not "
            "move the "
            "state; with `-reconfigure`, it would start with an empty one."
        ),
        shell(commands.init("-migrate-state"), "terraform state list", f"terraform plan{commands.variables}"),
        paragraph(
            "The list must have every resource, and the plan must show `No changes`. Then delete the copies, so that "
            "nobody uses one of them by mistake. If the state was in another file than `terraform.tfstate`, delete "
            "that "
            "one too."
        ),
        shell("rm -f before-move.tfstate terraform.tfstate terraform.tfstate.backup"),
        steps_lost("the copies of the state before the move. The backend has the state."),
    )


def interrupted_apply(commands: Commands) -> str:
    """Return the chapter about an apply that did not end."""
    return chapter(
        "After an interrupted apply",
        paragraph(
            "To stop an apply, press Ctrl-C once, and wait: Terraform ends what it has begun, and writes the state. A "
            "second Ctrl-C, a lost connection or a killed process can leave the state incomplete. Then:"
        ),
        paragraph(
            "1. If the next command prints `Error acquiring the state lock`, do the chapter Release a stuck lock.\n"
        ),
        paragraph("2. If this folder has a file `errored.tfstate`, Terraform could not write the state. Write it now:"),
        shell("terraform state push errored.tfstate", "rm errored.tfstate"),
        paragraph("3. Plan again, read the plan, and apply it. Terraform goes on where it stopped."),
        shell(commands.plan("again"), commands.apply("again")),
        paragraph(
            "If the apply reports that a resource already exists, it was created but not recorded: do the chapter "
            "Import "
            "existing resources for it. If the plan shows that a resource `is tainted, so must be replaced`, its "
            "creation "
            "did not end. If the resource is complete, keep it:"
        ),
        shell("terraform untaint 'ADDRESS'"),
        steps_lost("with a replacement, everything in the replaced resource."),
    )


def stuck_lock(commands: Commands) -> str:
    """Return the chapter about a lock whose owner is gone."""
    chosen = commands.facts.backends.chosen
    if chosen is not None and chosen.type == "local":
        return chapter(
            "Release a stuck lock",
            paragraph(
                "Terraform prints `Error acquiring the state lock`, who holds the lock (`Who`) and since when "
                "(`Created`). The lock of a file ends with the process that holds it. Wait for the process, or stop it."
            ),
        )
    local = " The lock of the backend `local` ends with the process that holds it: wait for it, or stop it."
    return chapter(
        "Release a stuck lock",
        paragraph(
            "Terraform prints `Error acquiring the state lock`, the lock's `ID`, who holds it (`Who`) and since "
            "when (`Created`). Ask that person, and look for a pipeline that still runs. Release the lock only if "
            "nobody "
            f"runs Terraform.{local if chosen is None else ''}"
        ),
        shell("terraform force-unlock LOCK_ID"),
        steps_lost(
            "the protection of a run that is still going on. Two runs at the same time damage the state and can create "
            "resources twice."
        ),
        "Then do the chapter After an interrupted apply.",
    )


def lost_state(commands: Commands) -> str:
    """Return the chapter about a state that is gone or damaged."""
    backends = commands.facts.backends
    types = [backend.type for backend in backends.offered] if backends.chosen is None else [backends.chosen.type]
    parts = []
    if "s3" in types:
        parts += [
            "In a bucket with versions, get an earlier version. `BUCKET` and `KEY` are those of the backend settings:",
            shell(
                "aws s3api list-object-versions --bucket BUCKET --prefix KEY \\",
                "  --query 'Versions[].[LastModified,Size,VersionId]' --output text",
                "aws s3api get-object --bucket BUCKET --key KEY --version-id VERSION_ID restored.tfstate",
                "terraform state push restored.tfstate",
            ),
        ]
    if "local" in types:
        parts += [
            "For a file, use the backup that Terraform wrote next to it. `STATE` is `path` in the backend settings:",
            shell("cp -p STATE.backup restored.tfstate", "terraform state push -force restored.tfstate"),
        ]
    return chapter(
        "A lost state",
        paragraph(
            "If the state is gone, the plan adds every resource. Do not apply it: Terraform would create "
            "the resources a second time, or fail because the names exist. First look for a copy of the state."
        ),
        *parts,
        paragraph(
            "`-force` is needed if the backend has a newer state."
            if "local" in types
            else "If the backend has a newer state, Terraform refuses. Then add `-force`."
        ),
        steps_lost("what the newer state records. Import the resources that were created after the copy."),
        paragraph(
            "If there is no copy, do the chapter Import existing resources: with the ids, Terraform writes a new state."
        ),
    )


def _choose(commands: Commands, types: list[str]) -> list[str]:
    return [
        paragraph(
            f"This bundle names no backend. The folder `backends/` has files for the types {code_list(types)}. For a "
            "team, choose one that is not `local`. For example, `s3`:"
        ),
        shell(*_copy_example(commands)),
        paragraph(
            f"The first file chooses the type. Fill in the second one, `{BACKEND_SETTINGS}`, with values that differ "
            "for each environment. Keep both files."
        ),
        "For one person on one machine, `local` is enough. Its example keeps the state next to the bundle's folder:",
        shell(*_copy_example(commands, "local")),
    ]


def _configure(type: str) -> list[str]:
    return [
        paragraph(
            f"This bundle names the backend `{type}`, without settings. Fill in `{BACKEND_SETTINGS}`, with values that "
            "differ for each environment:"
        ),
        shell(f"cp backends/{type}.tfbackend.example {BACKEND_SETTINGS}"),
    ]


def _copy_example(commands: Commands, type: str = "s3") -> list[str]:
    return [
        f"cp backends/{type}{commands.suffix}.example backend{commands.suffix}",
        f"cp backends/{type}.tfbackend.example {BACKEND_SETTINGS}",
    ]


def _versioning() -> list[str]:
    return [
        "The bucket must exist. Keep earlier versions of the state in it, from which you can restore it:",
        shell(
            "aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration Status=Enabled",
            "aws s3api get-bucket-versioning --bucket BUCKET --query Status --output text",
        ),
    ]

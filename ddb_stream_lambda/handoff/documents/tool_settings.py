"""The settings of the tools that an operations team runs on a bundle: git, tflint and terraform-docs."""

from __future__ import annotations

from collections.abc import Mapping

from . import terraform_docs

# The patterns of https://github.com/github/gitignore/blob/main/Terraform.gitignore, and the plans of the runbook.
# The lock file is not among them: it belongs under version control.
GITIGNORE = """\
# Files that Terraform downloads, and files that it writes during a run
**/.terraform/*
*.tfstate
*.tfstate.*
.terraform.tfstate.lock.info
crash.log
crash.*.log

# The variables of an environment, which may contain secrets
*.tfvars
*.tfvars.json

# Overrides, which are for one machine or one operation
override.tf
override.tf.json
*_override.tf
*_override.tf.json

# Plans and graphs
*.plan
*tfplan*
*.dot

# Settings of Terraform's command line
.terraformrc
terraform.rc
"""
TFLINT = """\
# Settings of tflint. Run: tflint --recursive --config="$PWD/.tflint.hcl"
plugin "terraform" {
  enabled = true
  preset  = "all"
}
"""


def tool_settings() -> Mapping[str, str]:
    """Return the text of each file by its name."""
    return {".gitignore": GITIGNORE, ".tflint.hcl": TFLINT, terraform_docs.FILE: terraform_docs.SETTINGS}

"""The files of a bundle that people and other tools read: README, runbook, manifest, and the settings of checkov."""

"""Deployed for real: terraform, the AWS provider, and an AWS on loopback."""

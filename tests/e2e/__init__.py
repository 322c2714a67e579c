"""End-to-end tests: Terraform deploys stacks to an emulator of AWS on this machine."""

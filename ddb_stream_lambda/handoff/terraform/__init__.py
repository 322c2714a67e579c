"""The files of a bundle that Terraform reads: the configuration, the backends, and the example of a variables file."""

"""The output of cdktf: the stacks in ``cdktf.out``, their configuration, and the templates and JSON documents in it."""

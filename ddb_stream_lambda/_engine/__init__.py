"""The only package that touches internals of jsii, node and cdktf."""

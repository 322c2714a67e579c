"""The hand-off: turn a synthesized stack into a folder that an operations team runs without Python.

The folder is called the bundle. The flow, in the order of the folders:

1. ``synthesized/`` reads what cdktf wrote into ``cdktf.out``.
2. ``facts/`` derives, once for each stack, everything that the bundle's files print.
3. ``terraform/`` writes the files that Terraform reads, ``documents/`` those that people and other tools read.
4. ``bundle.py`` lists the files of a bundle, and ``folder.py`` writes them.

``command.py`` is the command line. Nothing here imports from the rest of the package, so that the command does not
start the jsii engine.
"""

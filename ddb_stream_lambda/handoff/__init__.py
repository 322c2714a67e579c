"""The hand-off: turns a synthesised stack into a folder that an operations team runs without Python.

``ddb-stream-lambda handoff --help`` tells how. What comes in is `cdktf.out`; what goes out is ``dist/<stack>/``.
"""

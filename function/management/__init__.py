"""The commands of manage.py. They run on an operator's machine, and are not in the function's archive."""

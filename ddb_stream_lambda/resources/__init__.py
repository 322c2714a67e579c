"""The pattern's resources: one file for each box of the README's diagram.

A resource's file holds its defaults, its checks, its construction, the permissions that it needs, and the warnings
about its overridden defaults. The files have the same functions in the same order:

* ``defaults`` returns the arguments that the user's props are merged over.
* ``check_…`` returns what is to be used, a ``New…`` or a ``Given…``, and adds a mistake for each wrong input.
* ``build_…`` creates the resource, or takes the given one.
* ``warnings_of`` yields a warning for each protective default that the props weaken.
"""

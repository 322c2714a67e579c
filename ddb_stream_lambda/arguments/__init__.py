"""The user's arguments: their types, checks and names, and how they are merged over the defaults."""

"""The facts about a stack: derived once from its configuration, then printed by the writers of the bundle's files."""

"""What a user may write: props, how they conform and merge, checks, names, and the words users bring."""

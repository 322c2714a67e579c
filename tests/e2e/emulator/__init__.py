"""The emulator's start script, its Lambda executor, and repairs of its defects."""

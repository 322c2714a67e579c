"""Sends the records of failed batches again: ``ddb-stream-lambda redrive``."""

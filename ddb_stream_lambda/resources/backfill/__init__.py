"""The resources of a backfill: a state machine that sends the files of an export with many workers at once.

| module | resource |
| --- | --- |
| `inputs` | no resource: it explains wrong names of inputs |
| `tags` | no resource: the tags of all resources |
| `target` | the table and the function that gets the records: those of a pattern, or given ones |
| `buckets` | the bucket of the exports and the bucket of the results, which exist already |
| `log_groups` | the log groups of the worker and of the state machine |
| `roles` | the roles of the worker and of the state machine, with their permissions |
| `worker` | the function that sends one file |
| `definition` | the states of the state machine, and the check of its structure |
| `state_machine` | the state machine |
"""

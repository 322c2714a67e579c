"""The exception of this package."""


class PackingError(Exception):
    """A function's code cannot be packed.

    The message describes the problem, the allowed values and the fix. `DynamoDBStreamsToLambda` reports it as a mistake
    of ``lambda_function_props.code``.
    """

"""Operations on deployed patterns: send failed records again, and load the items of an existing table.

This folder also runs as part of a Lambda function. Its modules import only each other, the standard library and boto3.
"""

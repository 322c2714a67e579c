"""ARNs that the calls of the tests name."""

TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
STREAM_ARN = f"{TABLE_ARN}/stream/2026-01-01T00:00:00.000"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:123456789012:key/{KEY_ID}"
ROLE_ARN = "arn:aws:iam::123456789012:role/service/orders/worker"
ACCESS_POINT_ARN = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:failed"

"""Indexes the records of a DynamoDB stream in OpenSearch or Elasticsearch."""

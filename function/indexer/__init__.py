"""DynamoDB stream records into OpenSearch or Elasticsearch: one `_bulk` request per batch, nothing lost."""

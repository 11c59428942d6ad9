"""What lies on the queues: the vocabulary, records, ids and wording. Pure."""

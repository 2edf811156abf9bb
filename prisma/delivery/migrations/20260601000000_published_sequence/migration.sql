-- Where the feed finds what subscribers missed who were away for longer than its ring reaches back. A migration of each service
-- contains this text as it stands; it comes after messaging.sql.
CREATE INDEX outbox_published_sequence ON outbox_published (stream_sequence);

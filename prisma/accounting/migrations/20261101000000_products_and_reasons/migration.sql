-- What each entry of the ledger says of its products, and why the café took a sale back. Entries of before have no lines and no
-- reason, as have those that replicas of the version before still book during a deploy; readers take an entry without lines for
-- one line of an unknown product.
CREATE TABLE ledger_line (
  event_id UUID NOT NULL,
  product TEXT NOT NULL,
  qty INT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (event_id, product)
);

ALTER TABLE ledger_entry ADD COLUMN reason TEXT;

-- Corrections are few among the entries; they are listed newest first.
CREATE INDEX ledger_entry_corrections ON ledger_entry (cafe_id, occurred_at, event_id) WHERE kind = 'CORRECTION';

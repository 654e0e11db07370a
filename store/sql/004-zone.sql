-- The zone in which a message's internal date was given (RFC 9051 2.3.3): minutes east of UTC, kept
-- by what copies, moves and expunges the message.

ALTER TABLE message ADD zone smallint NOT NULL DEFAULT 0;
ALTER TABLE expunged ADD zone smallint NOT NULL DEFAULT 0;

-- The tables.  What belongs to an account starts its key with account_id, content is
-- keyed by its hash, and nothing refers across accounts, so the tables can be spread over
-- a cluster: by account_id, content and its chunks by hash; "address" and "server_secret"
-- (small) as reference tables.
-- Instants are microseconds since 1970 (clock_now), or seconds where the comment says so.

CREATE SEQUENCE account_number AS bigint;
CREATE SEQUENCE mailbox_number AS bigint;
CREATE SEQUENCE calendar_number AS bigint;
CREATE SEQUENCE trail_number AS bigint;
CREATE SEQUENCE outgoing_number AS bigint;
CREATE SEQUENCE lease_number AS bigint;

CREATE FUNCTION clock_now() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE
	AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

-- Accounts ---------------------------------------------------------------------------

CREATE TABLE account (
	account_id bigint PRIMARY KEY DEFAULT nextval('account_number'),
	address text COLLATE "C" NOT NULL,
	password_hash text,
	scram_sha256 text,
	display_name text NOT NULL DEFAULT '',
	timezone text NOT NULL DEFAULT '',
	locale text NOT NULL DEFAULT '',
	quota_octets bigint NOT NULL DEFAULT 0,
	quota_messages bigint NOT NULL DEFAULT 0,
	add_invitations integer NOT NULL DEFAULT -1,
	answer_by_keyword boolean NOT NULL DEFAULT false,
	disabled boolean NOT NULL DEFAULT false,
	last_uidvalidity bigint NOT NULL DEFAULT 0,
	created bigint NOT NULL DEFAULT clock_now()
);

-- Where an address leads: one row for the account's own, one per account of an alias.
CREATE TABLE address (
	address text COLLATE "C" NOT NULL,
	account_id bigint NOT NULL,
	own boolean NOT NULL,
	PRIMARY KEY (address, account_id)
);
CREATE UNIQUE INDEX address_own ON address (address) WHERE own;
CREATE INDEX address_account ON address (account_id);

CREATE TABLE contact (
	account_id bigint NOT NULL,
	address text COLLATE "C" NOT NULL,
	PRIMARY KEY (account_id, address)
);

-- Mailboxes --------------------------------------------------------------------------

CREATE TABLE mailbox (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL DEFAULT nextval('mailbox_number'),
	name text COLLATE "C" NOT NULL,
	noselect boolean NOT NULL DEFAULT false,
	use integer NOT NULL DEFAULT 0,
	uidvalidity bigint NOT NULL,
	uidnext bigint NOT NULL DEFAULT 1,
	modseq bigint NOT NULL DEFAULT 1,
	messages integer NOT NULL DEFAULT 0,
	recent integer NOT NULL DEFAULT 0,
	recent_from bigint NOT NULL DEFAULT 1,     -- no session has claimed UIDs from here on
	unseen integer NOT NULL DEFAULT 0,
	deleted integer NOT NULL DEFAULT 0,
	size bigint NOT NULL DEFAULT 0,
	deleted_size bigint NOT NULL DEFAULT 0,
	keywords text[] NOT NULL DEFAULT '{}',     -- keywords[i] is bit 7 + i
	forgotten_modseq bigint NOT NULL DEFAULT 0, -- expunges up to here are no longer known
	created bigint NOT NULL DEFAULT clock_now(),
	PRIMARY KEY (account_id, mailbox_id),
	UNIQUE (account_id, name)
) WITH (fillfactor = 50);

CREATE TABLE subscription (
	account_id bigint NOT NULL,
	name text COLLATE "C" NOT NULL,
	PRIMARY KEY (account_id, name)
);

CREATE TABLE mailbox_right (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	identifier text COLLATE "C" NOT NULL,
	rights text NOT NULL,
	PRIMARY KEY (account_id, mailbox_id, identifier)
);
CREATE INDEX mailbox_right_identifier ON mailbox_right (identifier);

-- mailbox_id 0: the server's; reader 0: shared.
CREATE TABLE annotation (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	reader bigint NOT NULL,
	entry text COLLATE "C" NOT NULL,
	value bytea NOT NULL,
	PRIMARY KEY (account_id, mailbox_id, reader, entry)
);

-- Content ----------------------------------------------------------------------------

-- facts: store/facts.c's form of struct content_facts.  octets: all, or the first chunk.
CREATE TABLE content (
	hash bytea PRIMARY KEY,
	size bigint NOT NULL,
	message_id_key bigint,
	version integer NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	facts bytea NOT NULL,
	search_headers bytea NOT NULL,
	search_body bytea NOT NULL,
	signature bytea NOT NULL,
	octets bytea NOT NULL
) WITH (toast_tuple_target = 4064);
ALTER TABLE content ALTER octets SET STORAGE EXTERNAL;
ALTER TABLE content ALTER signature SET STORAGE EXTERNAL;
CREATE INDEX content_message_id ON content (message_id_key) WHERE message_id_key IS NOT NULL;
CREATE INDEX content_version ON content (version, hash);

CREATE TABLE content_chunk (
	hash bytea NOT NULL,
	number integer NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	octets bytea NOT NULL,
	PRIMARY KEY (hash, number)
);
ALTER TABLE content_chunk ALTER octets SET STORAGE EXTERNAL;

-- What may have lost its last reference; looked at after the grace time.
CREATE TABLE content_candidate (
	hash bytea PRIMARY KEY,
	since bigint NOT NULL DEFAULT clock_now()
);
CREATE INDEX content_candidate_since ON content_candidate (since);

-- Faster than the default method where the server has it.
DO $$ BEGIN
	ALTER TABLE content ALTER facts SET COMPRESSION lz4;
	ALTER TABLE content ALTER search_headers SET COMPRESSION lz4;
	ALTER TABLE content ALTER search_body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL; END $$;

-- Messages ---------------------------------------------------------------------------

-- Flag changes touch no indexed column, so they stay on their page; what changed since a
-- MODSEQ is found by uidnext (new ones), flag_log and expunged.  Dates are seconds.
CREATE TABLE message (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	uid bigint NOT NULL,
	flags bigint NOT NULL,
	modseq bigint NOT NULL,
	size bigint NOT NULL,
	internal_date bigint NOT NULL,
	save_date bigint NOT NULL,
	thread_id bigint NOT NULL,
	content_hash bytea NOT NULL,
	original_hash bytea,
	prefix bytea NOT NULL,
	PRIMARY KEY (account_id, mailbox_id, uid)
) WITH (fillfactor = 85);
CREATE INDEX message_content ON message (content_hash, account_id);
CREATE INDEX message_original ON message (original_hash, account_id) WHERE original_hash IS NOT NULL;
CREATE INDEX message_rendered ON message (account_id, mailbox_id, uid) WHERE original_hash IS NOT NULL;

-- Which messages got other flags at a MODSEQ; kept for a day (views are refreshed from it).
CREATE TABLE flag_log (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	modseq bigint NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	uids int8multirange NOT NULL,
	PRIMARY KEY (account_id, mailbox_id, modseq)
);
CREATE INDEX flag_log_created ON flag_log USING brin (created);

-- What left a mailbox: for VANISHED and undelete.  content_hash NULL: it was moved.
CREATE TABLE expunged (
	account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	modseq bigint NOT NULL,
	uid bigint NOT NULL,
	expunged_at bigint NOT NULL DEFAULT clock_now(),
	flags bigint NOT NULL,
	size bigint NOT NULL,
	internal_date bigint NOT NULL,
	thread_id bigint NOT NULL,
	content_hash bytea,
	original_hash bytea,
	prefix bytea NOT NULL,
	PRIMARY KEY (account_id, mailbox_id, modseq, uid)
);
CREATE INDEX expunged_content ON expunged (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX expunged_original ON expunged (original_hash) WHERE original_hash IS NOT NULL;
CREATE INDEX expunged_age ON expunged (expunged_at);

CREATE TABLE delivered (
	account_id bigint NOT NULL,
	key bytea NOT NULL,
	at bigint NOT NULL DEFAULT clock_now(),
	PRIMARY KEY (account_id, key)
);
CREATE INDEX delivered_at ON delivered USING brin (at);

CREATE TABLE maildrop (
	account_id bigint PRIMARY KEY,
	lease bigint NOT NULL,
	node text NOT NULL,
	expires bigint NOT NULL
);

-- Calendars --------------------------------------------------------------------------

CREATE TABLE calendar (
	account_id bigint NOT NULL,
	calendar_id bigint NOT NULL DEFAULT nextval('calendar_number'),
	name text NOT NULL,
	color text NOT NULL DEFAULT '',
	is_default boolean NOT NULL DEFAULT false,
	PRIMARY KEY (account_id, calendar_id)
);

-- stamp, first_start and last_end are seconds.
CREATE TABLE meeting (
	account_id bigint NOT NULL,
	uid text COLLATE "C" NOT NULL,
	calendar_id bigint NOT NULL,
	version bigint NOT NULL,
	ics bytea NOT NULL,
	organizer text NOT NULL,
	summary text NOT NULL,
	location text NOT NULL,
	status integer NOT NULL,
	partstat integer NOT NULL,
	is_organizer boolean NOT NULL,
	invited_address text NOT NULL,
	sequence bigint NOT NULL,
	stamp bigint NOT NULL,
	first_start bigint NOT NULL,
	last_end bigint NOT NULL,
	recurring boolean NOT NULL,
	busy boolean NOT NULL,
	shown boolean NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	updated bigint NOT NULL DEFAULT clock_now(),
	PRIMARY KEY (account_id, uid)
);
CREATE INDEX meeting_range ON meeting (account_id, last_end, first_start);

CREATE TABLE link (
	account_id bigint NOT NULL,
	token text COLLATE "C" NOT NULL,
	uid text COLLATE "C" NOT NULL,
	address text COLLATE "C" NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	revoked boolean NOT NULL DEFAULT false,
	PRIMARY KEY (account_id, token)
);
CREATE INDEX link_token ON link (token);
CREATE UNIQUE INDEX link_meeting ON link (account_id, uid, address) WHERE NOT revoked;
CREATE INDEX link_by_meeting ON link (account_id, uid, created);

CREATE TABLE trail (
	account_id bigint NOT NULL,
	trail_id bigint NOT NULL DEFAULT nextval('trail_number'),
	uid text COLLATE "C" NOT NULL,
	received bigint NOT NULL,
	method text NOT NULL,
	sender text NOT NULL,
	vouch text NOT NULL,
	kind text NOT NULL,
	action text NOT NULL,
	reason text NOT NULL,
	note text NOT NULL,
	recurrence_id text NOT NULL,
	sequence bigint NOT NULL,
	mailbox_account_id bigint NOT NULL,
	mailbox_id bigint NOT NULL,
	message_uid bigint NOT NULL,
	content_hash bytea,
	PRIMARY KEY (account_id, trail_id)
);
CREATE INDEX trail_meeting ON trail (account_id, uid, trail_id);
CREATE INDEX trail_content ON trail (content_hash) WHERE content_hash IS NOT NULL;

-- Outgoing mail, web sessions, secrets -----------------------------------------------

-- state: 0 waiting, 1 sent, 2 failed.
CREATE TABLE outgoing (
	account_id bigint NOT NULL,
	queue_id bigint NOT NULL DEFAULT nextval('outgoing_number'),
	meeting_uid text NOT NULL,
	sender text NOT NULL,
	recipient text NOT NULL,
	state integer NOT NULL DEFAULT 0,
	attempts integer NOT NULL DEFAULT 0,
	created bigint NOT NULL DEFAULT clock_now(),
	next_attempt bigint NOT NULL DEFAULT clock_now(),
	last_error text NOT NULL DEFAULT '',
	octets bytea NOT NULL,
	PRIMARY KEY (account_id, queue_id)
);
CREATE INDEX outgoing_due ON outgoing (next_attempt) WHERE state = 0;
CREATE INDEX outgoing_newest ON outgoing (queue_id);
CREATE INDEX outgoing_done ON outgoing (created) WHERE state <> 0;
CREATE INDEX outgoing_state ON outgoing (state, created);

CREATE TABLE web_session (
	account_id bigint NOT NULL,
	token_hash bytea NOT NULL,
	csrf text NOT NULL,
	created bigint NOT NULL DEFAULT clock_now(),
	expires bigint NOT NULL,
	PRIMARY KEY (account_id, token_hash)
);
CREATE INDEX web_session_token ON web_session (token_hash);
CREATE INDEX web_session_expires ON web_session (expires);

CREATE TABLE server_secret (
	name text PRIMARY KEY,
	value bytea NOT NULL
);

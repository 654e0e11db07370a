-- What must be one round trip, as functions.  Each answers a status (the numbers of
-- enum store_result) instead of raising, and has changed nothing when it is not 0.
-- Locks are taken in this order: content, then mailboxes by (account_id, mailbox_id).
--
-- All of this is done again, in one transaction, when its text is not the one the database got last
-- (store/migrate.c), after the numbered files.  So a function is changed here and nowhere else.
-- One that gets other parameters is dropped first, by its old ones; and since a node of before goes
-- on for a while, what it calls must still answer, or a numbered file must keep it from starting.
--
-- The planner must not guess by how many messages an average mailbox has: a plan that is
-- good for ten is a disaster for a hundred thousand.  So a set of UIDs is always walked range
-- by range (LATERAL ... OFFSET 0 is a fence), rows found before are reached by their ctid (the
-- mailbox's lock keeps them where they are), and a content's messages by comparing
-- (content_hash, account_id) as one row value, which only that index can do.

DROP FUNCTION IF EXISTS message_flags(bigint, bigint, bigint[], bigint[], integer, bigint, text[],
	bigint, bigint);
DROP FUNCTION IF EXISTS message_append(bigint, bigint, bytea, bigint, bigint, integer, bytea, bytea,
	bytea, bytea, bytea, bigint[], bigint, bytea, bytea, bigint, text[], bigint, bigint, bytea, boolean);

-- Adds the names to a keyword list and gives their bits.  NULL mask: the list is full.
CREATE OR REPLACE FUNCTION keyword_bits(INOUT list text[], names text[], make boolean,
	OUT mask bigint)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	wanted text;
	place integer;
BEGIN
	mask := 0;
	FOREACH wanted IN ARRAY names LOOP
		SELECT i INTO place FROM generate_subscripts(list, 1) AS i
			WHERE lower(list[i]) = lower(wanted) LIMIT 1;
		IF place IS NULL AND make THEN
			place := coalesce(array_position(list, ''), cardinality(list) + 1);
			IF place > 56 THEN
				mask := NULL;
				RETURN;
			END IF;
			list[place] := wanted;
		END IF;
		IF place IS NOT NULL THEN
			mask := mask | (1::bigint << (7 + place));
		END IF;
	END LOOP;
END $$;

-- The same for a mailbox whose row is locked; forgets unused names when the list is full.
CREATE OR REPLACE FUNCTION mailbox_keyword_bits(p_account bigint, p_mailbox bigint, names text[],
	OUT list text[], OUT mask bigint)
LANGUAGE plpgsql AS $$
DECLARE
	had text[];
	used bigint;
BEGIN
	SELECT keywords INTO had FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox;
	SELECT k.list, k.mask INTO list, mask FROM keyword_bits(had, names, true) AS k;
	IF mask IS NULL THEN
		SELECT bit_or(flags) INTO used FROM message
			WHERE account_id = p_account AND mailbox_id = p_mailbox;
		SELECT array_agg(CASE WHEN (coalesce(used, 0) >> (7 + i)::integer) & 1 = 1
				THEN had[i] ELSE '' END ORDER BY i)
			INTO list FROM generate_subscripts(had, 1) AS i;
		SELECT k.list, k.mask INTO list, mask FROM keyword_bits(list, names, true) AS k;
		IF mask IS NULL THEN
			RETURN;
		END IF;
	END IF;
	IF list IS DISTINCT FROM had THEN
		UPDATE mailbox SET keywords = list
			WHERE account_id = p_account AND mailbox_id = p_mailbox;
	END IF;
END $$;

-- Does what is added fit?  `soft`: only what is there counts (delivery).
CREATE OR REPLACE FUNCTION quota_allows(p_account bigint, p_octets bigint, p_messages bigint,
	soft boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	max_octets bigint;
	max_messages bigint;
	octets numeric;
	messages bigint;
BEGIN
	SELECT quota_octets, quota_messages INTO max_octets, max_messages FROM account
		WHERE account_id = p_account;
	IF coalesce(max_octets, 0) = 0 AND coalesce(max_messages, 0) = 0 THEN
		RETURN true;
	END IF;
	SELECT coalesce(sum(m.size), 0), coalesce(sum(m.messages), 0) INTO octets, messages
		FROM mailbox m WHERE m.account_id = p_account;
	IF soft THEN
		RETURN (max_octets = 0 OR octets < max_octets)
			AND (max_messages = 0 OR messages < max_messages);
	END IF;
	RETURN (max_octets = 0 OR octets + p_octets <= max_octets)
		AND (max_messages = 0 OR messages + p_messages <= max_messages);
END $$;

-- Inserts a content unless it is there; in both cases it is safe from collection until the
-- transaction ends: a young one is not collected, an old one's row is locked.
CREATE OR REPLACE FUNCTION content_put(p_hash bytea, p_size bigint, p_key bigint, p_version integer,
	p_facts bytea, p_headers bytea, p_body bytea, p_signature bytea, p_octets bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		INSERT INTO content (hash, size, message_id_key, version, facts, search_headers,
				search_body, signature, octets)
			VALUES (p_hash, p_size, p_key, p_version, p_facts, p_headers, p_body,
				p_signature, p_octets)
			ON CONFLICT (hash) DO NOTHING;
		IF FOUND THEN
			RETURN true;
		END IF;
		IF content_keep(p_hash) THEN
			RETURN false;
		END IF;
	END LOOP;
END $$;

-- False: it is not there.
CREATE OR REPLACE FUNCTION content_keep(p_hash bytea) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	SELECT created INTO made FROM content WHERE hash = p_hash;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF made > clock_now() - 600000000 THEN
		RETURN true;
	END IF;
	PERFORM 1 FROM content WHERE hash = p_hash FOR KEY SHARE;
	RETURN FOUND;
END $$;

-- A node of before calls it without the zone.
CREATE OR REPLACE FUNCTION message_append(p_account bigint, p_mailbox bigint, p_hash bytea, p_size bigint,
	p_key bigint, p_version integer, p_facts bytea, p_headers bytea, p_body bytea,
	p_signature bytea, p_octets bytea, p_parents bigint[], p_root bigint, p_original bytea,
	p_prefix bytea, p_flags bigint, p_keywords text[], p_date bigint, p_save bigint,
	p_delivery bytea, p_soft boolean, p_zone integer DEFAULT 0,
	OUT status integer, OUT r_uidvalidity bigint, OUT r_uid bigint, OUT r_modseq bigint,
	OUT r_thread bigint, OUT r_flags bigint, OUT r_keywords text[])
LANGUAGE plpgsql AS $$
DECLARE
	total bigint := p_size + octet_length(p_prefix);
	fresh boolean := false;
	bits bigint;
BEGIN
	status := 0;
	r_flags := p_flags;
	IF p_delivery IS NOT NULL THEN
		INSERT INTO delivered (account_id, key) VALUES (p_account, p_delivery)
			ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN
			status := 2;
			RETURN;
		END IF;
	END IF;
	IF NOT quota_allows(p_account, total, 1, p_soft) THEN
		status := 5;
	ELSE
		IF p_octets IS NOT NULL THEN
			fresh := content_put(p_hash, p_size, p_key, p_version, p_facts, p_headers,
				p_body, p_signature, p_octets);
		ELSIF NOT content_keep(p_hash) THEN
			status := 1;
		END IF;
		IF p_original IS NOT NULL AND NOT content_keep(p_original) THEN
			status := 1;
		END IF;
	END IF;
	IF status = 0 AND cardinality(p_keywords) > 0 THEN
		PERFORM 1 FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox
			AND NOT noselect FOR UPDATE;
		IF NOT FOUND THEN
			status := 1;
		ELSE
			SELECT k.list, k.mask INTO r_keywords, bits
				FROM mailbox_keyword_bits(p_account, p_mailbox, p_keywords) AS k;
			IF bits IS NULL THEN
				status := 4;
			ELSE
				r_flags := r_flags | bits;
			END IF;
		END IF;
	END IF;
	IF status = 0 THEN
		IF NOT fresh THEN
			SELECT thread_id INTO r_thread FROM message
				WHERE (content_hash, account_id) >= (p_hash, p_account)
				AND (content_hash, account_id) <= (p_hash, p_account) LIMIT 1;
		END IF;
		-- Contents of one Message-ID are as many as anybody cares to send: a thousand are looked at.
		IF r_thread IS NULL AND cardinality(p_parents) > 0 THEN
			SELECT m.thread_id INTO r_thread FROM unnest(p_parents) AS parent (key)
				CROSS JOIN LATERAL (SELECT hash FROM content
					WHERE message_id_key = parent.key LIMIT 1000) AS c
				CROSS JOIN LATERAL (SELECT thread_id FROM message
					WHERE (content_hash, account_id) >= (c.hash, p_account)
					AND (content_hash, account_id) <= (c.hash, p_account) OFFSET 0) AS m
				LIMIT 1;
		END IF;
		r_thread := coalesce(r_thread, p_root);
		UPDATE mailbox SET uidnext = uidnext + 1, modseq = modseq + 1,
				messages = messages + 1, recent = recent + 1, size = size + total,
				unseen = unseen + CASE WHEN r_flags & 8 = 0 THEN 1 ELSE 0 END,
				deleted = deleted + CASE WHEN r_flags & 4 = 0 THEN 0 ELSE 1 END,
				deleted_size = deleted_size + CASE WHEN r_flags & 4 = 0 THEN 0 ELSE total END
			WHERE account_id = p_account AND mailbox_id = p_mailbox AND NOT noselect
				AND uidnext < 4294967295
			RETURNING uidvalidity, uidnext - 1, modseq INTO r_uidvalidity, r_uid, r_modseq;
		IF NOT FOUND THEN
			status := 1;
		END IF;
	END IF;
	IF status <> 0 THEN
		IF p_delivery IS NOT NULL THEN
			DELETE FROM delivered WHERE account_id = p_account AND key = p_delivery;
		END IF;
		IF fresh THEN
			INSERT INTO content_candidate (hash) VALUES (p_hash)
				ON CONFLICT (hash) DO UPDATE SET since = clock_now(); -- see store/collect.h
		END IF;
		RETURN;
	END IF;
	INSERT INTO message (account_id, mailbox_id, uid, flags, modseq, size, internal_date,
			save_date, thread_id, content_hash, original_hash, prefix, zone)
		VALUES (p_account, p_mailbox, r_uid, r_flags, r_modseq, total, p_date, p_save,
			r_thread, p_hash, p_original, p_prefix, p_zone);
END $$;

-- The messages of message_flags, whose mailbox is locked: (flags & ~to_clear) | to_set.
CREATE OR REPLACE FUNCTION message_flags_set(p_account bigint, p_mailbox bigint, p_first bigint[],
	p_last bigint[], to_set bigint, to_clear bigint, p_unchanged bigint, p_modseq bigint,
	OUT r_uids bigint[], OUT r_flags bigint[], OUT r_conflicts bigint[],
	OUT d_unseen bigint, OUT d_deleted bigint, OUT d_deleted_size bigint)
LANGUAGE plpgsql AS $$
BEGIN
	IF p_unchanged < 9223372036854775807 THEN
		SELECT array_agg(m.uid ORDER BY m.uid) INTO r_conflicts
			FROM unnest(p_first, p_last) AS r (lo, hi)
			CROSS JOIN LATERAL (SELECT uid FROM message WHERE account_id = p_account
				AND mailbox_id = p_mailbox AND uid BETWEEN r.lo AND r.hi
				AND modseq > p_unchanged OFFSET 0) AS m;
	END IF;
	WITH old AS MATERIALIZED (
		SELECT m.place, m.flags FROM unnest(p_first, p_last) AS r (lo, hi)
			CROSS JOIN LATERAL (SELECT ctid AS place, flags FROM message
				WHERE account_id = p_account AND mailbox_id = p_mailbox
				AND uid BETWEEN r.lo AND r.hi AND modseq <= p_unchanged
				AND (flags & ~to_clear) | to_set <> flags OFFSET 0) AS m
	), done AS (
		UPDATE message m SET flags = (old.flags & ~to_clear) | to_set, modseq = p_modseq
			FROM old WHERE m.ctid = old.place
			RETURNING m.uid, old.flags AS before, m.flags AS after, m.size
	)
	SELECT array_agg(uid ORDER BY uid), array_agg(after ORDER BY uid),
			sum((before >> 3 & 1) - (after >> 3 & 1)),
			sum((after >> 2 & 1) - (before >> 2 & 1)),
			sum(((after >> 2 & 1) - (before >> 2 & 1)) * size)
		INTO r_uids, r_flags, d_unseen, d_deleted, d_deleted_size FROM done;
END $$;

-- STOREs of several sessions to one mailbox, together: one lock, one row of the mailbox, one
-- commit.  They are done one after the other, each under a MODSEQ of its own (RFC 7162 3.1) and
-- seeing what those before it did, so UNCHANGEDSINCE is as exact as alone.
--
-- A row per change, in their order.  p_ranges and p_words say how many of p_first/p_last and of
-- p_keywords belong to each.  p_mode: 0 add, 1 remove, 2 replace.  p_allowed: the bits that may be
-- changed.  A change that answers another status than 0 has done nothing; the others have.
CREATE OR REPLACE FUNCTION message_flags(p_account bigint, p_mailbox bigint, p_ranges bigint[],
	p_first bigint[], p_last bigint[], p_mode bigint[], p_system bigint[], p_words bigint[],
	p_keywords text[], p_unchanged bigint[], p_allowed bigint[])
RETURNS TABLE (status integer, r_modseq bigint, r_uids bigint[], r_flags bigint[],
	r_conflicts bigint[], r_keywords text[])
LANGUAGE plpgsql AS $$
DECLARE
	n integer := cardinality(p_mode);
	range_at bigint := 1;
	word_at bigint := 1;
	modseq_before bigint;
	modseq_now bigint;
	known text[];       -- the list so far
	list text[];        -- and with what this change adds
	bits bigint;
	to_set bigint;
	to_clear bigint;
	place tid;
	before bigint;
	after bigint;
	changed bigint;
	octets bigint;
	n_unseen bigint;
	n_deleted bigint;
	s_deleted bigint;
	d_unseen bigint := 0;
	d_deleted bigint := 0;
	d_deleted_size bigint := 0;
	touched int8multirange := '{}';
BEGIN
	SELECT m.modseq, m.keywords INTO modseq_before, known FROM mailbox m
		WHERE m.account_id = p_account AND m.mailbox_id = p_mailbox AND NOT m.noselect FOR UPDATE;
	modseq_now := modseq_before;
	FOR i IN 1 .. n LOOP
		status := CASE WHEN modseq_before IS NULL THEN 1 ELSE 0 END;
		r_modseq := 0;
		r_uids := NULL;
		r_flags := NULL;
		r_conflicts := NULL;
		r_keywords := known;
		list := known;
		bits := 0;
		IF status = 0 AND p_words[i] > 0 AND p_allowed[i] < 0 THEN
			SELECT k.list, k.mask INTO list, bits FROM keyword_bits(known,
				p_keywords[word_at : word_at + p_words[i] - 1], p_mode[i] <> 1) AS k;
			IF bits IS NULL THEN
				-- Full: forget what is not used.  The row knows what was added by then.
				UPDATE mailbox SET keywords = known
					WHERE account_id = p_account AND mailbox_id = p_mailbox;
				SELECT k.list, k.mask INTO list, bits
					FROM mailbox_keyword_bits(p_account, p_mailbox,
						p_keywords[word_at : word_at + p_words[i] - 1]) AS k;
				IF bits IS NULL THEN
					status := 4;
				ELSE
					known := list;
				END IF;
			END IF;
		END IF;
		IF status = 0 THEN
			bits := (bits | p_system[i]) & p_allowed[i];
			to_set := CASE WHEN p_mode[i] = 1 THEN 0 ELSE bits END;
			to_clear := CASE p_mode[i] WHEN 1 THEN bits WHEN 2 THEN p_allowed[i] & ~bits ELSE 0 END;
			IF p_ranges[i] = 1 AND p_first[range_at] = p_last[range_at] THEN
				-- One message, the common case: the same as below without its machinery.
				SELECT m.ctid, m.flags, m.modseq, m.size INTO place, before, changed, octets
					FROM message m WHERE m.account_id = p_account
					AND m.mailbox_id = p_mailbox AND m.uid = p_first[range_at];
				after := (before & ~to_clear) | to_set;
				IF changed > p_unchanged[i] THEN
					r_conflicts := ARRAY[p_first[range_at]];
				ELSIF after <> before THEN
					UPDATE message SET flags = after, modseq = modseq_now + 1
						WHERE ctid = place;
					r_uids := ARRAY[p_first[range_at]];
					r_flags := ARRAY[after];
					n_unseen := (before >> 3 & 1) - (after >> 3 & 1);
					n_deleted := (after >> 2 & 1) - (before >> 2 & 1);
					s_deleted := n_deleted * octets;
					touched := touched +
						int8multirange(int8range(p_first[range_at], p_first[range_at], '[]'));
				END IF;
			ELSE
				SELECT f.r_uids, f.r_flags, f.r_conflicts, f.d_unseen, f.d_deleted, f.d_deleted_size
					INTO r_uids, r_flags, r_conflicts, n_unseen, n_deleted, s_deleted
					FROM message_flags_set(p_account, p_mailbox,
						p_first[range_at : range_at + p_ranges[i] - 1],
						p_last[range_at : range_at + p_ranges[i] - 1],
						to_set, to_clear, p_unchanged[i], modseq_now + 1) AS f;
				IF r_uids IS NOT NULL THEN
					touched := touched +
						(SELECT range_agg(int8range(u, u, '[]')) FROM unnest(r_uids) AS u);
				END IF;
			END IF;
			IF r_uids IS NOT NULL THEN
				modseq_now := modseq_now + 1;
				known := list;
				d_unseen := d_unseen + n_unseen;
				d_deleted := d_deleted + n_deleted;
				d_deleted_size := d_deleted_size + s_deleted;
				r_modseq := modseq_now;
			END IF;
			r_keywords := known;
		END IF;
		range_at := range_at + p_ranges[i];
		word_at := word_at + p_words[i];
		RETURN NEXT;
	END LOOP;
	IF modseq_now > modseq_before THEN
		UPDATE mailbox SET modseq = modseq_now, unseen = unseen + d_unseen,
				deleted = deleted + d_deleted, deleted_size = deleted_size + d_deleted_size,
				keywords = known
			WHERE account_id = p_account AND mailbox_id = p_mailbox;
		INSERT INTO flag_log (account_id, mailbox_id, modseq, uids)
			VALUES (p_account, p_mailbox, modseq_now, touched);
	END IF;
END $$;

-- Takes messages out of a mailbox whose row is locked, keeping a row of each.  r_uids NULL: none.
CREATE OR REPLACE FUNCTION message_take(p_account bigint, p_mailbox bigint, p_first bigint[],
	p_last bigint[], p_mask bigint, p_moved boolean, OUT r_modseq bigint, OUT r_uids bigint[])
LANGUAGE plpgsql AS $$
DECLARE
	box mailbox%ROWTYPE;
	n bigint;
	n_recent bigint;
	n_unseen bigint;
	n_deleted bigint;
	s bigint;
	s_deleted bigint;
BEGIN
	SELECT * INTO box FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox;
	WITH picked AS MATERIALIZED (
		SELECT m.place FROM unnest(p_first, p_last) AS r (lo, hi)
			CROSS JOIN LATERAL (SELECT ctid AS place FROM message
				WHERE account_id = p_account AND mailbox_id = p_mailbox
				AND uid BETWEEN r.lo AND r.hi AND flags & p_mask = p_mask OFFSET 0) AS m
	), gone AS (
		DELETE FROM message m USING picked WHERE m.ctid = picked.place RETURNING m.*
	), kept AS (
		INSERT INTO expunged (account_id, mailbox_id, modseq, uid, flags, size,
				internal_date, thread_id, content_hash, original_hash, prefix, zone)
			SELECT account_id, mailbox_id, box.modseq + 1, uid, flags, size,
				internal_date, thread_id,
				CASE WHEN p_moved THEN NULL ELSE content_hash END,
				CASE WHEN p_moved THEN NULL ELSE original_hash END,
				CASE WHEN p_moved THEN '' ELSE prefix END, zone
			FROM gone
	)
	SELECT array_agg(uid ORDER BY uid), count(*),
			count(*) FILTER (WHERE uid >= box.recent_from),
			count(*) FILTER (WHERE flags & 8 = 0), count(*) FILTER (WHERE flags & 4 <> 0),
			sum(size), coalesce(sum(size) FILTER (WHERE flags & 4 <> 0), 0)
		INTO r_uids, n, n_recent, n_unseen, n_deleted, s, s_deleted FROM gone;
	IF r_uids IS NULL THEN
		r_modseq := 0;
		RETURN;
	END IF;
	r_modseq := box.modseq + 1;
	UPDATE mailbox SET modseq = r_modseq, messages = messages - n, recent = recent - n_recent,
			unseen = unseen - n_unseen, deleted = deleted - n_deleted, size = size - s,
			deleted_size = deleted_size - s_deleted
		WHERE account_id = p_account AND mailbox_id = p_mailbox;
END $$;

CREATE OR REPLACE FUNCTION message_expunge(p_account bigint, p_mailbox bigint, p_first bigint[],
	p_last bigint[], p_mask bigint, OUT status integer, OUT r_modseq bigint, OUT r_uids bigint[])
LANGUAGE plpgsql AS $$
BEGIN
	status := 0;
	PERFORM 1 FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox
		AND NOT noselect FOR UPDATE;
	IF NOT FOUND THEN
		status := 1;
		RETURN;
	END IF;
	SELECT t.r_modseq, t.r_uids INTO r_modseq, r_uids
		FROM message_take(p_account, p_mailbox, p_first, p_last, p_mask, false) AS t;
END $$;

-- The bits of `flags` under another list; places[i] is the place there of keyword i here.
CREATE OR REPLACE FUNCTION flags_translate(flags bigint, places integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT (flags & 255) | coalesce(bit_or(1::bigint << (7 + places[i])), 0)
		FROM generate_subscripts(places, 1) AS i
		WHERE (flags >> (7 + i)::integer) & 1 = 1 AND places[i] IS NOT NULL
$$;

-- Makes room in the target's keyword list for those that `used` has in the source's.
-- places NULL: the lists agree.  full: they do not fit.
CREATE OR REPLACE FUNCTION keyword_places(p_account bigint, p_mailbox bigint, source_list text[],
	used bigint, OUT places integer[], OUT is_full boolean)
LANGUAGE plpgsql AS $$
DECLARE
	wanted text[];
	list text[];
	bits bigint;
BEGIN
	is_full := false;
	SELECT array_agg(source_list[i] ORDER BY i) INTO wanted
		FROM generate_subscripts(source_list, 1) AS i
		WHERE (used >> (7 + i)::integer) & 1 = 1 AND source_list[i] <> '';
	IF wanted IS NULL THEN
		places := '{}';
		RETURN;
	END IF;
	SELECT k.list, k.mask INTO list, bits
		FROM mailbox_keyword_bits(p_account, p_mailbox, wanted) AS k;
	IF bits IS NULL THEN
		is_full := true;
		RETURN;
	END IF;
	SELECT array_agg((SELECT j FROM generate_subscripts(list, 1) AS j
				WHERE lower(list[j]) = lower(source_list[i]) AND source_list[i] <> ''
				LIMIT 1) ORDER BY i)
		INTO places FROM generate_subscripts(source_list, 1) AS i;
END $$;

-- Copies or moves a set; new UIDs follow each other from r_first on in the order of r_source.
CREATE OR REPLACE FUNCTION message_copy(p_account bigint, p_mailbox bigint, p_first bigint[],
	p_last bigint[], p_to_account bigint, p_to_mailbox bigint, p_move boolean, p_save bigint,
	OUT status integer, OUT r_uidvalidity bigint, OUT r_source bigint[], OUT r_first bigint,
	OUT r_source_modseq bigint, OUT r_target_modseq bigint)
LANGUAGE plpgsql AS $$
DECLARE
	src mailbox%ROWTYPE;
	dst mailbox%ROWTYPE;
	n integer;
	n_unseen bigint;
	n_deleted bigint;
	s bigint;
	s_deleted bigint;
	used bigint;
	places integer[];
	no_room boolean;
BEGIN
	status := 0;
	r_source_modseq := 0;
	r_target_modseq := 0;
	PERFORM 1 FROM mailbox m
		WHERE (m.account_id, m.mailbox_id) IN ((p_account, p_mailbox), (p_to_account, p_to_mailbox))
		ORDER BY m.account_id, m.mailbox_id FOR UPDATE;
	SELECT * INTO src FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox
		AND NOT noselect;
	SELECT * INTO dst FROM mailbox WHERE account_id = p_to_account AND mailbox_id = p_to_mailbox
		AND NOT noselect;
	IF src.mailbox_id IS NULL OR dst.mailbox_id IS NULL THEN
		status := 1;
		RETURN;
	END IF;
	r_uidvalidity := dst.uidvalidity;
	SELECT array_agg(m.uid ORDER BY m.uid), count(*), bit_or(m.flags), sum(m.size),
			count(*) FILTER (WHERE m.flags & 8 = 0), count(*) FILTER (WHERE m.flags & 4 <> 0),
			coalesce(sum(m.size) FILTER (WHERE m.flags & 4 <> 0), 0)
		INTO r_source, n, used, s, n_unseen, n_deleted, s_deleted
		FROM unnest(p_first, p_last) AS r (lo, hi)
		CROSS JOIN LATERAL (SELECT uid, flags, size FROM message
			WHERE account_id = p_account AND mailbox_id = p_mailbox
			AND uid BETWEEN r.lo AND r.hi OFFSET 0) AS m;
	IF r_source IS NULL THEN
		RETURN;
	END IF;
	IF dst.uidnext + n >= 4294967295 THEN
		status := 4;
		RETURN;
	END IF;
	IF (NOT p_move OR p_account <> p_to_account)
			AND NOT quota_allows(p_to_account, s, n, false) THEN
		status := 5;
		RETURN;
	END IF;
	SELECT k.places, k.is_full INTO places, no_room
		FROM keyword_places(p_to_account, p_to_mailbox, src.keywords, used) AS k;
	IF no_room THEN
		status := 4;
		RETURN;
	END IF;
	r_first := dst.uidnext;
	r_target_modseq := dst.modseq + 1;
	INSERT INTO message (account_id, mailbox_id, uid, flags, modseq, size, internal_date,
			save_date, thread_id, content_hash, original_hash, prefix, zone)
		SELECT p_to_account, p_to_mailbox, r_first + o.place - 1,
			CASE WHEN m.flags BETWEEN 0 AND 255 THEN m.flags
				ELSE flags_translate(m.flags, places) END,
			r_target_modseq, m.size, m.internal_date, p_save, m.thread_id, m.content_hash,
			m.original_hash, m.prefix, m.zone
		FROM unnest(r_source) WITH ORDINALITY AS o (source_uid, place)
		CROSS JOIN LATERAL (SELECT * FROM message WHERE account_id = p_account
			AND mailbox_id = p_mailbox AND uid = o.source_uid OFFSET 0) AS m;
	UPDATE mailbox SET uidnext = uidnext + n, modseq = r_target_modseq,
			messages = messages + n, recent = recent + n, size = size + s,
			unseen = unseen + n_unseen, deleted = deleted + n_deleted,
			deleted_size = deleted_size + s_deleted
		WHERE account_id = p_to_account AND mailbox_id = p_to_mailbox;
	IF p_move THEN
		SELECT t.r_modseq INTO r_source_modseq
			FROM message_take(p_account, p_mailbox, r_source, r_source, 0, true) AS t;
	END IF;
END $$;

-- Back from the expunged, under new UIDs.
CREATE OR REPLACE FUNCTION message_undelete(p_account bigint, p_mailbox bigint, p_first bigint[],
	p_last bigint[], p_save bigint, OUT status integer, OUT r_count bigint, OUT r_modseq bigint)
LANGUAGE plpgsql AS $$
DECLARE
	box mailbox%ROWTYPE;
	s bigint;
	n_unseen bigint;
BEGIN
	status := 0;
	r_modseq := 0;
	SELECT * INTO box FROM mailbox WHERE account_id = p_account AND mailbox_id = p_mailbox
		AND NOT noselect FOR UPDATE;
	IF NOT FOUND THEN
		status := 1;
		RETURN;
	END IF;
	-- No index finds UIDs: the mailbox's rows are walked once, not once for each range.
	-- A row stays for VANISHED, as that of a moved message.
	WITH back AS MATERIALIZED (
		SELECT ctid AS place, * FROM expunged
			WHERE account_id = p_account AND mailbox_id = p_mailbox AND content_hash IS NOT NULL
			AND uid <@ (SELECT range_agg(int8range(r.lo, r.hi, '[]'))
				FROM unnest(p_first, p_last) AS r (lo, hi))
	), made AS (
		INSERT INTO message (account_id, mailbox_id, uid, flags, modseq, size,
				internal_date, save_date, thread_id, content_hash, original_hash, prefix,
				zone)
			SELECT account_id, mailbox_id, box.uidnext + row_number() OVER (ORDER BY uid) - 1,
				flags & 27, box.modseq + 1, size, internal_date, p_save, thread_id,
				content_hash, original_hash, prefix, zone
			FROM back RETURNING size, flags
	), left_behind AS (
		UPDATE expunged e SET content_hash = NULL, original_hash = NULL
			FROM back WHERE e.ctid = back.place
	)
	SELECT count(*), coalesce(sum(size), 0), count(*) FILTER (WHERE flags & 8 = 0)
		INTO r_count, s, n_unseen FROM made;
	IF r_count > 0 THEN
		r_modseq := box.modseq + 1;
		UPDATE mailbox SET uidnext = uidnext + r_count, modseq = r_modseq,
				messages = messages + r_count, recent = recent + r_count, size = size + s,
				unseen = unseen + n_unseen
			WHERE account_id = p_account AND mailbox_id = p_mailbox;
	END IF;
END $$;

-- A UIDVALIDITY that no mailbox of the account has had.
CREATE OR REPLACE FUNCTION new_uidvalidity(p_account bigint) RETURNS bigint LANGUAGE sql AS $$
	UPDATE account SET last_uidvalidity =
			greatest(last_uidvalidity + 1, extract(epoch FROM clock_timestamp())::bigint)
		WHERE account_id = p_account RETURNING last_uidvalidity
$$;

-- Makes a mailbox and what is missing above it.  The account's row is the lock for its names.
CREATE OR REPLACE FUNCTION mailbox_make(p_account bigint, p_name text, p_use integer, p_most integer,
	OUT status integer, OUT r_mailbox bigint, OUT r_made text[])
LANGUAGE plpgsql AS $$
DECLARE
	levels text[] := string_to_array(p_name, '/');
	path text;
	box mailbox%ROWTYPE;
BEGIN
	status := 0;
	r_made := '{}';
	PERFORM 1 FROM account WHERE account_id = p_account FOR UPDATE;
	IF NOT FOUND THEN
		status := 1;
		RETURN;
	END IF;
	SELECT * INTO box FROM mailbox WHERE account_id = p_account AND name = p_name;
	IF FOUND AND NOT box.noselect THEN
		status := 2;
		RETURN;
	END IF;
	IF p_use <> 0 AND EXISTS (SELECT 1 FROM mailbox
			WHERE account_id = p_account AND use & p_use <> 0) THEN
		status := 3;
		RETURN;
	END IF;
	IF (SELECT count(*) FROM mailbox WHERE account_id = p_account) + cardinality(levels) > p_most THEN
		status := 4;
		RETURN;
	END IF;
	FOR depth IN 1 .. cardinality(levels) - 1 LOOP
		path := array_to_string(levels[1:depth], '/');
		IF NOT EXISTS (SELECT 1 FROM mailbox WHERE account_id = p_account AND name = path) THEN
			INSERT INTO mailbox (account_id, name, uidvalidity)
				VALUES (p_account, path, new_uidvalidity(p_account));
			r_made := r_made || path;
		END IF;
	END LOOP;
	IF box.mailbox_id IS NOT NULL THEN
		r_mailbox := box.mailbox_id;
		UPDATE mailbox SET noselect = false, use = p_use WHERE account_id = p_account
			AND mailbox_id = r_mailbox;
	ELSE
		INSERT INTO mailbox (account_id, name, use, uidvalidity)
			VALUES (p_account, p_name, p_use, new_uidvalidity(p_account))
			RETURNING mailbox_id INTO r_mailbox;
	END IF;
	r_made := r_made || p_name;
END $$;

-- The first octets of a UTF-8 text as text, cut between characters; empty when it is none.
CREATE OR REPLACE FUNCTION text_start(octets bytea, most integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	n integer := least(octet_length(octets), most);
BEGIN
	WHILE n > 0 AND n < octet_length(octets) AND get_byte(octets, n) & 192 = 128 LOOP
		n := n - 1;
	END LOOP;
	RETURN convert_from(substr(octets, 1, n), 'UTF8');
EXCEPTION WHEN character_not_in_repertoire THEN
	RETURN '';
END $$;

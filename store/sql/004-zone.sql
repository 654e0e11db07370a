-- The zone in which a message's internal date was given (RFC 9051 2.3.3): minutes east of UTC, kept
-- by what copies, moves and expunges the message.  The functions are those of before but for it.

ALTER TABLE message ADD zone smallint NOT NULL DEFAULT 0;
ALTER TABLE expunged ADD zone smallint NOT NULL DEFAULT 0;

DROP FUNCTION message_append(bigint, bigint, bytea, bigint, bigint, integer, bytea, bytea, bytea,
	bytea, bytea, bigint[], bigint, bytea, bytea, bigint, text[], bigint, bigint, bytea, boolean);

-- A node of before calls it without the zone.
CREATE FUNCTION message_append(p_account bigint, p_mailbox bigint, p_hash bytea, p_size bigint,
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
		IF r_thread IS NULL AND cardinality(p_parents) > 0 THEN
			SELECT m.thread_id INTO r_thread FROM unnest(p_parents) AS parent (key)
				CROSS JOIN LATERAL (SELECT hash FROM content
					WHERE message_id_key = parent.key OFFSET 0) AS c
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
			INSERT INTO content_candidate (hash) VALUES (p_hash) ON CONFLICT DO NOTHING;
		END IF;
		RETURN;
	END IF;
	INSERT INTO message (account_id, mailbox_id, uid, flags, modseq, size, internal_date,
			save_date, thread_id, content_hash, original_hash, prefix, zone)
		VALUES (p_account, p_mailbox, r_uid, r_flags, r_modseq, total, p_date, p_save,
			r_thread, p_hash, p_original, p_prefix, p_zone);
END $$;

CREATE OR REPLACE FUNCTION message_take(p_account bigint, p_mailbox bigint, p_first bigint[], p_last bigint[],
	p_mask bigint, p_moved boolean, OUT r_modseq bigint, OUT r_uids bigint[])
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

CREATE OR REPLACE FUNCTION message_copy(p_account bigint, p_mailbox bigint, p_first bigint[], p_last bigint[],
	p_to_account bigint, p_to_mailbox bigint, p_move boolean, p_save bigint,
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
	-- The row stays for VANISHED, as that of a moved message.
	WITH back AS (
		SELECT e.* FROM unnest(p_first, p_last) AS r (lo, hi)
			JOIN expunged e ON e.account_id = p_account AND e.mailbox_id = p_mailbox
				AND e.uid BETWEEN r.lo AND r.hi
			WHERE e.content_hash IS NOT NULL
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
			FROM back WHERE e.account_id = p_account AND e.mailbox_id = p_mailbox
				AND e.modseq = back.modseq AND e.uid = back.uid
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

-- Contents of one Message-ID are as many as anybody cares to send: a thousand of them are looked at
-- for the thread of an answer.  The function is that of before (004-zone.sql) but for it.

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
			INSERT INTO content_candidate (hash) VALUES (p_hash) ON CONFLICT DO NOTHING;
		END IF;
		RETURN;
	END IF;
	INSERT INTO message (account_id, mailbox_id, uid, flags, modseq, size, internal_date,
			save_date, thread_id, content_hash, original_hash, prefix, zone)
		VALUES (p_account, p_mailbox, r_uid, r_flags, r_modseq, total, p_date, p_save,
			r_thread, p_hash, p_original, p_prefix, p_zone);
END $$;

-- Nobody asks for contents by their version: reparse walks them all.
DROP INDEX content_version;

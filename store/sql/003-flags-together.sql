-- STOREs of several sessions to one mailbox, together: one lock, one row of the mailbox, one
-- commit.  They are done one after the other, each under a MODSEQ of its own (RFC 7162 3.1) and
-- seeing what those before it did, so UNCHANGEDSINCE is as exact as alone.

DROP FUNCTION message_flags(bigint, bigint, bigint[], bigint[], integer, bigint, text[], bigint, bigint);

-- A row per change, in their order.  p_ranges and p_words say how many of p_first/p_last and of
-- p_keywords belong to each.  p_mode: 0 add, 1 remove, 2 replace.  p_allowed: the bits that may be
-- changed.  A change that answers another status than 0 has done nothing; the others have.
CREATE FUNCTION message_flags(p_account bigint, p_mailbox bigint, p_ranges bigint[],
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

-- Mailbox names from before they were composed (NFC) when given: clients' names are, so these were
-- listed but not found.  Where two become one, the one that changes gets a number.

DO $$
DECLARE
	box record;
	wanted text;
	n integer;
BEGIN
	-- Another encoding has no such names, and no way to compose them.
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RETURN;
	END IF;
	FOR box IN SELECT account_id, mailbox_id, normalize(name, NFC) AS name FROM mailbox
			WHERE name IS NOT NFC NORMALIZED ORDER BY account_id, name LOOP
		wanted := box.name;
		n := 1;
		WHILE EXISTS (SELECT 1 FROM mailbox WHERE account_id = box.account_id AND name = wanted) LOOP
			n := n + 1;
			wanted := box.name || ' (' || n || ')';
		END LOOP;
		UPDATE mailbox SET name = wanted
			WHERE account_id = box.account_id AND mailbox_id = box.mailbox_id;
	END LOOP;
	INSERT INTO subscription (account_id, name)
		SELECT account_id, normalize(name, NFC) FROM subscription WHERE name IS NOT NFC NORMALIZED
		ON CONFLICT DO NOTHING;
	DELETE FROM subscription WHERE name IS NOT NFC NORMALIZED;
END $$;

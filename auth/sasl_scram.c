/* SCRAM-SHA-256 and -PLUS as a server: first message, proof, and the client's empty
 * answer to our signature.
 *
 * A name without a verifier is led through the same exchange with a made-up salt
 * and fails at the proof, as a wrong password does. */
#include "auth/sasl_private.h"

#include "base/secret.h"

#define NONCE_OCTETS 18

void scram_exchange_clear(struct scram_exchange *scram)
{
	g_free(scram->binding_type);
	g_free(scram->gs2_header);
	g_free(scram->authzid);
	if (scram->transcript != NULL)
		g_string_free(scram->transcript, TRUE);
	if (scram->nonce != NULL)
		g_string_free(scram->nonce, TRUE);
	auth_account_clear(&scram->account);
	secret_wipe(scram, sizeof(*scram));
}

static bool is_plus(const struct sasl *sasl)
{
	return g_str_has_suffix(sasl->mechanism->name, "-PLUS");
}

static GBytes *binding_data(const struct sasl *sasl, const char *type)
{
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		if (strcmp(type, sasl_binding_types[i]) == 0)
			return sasl->bindings[i];
	return NULL;
}

static bool we_offer_plus(const struct sasl *sasl)
{
	for (size_t i = 0; i < SASL_BINDINGS; i++)
		if (sasl->bindings[i] != NULL)
			return true;
	return false;
}

/* RFC 5802 section 6.  "y" says that we were not seen to offer -PLUS; when we did,
 * somebody between us has taken it out of the list. */
static bool binding_is_acceptable(const struct sasl *sasl, const struct scram_client_first *first)
{
	g_autofree char *type = slice_dup(first->binding_type);

	switch (first->binding) {
	case SCRAM_BINDING_NONE:
		return !is_plus(sasl);
	case SCRAM_BINDING_UNUSED:
		return !is_plus(sasl) && !we_offer_plus(sasl);
	case SCRAM_BINDING_USED:
		return is_plus(sasl) && binding_data(sasl, type) != NULL;
	}
	return false;
}

/* False when the database did not answer. */
static bool find_verifier(struct sasl *sasl, struct store *store)
{
	struct scram_exchange *scram = &sasl->scram;
	g_autofree char *name = auth_full_name(sasl->auth, slice_from_string(sasl->user));
	enum store_result found = STORE_NOT_FOUND;

	if (name != NULL)
		found = auth_lookup(store, name, &scram->account);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return false;
	if (found == STORE_OK && scram_verifier_parse(scram->account.scram_sha256, &scram->verifier)) {
		scram->known = true;
		return true;
	}
	scram->verifier = (struct scram_verifier){ .iterations = SCRAM_ITERATIONS,
						   .salt_len = SCRAM_SALT_SIZE };
	return auth_decoy_salt(store, sasl->auth, name != NULL ? name : "", scram->verifier.salt,
			       SCRAM_SALT_SIZE);
}

static void remember_first(struct sasl *sasl, const struct scram_client_first *first)
{
	struct scram_exchange *scram = &sasl->scram;
	g_autofree char *ours = secret_token(NONCE_OCTETS);

	scram->binding = first->binding;
	scram->binding_type = slice_dup(first->binding_type);
	scram->gs2_header = slice_dup(first->gs2_header);
	scram->authzid = g_strdup(first->authzid);
	scram->nonce = g_string_new_len(first->nonce.data, (gssize)first->nonce.len);
	g_string_append(scram->nonce, ours);
	scram->transcript = g_string_new_len(first->bare.data, (gssize)first->bare.len);
	g_string_append_c(scram->transcript, ',');
}

static enum sasl_step answer_first(struct sasl *sasl, struct store *store,
				   const struct scram_client_first *first, GString *challenge_out)
{
	struct scram_exchange *scram = &sasl->scram;
	g_autofree char *name = auth_full_name(sasl->auth, slice_from_string(first->user));

	/* The whole name, so that the throttle counts "bob" and "bob@example.test" as one. */
	sasl_set_user(sasl, slice_from_string(name != NULL ? name : first->user));
	if (!binding_is_acceptable(sasl, first))
		return sasl_end(sasl, AUTH_MALFORMED);
	if (auth_must_wait(sasl->auth, sasl->user, sasl->peer_address, sasl->mechanism->name, &sasl->result))
		return SASL_DONE;
	if (!find_verifier(sasl, store))
		return sasl_end(sasl, AUTH_UNAVAILABLE);
	remember_first(sasl, first);
	scram_server_first(&scram->verifier, slice_of(scram->nonce->str, scram->nonce->len), challenge_out);
	g_string_append_len(scram->transcript, challenge_out->str, (gssize)challenge_out->len);
	scram->state = SCRAM_WANTS_FINAL;
	return SASL_CHALLENGE;
}

static enum sasl_step take_first(struct sasl *sasl, struct store *store, struct slice message,
				 GString *challenge_out)
{
	struct scram_client_first first;
	enum sasl_step step;

	if (scram_client_first_parse(message, &first))
		step = answer_first(sasl, store, &first, challenge_out);
	else
		step = sasl_end(sasl, AUTH_MALFORMED);
	scram_client_first_clear(&first);
	return step;
}

/* c= must be the gs2 header of the first message and, when binding, this
 * connection's data. */
static bool channel_is_ours(const struct sasl *sasl, GBytes *channel)
{
	const struct scram_exchange *scram = &sasl->scram;
	g_autoptr(GString) expected = g_string_new(scram->gs2_header);
	gsize len, data_len;
	const char *octets = g_bytes_get_data(channel, &len);

	if (scram->binding == SCRAM_BINDING_USED) {
		GBytes *data = binding_data(sasl, scram->binding_type);
		const char *data_octets = g_bytes_get_data(data, &data_len);

		g_string_append_len(expected, data_octets, (gssize)data_len);
	}
	return secret_equal(slice_of(octets, len), slice_of(expected->str, expected->len));
}

static enum auth_outcome judge_final(struct sasl *sasl, struct store *store, const struct scram_client_final *final)
{
	struct scram_exchange *scram = &sasl->scram;
	struct slice transcript = slice_of(scram->transcript->str, scram->transcript->len);

	if (!slice_equal(final->nonce, slice_of(scram->nonce->str, scram->nonce->len)) ||
	    !channel_is_ours(sasl, final->channel))
		return AUTH_DENIED;
	if (!scram_proof_is_right(&scram->verifier, transcript, &final->proof) || !scram->known)
		return AUTH_DENIED;
	if (!scram->account.enabled)
		return AUTH_DISABLED;
	return auth_may_act_as(store, sasl->auth, &scram->account, slice_from_string(scram->authzid));
}

static enum sasl_step take_final(struct sasl *sasl, struct store *store, struct slice message,
				 GString *challenge_out)
{
	struct scram_exchange *scram = &sasl->scram;
	struct scram_client_final final;
	enum auth_outcome outcome = AUTH_MALFORMED;

	/* Again: many exchanges may have been begun before the first guess failed. */
	if (auth_must_wait(sasl->auth, sasl->user, sasl->peer_address, sasl->mechanism->name, &sasl->result))
		return SASL_DONE;
	if (scram_client_final_parse(message, &final)) {
		g_string_append_c(scram->transcript, ',');
		g_string_append_len(scram->transcript, final.without_proof.data,
				    (gssize)final.without_proof.len);
		outcome = judge_final(sasl, store, &final);
	}
	scram_client_final_clear(&final);
	if (outcome != AUTH_OK)
		return sasl_end(sasl, outcome);
	scram_server_final(&scram->verifier, slice_of(scram->transcript->str, scram->transcript->len),
			   challenge_out);
	scram->state = SCRAM_WANTS_ACK;
	return SASL_CHALLENGE;
}

/* IMAP and POP3 have no place for data beside success, so our signature went as a
 * challenge and an empty line confirms it (RFC 4422 section 4, RFC 9051 6.2.2). */
static enum sasl_step take_ack(struct sasl *sasl, struct slice message)
{
	if (message.len > 0)
		return sasl_end(sasl, AUTH_MALFORMED);
	auth_conclude(sasl->auth, AUTH_OK, sasl->user, sasl->peer_address, sasl->mechanism->name,
		      &sasl->scram.account, &sasl->result);
	return SASL_DONE;
}

enum sasl_step sasl_step_scram(struct sasl *sasl, struct store *store, struct slice message,
			       GString *challenge_out)
{
	switch (sasl->scram.state) {
	case SCRAM_WANTS_FIRST:
		return take_first(sasl, store, message, challenge_out);
	case SCRAM_WANTS_FINAL:
		return take_final(sasl, store, message, challenge_out);
	case SCRAM_WANTS_ACK:
		return take_ack(sasl, message);
	}
	g_assert_not_reached();
}

/* Any octets as what a client sends to sign in: SCRAM messages, prepared names, and
 * tokens' JSON.  None may be read behind its end, and what is refused leaves nothing. */
#include "auth/json.h"
#include "auth/prepare.h"
#include "auth/scram.h"

#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_scram(struct slice text)
{
	struct scram_client_first first;
	struct scram_client_final final;
	struct scram_verifier verifier;
	g_autofree char *string = slice_dup(text);

	if (scram_client_first_parse(text, &first))
		g_assert_cmpuint(first.gs2_header.len + first.bare.len, ==, text.len);
	scram_client_first_clear(&first);
	scram_client_final_parse(text, &final);
	scram_client_final_clear(&final);
	scram_verifier_parse(string, &verifier);
}

static void try_json(struct slice text)
{
	struct json_object *object = json_object_read(text);
	int64_t time;

	if (object == NULL)
		return;
	json_object_string(object, "email");
	json_object_names(object, "aud", "x");
	json_object_time(object, "exp", &time);
	json_object_free(&object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	char *prepared = prepare_text(text), *again;

	if (prepared != NULL) {
		g_assert_true(g_utf8_validate(prepared, -1, NULL));
		again = prepare_text(slice_from_string(prepared));
		secret_free(&again);
	}
	secret_free(&prepared);
	try_scram(text);
	try_json(text);
	return 0;
}

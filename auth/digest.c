/* Over OpenSSL's EVP interface. */
#include "auth/digest.h"

#include "base/secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct digest digest_plain(struct slice data)
{
	struct digest digest;

	g_assert(EVP_Digest(data.data, data.len, digest.octets, NULL, EVP_sha256(), NULL) == 1);
	return digest;
}

struct digest digest_hmac(struct slice key, struct slice data)
{
	struct digest digest;
	const void *octets = data.len > 0 ? data.data : "";

	g_assert(key.len <= G_MAXINT);
	g_assert(HMAC(EVP_sha256(), key.data, (int)key.len, octets, data.len, digest.octets, NULL) != NULL);
	return digest;
}

struct digest digest_keyed(const struct digest *key, const struct slice *parts, size_t count)
{
	GString *joined = g_string_sized_new(256);
	struct digest digest;

	for (size_t i = 0; i < count; i++) {
		uint64_t length = GUINT64_TO_BE((uint64_t)parts[i].len);

		g_string_append_len(joined, (const char *)&length, sizeof(length));
		if (parts[i].len > 0)
			g_string_append_len(joined, parts[i].data, (gssize)parts[i].len);
	}
	digest = digest_hmac(digest_slice(key), slice_of(joined->str, joined->len));
	secret_wipe(joined->str, joined->len);
	g_string_free(joined, TRUE);
	return digest;
}

struct slice digest_slice(const struct digest *digest)
{
	return slice_of((const char *)digest->octets, sizeof(digest->octets));
}

guint digest_hash(gconstpointer digest)
{
	guint hash;

	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

gboolean digest_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct digest)) == 0;
}

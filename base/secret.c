/* Over OpenSSL's primitives and the kernel's getrandom(). */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <sys/random.h>

bool secret_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

void secret_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}

void secret_free(char **string)
{
	if (*string == NULL)
		return;
	secret_wipe(*string, strlen(*string));
	g_free(*string);
	*string = NULL;
}

void secret_random(void *data, size_t len)
{
	char *p = data;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		g_assert(n > 0);
		p += n;
		len -= (size_t)n;
	}
}

char *secret_token(size_t octets)
{
	g_autofree guchar *random = g_malloc(octets);
	char *text;
	size_t len;

	secret_random(random, octets);
	text = g_base64_encode(random, octets);
	secret_wipe(random, octets);
	len = strlen(text);
	while (len > 0 && text[len - 1] == '=')
		text[--len] = '\0';
	g_strdelimit(text, "+", '-');
	return g_strdelimit(text, "/", '_');
}

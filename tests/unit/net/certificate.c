/* Each pair of files has a directory of its own below the temporary one. */
#include "tests/unit/net/certificate.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

static EVP_PKEY *make_key(enum test_key key)
{
	switch (key) {
	case TEST_KEY_RSA:
		return EVP_RSA_gen(2048);
	case TEST_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_EC_gen("P-256");
	}
}

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	g_assert(extension != NULL);
	X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
}

static X509 *make_x509(EVP_PKEY *pkey, const char *common_name, const char *alt_names,
		       const EVP_MD *hash)
{
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	uint64_t serial;

	RAND_bytes((unsigned char *)&serial, sizeof serial);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x509), 24 * 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1,
				   -1, 0);
	X509_set_issuer_name(x509, name);
	X509_set_pubkey(x509, pkey);
	add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(x509, NID_subject_alt_name, alt_names);
	g_assert(X509_sign(x509, pkey, hash) > 0);
	return x509;
}

static struct test_certificate write_files(EVP_PKEY *pkey, X509 *x509)
{
	g_autofree char *directory = g_dir_make_tmp("certificate-XXXXXX", NULL);
	struct test_certificate made = {
		.certificate = g_build_filename(directory, "certificate.pem", NULL),
		.private_key = g_build_filename(directory, "key.pem", NULL),
	};
	FILE *file = g_fopen(made.certificate, "we");

	g_assert(file != NULL && PEM_write_X509(file, x509));
	fclose(file);
	file = g_fopen(made.private_key, "we");
	g_assert(file != NULL && PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	EVP_PKEY_free(pkey);
	X509_free(x509);
	return made;
}

struct test_certificate test_certificate_make(const char *name, enum test_key key)
{
	g_autofree char *alt_names = g_strdup_printf("DNS:%s,IP:127.0.0.1,IP:::1", name);
	EVP_PKEY *pkey = make_key(key);

	g_assert(pkey != NULL);
	return write_files(pkey, make_x509(pkey, name, alt_names,
					   key == TEST_KEY_ED25519 ? NULL : EVP_sha256()));
}

struct test_certificate test_certificate_make_client(const char *mail)
{
	g_autofree char *alt_names = g_strdup_printf("email:%s", mail);
	EVP_PKEY *pkey = make_key(TEST_KEY_EC);

	return write_files(pkey, make_x509(pkey, mail, alt_names, EVP_sha256()));
}

void test_certificate_clear(struct test_certificate *certificate)
{
	g_autofree char *directory = NULL;

	if (certificate->certificate == NULL)
		return;
	directory = g_path_get_dirname(certificate->certificate);
	g_remove(certificate->certificate);
	g_remove(certificate->private_key);
	g_rmdir(directory);
	g_clear_pointer(&certificate->certificate, g_free);
	g_clear_pointer(&certificate->private_key, g_free);
}

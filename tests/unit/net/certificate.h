/* Self-signed certificates for tests, made at run time; any test may link
 * certificate.c. */
#ifndef TESTS_UNIT_NET_CERTIFICATE_H
#define TESTS_UNIT_NET_CERTIFICATE_H

#include <glib.h>

enum test_key { TEST_KEY_EC, TEST_KEY_RSA, TEST_KEY_ED25519 };

/* PEM files; test_certificate_clear() removes and frees them. */
struct test_certificate {
	char *certificate;
	char *private_key;
};

/* Valid for `name` as a DNS name, and for 127.0.0.1 and ::1, for one day;
 * signed with its own key and SHA-256 (Ed25519: its own hash). */
struct test_certificate test_certificate_make(const char *name, enum test_key key);
/* The same with a rfc822Name instead, for clients. */
struct test_certificate test_certificate_make_client(const char *mail);
void test_certificate_clear(struct test_certificate *certificate);

#endif

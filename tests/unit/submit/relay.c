/* One connection, blocking; TLS by OpenSSL with a certificate made at first use. */
#include "relay.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay {
	const struct relay_script *script;
	GThread *thread;
	int listener, fd;
	SSL *ssl;
	char *url;
	GString *lines, *message;
};

static char *certificate_path;
static SSL_CTX *tls_context;

static void make_certificate(void)
{
	EVP_PKEY *key;
	X509 *cert = X509_new();
	X509_EXTENSION *names;
	FILE *file;
	int fd = g_file_open_tmp("relay-XXXXXX.pem", &certificate_path, NULL);

	g_assert_cmpint(fd, >=, 0);
	key = EVP_EC_gen("P-256");
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	g_assert_cmpint(X509_sign(cert, key, EVP_sha256()), >, 0);
	file = fdopen(fd, "w");
	PEM_write_X509(file, cert);
	fclose(file);
	tls_context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(tls_context, cert);
	SSL_CTX_use_PrivateKey(tls_context, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

const char *relay_certificate(void)
{
	if (certificate_path == NULL)
		make_certificate();
	return certificate_path;
}

void relay_certificate_remove(void)
{
	if (certificate_path == NULL)
		return;
	g_unlink(certificate_path);
	g_clear_pointer(&certificate_path, g_free);
	SSL_CTX_free(tls_context);
}

static void say(struct relay *relay, const char *text)
{
	int len = (int)strlen(text);

	if (relay->ssl != NULL)
		SSL_write(relay->ssl, text, len);
	else
		(void)!send(relay->fd, text, (size_t)len, MSG_NOSIGNAL);
}

static void say_line(struct relay *relay, const char *text, const char *otherwise)
{
	g_autofree char *line = g_strconcat(text != NULL ? text : otherwise, "\r\n", NULL);

	say(relay, line);
}

static bool hear(struct relay *relay, char *octet)
{
	return (relay->ssl != NULL ? SSL_read(relay->ssl, octet, 1) : (int)read(relay->fd, octet, 1)) == 1;
}

static bool hear_line(struct relay *relay, GString *line)
{
	char octet;

	g_string_truncate(line, 0);
	while (hear(relay, &octet)) {
		g_string_append_c(line, octet);
		if (octet == '\n') {
			g_string_truncate(line, line->len - 2);
			g_string_append_printf(relay->lines, "%s\n", line->str);
			return true;
		}
	}
	return false;
}

static void hear_message(struct relay *relay)
{
	char octet;

	while (!g_str_has_suffix(relay->message->str, "\r\n.\r\n") && hear(relay, &octet))
		g_string_append_c(relay->message, octet);
}

static bool secure(struct relay *relay)
{
	relay->ssl = SSL_new(tls_context);
	SSL_set_fd(relay->ssl, relay->fd);
	if (SSL_accept(relay->ssl) != 1)
		return false;
	g_string_append(relay->lines, "<TLS>\n");
	return true;
}

static void greet(struct relay *relay)
{
	if (relay->script->extensions != NULL) {
		say(relay, "250-relay.test\r\n");
		say(relay, relay->script->extensions);
	}
	if (relay->script->starttls && relay->ssl == NULL)
		say(relay, "250-STARTTLS\r\n");
	say(relay, "250 HELP\r\n");
}

/* False: over. */
static bool answer(struct relay *relay, const char *line)
{
	const struct relay_script *script = relay->script;

	if (g_str_has_prefix(line, "EHLO")) {
		greet(relay);
	} else if (g_str_has_prefix(line, "STARTTLS")) {
		say(relay, "220 go\r\n");
		return secure(relay);
	} else if (g_str_has_prefix(line, "AUTH")) {
		say_line(relay, script->auth, "235 2.7.0 welcome");
	} else if (g_str_has_prefix(line, "MAIL")) {
		say_line(relay, script->mail, "250 2.1.0 ok");
	} else if (g_str_has_prefix(line, "RCPT")) {
		say_line(relay, script->rcpt, "250 2.1.5 ok");
	} else if (g_str_has_prefix(line, "DATA")) {
		say_line(relay, script->data, "354 go ahead");
		if (script->data != NULL)
			return true;
		hear_message(relay);
		if (script->close_after_data)
			return false;
		say_line(relay, script->done, "250 2.0.0 queued");
	} else if (g_str_has_prefix(line, "QUIT")) {
		say(relay, "221 bye\r\n");
		return false;
	} else {
		say(relay, "500 what\r\n");
	}
	return true;
}

static void *serve(void *arg)
{
	struct relay *relay = arg;
	g_autoptr(GString) line = g_string_new(NULL);

	relay->fd = accept(relay->listener, NULL, NULL);
	if (relay->fd < 0)
		return NULL;
	if (!relay->script->implicit_tls || secure(relay)) {
		say_line(relay, relay->script->banner, "220 relay.test");
		while (hear_line(relay, line) && answer(relay, line->str))
			;
	}
	if (relay->ssl != NULL) {
		SSL_shutdown(relay->ssl);
		SSL_free(relay->ssl);
	}
	close(relay->fd);
	return NULL;
}

struct relay *relay_start(const struct relay_script *script)
{
	struct relay *relay = g_new0(struct relay, 1);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	relay_certificate();
	relay->script = script;
	relay->lines = g_string_new(NULL);
	relay->message = g_string_new(NULL);
	relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(relay->listener, (struct sockaddr *)&address, len), ==, 0);
	g_assert_cmpint(listen(relay->listener, 1), ==, 0);
	g_assert_cmpint(getsockname(relay->listener, (struct sockaddr *)&address, &len), ==, 0);
	relay->url = g_strdup_printf("smtp%s://localhost:%u", script->implicit_tls ? "s" : "",
				     ntohs(address.sin_port));
	relay->thread = g_thread_new("relay", serve, relay);
	return relay;
}

const char *relay_url(const struct relay *relay)
{
	return relay->url;
}

void relay_stop(struct relay **relay, char **lines_out, char **message_out)
{
	shutdown((*relay)->listener, SHUT_RDWR);
	g_thread_join((*relay)->thread);
	close((*relay)->listener);
	*lines_out = g_string_free((*relay)->lines, FALSE);
	*message_out = g_string_free((*relay)->message, FALSE);
	g_free((*relay)->url);
	g_free(*relay);
	*relay = NULL;
}

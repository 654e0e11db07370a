/* One SSL_CTX per certificate, all with the same policy.  A session begins on the
 * default one; the SNI callback moves it to the one of the name asked for.
 * Resumption is by tickets alone (no session cache: memory would grow with the
 * number of clients). */
#include "net/tls.h"

#include "net/tls_private.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

struct identity {
	char *name; /* lower case, "*.rest" allowed; NULL: the default one */
	SSL_CTX *ctx;
};

struct tls_server {
	atomic_int references;
	GPtrArray *identities; /* of struct identity; [0] is the default one */
	GHashTable *by_name;   /* name -> identity */
};

static const struct {
	const char *name;
	int version;
} versions[] = {
	{ "TLSv1", TLS1_VERSION },
	{ "TLSv1.1", TLS1_1_VERSION },
	{ "TLSv1.2", TLS1_2_VERSION },
	{ "TLSv1.3", TLS1_3_VERSION },
};

char *tls_error_take(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);
	char buffer[160];
	char *text;

	if (code == 0)
		text = g_strdup("no reason given");
	else if (ERR_SYSTEM_ERROR(code))
		text = g_strdup(g_strerror(ERR_GET_REASON(code)));
	else if (reason != NULL)
		text = g_strdup(reason);
	else
		text = (ERR_error_string_n(code, buffer, sizeof buffer), g_strdup(buffer));
	ERR_clear_error();
	return text;
}

G_GNUC_PRINTF(2, 3)
static void problem(GPtrArray *problems, const char *format, ...)
{
	va_list args;

	if (problems == NULL)
		return;
	va_start(args, format);
	g_ptr_array_add(problems, g_strdup_vprintf(format, args));
	va_end(args);
}

static void problem_with_reason(GPtrArray *problems, const char *what, const char *which)
{
	g_autofree char *reason = tls_error_take();

	problem(problems, "%s %s: %s", what, which != NULL ? which : "(not set)", reason);
}

static void identity_free(gpointer data)
{
	struct identity *identity = data;

	SSL_CTX_free(identity->ctx);
	g_free(identity->name);
	g_free(identity);
}

/* "mail.example.test" is served by its own name, else by "*.example.test". */
static struct identity *identity_find(const struct tls_server *tls, const char *name)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);
	struct identity *found = g_hash_table_lookup(tls->by_name, lower);
	const char *dot = strchr(lower, '.');
	g_autofree char *wildcard = NULL;

	if (found != NULL || dot == NULL || dot == lower)
		return found;
	wildcard = g_strconcat("*", dot, NULL);
	return g_hash_table_lookup(tls->by_name, wildcard);
}

static int choose_by_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls_server *tls = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct identity *identity = name != NULL ? identity_find(tls, name) : NULL;

	(void)alert;
	if (identity == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_SSL_CTX(ssl, identity->ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* No terminal is asked for the password of an encrypted key. */
static int no_password(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int version_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		if (g_strcmp0(name, versions[i].name) == 0)
			return versions[i].version;
	}
	return 0;
}

static bool set_ciphers(SSL_CTX *ctx, const struct config_tls *config, int version,
			GPtrArray *problems)
{
	const char *ciphers = config->ciphers;

	/* An admin who asks for TLS 1.0 means it to work: its signatures are
	 * below OpenSSL's default security level. */
	if (ciphers == NULL && version < TLS1_2_VERSION)
		ciphers = "DEFAULT:@SECLEVEL=0";
	if (ciphers != NULL && !SSL_CTX_set_cipher_list(ctx, ciphers)) {
		problem_with_reason(problems, "TLS ciphers", ciphers);
		return false;
	}
	if (config->ciphersuites != NULL &&
	    !SSL_CTX_set_ciphersuites(ctx, config->ciphersuites)) {
		problem_with_reason(problems, "TLS ciphersuites", config->ciphersuites);
		return false;
	}
	return true;
}

/* A client whose certificate does not verify is a client without one: only the
 * sign-in that wants it fails, not the handshake. */
static int note_client(int verified, X509_STORE_CTX *store)
{
	(void)verified;
	(void)store;
	return 1;
}

static bool ask_for_client(SSL_CTX *ctx, const char *client_ca, GPtrArray *problems)
{
	STACK_OF(X509_NAME) *names;

	if (client_ca == NULL)
		return true;
	names = SSL_load_client_CA_file(client_ca);
	if (names == NULL || SSL_CTX_load_verify_file(ctx, client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		problem_with_reason(problems, "client_ca", client_ca);
		return false;
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, note_client);
	return true;
}

static void set_manners(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* A missing close_notify is an end like any other: all our protocols tell
	 * themselves where a command or a message ends, and half a one is never
	 * acted on. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"convoke", 7);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
}

static SSL_CTX *context_create(const struct config_tls *config, GPtrArray *problems)
{
	const char *min = config->min_protocol != NULL ? config->min_protocol : "TLSv1.2";
	int version = version_of(min);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	g_assert(ctx != NULL);
	set_manners(ctx);
	if (version == 0 || !SSL_CTX_set_min_proto_version(ctx, version)) {
		problem(problems, "TLS min_protocol %s: unknown, or not in this OpenSSL", min);
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (!set_ciphers(ctx, config, version, problems) ||
	    !ask_for_client(ctx, config->client_ca, problems)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static bool load_certificate(SSL_CTX *ctx, const struct config_certificate *certificate,
			     GPtrArray *problems)
{
	ERR_clear_error();
	if (certificate->certificate == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, certificate->certificate) != 1) {
		problem_with_reason(problems, "certificate", certificate->certificate);
		return false;
	}
	if (certificate->private_key == NULL ||
	    SSL_CTX_use_PrivateKey_file(ctx, certificate->private_key, SSL_FILETYPE_PEM) != 1) {
		problem_with_reason(problems, "private key", certificate->private_key);
		return false;
	}
	if (SSL_CTX_check_private_key(ctx) != 1) {
		problem(problems, "private key %s does not belong to certificate %s",
			certificate->private_key, certificate->certificate);
		ERR_clear_error();
		return false;
	}
	if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx))) < 0)
		problem(problems, "certificate %s has expired", certificate->certificate);
	return true;
}

/* The key and chain that are in use, under the policy of now. */
static bool copy_certificate(SSL_CTX *ctx, SSL_CTX *from)
{
	STACK_OF(X509) *chain = NULL;

	SSL_CTX_get0_chain_certs(from, &chain);
	return SSL_CTX_use_cert_and_key(ctx, SSL_CTX_get0_certificate(from),
					SSL_CTX_get0_privatekey(from), chain, 1) == 1;
}

static struct identity *identity_same_name(struct tls_server *tls, const char *name)
{
	if (tls == NULL)
		return NULL;
	if (name == NULL)
		return tls->identities->pdata[0];
	return g_hash_table_lookup(tls->by_name, name);
}

/* 1: added; 0: that certificate can't be used; -1: the policy is wrong. */
static int add_identity(struct tls_server *tls, const struct config_tls *config, size_t index,
			struct tls_server *previous, GPtrArray *problems)
{
	const struct config_certificate *certificate = &config->certificates[index];
	struct identity *identity, *old;
	SSL_CTX *ctx = context_create(config, problems);
	g_autofree char *name = index == 0 || certificate->name == NULL ?
					NULL : g_ascii_strdown(certificate->name, -1);

	if (ctx == NULL)
		return -1;
	old = identity_same_name(previous, name);
	if (!load_certificate(ctx, certificate, problems)) {
		/* The context may hold half of a pair. */
		SSL_CTX_free(ctx);
		ctx = old != NULL ? context_create(config, NULL) : NULL;
		if (ctx == NULL || !copy_certificate(ctx, old->ctx)) {
			SSL_CTX_free(ctx);
			return 0;
		}
	}
	identity = g_new(struct identity, 1);
	*identity = (struct identity){ g_steal_pointer(&name), ctx };
	g_ptr_array_add(tls->identities, identity);
	if (identity->name != NULL)
		g_hash_table_insert(tls->by_name, identity->name, identity);
	return 1;
}

static void server_free(struct tls_server *tls)
{
	g_hash_table_destroy(tls->by_name);
	g_ptr_array_free(tls->identities, TRUE);
	g_free(tls);
}

struct tls_server *tls_server_reload(struct tls_server *previous, const struct config_tls *config,
				     GPtrArray *problems)
{
	struct tls_server *tls;
	struct identity *standard;

	if (config->certificate_count == 0)
		return NULL;
	tls = g_new0(struct tls_server, 1);
	atomic_init(&tls->references, 1);
	tls->identities = g_ptr_array_new_with_free_func(identity_free);
	tls->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < config->certificate_count; i++) {
		int added = add_identity(tls, config, i, previous, problems);

		if (added < 0 || (added == 0 && i == 0)) {
			server_free(tls);
			return NULL;
		}
	}
	standard = tls->identities->pdata[0];
	SSL_CTX_set_tlsext_servername_callback(standard->ctx, choose_by_name);
	SSL_CTX_set_tlsext_servername_arg(standard->ctx, tls);
	return tls;
}

struct tls_server *tls_server_create(const struct config_tls *config, GPtrArray *problems)
{
	return tls_server_reload(NULL, config, problems);
}

struct tls_server *tls_server_ref(struct tls_server *tls)
{
	if (tls != NULL)
		atomic_fetch_add(&tls->references, 1);
	return tls;
}

void tls_server_unref(struct tls_server **tls)
{
	if (*tls != NULL && atomic_fetch_sub(&(*tls)->references, 1) == 1)
		server_free(*tls);
	*tls = NULL;
}

SSL *tls_server_session(struct tls_server *tls)
{
	struct identity *standard = tls->identities->pdata[0];
	SSL *ssl = SSL_new(standard->ctx);

	g_assert(ssl != NULL);
	SSL_set_accept_state(ssl);
	return ssl;
}

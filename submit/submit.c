/* One libcurl transfer per message.
 *
 * libcurl tells little about what failed, so the conversation is watched: which
 * command was sent last (its first word only; AUTH lines are secrets) and the last
 * line that came back.  A 5xx counts as a refusal of the message only in answer to
 * MAIL, RCPT or the data; before that it is the relay that is not in order, and the
 * message may be sent later. */
#include "submit/submit.h"

#include "base/secret.h"

#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#define CONNECT_SECONDS 30L
#define REPLY_SECONDS 300L       /* RFC 5321 4.5.3.2 gives MAIL and RCPT five minutes */
#define STALL_SECONDS 120L
#define TOTAL_SECONDS ((long)SUBMIT_LONGEST)
#define MAX_PASSWORD 1024
#define MAX_ADDRESS 320
#define MAX_REPLY 512

enum stage { STAGE_OPENING, STAGE_MESSAGE };

struct transfer {
	const struct config_submit *settings;
	const struct submit_message *message;
	CURL *curl;
	struct curl_slist *recipients;
	char *password;
	enum stage stage;
	bool quitting;              /* the answer to QUIT says nothing of the message */
	bool read_failed;
	GString *reply;             /* the last reply line */
	char error[CURL_ERROR_SIZE];
};

static void init_library(void)
{
	static gsize done;

	if (g_once_init_enter(&done)) {
		g_assert(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
		g_once_init_leave(&done, 1);
	}
}

void submit_result_clear(struct submit_result *result)
{
	g_clear_pointer(&result->text, g_free);
}

/* A relay says what it likes, in any charset; a database and a mail take only text. */
static void set_result(struct submit_result *result, enum submit_status status, unsigned code,
		       const char *text)
{
	*result = (struct submit_result){ .status = status, .code = code, .text = g_utf8_make_valid(text, -1) };
	for (char *c = result->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
}

/* What could break out of MAIL FROM:<...> must not reach the wire. */
static bool address_is_safe(const char *address)
{
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++) {
		unsigned char octet = (unsigned char)address[i];

		if (octet <= 0x20 || octet == 0x7f || octet == '<' || octet == '>')
			return false;
	}
	return len <= MAX_ADDRESS && g_utf8_validate(address, (gssize)len, NULL);
}

static bool message_is_addressed(const struct submit_message *message)
{
	if (!address_is_safe(message->sender) || message->recipients[0] == NULL)
		return false;
	for (size_t i = 0; message->recipients[i] != NULL; i++)
		if (message->recipients[i][0] == '\0' || !address_is_safe(message->recipients[i]))
			return false;
	return true;
}

/* The first line of the file; NULL with errno. */
static char *read_password(const char *path)
{
	char line[MAX_PASSWORD + 2];
	FILE *file = fopen(path, "re");
	char *password = NULL;

	if (file == NULL)
		return NULL;
	setvbuf(file, NULL, _IONBF, 0);
	errno = EINVAL;
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		password = g_strdup(line);
	}
	fclose(file);
	secret_wipe(line, sizeof(line));
	return password;
}

static size_t give_octets(char *buffer, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	ssize_t n = transfer->message->read(transfer->message->arg, buffer, size * count);

	if (n < 0) {
		transfer->read_failed = true;
		return CURL_READFUNC_ABORT;
	}
	return (size_t)n;
}

/* libcurl hands reply lines over whole. */
static size_t note_reply(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	size_t len = MIN(size * count, (size_t)MAX_REPLY);

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (transfer->quitting)
		return size * count;
	g_string_truncate(transfer->reply, 0);
	g_string_append_len(transfer->reply, line, (gssize)len);
	return size * count;
}

static int note_command(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	struct transfer *transfer = arg;

	(void)curl;
	if (type != CURLINFO_HEADER_OUT || len < 5)
		return 0;
	if (g_ascii_strncasecmp(data, "MAIL ", 5) == 0)
		transfer->stage = STAGE_MESSAGE;
	else if (g_ascii_strncasecmp(data, "QUIT\r", 5) == 0)
		transfer->quitting = true;
	return 0;
}

static void set_security(struct transfer *transfer)
{
	CURL *curl = transfer->curl;
	bool signs_in = transfer->settings->user != NULL;
	bool verify = signs_in || g_ascii_strncasecmp(transfer->settings->relay, "smtps:", 6) == 0;

	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(signs_in ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	/* TLS that is only used because it is offered guards against listening, not
	 * against an impostor: the same relay may also do without it. */
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (transfer->settings->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, transfer->settings->ca_file);
	if (signs_in) {
		curl_easy_setopt(curl, CURLOPT_SASL_IR, 1L); /* RFC 4954: every server takes it */
		curl_easy_setopt(curl, CURLOPT_USERNAME, transfer->settings->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, transfer->password);
	}
}

static void set_limits(CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, REPLY_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, MAX(STALL_SECONDS, REPLY_SECONDS));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TOTAL_SECONDS);
}

/* The name for EHLO is the path of the URL. */
static char *relay_url(const struct config_submit *settings)
{
	const char *host = g_get_host_name();
	bool usable = host != NULL && host[0] != '\0' && strpbrk(host, "/?#% ") == NULL;

	return g_strdup_printf("%s%s%s", settings->relay, g_str_has_suffix(settings->relay, "/") ? "" : "/",
			       usable ? host : "localhost");
}

static void set_envelope(struct transfer *transfer)
{
	const struct submit_message *message = transfer->message;
	CURL *curl = transfer->curl;

	for (size_t i = 0; message->recipients[i] != NULL; i++)
		transfer->recipients = curl_slist_append(transfer->recipients, message->recipients[i]);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, message->sender);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, transfer->recipients);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message->size);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_octets);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
}

static void set_watchers(struct transfer *transfer)
{
	CURL *curl = transfer->curl;

	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, note_reply);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, note_command);
	curl_easy_setopt(curl, CURLOPT_DEBUGDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
}

static CURLcode run(struct transfer *transfer)
{
	g_autofree char *url = relay_url(transfer->settings);

	curl_easy_setopt(transfer->curl, CURLOPT_URL, url);
	curl_easy_setopt(transfer->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(transfer->curl, CURLOPT_PROXY, "");
	set_limits(transfer->curl);
	set_security(transfer);
	set_envelope(transfer);
	set_watchers(transfer);
	return curl_easy_perform(transfer->curl);
}

static void judge(struct transfer *transfer, CURLcode outcome, struct submit_result *result_out)
{
	long code = 0;
	g_autofree char *text = NULL;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &code);
	if (outcome == CURLE_OK) {
		set_result(result_out, SUBMIT_SENT, (unsigned)code, transfer->reply->str);
		return;
	}
	if (transfer->read_failed)
		text = g_strdup("the message could not be read");
	else if (transfer->stage == STAGE_MESSAGE && code >= 400)
		text = g_strdup(transfer->reply->str);
	else
		text = g_strdup_printf("%s: %s%s%s", transfer->settings->relay,
				       transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(outcome),
				       transfer->reply->len > 0 ? "; last reply: " : "", transfer->reply->str);
	set_result(result_out,
		   !transfer->read_failed && transfer->stage == STAGE_MESSAGE && code >= 500
			   ? SUBMIT_PERMANENT : SUBMIT_TRANSIENT,
		   (unsigned)code, text);
}

static void transfer_message(const struct config_submit *settings, const struct submit_message *message,
			     char *password, struct submit_result *result_out)
{
	struct transfer transfer = {
		.settings = settings, .message = message, .password = password,
		.reply = g_string_new(NULL),
	};

	init_library();
	transfer.curl = curl_easy_init();
	g_assert(transfer.curl != NULL);
	judge(&transfer, run(&transfer), result_out);
	curl_easy_cleanup(transfer.curl);
	curl_slist_free_all(transfer.recipients);
	g_string_free(transfer.reply, TRUE);
}

void submit_message(const struct config_submit *settings, const struct submit_message *message,
		    struct submit_result *result_out)
{
	char *password = NULL;

	if (settings->relay == NULL) {
		set_result(result_out, SUBMIT_TRANSIENT, 0, "no relay is set ([submit] relay)");
		return;
	}
	if (!message_is_addressed(message)) {
		set_result(result_out, SUBMIT_PERMANENT, 0, "an address of the envelope can't be used");
		return;
	}
	if (settings->user != NULL && settings->password_file != NULL) {
		password = read_password(settings->password_file);
		if (password == NULL) {
			g_autofree char *text = g_strdup_printf("%s: %s", settings->password_file, g_strerror(errno));

			set_result(result_out, SUBMIT_TRANSIENT, 0, text);
			return;
		}
	}
	transfer_message(settings, message, password != NULL ? password : (char *)"", result_out);
	secret_free(&password);
}

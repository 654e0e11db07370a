#include "imap/output.h"

/* Longer texts are handed over instead of copied. */
enum { COPY_LIMIT = 4096 };

struct output {
	GString *text;
	GPtrArray *queue; /* GBytes in front of `text`; NULL when empty */
	size_t queued;
};

struct output *output_create(void)
{
	struct output *output = g_new0(struct output, 1);

	output->text = g_string_new(NULL);
	return output;
}

void output_destroy(struct output **output)
{
	struct output *o = *output;

	if (o == NULL)
		return;
	g_string_free(o->text, TRUE);
	if (o->queue != NULL)
		g_ptr_array_unref(o->queue);
	g_free(o);
	*output = NULL;
}

GString *output_text(struct output *output)
{
	return output->text;
}

static void queue_bytes(struct output *output, GBytes *bytes)
{
	if (output->queue == NULL)
		output->queue = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	output->queued += g_bytes_get_size(bytes);
	g_ptr_array_add(output->queue, bytes);
}

static GBytes *take_text(struct output *output)
{
	GBytes *bytes = g_string_free_to_bytes(output->text);

	output->text = g_string_new(NULL);
	return bytes;
}

void output_bytes(struct output *output, GBytes *bytes)
{
	if (output->text->len > 0)
		queue_bytes(output, take_text(output));
	queue_bytes(output, g_bytes_ref(bytes));
}

bool output_is_full(const struct output *output)
{
	return output->queued + output->text->len >= OUTPUT_HIGH_WATER;
}

void output_flush(struct output *output, struct stream *stream)
{
	for (guint i = 0; output->queue != NULL && i < output->queue->len; i++)
		stream_write_bytes(stream, output->queue->pdata[i]);
	g_clear_pointer(&output->queue, g_ptr_array_unref);
	output->queued = 0;
	if (output->text->len > COPY_LIMIT) {
		g_autoptr(GBytes) bytes = take_text(output);

		stream_write_bytes(stream, bytes);
	} else if (output->text->len > 0) {
		stream_write(stream, output->text->str, output->text->len);
		g_string_truncate(output->text, 0);
	}
}

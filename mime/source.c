/* Sources over memory and over a spool. */
#include "mime/source.h"

static ssize_t read_slice(void *arg, uint64_t offset, void *data, size_t len)
{
	const struct slice *octets = arg;

	if (offset >= octets->len)
		return 0;
	len = MIN(len, octets->len - (size_t)offset);
	memcpy(data, octets->data + offset, len);
	return (ssize_t)len;
}

static ssize_t read_spool(void *arg, uint64_t offset, void *data, size_t len)
{
	return spool_read(arg, offset, data, len);
}

struct mime_source mime_source_of_slice(const struct slice *octets)
{
	return (struct mime_source){ read_slice, (void *)octets, octets->len };
}

struct mime_source mime_source_of_spool(const struct spool *spool)
{
	return (struct mime_source){ read_spool, (void *)spool, spool_size(spool) };
}

bool mime_source_append(const struct mime_source *source, uint64_t offset, uint64_t len,
			GString *out)
{
	char room[16384];

	while (len > 0) {
		ssize_t got = source->read(source->arg, offset, room, (size_t)MIN(len, sizeof(room)));

		if (got <= 0)
			return false;
		g_string_append_len(out, room, got);
		offset += (uint64_t)got;
		len -= (uint64_t)got;
	}
	return true;
}

/* The move from memory to file happens once, when the limit is passed; from
 * then on memory holds nothing and every append is a pwrite(). */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct spool {
	GByteArray *memory;
	size_t memory_limit;
	char *directory;
	uint64_t size;
	int fd;
	int error;
};

struct spool *spool_create(size_t memory_limit, const char *directory)
{
	struct spool *spool = g_new0(struct spool, 1);

	spool->memory = g_byte_array_new();
	spool->memory_limit = memory_limit;
	spool->directory = g_strdup(directory != NULL ? directory : g_get_tmp_dir());
	spool->fd = -1;
	return spool;
}

void spool_destroy(struct spool **spool)
{
	struct spool *s = *spool;

	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	g_byte_array_unref(s->memory);
	g_free(s->directory);
	g_free(s);
	*spool = NULL;
}

static int write_at(int fd, uint64_t offset, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		data += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_unlinked(const char *directory)
{
	g_autofree char *path = NULL;
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Not every file system knows O_TMPFILE. */
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = g_build_filename(directory, "convoke-spool-XXXXXX", NULL);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int move_to_file(struct spool *spool)
{
	int error;

	spool->fd = open_unlinked(spool->directory);
	if (spool->fd < 0)
		return errno;
	error = write_at(spool->fd, 0, (const char *)spool->memory->data, spool->memory->len);
	g_byte_array_unref(spool->memory);
	spool->memory = g_byte_array_new();
	return error;
}

int spool_append(struct spool *spool, const void *data, size_t len)
{
	if (spool->error != 0 || len == 0)
		return spool->error;
	if (spool->fd < 0 && spool->size + len <= spool->memory_limit) {
		g_byte_array_append(spool->memory, data, (guint)len);
		spool->size += len;
		return 0;
	}
	if (spool->fd < 0)
		spool->error = move_to_file(spool);
	if (spool->error == 0)
		spool->error = write_at(spool->fd, spool->size, data, len);
	if (spool->error == 0)
		spool->size += len;
	return spool->error;
}

int spool_error(const struct spool *spool)
{
	return spool->error;
}

uint64_t spool_size(const struct spool *spool)
{
	return spool->size;
}

bool spool_in_memory(const struct spool *spool, struct slice *whole_out)
{
	if (spool->fd >= 0)
		return false;
	*whole_out = slice_of((const char *)spool->memory->data, spool->memory->len);
	return true;
}

ssize_t spool_read(const struct spool *spool, uint64_t offset, void *data, size_t len)
{
	size_t done = 0;

	if (offset >= spool->size)
		return 0;
	len = (size_t)MIN((uint64_t)len, spool->size - offset);
	if (spool->fd < 0) {
		memcpy(data, spool->memory->data + offset, len);
		return (ssize_t)len;
	}
	while (done < len) {
		ssize_t n = pread(spool->fd, (char *)data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

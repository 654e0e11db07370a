#include "imap/rights.h"

#include "store/mailbox.h"

/* RFC 4314 2.1.1: the letters of RFC 2086 that stand for several. */
static const struct {
	char letter;
	const char *members;
} obsolete[] = {
	{ 'c', "kx" },
	{ 'd', "te" },
};

bool rights_have(const char *rights, const char *letters)
{
	for (; rights != NULL && *letters != '\0'; letters++)
		if (strchr(rights, *letters) == NULL)
			return false;
	return true;
}

bool rights_have_any(const char *rights, const char *letters)
{
	return rights == NULL || strpbrk(rights, letters) != NULL;
}

static const char *members_of(char letter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(obsolete); i++)
		if (obsolete[i].letter == letter)
			return obsolete[i].members;
	return NULL;
}

/* A bit for every letter of ACL_ALL_RIGHTS; false for an unknown letter. */
static bool to_bits(struct slice letters, unsigned *bits_out)
{
	*bits_out = 0;
	for (size_t i = 0; i < letters.len; i++) {
		const char *members = members_of(letters.data[i]);
		const char one[2] = { letters.data[i], '\0' };

		for (const char *at = members != NULL ? members : one; *at != '\0'; at++) {
			const char *place = strchr(ACL_ALL_RIGHTS, *at);

			if (place == NULL)
				return false;
			*bits_out |= 1u << (place - ACL_ALL_RIGHTS);
		}
		if (letters.data[i] == '\0')
			return false;
	}
	return true;
}

static char *from_bits(unsigned bits)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; ACL_ALL_RIGHTS[i] != '\0'; i++)
		if (bits & (1u << i))
			g_string_append_c(out, ACL_ALL_RIGHTS[i]);
	return g_string_free(out, FALSE);
}

char *rights_read(struct slice letters)
{
	unsigned bits;

	return to_bits(letters, &bits) ? from_bits(bits) : NULL;
}

char *rights_modify(const char *current, struct slice change)
{
	char mode = change.len > 0 ? change.data[0] : '\0';
	unsigned now, bits;

	if (mode == '+' || mode == '-')
		change = slice_of(change.data + 1, change.len - 1);
	if (!to_bits(change, &bits) || !to_bits(slice_from_string(current), &now))
		return NULL;
	if (mode == '+')
		bits |= now;
	else if (mode == '-')
		bits = now & ~bits;
	return from_bits(bits);
}

void rights_print(GString *out, const char *rights)
{
	g_string_append(out, rights);
	for (size_t i = 0; i < G_N_ELEMENTS(obsolete); i++)
		if (strpbrk(rights, obsolete[i].members) != NULL)
			g_string_append_c(out, obsolete[i].letter);
}

uint64_t rights_system_flags(const char *rights)
{
	uint64_t flags = 0;

	if (rights_have(rights, "s"))
		flags |= MESSAGE_SEEN;
	if (rights_have(rights, "t"))
		flags |= MESSAGE_DELETED;
	if (rights_have(rights, "w"))
		flags |= MESSAGE_SYSTEM_FLAGS & ~(uint64_t)(MESSAGE_SEEN | MESSAGE_DELETED);
	return flags;
}

void rights_filter_flags(const char *rights, struct flag_names *flags)
{
	flags->system &= rights_system_flags(rights);
	if (!rights_have(rights, "w"))
		flags->keywords = NULL;
}

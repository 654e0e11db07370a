/* The charsets mail is written in, by every name it gives them.  Internal to mime/. */
#ifndef MIME_CHARSET_TABLE_H
#define MIME_CHARSET_TABLE_H

#include "base/slice.h"

enum charset_kind {
	CHARSET_UNKNOWN,
	CHARSET_UTF8,       /* and ASCII: what is not valid is windows-1252 */
	CHARSET_WINDOWS_1252,
	CHARSET_ICONV,
};

struct charset {
	enum charset_kind kind;
	const char *iconv_name;
};

/* Any case; quotes, spaces and a language suffix around the name are ignored. */
struct charset charset_find(struct slice name);

#endif

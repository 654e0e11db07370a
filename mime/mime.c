/* GMime's global state: tables that g_mime_init() fills and that are only read afterwards, a cache
 * of charset names behind a mutex (it keeps each name it ever saw, so no name from a message may get
 * there), and GObject types, which are registered without a lock, but all in g_mime_init().  After that,
 * objects that no two threads share need no lock. */
#include "mime/mime.h"

#include <gmime/gmime.h>

void mime_init(void)
{
	static gsize ready;

	if (!g_once_init_enter(&ready))
		return;
	g_mime_init();
	g_once_init_leave(&ready, 1);
}

/* Over libsystemd where it was there at build time. */
#include "gateway/notify.h"

#include "config.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#define TELL(text) sd_notify(0, (text))
#else
#define TELL(text) ((void)(text))
#endif

void notify_ready(void)
{
	TELL("READY=1");
}

void notify_reloading(void)
{
	TELL("RELOADING=1");
}

void notify_stopping(void)
{
	TELL("STOPPING=1");
}

void notify_alive(void)
{
	TELL("WATCHDOG=1");
}

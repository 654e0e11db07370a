/* What the service manager is told (sd_notify(3)); nothing without one. */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* For the watchdog: the main thread still turns. */
void notify_alive(void);

#endif

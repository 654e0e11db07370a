/* What the daemon says of itself: to convokectl as JSON, to a collector as
 * Prometheus text. */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include <glib.h>

struct house;

/* One flat JSON object. */
void house_status_print(struct house *house, GString *out);
/* A JSON array, one object a connection. */
void house_connections_print(GString *out);
/* Prometheus text exposition format 0.0.4. */
void house_metrics_print(struct house *house, GString *out);

#endif

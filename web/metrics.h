/* The counters of the doors as Prometheus text; those of the wire are gateway's. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/door.h"

void metrics_print(const struct door_counts *counts, GString *out);

#endif

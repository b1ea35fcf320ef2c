/* Many probes of one target, as ping shows them: a line each, and a summary. */
#ifndef HS_CLI_PROBE_SERIES_H
#define HS_CLI_PROBE_SERIES_H

#include <stdio.h>

#include <handshake/trace.h>

typedef struct hs_series hs_series;

/* NULL when out of memory. */
hs_series *hs_series_new(void);
void hs_series_free(hs_series *series);
void hs_series_add(hs_series *series, const hs_trace *trace);
/* The line of the newest probe. */
void hs_series_line(const hs_series *series, const hs_trace *trace, FILE *out);
void hs_series_summary(const hs_series *series, const char *url, FILE *out);

#endif

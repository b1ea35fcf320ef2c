/* Renderers of a trace. Each writes to a stream that the caller opened, and reports a write error.
 */
#ifndef HANDSHAKE_REPORT_H
#define HANDSHAKE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <handshake/api.h>
#include <handshake/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hs_report_options {
    bool color;      /* ANSI colours */
    int verbosity;   /* 0 summary, 1 with the ladder, 2 with every field and its bytes */
    bool events;     /* JSON: with `events` */
    int width;       /* columns of the terminal; 0: 100 */
    const char *way; /* JSON: what a comparison calls this run; NULL: it is none of one */
    int round;       /* its round */
} hs_report_options;

/* The text for people. */
HS_API HS_CHECKED hs_result hs_report_text(const hs_trace *trace, const hs_report_options *options,
                                           FILE *out);
/* One record of schema handshake/1, on one line with its newline. */
HS_API HS_CHECKED hs_result hs_report_json(const hs_trace *trace, const hs_report_options *options,
                                           FILE *out);
/* The trace as a qlog file of JSON text sequences (".sqlog"; RFC 7464), in the schemas of
 * draft-ietf-quic-qlog-main-schema-14, -quic-events-13 and -h3-events-13, and for TCP, TLS and
 * other applications than HTTP/3 in one of this program's own (docs/qlog.md). All of it comes from
 * the trace's events; what frames hold, from their bytes: the trace must have been made with both
 * kept, else that is left out. HS_INVALID: no event has a time, so there is nothing to write, and
 * nothing was written. HS_NO_MEMORY: what was written is not whole. */
HS_API HS_CHECKED hs_result hs_report_qlog(const hs_trace *trace, FILE *out);
/* `format` with curl's --write-out variables and escapes replaced. A variable that is not known is
 * HS_INVALID, and its name is copied to `unknown` (may be NULL). */
HS_API HS_CHECKED hs_result hs_report_write_out(const hs_trace *trace, const char *format,
                                                FILE *out, char unknown[64]);
/* Whether `format` has only known variables; HS_INVALID with `unknown` filled where not. */
HS_API HS_CHECKED hs_result hs_report_write_out_check(const char *format, char unknown[64]);

#ifdef __cplusplus
}
#endif
#endif

#include "cli/read_line.h"

#include <string.h>
#include <time.h>

#include "base/time_text.h"
#include "report/facts.h"

enum { END_COLUMNS = 46, TIME_COLUMNS = 10, CLOCK_TEXT_MAX = 40 };

hs_read_half hs_read_half_of(const hs_trace *trace)
{
    const hs_tcp_facts *tcp = &trace->tcp;
    if (!tcp->client.seen || tcp->rtt_client != HS_TIME_NONE ||
        trace->failure.cls == HS_FAILURE_TCP_REFUSED) {
        return HS_READ_WHOLE;
    }
    if (tcp->server.seen) {
        return trace->bytes_sent == 0 && trace->bytes_received == 0 ? HS_READ_HALF_OPEN
                                                                    : HS_READ_WHOLE;
    }
    return trace->failure.cls != HS_FAILURE_NONE ? HS_READ_SYN_ONLY : HS_READ_WHOLE;
}

/* "2026-11-22 10:25:58.123456", UTC as the record has it. */
static void put_clock(int64_t at, FILE *out)
{
    char text[HS_TIME_TEXT_MAX];
    (void)hs_time_rfc3339(at, text);
    char *t = strchr(text, 'T');
    if (t) {
        *t = ' ';
    }
    fprintf(out, "%.26s", text);
}

static int put_end(const char *address, unsigned port, FILE *out)
{
    bool v6 = address && strchr(address, ':') != NULL;
    return fprintf(out, "%s%s%s:%u", v6 ? "[" : "", address ? address : "?", v6 ? "]" : "", port);
}

static void put_ends(const hs_trace *trace, FILE *out)
{
    int columns = put_end(trace->capture.client_address, trace->capture.client_port, out);
    fputs(" → ", out);
    columns += 3 + put_end(trace->target.address, trace->target.port, out);
    fprintf(out, "%*s", columns < END_COLUMNS ? END_COLUMNS - columns : 0, "");
}

/* A column of its own: "-" where it was not observed. */
static void put_time(hs_time time, FILE *out)
{
    char text[HS_TIME_TEXT_MAX];
    fprintf(out, " %*s", TIME_COLUMNS, time != HS_TIME_NONE ? hs_time_ms(time, text) : "-");
}

/* In place of TCP and TLS, whose work it does. */
static void put_quic(const hs_trace *trace, FILE *out)
{
    char version[HS_FACT_TEXT_MAX];
    char text[sizeof "QUIC " + HS_FACT_TEXT_MAX];
    snprintf(text, sizeof text, "QUIC %s", hs_fact_quic_version(trace->quic.version, version));
    fprintf(out, "  %-7s", text);
    put_time(hs_fact_span_time(&trace->phases[HS_PHASE_QUIC]), out);
}

static void put_tls(const hs_trace *trace, FILE *out)
{
    char text[HS_FACT_TEXT_MAX];
    const hs_tls_facts *tls = &trace->tls;
    fprintf(out, "  %-7s",
            tls->present && tls->version != 0 ? hs_fact_tls_version(tls->version, text)
            : tls->present                    ? "TLS"
                                              : "-");
    put_time(hs_fact_span_time(&trace->phases[HS_PHASE_TLS]), out);
}

static const char *outcome(const hs_trace *trace)
{
    const char *cls = hs_fact_failure_class(trace->failure.cls);
    if (cls) {
        return cls;
    }
    if (trace->quic.stateless_reset == HS_YES) {
        return "stateless_reset";
    }
    if (trace->quic.close.present) {
        return trace->quic.close.from == HS_CLIENT ? "client_close" : "server_close";
    }
    return trace->tcp.ended ? trace->tcp.ended : "open";
}

void hs_read_line_head(FILE *out)
{
    fprintf(out, "%-26s  %-*s %*s  %-7s %*s  %s\n", "# time (UTC)", END_COLUMNS, "client → server",
            TIME_COLUMNS + 0, "TCP ms", "TLS", TIME_COLUMNS, "ms", "name, ALPN: end or failure");
}

void hs_read_line(const hs_trace *trace, FILE *out)
{
    put_clock(trace->at, out);
    fputs("  ", out);
    put_ends(trace, out);
    put_time(hs_fact_span_time(&trace->phases[HS_PHASE_TCP]), out);
    if (trace->quic.present) {
        put_quic(trace, out);
    } else {
        put_tls(trace, out);
    }
    if (trace->tls.server_name) {
        fprintf(out, "  %s", trace->tls.server_name);
    }
    if (trace->tls.alpn) {
        fprintf(out, "  %s", trace->tls.alpn);
    }
    fprintf(out, "  %s%s\n", trace->capture.midstream ? "midstream, " : "", outcome(trace));
}

#include "cli/read_line.h"

#include <string.h>

#include "base/digits.h"
#include "base/time_text.h"
#include "report/facts.h"

enum {
    DATE_LENGTH = 10,
    CLOCK_COLUMNS = 26, /* up to the microseconds */
    END_COLUMNS = 46,
    TIME_COLUMNS = 10,
    VERSION_COLUMNS = 7,
    PART_MAX = 128, /* of what is written between two names or addresses */
    LINE_BUFFER = 1024,
};

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

/* A line under way: one write for all of it, but for names that are longer than anybody's. Before
 * each part there is room for what has a limit. */
typedef struct line {
    FILE *out;
    char *at;
    char text[LINE_BUFFER];
} line;

static void write_out(line *l)
{
    fwrite(l->text, 1, (size_t)(l->at - l->text), l->out);
    l->at = l->text;
}

static void put_bytes(line *l, const char *bytes, size_t len)
{
    if (len > LINE_BUFFER - PART_MAX - (size_t)(l->at - l->text)) {
        write_out(l);
    }
    if (len > LINE_BUFFER - PART_MAX) {
        fwrite(bytes, 1, len, l->out);
        return;
    }
    memcpy(l->at, bytes, len);
    l->at += len;
}

static void put(line *l, const char *text)
{
    put_bytes(l, text, strlen(text));
}

/* Up to the column; nothing where the text has come as far already. */
static void put_spaces(line *l, size_t columns, size_t taken)
{
    for (; taken < columns; taken++) {
        *l->at++ = ' ';
    }
}

/* "2026-11-22 10:25:58.123456", UTC as the record has it. */
static void put_clock(line *l, int64_t at)
{
    (void)hs_put_date_time(l->at, at, ' ');
    l->at += CLOCK_COLUMNS;
}

/* How many columns it has taken. */
static size_t put_end(line *l, const char *address, bool is_v6, unsigned port)
{
    const char *text = address ? address : "?";
    size_t len = strlen(text);
    if (is_v6) {
        *l->at++ = '[';
    }
    put_bytes(l, text, len);
    if (is_v6) {
        *l->at++ = ']';
    }
    char *colon = l->at;
    *l->at++ = ':';
    l->at = hs_put_digits(l->at, port);
    return len + (is_v6 ? 2 : 0) + (size_t)(l->at - colon);
}

static void put_ends(line *l, const hs_trace *trace)
{
    static const char arrow[] = " → ";
    bool is_v6 = trace->target.family == 6;
    size_t columns = put_end(l, trace->capture.client_address, is_v6, trace->capture.client_port);
    memcpy(l->at, arrow, sizeof arrow - 1);
    l->at += sizeof arrow - 1;
    columns += 3 + put_end(l, trace->target.address, is_v6, trace->target.port);
    put_spaces(l, END_COLUMNS, columns);
}

/* A column of its own: "-" where it was not observed. */
static void put_time(line *l, hs_time time)
{
    char text[HS_TIME_TEXT_MAX] = "-";
    size_t len = time != HS_TIME_NONE ? (size_t)(hs_put_time_ms(text, time) - text) : 1;
    *l->at++ = ' ';
    put_spaces(l, TIME_COLUMNS, len);
    memcpy(l->at, text, len);
    l->at += len;
}

/* After the columns before it, in one of its own. */
static void put_version(line *l, const char *version)
{
    size_t len = strlen(version);
    *l->at++ = ' ';
    *l->at++ = ' ';
    put_bytes(l, version, len);
    put_spaces(l, VERSION_COLUMNS, len);
}

/* In place of TCP and TLS, whose work it does. */
static void put_quic(line *l, const hs_trace *trace)
{
    char version[HS_FACT_TEXT_MAX];
    char text[sizeof "QUIC " + HS_FACT_TEXT_MAX];
    snprintf(text, sizeof text, "QUIC %s", hs_fact_quic_version(trace->quic.version, version));
    put_version(l, text);
    put_time(l, hs_fact_span_time(&trace->phases[HS_PHASE_QUIC]));
}

static void put_tls(line *l, const hs_trace *trace)
{
    char text[HS_FACT_TEXT_MAX];
    const hs_tls_facts *tls = &trace->tls;
    put_version(l, tls->present && tls->version != 0 ? hs_fact_tls_version(tls->version, text)
                   : tls->present                    ? "TLS"
                                                     : "-");
    put_time(l, hs_fact_span_time(&trace->phases[HS_PHASE_TLS]));
}

static void put_name(line *l, const char *name)
{
    if (name) {
        *l->at++ = ' ';
        *l->at++ = ' ';
        put(l, name);
    }
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
    fprintf(out, "%-*s  %-*s %*s  %-*s %*s  %s\n", CLOCK_COLUMNS, "# time (UTC)", END_COLUMNS,
            "client → server", TIME_COLUMNS, "TCP ms", VERSION_COLUMNS, "TLS", TIME_COLUMNS, "ms",
            "name, ALPN: end or failure");
}

void hs_read_line(const hs_trace *trace, FILE *out)
{
    line l;
    l.out = out;
    l.at = l.text;
    put_clock(&l, trace->at);
    put(&l, "  ");
    put_ends(&l, trace);
    put_time(&l, hs_fact_span_time(&trace->phases[HS_PHASE_TCP]));
    if (trace->quic.present) {
        put_quic(&l, trace);
    } else {
        put_tls(&l, trace);
    }
    put_name(&l, trace->tls.server_name);
    put_name(&l, trace->tls.alpn);
    put(&l, trace->capture.midstream ? "  midstream, " : "  ");
    put(&l, outcome(trace));
    put(&l, "\n");
    write_out(&l);
}

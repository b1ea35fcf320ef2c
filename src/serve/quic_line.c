/* What a person who follows the server reads about a QUIC connection. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "serve/connection_line.h"
#include "serve/quic_connection.h"
#include "wire/quic/error.h"
#include "wire/quic/version.h"

enum { TEXT_SIZE = 896, HOW_SIZE = 256 };

void hs_quic_connection_line(hs_quic_connection *c, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hs_serve_line(c->host, "#%" PRIu64 " %s", c->number, text);
}

static const char *early_text(hs_early_data early)
{
    return early == HS_EARLY_DATA_ACCEPTED   ? ", early data accepted"
           : early == HS_EARLY_DATA_REJECTED ? ", early data rejected"
                                             : "";
}

void hs_quic_connection_line_established(hs_quic_connection *c)
{
    const hs_quic_session *s = c->session;
    const char *cipher = hs_quic_session_cipher(s);
    const char *group = hs_quic_session_group(s);
    const char *alpn = hs_quic_session_alpn(s);
    char version[HS_QUIC_VERSION_TEXT_SIZE];
    hs_quic_connection_line(
        c, "QUIC %s %s%s%s %s%s %s handshake in %.3f ms%s%s%s",
        hs_quic_version_text(hs_quic_session_version(s), version), cipher ? cipher : "",
        group ? " " : "", group ? group : "", alpn ? "alpn " : "no alpn", alpn ? alpn : "",
        hs_quic_session_resumed(s) ? "resumed" : "full", (double)c->handshake_ns / 1e6,
        hs_quic_session_retried(s) ? ", after Retry" : "",
        hs_quic_session_used_token(s) ? ", address known by a token" : "",
        early_text(hs_quic_session_early_data(s)));
}

static void error_text(const hs_quic_connection *c, const hs_quic_end *end, char out[HOW_SIZE])
{
    char code[HS_QUIC_ERROR_TEXT_SIZE];
    const char *name = NULL;
    if (end->is_application) {
        name = c->protocol && c->protocol->error_name ? c->protocol->error_name(end->error) : NULL;
        snprintf(code, sizeof code, "application error 0x%" PRIx64, end->error);
    } else {
        hs_quic_error_text(end->error, code);
    }
    snprintf(out, HOW_SIZE, "%s%s%s", name ? name : code, end->reason[0] ? ": " : "", end->reason);
}

/* Who, and how. */
static const char *ended_by(const hs_quic_connection *c, const hs_quic_end *end, char how[HOW_SIZE])
{
    switch (end->kind) {
    case HS_QUIC_END_PEER_CLOSE:
        error_text(c, end, how);
        return "client";
    case HS_QUIC_END_STATELESS_RESET:
        snprintf(how, HOW_SIZE, "stateless reset");
        return "client";
    case HS_QUIC_END_IDLE:
        snprintf(how, HOW_SIZE, "idle");
        return "server";
    default:
        break;
    }
    if (c->ended_why) {
        snprintf(how, HOW_SIZE, "%s", c->ended_why);
    } else if (end->has_error) {
        error_text(c, end, how);
    } else {
        snprintf(how, HOW_SIZE, "no CONNECTION_CLOSE");
    }
    return "server";
}

/* A close that the peer chose, or silence after the handshake, is no failure. */
static bool has_failed(const hs_quic_connection *c, const hs_quic_end *end)
{
    return end->failure.cls != HS_FAILURE_NONE && end->failure.cls != HS_FAILURE_QUIC_CLOSED &&
           !(end->kind == HS_QUIC_END_IDLE && c->handshake_ns > 0);
}

void hs_quic_connection_line_closed(hs_quic_connection *c, const hs_quic_end *end)
{
    char how[HOW_SIZE];
    char used[64] = "";
    if (has_failed(c, end)) {
        char text[HS_FAILURE_TEXT_SIZE];
        hs_quic_connection_line(c, "QUIC %s: %s",
                                c->handshake_ns > 0 ? "failed" : "handshake failed",
                                hs_failure_text(&end->failure, text));
    }
    if (c->unit && c->units > 0) {
        snprintf(used, sizeof used, ", %" PRIu64 " %s%s", c->units, c->unit,
                 c->units == 1 ? "" : "s");
    }
    const char *who = ended_by(c, end, how);
    hs_quic_connection_line(c, "closed by %s (%s)%s, %.3f s", who, how, used,
                            (double)(uv_hrtime() - c->accepted_at) / 1e9);
}

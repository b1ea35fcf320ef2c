/* What a person who follows the server reads about a connection. */
#include "serve/connection_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/writer.h"
#include "wire/tls/alert.h"

enum { LINE_MAX_LENGTH = 1024 };

const char *hs_line_escaped(hs_bytes bytes, char out[HS_ESCAPED_MAX])
{
    static const char digits[] = "0123456789abcdef";
    static const char more[] = "…";
    hs_writer w;
    hs_writer_init(&w, out, HS_ESCAPED_MAX - sizeof more);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.data[i];
        size_t before = w.len;
        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            hs_write_u8(&w, byte);
        } else {
            hs_write_text(&w, "\\x");
            hs_write_u8(&w, (uint8_t)digits[byte >> 4]);
            hs_write_u8(&w, (uint8_t)digits[byte & 0xf]);
        }
        if (w.overflow) {
            snprintf(out + before, sizeof more, "%s", more);
            return out;
        }
    }
    out[w.len] = '\0';
    return out;
}

void hs_serve_line(const hs_serve_host *host, const char *format, ...)
{
    if (!host->line) {
        return;
    }
    char text[LINE_MAX_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    host->line(host->context, text);
}

void hs_connection_line(hs_connection *c, const char *format, ...)
{
    if (!c->host->line) {
        return;
    }
    char text[LINE_MAX_LENGTH];
    int len = snprintf(text, sizeof text, "#%" PRIu64 " ", c->number);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + len, sizeof text - (size_t)len, format, arguments);
    va_end(arguments);
    c->host->line(c->host->context, text);
}

void hs_connection_line_established(hs_connection *c)
{
    const char *version = hs_tls_session_version(c->tls);
    const char *cipher = hs_tls_session_cipher(c->tls);
    const char *group = hs_tls_session_group(c->tls);
    const char *alpn = hs_tls_session_alpn(c->tls);
    hs_early_data early = hs_tls_session_early_data(c->tls);
    hs_connection_line(c, "%s %s%s%s %s%s%s handshake in %.3f ms%s", version ? version : "TLS",
                       cipher ? cipher : "", group ? " " : "", group ? group : "",
                       alpn ? "alpn " : "", alpn ? alpn : "no alpn",
                       hs_tls_session_resumed(c->tls) ? " resumed" : " full",
                       (double)c->handshake_ns / 1e6,
                       early == HS_EARLY_DATA_ACCEPTED   ? ", early data accepted"
                       : early == HS_EARLY_DATA_REJECTED ? ", early data rejected"
                                                         : "");
}

const char *hs_failure_text(const hs_tls_failure *failure, char out[HS_FAILURE_TEXT_SIZE])
{
    const hs_failure_descriptor *what = hs_failure_describe(failure->cls);
    char alert[64] = "";
    if (failure->alert >= 0) {
        const char *name = hs_tls_alert_description_name((uint8_t)failure->alert);
        snprintf(alert, sizeof alert, ", %s alert %s (%d)",
                 failure->alert_received ? "received" : "sent", name ? name : "unknown",
                 failure->alert);
    }
    char message[HS_ESCAPED_MAX];
    size_t len = 0;
    while (len < sizeof failure->message && failure->message[len] != '\0') {
        len++;
    }
    hs_line_escaped((hs_bytes){(const uint8_t *)failure->message, len}, message);
    snprintf(out, HS_FAILURE_TEXT_SIZE, "%s%s%s%s", what ? what->name : "tls", alert,
             len > 0 ? ": " : "", message);
    return out;
}

void hs_connection_line_tls_failed(hs_connection *c, const hs_tls_failure *failure)
{
    char text[HS_FAILURE_TEXT_SIZE];
    hs_connection_line(c, "TLS %s: %s",
                       c->phase == HS_CONNECTION_TLS ? "handshake failed" : "failed",
                       hs_failure_text(failure, text));
}

/* A reset that follows the peer's FIN answers what we still sent: it tells nothing new. */
static const char *how_closed(const hs_connection *c)
{
    if (c->has_fin) {
        return !c->tls               ? "FIN"
               : c->has_close_notify ? "FIN after close_notify"
                                     : "FIN without close_notify";
    }
    if (c->error == UV_ECONNRESET || c->error == UV_EPIPE || c->error == UV_ENOTCONN) {
        return c->has_close_notify ? "RST after close_notify" : "RST";
    }
    if (c->error != 0) {
        return uv_strerror(c->error);
    }
    return c->has_close_notify ? "close_notify" : "no FIN";
}

void hs_connection_line_closed(hs_connection *c)
{
    char used[64] = "";
    if (c->protocol && c->units > 0) {
        snprintf(used, sizeof used, ", %" PRIu64 " %s%s", c->units, c->protocol->unit,
                 c->units == 1 ? "" : "s");
    }
    hs_connection_line(c, "closed by %s (%s)%s, %.3f s", c->ended_why ? "server" : "client",
                       c->ended_why ? c->ended_why : how_closed(c), used,
                       (double)(uv_hrtime() - c->accepted_at) / 1e9);
}

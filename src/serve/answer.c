/* An answer to an HTTP request, before it is written in one version of HTTP or the other. */
#include "serve/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/http1.h"

void hs_answer_free(hs_answer *answer)
{
    free(answer->body);
    answer->body = NULL;
    answer->body_len = 0;
}

hs_result hs_answer_refuse(int status, const char *why, hs_answer *out)
{
    char text[512];
    int len = snprintf(text, sizeof text, "%d %s\n%s\n", status, hs_http1_reason(status), why);
    *out = (hs_answer){.status = status, .content_type = "text/plain; charset=utf-8"};
    out->body = strdup(text);
    if (!out->body || len < 0) {
        return HS_NO_MEMORY;
    }
    out->body_len = strlen(text);
    return HS_OK;
}

const char *hs_http_date(int64_t at, char out[HS_HTTP_DATE_SIZE])
{
    /* Not strftime: the names are English in every locale. */
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;
    time_t seconds = (time_t)at;
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < 0) {
        memset(&tm, 0, sizeof tm);
        tm.tm_mday = 1;
        tm.tm_year = 70;
        tm.tm_wday = 4;
    }
    snprintf(out, HS_HTTP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
             (unsigned)tm.tm_mday % 100, months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
    return out;
}

static void add_field(hs_answer_fields *list, const char *name, const char *value)
{
    if (name && value && list->count < HS_ANSWER_FIELDS_MAX) {
        list->items[list->count].name = name;
        list->items[list->count++].value = value;
    }
}

/* RFC 9113 8.2.1, RFC 9114 4.2. */
static void lower_case(const char *name, char out[HS_ANSWER_NAME_SIZE])
{
    size_t len = 0;
    for (; len < HS_ANSWER_NAME_SIZE - 1 && name[len] != '\0'; len++) {
        out[len] = (char)(name[len] >= 'A' && name[len] <= 'Z' ? name[len] + ('a' - 'A')
                                                               : name[len]);
    }
    out[len] = '\0';
}

void hs_answer_make_fields(const hs_answer *answer, hs_answer_fields *out)
{
    out->count = 0;
    snprintf(out->status, sizeof out->status, "%d", answer->status);
    snprintf(out->length, sizeof out->length, "%zu", answer->body_len);
    add_field(out, ":status", out->status);
    add_field(out, "date", hs_http_date((int64_t)time(NULL), out->date));
    add_field(out, "server", HS_SERVE_NAME);
    add_field(out, "content-type", answer->content_type);
    add_field(out, "content-length", out->length);
    add_field(out, "cache-control", "no-store");
    if (answer->field_name) {
        lower_case(answer->field_name, out->name);
        add_field(out, out->name, answer->field_value);
    }
    add_field(out, "alt-svc", answer->alt_svc);
}

const char *hs_answer_alt_svc(int port, char out[HS_ALT_SVC_SIZE])
{
    snprintf(out, HS_ALT_SVC_SIZE, "h3=\":%u\"; ma=%d", (unsigned)port % 65536, HS_ALT_SVC_SECONDS);
    return out;
}

const char *hs_answer_text(const hs_request *request, const hs_answer *answer,
                           char out[HS_ANSWER_TEXT_SIZE])
{
    char method[HS_ESCAPED_MAX];
    char path[HS_ESCAPED_MAX];
    snprintf(out, HS_ANSWER_TEXT_SIZE, "%s%s%s %d %zu byte%s",
             hs_line_escaped(request->method, method), request->path.len > 0 ? " " : "",
             hs_line_escaped(request->path, path), answer->status, answer->body_len,
             answer->body_len == 1 ? "" : "s");
    return out;
}

void hs_answer_line(hs_connection *c, const hs_request *request, const hs_answer *answer)
{
    char text[HS_ANSWER_TEXT_SIZE];
    c->units++;
    hs_connection_line(c, "%s%s", hs_answer_text(request, answer, text),
                       hs_connection_is_early(c) ? " (early data)" : "");
}

static hs_result write_head(hs_writer *w, const hs_answer *answer, bool keep_alive)
{
    hs_http1_head head;
    char date[HS_HTTP_DATE_SIZE];
    char length[24];
    snprintf(length, sizeof length, "%zu", answer->body_len);
    hs_http1_response_init(&head, answer->status, NULL);
    const struct {
        const char *name;
        const char *value;
    } fields[] = {
        {"Date", hs_http_date((int64_t)time(NULL), date)},
        {"Server", HS_SERVE_NAME},
        {"Content-Type", answer->content_type},
        {"Content-Length", length},
        {"Cache-Control", "no-store"},
        {answer->field_name, answer->field_value},
        {"Alt-Svc", answer->alt_svc},
        {"Connection", keep_alive ? "keep-alive" : "close"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].name && fields[i].value) {
            hs_result result = hs_http1_add_field(&head, fields[i].name, fields[i].value);
            if (result != HS_OK) {
                return result;
            }
        }
    }
    return hs_http1_write_head(w, &head);
}

hs_result hs_answer_send_http1(hs_connection *c, const hs_answer *answer, bool without_body,
                               bool keep_alive)
{
    enum { HEAD_ROOM = 1024 };
    size_t capacity = HEAD_ROOM + answer->body_len;
    uint8_t *bytes = malloc(capacity);
    if (!bytes) {
        return HS_NO_MEMORY;
    }
    /* Head and body in one write: one segment, one TLS record. */
    hs_writer w;
    hs_writer_init(&w, bytes, capacity);
    hs_result result = write_head(&w, answer, keep_alive);
    if (!without_body) {
        hs_write_bytes(&w, (hs_bytes){(const uint8_t *)answer->body, answer->body_len});
    }
    if (result == HS_OK) {
        result = hs_writer_result(&w);
    }
    if (result == HS_OK) {
        hs_connection_send(c, hs_writer_bytes(&w));
    }
    free(bytes);
    return result;
}

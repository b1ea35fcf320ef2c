/* The small page: the visitor's own handshake, for people and as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "serve/answer.h"

enum { PAGE_MAX = 8192, FACTS_MAX = 12 };

/* One row of the page, one member of the JSON. */
typedef struct fact {
    const char *name;  /* of the record's field */
    const char *title; /* for people */
    const char *text;  /* NULL: `number`, or `yes` */
    double number;
    bool is_bool;
    bool yes;
} fact;

typedef struct fact_list {
    fact items[FACTS_MAX];
    size_t count;
} fact_list;

static void add_text(fact_list *list, const char *name, const char *title, const char *text)
{
    if (text && text[0] != '\0' && list->count < FACTS_MAX) {
        list->items[list->count++] = (fact){.name = name, .title = title, .text = text};
    }
}

static void add_bool(fact_list *list, const char *name, const char *title, bool yes)
{
    if (list->count < FACTS_MAX) {
        list->items[list->count++] = (fact){
            .name = name, .title = title, .is_bool = true, .yes = yes};
    }
}

static const char *early_data_name(const hs_connection *c)
{
    if (hs_connection_is_early(c)) {
        return "accepted";
    }
    switch (hs_tls_session_early_data(c->tls)) {
    case HS_EARLY_DATA_ACCEPTED:
        return "accepted";
    case HS_EARLY_DATA_REJECTED:
        return "rejected";
    case HS_EARLY_DATA_NOT_OFFERED:
        return "not_offered";
    case HS_EARLY_DATA_UNSEEN:
        break;
    }
    return NULL;
}

static void collect_tls(const hs_connection *c, fact_list *list)
{
    add_text(list, "version", "version", hs_tls_session_version(c->tls));
    add_text(list, "cipher", "cipher suite", hs_tls_session_cipher(c->tls));
    add_text(list, "group", "group", hs_tls_session_group(c->tls));
    add_text(list, "alpn", "ALPN", hs_tls_session_alpn(c->tls));
    add_bool(list, "resumed", "resumed", hs_tls_session_resumed(c->tls));
    add_text(list, "early_data", "early data", early_data_name(c));
    if (c->handshake_ns > 0 && list->count < FACTS_MAX) {
        list->items[list->count++] = (fact){.name = "handshake_ms",
                                            .title = "handshake took (ms)",
                                            .number = (double)(c->handshake_ns / 1000) / 1e3};
    }
}

static void collect_connection(const hs_connection *c, const char *http, fact_list *list)
{
    add_text(list, "scheme", "scheme", c->service->scheme);
    add_text(list, "client", "your address", c->peer);
    add_text(list, "http", "protocol", http);
}

static json_t *json_of(const fact *f)
{
    if (f->text) {
        return json_string(f->text);
    }
    return f->is_bool ? json_boolean(f->yes) : json_real(f->number);
}

static void set_facts(json_t *object, const fact_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        json_object_set_new(object, list->items[i].name, json_of(&list->items[i]));
    }
}

static char *make_json(const fact_list *connection, const fact_list *tls)
{
    json_t *root = json_object();
    set_facts(root, connection);
    if (tls->count > 0) {
        json_t *object = json_object();
        set_facts(object, tls);
        json_object_set_new(root, "tls", object);
    }
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(10)) : NULL;
    json_decref(root);
    char *line = NULL;
    if (text && asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
    }
    free(text);
    return line;
}

static void write_html_text(hs_writer *w, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '<':
            hs_write_text(w, "&lt;");
            break;
        case '>':
            hs_write_text(w, "&gt;");
            break;
        case '&':
            hs_write_text(w, "&amp;");
            break;
        case '"':
            hs_write_text(w, "&quot;");
            break;
        default:
            hs_write_u8(w, (uint8_t)*c);
        }
    }
}

static void write_rows(hs_writer *w, const fact_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const fact *f = &list->items[i];
        char number[32];
        snprintf(number, sizeof number, "%.3f", f->number);
        hs_write_text(w, "      <tr><th scope=\"row\">");
        write_html_text(w, f->title);
        hs_write_text(w, "</th><td>");
        write_html_text(w, f->text ? f->text : !f->is_bool ? number : f->yes ? "yes" : "no");
        hs_write_text(w, "</td></tr>\n");
    }
}

static const char html_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "  <head>\n"
    "    <meta charset=\"utf-8\">\n"
    "    <meta name=\"viewport\" content=\"width=device-width\">\n"
    "    <title>Your handshake</title>\n"
    "    <style>\n"
    "      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto;"
    " padding: 0 1rem; color-scheme: light dark }\n"
    "      th { text-align: left; font-weight: 500; padding-right: 2rem }\n"
    "      td { font-family: ui-monospace, monospace }\n"
    "    </style>\n"
    "  </head>\n"
    "  <body>\n"
    "    <h1>Your handshake</h1>\n"
    "    <table>\n";

static char *make_html(const fact_list *connection, const fact_list *tls)
{
    char *page = malloc(PAGE_MAX);
    if (!page) {
        return NULL;
    }
    hs_writer w;
    hs_writer_init(&w, page, PAGE_MAX);
    hs_write_text(&w, html_head);
    write_rows(&w, connection);
    write_rows(&w, tls);
    hs_write_text(&w, "    </table>\n"
                      "    <p>As seen by " HS_SERVE_NAME
                      ". The same as <a href=\"/json\">JSON</a>.</p>\n"
                      "  </body>\n"
                      "</html>\n");
    hs_write_u8(&w, '\0');
    if (w.overflow) {
        free(page);
        return NULL;
    }
    return page;
}

hs_result hs_answer_page(const hs_connection *c, const char *http, const hs_request *request,
                         hs_answer *out)
{
    bool is_json = hs_bytes_are(request->path, "/json");
    if (!is_json && !hs_bytes_are(request->path, "/")) {
        return hs_answer_refuse(404, "There are / and /json here.", out);
    }
    if (!hs_bytes_are(request->method, "GET") && !hs_bytes_are(request->method, "HEAD")) {
        hs_result result = hs_answer_refuse(405, "Only GET and HEAD are answered here.", out);
        out->field_name = "Allow";
        out->field_value = "GET, HEAD";
        return result;
    }
    fact_list connection = {.count = 0};
    fact_list tls = {.count = 0};
    collect_connection(c, http, &connection);
    if (c->tls) {
        collect_tls(c, &tls);
    }
    *out = (hs_answer){
        .status = 200,
        .content_type = is_json ? "application/json" : "text/html; charset=utf-8",
        .body = is_json ? make_json(&connection, &tls) : make_html(&connection, &tls),
    };
    if (!out->body) {
        return HS_NO_MEMORY;
    }
    out->body_len = strlen(out->body);
    return HS_OK;
}

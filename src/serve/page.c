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

static const char *early_data_name(hs_early_data early)
{
    switch (early) {
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

static void collect_quic(const hs_visit *visit, fact_list *list)
{
    add_text(list, "version", "QUIC version", visit->quic_version);
    add_bool(list, "retry", "asked by Retry for its address", visit->retried);
    add_bool(list, "token", "address known by a token", visit->used_token);
}

static void collect_tls(const hs_visit *visit, fact_list *list)
{
    add_text(list, "version", "version", visit->tls_version);
    add_text(list, "cipher", "cipher suite", visit->cipher);
    add_text(list, "group", "group", visit->group);
    add_text(list, "alpn", "ALPN", visit->alpn);
    add_bool(list, "resumed", "resumed", visit->resumed);
    add_text(list, "early_data", "early data", early_data_name(visit->early_data));
    if (visit->handshake_ns > 0 && list->count < FACTS_MAX) {
        list->items[list->count++] = (fact){.name = "handshake_ms",
                                            .title = "handshake took (ms)",
                                            .number = (double)(visit->handshake_ns / 1000) / 1e3};
    }
}

/* What the page is made of: the members of the JSON. */
typedef struct fact_groups {
    fact_list connection;
    fact_list quic;
    fact_list tls;
} fact_groups;

static void collect(const hs_visit *visit, fact_groups *out)
{
    out->connection.count = 0;
    out->quic.count = 0;
    out->tls.count = 0;
    add_text(&out->connection, "scheme", "scheme", visit->scheme);
    add_text(&out->connection, "client", "your address", visit->client);
    add_text(&out->connection, "http", "protocol", visit->http);
    if (visit->quic_version) {
        collect_quic(visit, &out->quic);
    }
    if (visit->has_tls) {
        collect_tls(visit, &out->tls);
    }
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

static void add_group(json_t *root, const char *name, const fact_list *list)
{
    if (list->count > 0) {
        json_t *object = json_object();
        set_facts(object, list);
        json_object_set_new(root, name, object);
    }
}

static char *make_json(const fact_groups *facts)
{
    json_t *root = json_object();
    set_facts(root, &facts->connection);
    add_group(root, "quic", &facts->quic);
    add_group(root, "tls", &facts->tls);
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

static char *make_html(const fact_groups *facts)
{
    char *page = malloc(PAGE_MAX);
    if (!page) {
        return NULL;
    }
    hs_writer w;
    hs_writer_init(&w, page, PAGE_MAX);
    hs_write_text(&w, html_head);
    write_rows(&w, &facts->connection);
    write_rows(&w, &facts->quic);
    write_rows(&w, &facts->tls);
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

hs_result hs_answer_page(const hs_visit *visit, const hs_request *request, hs_answer *out)
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
    fact_groups facts;
    collect(visit, &facts);
    *out = (hs_answer){
        .status = 200,
        .content_type = is_json ? "application/json" : "text/html; charset=utf-8",
        .body = is_json ? make_json(&facts) : make_html(&facts),
    };
    if (!out->body) {
        return HS_NO_MEMORY;
    }
    out->body_len = strlen(out->body);
    return HS_OK;
}

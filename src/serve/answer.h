/* An answer to an HTTP request, before it is written in one version of HTTP or the other. */
#ifndef HS_SERVE_ANSWER_H
#define HS_SERVE_ANSWER_H

#include "serve/connection.h"
#include "serve/request.h"
#include "serve/visit.h"

#define HS_SERVE_NAME "handshake/" HS_VERSION

typedef struct hs_answer {
    int status;
    const char *content_type; /* static */
    /* One more field, static; NULL: none. */
    const char *field_name;
    const char *field_value;
    const char *alt_svc; /* of Alt-Svc (RFC 7838), borrowed; NULL: none */
    char *body;          /* owned */
    size_t body_len;
} hs_answer;

void hs_answer_free(hs_answer *answer);
/* A line of text that says what is wrong. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_refuse(int status, const char *why, hs_answer *out);
/* The resource of that path: "/" tells the visitor its own handshake, "/json" the same as JSON;
 * 404 and 405 for the rest. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_page(const hs_visit *visit, const hs_request *request,
                                    hs_answer *out);

enum { HS_HTTP_DATE_SIZE = 30 };
/* IMF-fixdate (RFC 9110 5.6.7) of seconds since the epoch; returns `out`. */
const char *hs_http_date(int64_t at, char out[HS_HTTP_DATE_SIZE]);

/* The fields of an answer in HTTP/2 (RFC 9113 8.3.2) and HTTP/3 (RFC 9114 4.3.2), ":status" first.
 * They are borrowed from the answer and from here. */
enum { HS_ANSWER_FIELDS_MAX = 8, HS_ANSWER_NAME_SIZE = 24 };
typedef struct hs_answer_fields {
    struct {
        const char *name;
        const char *value;
    } items[HS_ANSWER_FIELDS_MAX];
    size_t count;
    char status[16];
    char length[24];
    char date[HS_HTTP_DATE_SIZE];
    char name[HS_ANSWER_NAME_SIZE];
} hs_answer_fields;
void hs_answer_make_fields(const hs_answer *answer, hs_answer_fields *out);

/* What Alt-Svc says of HTTP/3 on a UDP port of the same host (RFC 9114 3.1.1), and for how long:
 * not long, since a lab server's port is not anybody's for long. Returns `out`. */
enum { HS_ALT_SVC_SIZE = 32, HS_ALT_SVC_SECONDS = 300 };
const char *hs_answer_alt_svc(int port, char out[HS_ALT_SVC_SIZE]);

/* "GET /path 200 512 bytes"; returns `out`. */
enum { HS_ANSWER_TEXT_SIZE = 2 * HS_ESCAPED_MAX + 64 };
const char *hs_answer_text(const hs_request *request, const hs_answer *answer,
                           char out[HS_ANSWER_TEXT_SIZE]);
/* That as a line of a TCP connection; counts the request. */
void hs_answer_line(hs_connection *c, const hs_request *request, const hs_answer *answer);
/* Writes the answer as HTTP/1.1 (RFC 9112 4). HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_send_http1(hs_connection *c, const hs_answer *answer,
                                          bool without_body, bool keep_alive);

#endif

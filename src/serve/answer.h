/* An answer to an HTTP request, before it is written in one version of HTTP or the other. */
#ifndef HS_SERVE_ANSWER_H
#define HS_SERVE_ANSWER_H

#include "serve/connection.h"
#include "serve/request.h"

#define HS_SERVE_NAME "handshake/" HS_VERSION

typedef struct hs_answer {
    int status;
    const char *content_type; /* static */
    /* One more field, static; NULL: none. */
    const char *field_name;
    const char *field_value;
    char *body; /* owned */
    size_t body_len;
} hs_answer;

void hs_answer_free(hs_answer *answer);
/* A line of text that says what is wrong. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_refuse(int status, const char *why, hs_answer *out);
/* The resource of that path: "/" tells the visitor its own handshake, "/json" the same as JSON;
 * 404 and 405 for the rest. `http`: "HTTP/2". HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_page(const hs_connection *c, const char *http,
                                    const hs_request *request, hs_answer *out);

enum { HS_HTTP_DATE_SIZE = 30 };
/* IMF-fixdate (RFC 9110 5.6.7) of seconds since the epoch; returns `out`. */
const char *hs_http_date(int64_t at, char out[HS_HTTP_DATE_SIZE]);

/* "#3 GET /path 200 512 bytes"; counts the request. */
void hs_answer_line(hs_connection *c, const hs_request *request, const hs_answer *answer);
/* Writes the answer as HTTP/1.1 (RFC 9112 4). HS_NO_MEMORY. */
HS_CHECKED hs_result hs_answer_send_http1(hs_connection *c, const hs_answer *answer,
                                          bool without_body, bool keep_alive);

#endif

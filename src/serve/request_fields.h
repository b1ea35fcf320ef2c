/* What is kept of a request's fields in HTTP/2 and HTTP/3, where they come one by one. */
#ifndef HS_SERVE_REQUEST_FIELDS_H
#define HS_SERVE_REQUEST_FIELDS_H

#include "serve/answer.h"

enum {
    HS_REQUEST_METHOD_MAX = 32,
    HS_REQUEST_TARGET_MAX = 2048,
    HS_REQUEST_SUBPROTOCOLS_MAX = 1024,
    HS_REQUEST_LIST_MAX = HS_HTTP1_HEAD_MAX, /* as SETTINGS_MAX_HEADER_LIST_SIZE counts */
};

typedef struct hs_request_fields {
    char method[HS_REQUEST_METHOD_MAX];
    char target[HS_REQUEST_TARGET_MAX];
    char protocol[HS_REQUEST_METHOD_MAX]; /* of an extended CONNECT (RFC 8441 4) */
    char websocket_version[HS_REQUEST_METHOD_MAX];
    char subprotocols[HS_REQUEST_SUBPROTOCOLS_MAX]; /* that are offered for a WebSocket */
    size_t method_len;
    size_t target_len;
    size_t protocol_len;
    size_t websocket_version_len;
    size_t subprotocols_len;
    size_t list_size; /* of the field section (RFC 9113 6.5.2, RFC 9114 4.2.2) */
    bool is_too_long;
    bool is_early; /* it may be a replay (RFC 8470) */
} hs_request_fields;

void hs_request_fields_add(hs_request_fields *fields, hs_bytes name, hs_bytes value);
/* Borrowed from `fields`. */
hs_request hs_request_fields_request(const hs_request_fields *fields);
/* The page, or why there is none. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_request_fields_answer(const hs_request_fields *fields,
                                              const hs_visit *visit, hs_answer *out);

#endif

/* What the server knows of a visitor's handshake, whichever transport it came by. */
#ifndef HS_SERVE_VISIT_H
#define HS_SERVE_VISIT_H

#include "serve/connection.h"

/* Texts are borrowed; NULL: not known. */
typedef struct hs_visit {
    const char *scheme; /* of the URL */
    const char *client; /* "127.0.0.1:52144" */
    const char *http;   /* "HTTP/2" */
    bool has_tls;
    const char *tls_version;
    const char *cipher;
    const char *group;
    const char *alpn;
    bool resumed;
    hs_early_data early_data;
    uint64_t handshake_ns;    /* 0: not done yet */
    const char *quic_version; /* NULL: not QUIC */
    bool retried;             /* the address was asked for by Retry */
    bool used_token;          /* and was known by a token of NEW_TOKEN */
} hs_visit;

/* By TCP. */
void hs_visit_of_connection(const hs_connection *c, const char *http, hs_visit *out);

#endif

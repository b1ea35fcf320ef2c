/* What a person who follows the server reads about a connection. */
#ifndef HS_SERVE_CONNECTION_LINE_H
#define HS_SERVE_CONNECTION_LINE_H

#include "serve/connection.h"

void hs_serve_line(const hs_serve_host *host, const char *format, ...) HS_PRINTF(2, 3);
/* The TLS handshake is done: with what, and in which time. */
void hs_connection_line_established(hs_connection *c);
/* "tls.alert, received alert internal_error (80): message"; returns `out`. */
enum { HS_FAILURE_TEXT_SIZE = HS_ESCAPED_MAX + 192 };
const char *hs_failure_text(const hs_tls_failure *failure, char out[HS_FAILURE_TEXT_SIZE]);
void hs_connection_line_tls_failed(hs_connection *c, const hs_tls_failure *failure);
/* Who closed it and how, what it was used for, how long it lived. */
void hs_connection_line_closed(hs_connection *c);

#endif

/* NSS key log lines ("SSLKEYLOGFILE"), in and out: draft-ietf-tls-keylogfile.
 *
 * A key log is a bounded table from (label, client random) to secret. Any number of connections may
 * share one.
 */
#ifndef HS_SECRETS_KEYLOG_H
#define HS_SECRETS_KEYLOG_H

#include <handshake/api.h>

typedef struct hs_keylog hs_keylog;

/* `entry_limit` 0: 65536 entries. NULL when out of memory. */
hs_keylog *hs_keylog_new(size_t entry_limit);
/* Wipes every secret. */
void hs_keylog_free(hs_keylog *keylog);

/* One line without its newline. Comments and empty lines are HS_OK. A label that is not known is
 * kept. "QUIC_" before a label is left out: QUIC's drafts named TLS's secrets so. HS_MALFORMED;
 * HS_LIMIT when the table is full; HS_NO_MEMORY. Of lines with the same label and random the first
 * counts; the others are HS_OK. */
HS_CHECKED hs_result hs_keylog_add_line(hs_keylog *keylog, hs_bytes line);
/* A whole file's text. Malformed lines are skipped and counted in `*malformed` (may be NULL). */
HS_CHECKED hs_result hs_keylog_add_text(hs_keylog *keylog, hs_bytes text, size_t *malformed);
/* The secret, or empty bytes. `client_random` has 32 bytes. Borrowed until hs_keylog_free. */
hs_bytes hs_keylog_find(const hs_keylog *keylog, const char *label, hs_bytes client_random);
size_t hs_keylog_count(const hs_keylog *keylog);

enum { HS_KEYLOG_LINE_MAX = 256 };
/* "LABEL random secret" without newline, NUL-terminated. HS_LIMIT where `out` is too small. */
HS_CHECKED hs_result hs_keylog_line(const char *label, hs_bytes client_random, hs_bytes secret,
                                    char out[HS_KEYLOG_LINE_MAX]);

#endif

/* Finished (RFC 8446 4.4.4, RFC 5246 7.4.9): verify_data, all of the body. Its length is the hash's
 * in TLS 1.3, 12 in TLS 1.0 to 1.2, and 36 in SSLv3. */
#ifndef HS_WIRE_TLS_FINISHED_H
#define HS_WIRE_TLS_FINISHED_H

#include "base/reader.h"
#include "base/writer.h"

typedef struct hs_tls_finished {
    hs_bytes verify_data;
} hs_tls_finished;

/* The reader holds the message's body alone. An empty body is HS_MALFORMED. */
HS_CHECKED hs_result hs_tls_finished_read(hs_reader *r, hs_tls_finished *out);
void hs_tls_finished_write(hs_writer *w, const hs_tls_finished *message);

#endif

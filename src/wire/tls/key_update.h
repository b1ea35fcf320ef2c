/* KeyUpdate (RFC 8446 4.6.3). */
#ifndef HS_WIRE_TLS_KEY_UPDATE_H
#define HS_WIRE_TLS_KEY_UPDATE_H

#include "base/reader.h"
#include "base/writer.h"

typedef struct hs_tls_key_update {
    uint8_t request_update; /* 0 not requested, 1 requested */
} hs_tls_key_update;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_key_update_read(hs_reader *r, hs_tls_key_update *out);
void hs_tls_key_update_write(hs_writer *w, const hs_tls_key_update *message);

#endif

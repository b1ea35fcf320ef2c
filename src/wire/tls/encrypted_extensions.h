/* EncryptedExtensions (RFC 8446 4.3.1). */
#ifndef HS_WIRE_TLS_ENCRYPTED_EXTENSIONS_H
#define HS_WIRE_TLS_ENCRYPTED_EXTENSIONS_H

#include "wire/tls/extension.h"

typedef struct hs_tls_encrypted_extensions {
    hs_tls_extensions extensions;
} hs_tls_encrypted_extensions;

/* The reader holds the message's body alone. */
HS_CHECKED hs_result hs_tls_encrypted_extensions_read(hs_reader *r,
                                                      hs_tls_encrypted_extensions *out);
void hs_tls_encrypted_extensions_write(hs_writer *w, const hs_tls_encrypted_extensions *message);

#endif

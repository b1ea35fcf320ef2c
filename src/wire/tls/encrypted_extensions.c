#include "wire/tls/encrypted_extensions.h"

hs_result hs_tls_encrypted_extensions_read(hs_reader *r, hs_tls_encrypted_extensions *out)
{
    hs_tls_extensions_read(r, HS_TLS_IN_ENCRYPTED_EXTENSIONS, &out->extensions);
    return hs_reader_finish(r);
}

void hs_tls_encrypted_extensions_write(hs_writer *w, const hs_tls_encrypted_extensions *message)
{
    hs_tls_extensions_write(w, &message->extensions);
}

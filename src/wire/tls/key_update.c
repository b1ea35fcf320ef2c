#include "wire/tls/key_update.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

hs_result hs_tls_key_update_read(hs_reader *r, hs_tls_key_update *out)
{
    out->request_update = hs_tls_read_u8(r, "request_update", hs_tls_key_update_request_name);
    return hs_reader_finish(r);
}

void hs_tls_key_update_write(hs_writer *w, const hs_tls_key_update *message)
{
    hs_write_u8(w, message->request_update);
}

#include "wire/tls/finished.h"

hs_result hs_tls_finished_read(hs_reader *r, hs_tls_finished *out)
{
    out->verify_data = hs_read_rest(r, "verify_data");
    if (hs_reader_ok(r) && out->verify_data.len == 0) {
        hs_reader_fail(r, "verify_data", "it is empty");
    }
    return hs_reader_finish(r);
}

void hs_tls_finished_write(hs_writer *w, const hs_tls_finished *message)
{
    hs_write_bytes(w, message->verify_data);
}

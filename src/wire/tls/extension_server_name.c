/* server_name in a ClientHello (RFC 6066 3): `list` has the names, `bytes` the first host_name. */
#include "wire/tls/extension_format.h"
#include "wire/tls/names.h"

enum { HOST_NAME = 0 };

void hs_tls_read_server_name_list(hs_reader *r, const hs_tls_extension_format *format,
                                  hs_tls_extension_value *out)
{
    (void)format;
    bool found = false;
    hs_reader list = hs_read_block16(r, "server_name_list");
    out->list = hs_tls_peek(&list);
    for (; hs_reader_left(&list) > 0; out->count++) {
        uint8_t type = hs_tls_read_u8(&list, "name_type", hs_tls_server_name_type_name);
        hs_bytes name = hs_tls_read_opaque(&list, 2, type == HOST_NAME ? "host_name" : "name");
        if (type == HOST_NAME && !found) {
            out->bytes = name;
            found = true;
        }
    }
    hs_reader_close(&list);
}

void hs_tls_write_server_name_list(hs_writer *w, const hs_tls_extension_format *format,
                                   const hs_tls_extension_value *value)
{
    (void)format;
    hs_block list = hs_write_open(w, 2);
    if (value->list.len > 0) {
        hs_write_bytes(w, value->list);
    } else if (value->bytes.len > 0) {
        hs_write_u8(w, HOST_NAME);
        hs_tls_write_opaque(w, 2, value->bytes);
    }
    hs_write_close(w, list);
}

/* key_share (RFC 8446 4.2.8). A ClientHello's: `list` has the entries. A ServerHello's: `number` is
 * the group, `bytes` the key_exchange. */
#include "wire/tls/extension_format.h"
#include "wire/tls/names.h"

static void read_entry(hs_reader *r, hs_tls_extension_value *out)
{
    out->number = hs_tls_read_u16(r, "group", hs_tls_group_name);
    out->bytes = hs_tls_read_opaque(r, 2, "key_exchange");
}

void hs_tls_read_key_share_client(hs_reader *r, const hs_tls_extension_format *format,
                                  hs_tls_extension_value *out)
{
    (void)format;
    hs_reader list = hs_read_block16(r, "client_shares");
    out->list = hs_tls_peek(&list);
    for (; hs_reader_left(&list) > 0; out->count++) {
        hs_tls_extension_value entry;
        size_t mark = hs_reader_group_begin(&list, "KeyShareEntry");
        read_entry(&list, &entry);
        hs_reader_group_end(&list, mark);
    }
    hs_reader_close(&list);
}

void hs_tls_write_key_share_client(hs_writer *w, const hs_tls_extension_format *format,
                                   const hs_tls_extension_value *value)
{
    (void)format;
    hs_tls_write_opaque(w, 2, value->list);
}

void hs_tls_read_key_share_server(hs_reader *r, const hs_tls_extension_format *format,
                                  hs_tls_extension_value *out)
{
    (void)format;
    size_t mark = hs_reader_group_begin(r, "server_share");
    read_entry(r, out);
    hs_reader_group_end(r, mark);
}

void hs_tls_write_key_share_server(hs_writer *w, const hs_tls_extension_format *format,
                                   const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_u16(w, (uint16_t)value->number);
    hs_tls_write_opaque(w, 2, value->bytes);
}

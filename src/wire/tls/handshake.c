#include "wire/tls/handshake.h"

#include "wire/tls/fields.h"
#include "wire/tls/server_hello.h"

const char *hs_tls_handshake_type_name(uint8_t msg_type)
{
    switch (msg_type) {
#define HS_X(symbol, number, name)                                                                 \
    case number:                                                                                   \
        return name;
        HS_TLS_HANDSHAKE_TYPE_MAP(HS_X)
#undef HS_X
    default:
        return NULL;
    }
}

const char *hs_tls_handshake_name(const hs_tls_handshake *message)
{
    if (message->msg_type == HS_TLS_HS_SERVER_HELLO) {
        hs_fault fault;
        hs_reader r;
        hs_reader_init(&r, message->body, &fault, NULL);
        (void)hs_read_u16(&r, "legacy_version");
        hs_bytes random = hs_read_bytes(&r, HS_TLS_RANDOM, "random");
        if (hs_tls_is_hello_retry_request(random)) {
            return hs_tls_handshake_type_name(HS_TLS_HS_HELLO_RETRY_REQUEST);
        }
    }
    return hs_tls_handshake_type_name(message->msg_type);
}

hs_result hs_tls_handshake_read_header(hs_reader *r, uint8_t *msg_type, uint32_t *length)
{
    *msg_type = hs_tls_read_u8(r, "msg_type", hs_tls_handshake_type_name);
    *length = hs_read_u24(r, "length");
    return hs_reader_result(r);
}

hs_result hs_tls_handshake_read(hs_reader *r, hs_tls_handshake *out)
{
    uint32_t length = 0;
    *out = (hs_tls_handshake){0};
    if (hs_tls_handshake_read_header(r, &out->msg_type, &length) == HS_OK) {
        out->body = hs_read_bytes(r, length, "body");
    }
    return hs_reader_result(r);
}

hs_block hs_tls_handshake_open(hs_writer *w, uint8_t msg_type)
{
    hs_write_u8(w, msg_type);
    return hs_write_open(w, 3);
}

void hs_tls_handshake_close(hs_writer *w, hs_block block)
{
    hs_write_close(w, block);
}

void hs_tls_handshake_write(hs_writer *w, const hs_tls_handshake *message)
{
    hs_block block = hs_tls_handshake_open(w, message->msg_type);
    hs_write_bytes(w, message->body);
    hs_tls_handshake_close(w, block);
}

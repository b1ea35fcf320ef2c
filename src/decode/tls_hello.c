#include "decode/tls_hello.h"

#include "base/prefetch.h"
#include "wire/tls/record.h"

static bool is_hello(uint8_t msg_type)
{
    return msg_type == HS_TLS_HS_CLIENT_HELLO || msg_type == HS_TLS_HS_SERVER_HELLO;
}

/* The first message of the record. */
static bool first_message(hs_bytes fragment, hs_bytes *raw)
{
    hs_fault fault;
    hs_reader r;
    uint8_t msg_type = 0;
    uint32_t length = 0;
    hs_reader_init(&r, fragment, &fault, NULL);
    if (hs_tls_handshake_read_header(&r, &msg_type, &length) != HS_OK || !is_hello(msg_type) ||
        length > hs_reader_left(&r)) {
        return false;
    }
    *raw = hs_bytes_of(fragment.data, HS_TLS_HANDSHAKE_HEADER + (size_t)length);
    return true;
}

bool hs_tls_hello_read(hs_bytes payload, hs_tls_hello *out)
{
    /* The form of both hellos does not depend on it. */
    static const hs_tls_message_context context = {.version = HS_TLS_1_2};
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    if (payload.len == 0 || payload.data[0] != HS_TLS_HANDSHAKE) {
        return false; /* as most packets' */
    }
    hs_reader_init(&r, payload, &fault, NULL);
    if (hs_tls_record_read(&r, &record) != HS_OK || !first_message(record.fragment, &out->raw)) {
        return false;
    }
    hs_reader_init(&r, out->raw, &fault, NULL);
    return hs_tls_message_read(&r, &context, &out->message) == HS_OK;
}

void hs_tls_hello_expect(const hs_tls_hello *hello)
{
    if (hello) {
        hs_prefetch(hello, sizeof *hello);
    }
}

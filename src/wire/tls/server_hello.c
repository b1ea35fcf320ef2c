#include "wire/tls/server_hello.h"

#include "wire/tls/extension_get.h"
#include "wire/tls/fields.h"
#include "wire/tls/handshake.h"
#include "wire/tls/names.h"

const uint8_t hs_tls_hello_retry_request_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

bool hs_tls_is_hello_retry_request(hs_bytes random)
{
    return hs_bytes_equal(random, hs_bytes_of(hs_tls_hello_retry_request_random,
                                              sizeof(hs_tls_hello_retry_request_random)));
}

/* The drafts of TLS 1.3 before 22 put their version in the first field, the oldest 0x0304, and
 * leave out session id and compression. Later there is 0x0303 in it (RFC 8446 4.1.3). */
static bool is_short(const hs_tls_server_hello *hello)
{
    return hello->legacy_version >> 8 == 0x7f || hello->legacy_version == HS_TLS_1_3;
}

hs_result hs_tls_server_hello_read(hs_reader *r, hs_tls_server_hello *out)
{
    *out = (hs_tls_server_hello){
        .legacy_version = hs_tls_read_u16(r, "legacy_version", hs_tls_version_name)};
    out->random = hs_read_bytes(r, HS_TLS_RANDOM, "random");
    out->is_hello_retry_request = hs_tls_is_hello_retry_request(out->random);
    if (out->is_hello_retry_request) {
        hs_note_meaning(r, "HelloRetryRequest");
    }
    if (!is_short(out)) {
        out->legacy_session_id_echo = hs_tls_read_opaque(r, 1, "legacy_session_id_echo");
    }
    out->cipher_suite = hs_tls_read_u16(r, "cipher_suite", hs_tls_cipher_suite_name);
    if (!is_short(out)) {
        out->legacy_compression_method = hs_tls_read_u8(r, "legacy_compression_method",
                                                        hs_tls_compression_method_name);
    }
    out->extensions.context = out->is_hello_retry_request ? HS_TLS_IN_HELLO_RETRY_REQUEST
                                                          : HS_TLS_IN_SERVER_HELLO;
    if (hs_reader_left(r) > 0) {
        hs_tls_extensions_read(r, out->extensions.context, &out->extensions);
    }
    return hs_reader_finish(r);
}

void hs_tls_server_hello_write(hs_writer *w, const hs_tls_server_hello *hello)
{
    hs_write_u16(w, hello->legacy_version);
    hs_write_bytes(w, hello->random);
    if (!is_short(hello)) {
        hs_tls_write_opaque(w, 1, hello->legacy_session_id_echo);
    }
    hs_write_u16(w, hello->cipher_suite);
    if (!is_short(hello)) {
        hs_write_u8(w, hello->legacy_compression_method);
    }
    hs_tls_extensions_write(w, &hello->extensions);
}

uint16_t hs_tls_server_hello_version(const hs_tls_server_hello *hello)
{
    uint16_t version = hello->legacy_version;
    (void)hs_tls_get_selected_version(&hello->extensions, &version);
    return version;
}

uint16_t hs_tls_server_hello_downgrade(const hs_tls_server_hello *hello)
{
    static const char mark[] = "DOWNGRD";
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hello->random, &fault, NULL);
    (void)hs_read_bytes(&r, HS_TLS_RANDOM - sizeof(mark), "random");
    hs_bytes seen = hs_read_bytes(&r, sizeof(mark) - 1, "mark");
    uint8_t to = hs_read_u8(&r, "to");
    if (!hs_reader_ok(&r) || !hs_bytes_are(seen, mark) || to > 1) {
        return 0;
    }
    return to == 1 ? HS_TLS_1_2 : HS_TLS_1_1;
}

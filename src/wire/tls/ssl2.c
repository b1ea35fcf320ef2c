/* The SSLv2 form of a ClientHello: a length of two bytes whose first bit is set, then the message.
 */
#include "wire/tls/fields.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

enum { SSL2_NO_PADDING = 0x8000, SSL2_CLIENT_HELLO = 1, SSL2_CIPHER_SPEC = 3 };

static bool is_version(uint16_t version)
{
    return version == HS_TLS_SSLV2 || version >> 8 == HS_TLS_SSLV3 >> 8;
}

hs_result hs_tls_ssl2_client_hello_detect(hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    uint8_t first = hs_read_u8(&r, "msg_length");
    if (hs_reader_ok(&r) && !(first & SSL2_NO_PADDING >> 8)) {
        return HS_MALFORMED;
    }
    (void)hs_read_u8(&r, "msg_length");
    uint8_t type = hs_read_u8(&r, "msg_type");
    if (hs_reader_ok(&r) && type != SSL2_CLIENT_HELLO) {
        return HS_MALFORMED;
    }
    uint16_t version = hs_read_u16(&r, "version");
    if (hs_reader_ok(&r) && !is_version(version)) {
        return HS_MALFORMED;
    }
    return hs_reader_result(&r);
}

static void read_cipher_specs(hs_reader *r, size_t len, hs_bytes *out)
{
    hs_reader block = hs_read_block(r, len, "cipher_specs");
    *out = hs_tls_peek(&block);
    while (hs_reader_left(&block) > 0) {
        uint32_t kind = hs_read_u24(&block, "cipher_spec");
        hs_note_meaning(&block, hs_tls_ssl2_cipher_name(kind));
    }
    hs_reader_close(&block);
}

hs_result hs_tls_ssl2_client_hello_read(hs_reader *r, hs_tls_ssl2_client_hello *out)
{
    *out = (hs_tls_ssl2_client_hello){0};
    uint16_t header = hs_read_u16(r, "msg_length");
    if (hs_reader_ok(r) && !(header & SSL2_NO_PADDING)) {
        hs_reader_fail(r, "msg_length", "not an SSLv2 record without padding");
    }
    hs_reader body = hs_read_block(r, header & ~(unsigned)SSL2_NO_PADDING, "CLIENT-HELLO");
    if (hs_read_u8(&body, "msg_type") != SSL2_CLIENT_HELLO) {
        hs_reader_fail(&body, "msg_type", "not a CLIENT-HELLO");
    }
    out->version = hs_tls_read_u16(&body, "version", hs_tls_version_name);
    if (hs_reader_ok(&body) && !is_version(out->version)) {
        hs_reader_fail(&body, "version", "not a version of SSL or TLS");
    }
    size_t cipher_specs = hs_read_u16(&body, "cipher_spec_length");
    size_t session_id = hs_read_u16(&body, "session_id_length");
    size_t challenge = hs_read_u16(&body, "challenge_length");
    read_cipher_specs(&body, cipher_specs, &out->cipher_specs);
    out->session_id = hs_read_bytes(&body, session_id, "session_id");
    out->challenge = hs_read_bytes(&body, challenge, "challenge");
    hs_reader_close(&body);
    return hs_reader_result(r);
}

void hs_tls_ssl2_client_hello_write(hs_writer *w, const hs_tls_ssl2_client_hello *hello)
{
    size_t fixed = 9;
    size_t variable = hello->cipher_specs.len + hello->session_id.len + hello->challenge.len;
    if (variable > SSL2_NO_PADDING - 1 - fixed) {
        w->overflow = true;
        return;
    }
    hs_write_u16(w, (uint16_t)(SSL2_NO_PADDING | (fixed + variable)));
    hs_write_u8(w, SSL2_CLIENT_HELLO);
    hs_write_u16(w, hello->version);
    hs_write_u16(w, (uint16_t)hello->cipher_specs.len);
    hs_write_u16(w, (uint16_t)hello->session_id.len);
    hs_write_u16(w, (uint16_t)hello->challenge.len);
    hs_write_bytes(w, hello->cipher_specs);
    hs_write_bytes(w, hello->session_id);
    hs_write_bytes(w, hello->challenge);
}

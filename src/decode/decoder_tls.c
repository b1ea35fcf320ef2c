/* TLS that begins behind another protocol: STARTTLS in its many forms, CONNECT, SOCKS. What asks
 * for it is not looked at; the ClientHello shows it, or the ServerHello where the ClientHello was
 * not seen. */
#include "decode/decoder_state.h"

#include <string.h>

#include "base/reader.h"
#include "trace/build.h"
#include "wire/tls/handshake.h"
#include "wire/tls/record.h"

static bool begins_with(hs_bytes bytes, hs_tls_handshake_type wanted)
{
    enum { MESSAGE_MAX = 64 * 1024 };
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    uint16_t length = 0;
    uint8_t type = 0;
    uint32_t message = 0;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (hs_tls_record_read_header(&r, &record, &length) != HS_OK ||
        hs_tls_handshake_read_header(&r, &type, &message) != HS_OK) {
        return false;
    }
    uint16_t version = hs_read_u16(&r, "legacy_version");
    return hs_reader_ok(&r) && record.type == HS_TLS_HANDSHAKE && type == wanted &&
           version >> 8 == 3 && message <= MESSAGE_MAX;
}

bool hs_decoder_is_first_hello(const hs_decoder *decoder, hs_side from, hs_bytes bytes)
{
    if (from == HS_CLIENT) {
        return begins_with(bytes, HS_TLS_HS_CLIENT_HELLO);
    }
    return (decoder->client_has_gap || decoder->client_is_behind) &&
           begins_with(bytes, HS_TLS_HS_SERVER_HELLO);
}

/* The PROXY protocol (HAProxy's proxy-protocol.txt, 2.1 and 2.2): a line, or a binary header. */
static bool read_proxy_header(hs_reader *r)
{
    enum { LINE_MAX = 107, SIGNATURE_LEN = 12 };
    static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
    hs_bytes start = hs_read_bytes(r, SIGNATURE_LEN, "signature");
    if (!hs_reader_ok(r)) {
        return false;
    }
    if (hs_bytes_equal(start, hs_bytes_of(signature, SIGNATURE_LEN))) {
        (void)hs_read_u8(r, "version and command");
        (void)hs_read_u8(r, "family and protocol");
        (void)hs_read_bytes(r, hs_read_u16(r, "length"), "addresses");
        return hs_reader_ok(r);
    }
    if (memcmp(start.data, "PROXY ", strlen("PROXY ")) != 0) {
        return false;
    }
    uint8_t byte = 0;
    for (size_t len = SIGNATURE_LEN; len < LINE_MAX && byte != '\n'; len++) {
        byte = hs_read_u8(r, "line");
    }
    return hs_reader_ok(r) && byte == '\n';
}

size_t hs_decoder_before_hello(const hs_decoder *decoder, hs_side from, hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    if (from != HS_CLIENT || decoder->offset[HS_CLIENT] > 0 || !read_proxy_header(&r)) {
        return 0;
    }
    size_t len = bytes.len - hs_reader_left(&r);
    bool is_hello = begins_with(hs_bytes_of(bytes.data + len, bytes.len - len),
                                HS_TLS_HS_CLIENT_HELLO);
    return is_hello ? len : 0;
}

void hs_decoder_set_client_behind(hs_decoder *decoder, bool is_behind)
{
    decoder->client_is_behind = is_behind;
}

bool hs_decoder_may_begin_tls(const hs_decoder *decoder)
{
    return decoder->client == HS_SPOKEN_UNKNOWN ||
           (decoder->client == HS_SPOKEN_PLAIN && hs_application_is_unknown(decoder->application));
}

bool hs_decoder_has_ciphers(const hs_decoder *decoder)
{
    return decoder->tls && hs_tls_decoder_has_ciphers(decoder->tls);
}

bool hs_decoder_may_be_done(const hs_decoder *decoder)
{
    return decoder->tls && hs_tls_decoder_may_be_done(decoder->tls);
}

bool hs_decoder_has_keys(const hs_decoder *decoder)
{
    return decoder->tls && hs_tls_decoder_has_keys(decoder->tls);
}

/* What asked for the tunnel is no exchange of what goes through it. */
static void forget_the_way_here(hs_trace *trace)
{
    trace->http = (hs_http_facts){0};
    hs_trace_unmark_byte(trace, HS_MILESTONE_REQUEST);
    hs_trace_unmark_byte(trace, HS_MILESTONE_FIRST_RESPONSE);
}

bool hs_decoder_is_late_answer(const hs_decoder *decoder)
{
    return decoder->is_behind || decoder->client_has_gap;
}

hs_result hs_decoder_skip_late_answer(hs_decoder *decoder, hs_bytes bytes)
{
    size_t len = 0;
    hs_bytes rest = bytes;
    while (rest.len > 0 && !begins_with(rest, HS_TLS_HS_SERVER_HELLO)) {
        const uint8_t *next = memchr(rest.data + 1, HS_TLS_HANDSHAKE, rest.len - 1);
        len = next ? (size_t)(next - bytes.data) : bytes.len;
        rest = hs_bytes_of(bytes.data + len, bytes.len - len);
    }
    decoder->server = rest.len > 0 ? HS_SPOKEN_TLS : HS_SPOKEN_UNKNOWN;
    decoder->offset[HS_SERVER] += len;
    hs_tls_decoder_begin_at(decoder->tls, HS_SERVER, decoder->offset[HS_SERVER]);
    decoder->offset[HS_SERVER] += rest.len;
    return rest.len > 0 ? hs_tls_decoder_feed(decoder->tls, HS_SERVER, rest, NULL) : HS_OK;
}

hs_result hs_decoder_begin_tls(hs_decoder *decoder, hs_side from)
{
    hs_application *inside = hs_application_new(decoder->trace);
    hs_tls_decoder *tls = inside ? hs_tls_decoder_new(decoder->trace, decoder->keylog,
                                                      decoder->sessions, inside)
                                 : NULL;
    if (!tls) {
        hs_application_free(inside);
        return HS_NO_MEMORY;
    }
    hs_application_finish(decoder->application);
    hs_application_free(decoder->application);
    forget_the_way_here(decoder->trace);
    decoder->application = inside;
    decoder->tls = tls;
    decoder->client = HS_SPOKEN_TLS;
    decoder->is_behind = true;
    if (from == HS_SERVER) {
        decoder->server = HS_SPOKEN_TLS; /* no need to look what it answers with */
    }
    hs_tls_decoder_begin_at(tls, HS_CLIENT, decoder->offset[HS_CLIENT]);
    hs_tls_decoder_begin_at(tls, HS_SERVER, decoder->offset[HS_SERVER]);
    return HS_OK;
}

/* How the server begins was lost: that does not count against its speaking TLS. */
static hs_result take_for_tls(hs_decoder *decoder)
{
    hs_bytes held = hs_buffer_bytes(&decoder->held[HS_SERVER]);
    decoder->server = HS_SPOKEN_TLS;
    decoder->offset[HS_SERVER] += held.len;
    hs_result result = held.len > 0 ? hs_tls_decoder_feed(decoder->tls, HS_SERVER, held, NULL)
                                    : HS_OK;
    hs_buffer_free(&decoder->held[HS_SERVER]);
    return result;
}

hs_result hs_decoder_gap(hs_decoder *decoder, hs_side from, uint64_t length)
{
    decoder->client_has_gap = decoder->client_has_gap || from == HS_CLIENT;
    hs_result result = HS_OK;
    if (from == HS_SERVER && decoder->client == HS_SPOKEN_TLS &&
        decoder->server == HS_SPOKEN_UNKNOWN) {
        result = take_for_tls(decoder);
    }
    bool is_tls = decoder->client == HS_SPOKEN_TLS &&
                  (from == HS_CLIENT || decoder->server == HS_SPOKEN_TLS);
    if (is_tls) {
        hs_tls_decoder_gap(decoder->tls, from, length);
        return result;
    }
    return decoder->client == HS_SPOKEN_PLAIN ? hs_application_gap(decoder->application, from)
                                              : HS_OK;
}

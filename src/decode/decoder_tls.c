/* TLS that begins behind another protocol: STARTTLS in its many forms, CONNECT, SOCKS, the header
 * that a proxy puts before it. What asks for it is not looked at; the ClientHello shows it, or the
 * ServerHello where the ClientHello was not seen. */
#include "decode/decoder_state.h"

#include <string.h>

#include "base/reader.h"
#include "trace/build.h"
#include "wire/tls/alert.h"
#include "wire/tls/handshake.h"
#include "wire/tls/record.h"

enum { ALERT_LEN = 2 };

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

bool hs_decoder_is_server_hello(const hs_decoder *decoder, hs_bytes bytes)
{
    return (decoder->client_has_gap || decoder->client_is_behind) &&
           begins_with(bytes, HS_TLS_HS_SERVER_HELLO);
}

/* What a record that begins TLS looks like: its head, with other bytes where they may be others. */
typedef struct start {
    uint8_t head[11];
    size_t len;
} start;

static const start client_hello = {
    {HS_TLS_HANDSHAKE, 3, 1, 0, 64, HS_TLS_HS_CLIENT_HELLO, 0, 0, 60, 3, 3}, 11};
static const start server_hello = {
    {HS_TLS_HANDSHAKE, 3, 3, 0, 64, HS_TLS_HS_SERVER_HELLO, 0, 0, 60, 3, 3}, 11};
static const start alert = {{HS_TLS_ALERT, 3, 3, 0, ALERT_LEN, HS_TLS_ALERT_FATAL, 0}, 7};

static bool is_alert(hs_bytes bytes)
{
    size_t size = hs_tls_record_size(bytes);
    return size == HS_TLS_RECORD_HEADER + ALERT_LEN && bytes.data[0] == HS_TLS_ALERT &&
           bytes.len >= size &&
           (bytes.data[HS_TLS_RECORD_HEADER] == HS_TLS_ALERT_WARNING ||
            bytes.data[HS_TLS_RECORD_HEADER] == HS_TLS_ALERT_FATAL);
}

static bool is_start(const start *what, hs_bytes bytes)
{
    return what == &alert ? is_alert(bytes)
                          : begins_with(bytes, (hs_tls_handshake_type)what->head[5]);
}

/* The bytes are the first of such a head, and others may follow that make it one. */
static bool may_be_start(const start *what, hs_bytes bytes)
{
    start made = *what;
    if (bytes.len >= what->len) {
        return false;
    }
    memcpy(made.head, bytes.data, bytes.len);
    return is_start(what, hs_bytes_of(made.head, made.len));
}

/* Where any of two begins, or `bytes` ends in the middle of a head. */
static size_t find_start(hs_bytes bytes, const start *one, const start *other, bool *is_whole)
{
    for (size_t at = 0; at < bytes.len; at++) {
        hs_bytes rest = hs_bytes_of(bytes.data + at, bytes.len - at);
        if (rest.data[0] != one->head[0] && rest.data[0] != other->head[0]) {
            continue;
        }
        *is_whole = is_start(one, rest) || is_start(other, rest);
        if (*is_whole || may_be_start(one, rest) || may_be_start(other, rest)) {
            return at;
        }
    }
    *is_whole = false;
    return bytes.len;
}

size_t hs_decoder_find_hello(hs_bytes bytes, bool *is_whole)
{
    return find_start(bytes, &client_hello, &client_hello, is_whole);
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

static hs_result find_answer(hs_decoder *decoder, hs_bytes bytes)
{
    bool is_whole = false;
    size_t before = find_start(bytes, &server_hello, &alert, &is_whole);
    hs_bytes rest = hs_bytes_of(bytes.data + before, bytes.len - before);
    decoder->offset[HS_SERVER] += before;
    hs_tls_decoder_begin_at(decoder->tls, HS_SERVER, decoder->offset[HS_SERVER]);
    if (!is_whole) {
        return hs_buffer_append(&decoder->held[HS_SERVER], rest);
    }
    decoder->server = HS_SPOKEN_TLS;
    decoder->offset[HS_SERVER] += rest.len;
    return hs_tls_decoder_feed(decoder->tls, HS_SERVER, rest, NULL);
}

hs_result hs_decoder_look_for_answer(hs_decoder *decoder, hs_bytes bytes)
{
    decoder->server = HS_SPOKEN_UNKNOWN;
    return hs_decoder_look_again(decoder, HS_SERVER, bytes, find_answer);
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
    hs_result result = from == HS_CLIENT ? hs_decoder_give_up_hello(decoder) : HS_OK;
    decoder->client_has_gap = decoder->client_has_gap || from == HS_CLIENT;
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
    hs_result passed = decoder->client == HS_SPOKEN_PLAIN
                           ? hs_application_gap(decoder->application, from)
                           : HS_OK;
    return result == HS_OK ? passed : result;
}

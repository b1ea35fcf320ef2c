/* What is spoken, found out from the first bytes: TLS goes to its decoder, all else is the
 * application's. The server's first bytes are held until the client has shown what it speaks. */
#include "decode/decoder.h"

#include <string.h>

#include <openssl/err.h>

#include "decode/decoder_state.h"
#include "decode/milestones.h"
#include "trace/build.h"
#include "wire/tls/record.h"

hs_decoder *hs_decoder_new(hs_trace *trace, const hs_keylog *keylog)
{
    hs_decoder *d = HS_ARENA_NEW(hs_trace_arena(trace), hs_decoder);
    if (!d) {
        return NULL;
    }
    d->trace = trace;
    d->keylog = keylog;
    d->application = hs_application_new(trace);
    hs_buffer_init(&d->held[HS_CLIENT], HS_DECODER_HELD_MAX);
    hs_buffer_init(&d->held[HS_SERVER], HS_DECODER_HELD_MAX);
    return d->application ? d : NULL;
}

void hs_decoder_free(hs_decoder *decoder)
{
    if (!decoder) {
        return;
    }
    hs_tls_decoder_free(decoder->tls);
    hs_application_free(decoder->application);
    hs_buffer_free(&decoder->held[HS_CLIENT]);
    hs_buffer_free(&decoder->held[HS_SERVER]);
}

/* What does not decrypt leaves errors behind in libcrypto, which others would take for theirs. For
 * a light trace without keys nothing is decrypted, and no certificate read. */
static bool asks_libcrypto(const hs_decoder *d)
{
    return d->keylog || !hs_trace_is_light(d->trace);
}

static void mark_errors(const hs_decoder *d)
{
    if (asks_libcrypto(d)) {
        ERR_set_mark();
    }
}

static void pop_errors(const hs_decoder *d)
{
    if (asks_libcrypto(d)) {
        ERR_pop_to_mark();
    }
}

void hs_decoder_set_sessions(hs_decoder *decoder, hs_tls12_sessions *sessions)
{
    decoder->sessions = sessions;
}

void hs_decoder_set_hello(hs_decoder *decoder, const hs_tls_hello *hello)
{
    decoder->hello = hello;
}

static hs_result feed_tls(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    d->offset[from] += bytes.len;
    return hs_tls_decoder_feed(d->tls, from, bytes, d->hello);
}

static hs_result feed_application(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    if (bytes.len == 0) {
        return HS_OK;
    }
    hs_chunk chunk = {.from = from,
                      .bytes = bytes,
                      .first = d->offset[from],
                      .end = d->offset[from] + bytes.len,
                      .is_protected = false};
    d->offset[from] = chunk.end;
    return hs_application_feed(d->application, &chunk);
}

static hs_result begin_tls(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    hs_result begun = hs_decoder_begin_tls(d, from);
    return begun == HS_OK ? feed_tls(d, from, bytes) : begun;
}

/* What the client says that is no TLS; but a ClientHello may come behind it (STARTTLS, a proxy), as
 * long as nobody knows which protocol it is. What may be the start of one waits for the rest. */
static hs_result look_for_hello(hs_decoder *d, hs_bytes bytes)
{
    hs_result result = HS_OK;
    while (result == HS_OK && bytes.len > 0) {
        bool is_whole = false;
        size_t before = hs_decoder_find_hello(bytes, &is_whole);
        result = feed_application(d, HS_CLIENT, hs_bytes_of(bytes.data, before));
        bytes = hs_bytes_of(bytes.data + before, bytes.len - before);
        if (result == HS_OK && bytes.len > 0 && hs_decoder_may_begin_tls(d)) {
            return is_whole ? begin_tls(d, HS_CLIENT, bytes)
                            : hs_buffer_append(&d->held[HS_CLIENT], bytes);
        }
        if (result == HS_OK && bytes.len > 0) { /* that was none: the next may be one */
            result = feed_application(d, HS_CLIENT, hs_bytes_of(bytes.data, 1));
            bytes = hs_bytes_of(bytes.data + 1, bytes.len - 1);
        }
    }
    return result;
}

hs_result hs_decoder_look_again(hs_decoder *d, hs_side from, hs_bytes behind,
                                hs_result (*look)(hs_decoder *, hs_bytes))
{
    hs_bytes held = hs_buffer_bytes(&d->held[from]);
    if (held.len == 0) {
        return look(d, behind);
    }
    hs_buffer all;
    hs_buffer_init(&all, held.len + behind.len);
    hs_result result = hs_buffer_append(&all, held);
    result = result == HS_OK ? hs_buffer_append(&all, behind) : result;
    hs_buffer_free(&d->held[from]);
    result = result == HS_OK ? look(d, hs_buffer_bytes(&all)) : result;
    hs_buffer_free(&all);
    return result;
}

hs_result hs_decoder_give_up_hello(hs_decoder *d)
{
    if (d->client != HS_SPOKEN_PLAIN) {
        return HS_OK;
    }
    hs_result result = feed_application(d, HS_CLIENT, hs_buffer_bytes(&d->held[HS_CLIENT]));
    hs_buffer_free(&d->held[HS_CLIENT]);
    return result;
}

static hs_result feed_plain(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    if (bytes.len == 0) {
        return HS_OK;
    }
    if (from == HS_CLIENT) {
        return hs_decoder_look_again(d, from, bytes, look_for_hello);
    }
    if (hs_decoder_may_begin_tls(d) && hs_decoder_is_server_hello(d, bytes)) {
        return begin_tls(d, from, bytes);
    }
    return feed_application(d, from, bytes);
}

/* A record's type and major version; HS_NEED_MORE while both are possible. */
static hs_spoken sniff_record(hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    uint16_t length = 0;
    if (hs_tls_record_size(bytes) > 0) {
        return HS_SPOKEN_TLS;
    }
    hs_bytes head = hs_bytes_of(bytes.data, bytes.len < 3 ? bytes.len : 3);
    hs_reader_init(&r, head, &fault, NULL);
    if (hs_tls_record_read_header(&r, &record, &length) == HS_MALFORMED) {
        return HS_SPOKEN_PLAIN;
    }
    return bytes.len < 3 ? HS_SPOKEN_UNKNOWN : HS_SPOKEN_TLS;
}

/* A client begins TLS with a handshake record, or long ago with an SSLv2 ClientHello. */
static hs_spoken sniff_client(hs_bytes bytes)
{
    if (bytes.len == 0) {
        return HS_SPOKEN_UNKNOWN;
    }
    hs_result ssl2 = hs_tls_ssl2_client_hello_detect(bytes);
    if (ssl2 != HS_MALFORMED) {
        return ssl2 == HS_OK ? HS_SPOKEN_TLS : HS_SPOKEN_UNKNOWN;
    }
    return bytes.data[0] == HS_TLS_HANDSHAKE ? sniff_record(bytes) : HS_SPOKEN_PLAIN;
}

static void keep_first_bytes(hs_decoder *d, hs_bytes bytes)
{
    size_t room = HS_DECODER_FIRST_BYTES_MAX - d->first_len;
    size_t len = bytes.len < room ? bytes.len : room;
    if (len > 0) {
        memcpy(d->first_bytes + d->first_len, bytes.data, len);
        d->first_len += len;
    }
}

/* The server's bytes, once the client is known to speak TLS. */
static hs_result feed_server(hs_decoder *d, hs_bytes bytes)
{
    hs_buffer *held = &d->held[HS_SERVER];
    if (d->server == HS_SPOKEN_PLAIN) {
        keep_first_bytes(d, bytes);
        return feed_plain(d, HS_SERVER, bytes);
    }
    if (d->server == HS_SPOKEN_TLS) {
        return feed_tls(d, HS_SERVER, bytes);
    }
    if (d->is_behind) {
        return hs_decoder_look_for_answer(d, bytes);
    }
    bool is_first = hs_buffer_bytes(held).len == 0;
    hs_result result = is_first ? HS_OK : hs_buffer_append(held, bytes);
    if (result != HS_OK) {
        return result;
    }
    hs_bytes all = is_first ? bytes : hs_buffer_bytes(held);
    d->server = sniff_record(all);
    if (d->server == HS_SPOKEN_UNKNOWN) {
        return is_first ? hs_buffer_append(held, bytes) : HS_OK;
    }
    if (d->server == HS_SPOKEN_PLAIN && d->client_has_gap) {
        return hs_decoder_look_for_answer(d, is_first ? bytes : hs_bytes_of(NULL, 0));
    }
    if (d->server == HS_SPOKEN_PLAIN) {
        keep_first_bytes(d, all);
        result = feed_plain(d, HS_SERVER, all);
    } else {
        result = feed_tls(d, HS_SERVER, all);
    }
    hs_buffer_free(held);
    return result;
}

static hs_result feed_decided(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    if (d->client == HS_SPOKEN_PLAIN) {
        return feed_plain(d, from, bytes);
    }
    return from == HS_CLIENT ? feed_tls(d, from, bytes) : feed_server(d, bytes);
}

/* Passes on what was held, in the order in which the sides began to speak. */
static hs_result decide(hs_decoder *d, hs_spoken client)
{
    d->client = client;
    if (client == HS_SPOKEN_TLS) {
        d->tls = hs_tls_decoder_new(d->trace, d->keylog, d->sessions, d->application);
        if (!d->tls) {
            d->client = HS_SPOKEN_PLAIN;
            return HS_NO_MEMORY;
        }
    }
    hs_side order[2] = {d->first_from, d->first_from == HS_CLIENT ? HS_SERVER : HS_CLIENT};
    hs_result worst = HS_OK;
    for (int i = 0; i < 2; i++) {
        hs_buffer held = d->held[order[i]];
        hs_buffer_init(&d->held[order[i]], HS_DECODER_HELD_MAX);
        hs_result result = feed_decided(d, order[i], hs_buffer_bytes(&held));
        worst = worst == HS_OK ? result : worst;
        hs_buffer_free(&held);
    }
    return worst;
}

/* The first bytes of all that decide, as most do: they need not be held. */
static bool decides_at_once(const hs_decoder *d, hs_side from, hs_bytes bytes, hs_spoken *client)
{
    if (from != HS_CLIENT || hs_buffer_bytes(&d->held[HS_CLIENT]).len > 0 ||
        hs_buffer_bytes(&d->held[HS_SERVER]).len > 0) {
        return false;
    }
    *client = sniff_client(bytes);
    return *client != HS_SPOKEN_UNKNOWN;
}

static hs_result feed_undecided(hs_decoder *d, hs_side from, hs_bytes bytes)
{
    hs_buffer *held = &d->held[from];
    hs_spoken spoken;
    if (decides_at_once(d, from, bytes, &spoken)) {
        hs_result decided = decide(d, spoken);
        hs_result fed = feed_decided(d, from, bytes);
        return decided == HS_OK ? fed : decided;
    }
    hs_result result = hs_buffer_append(held, bytes);
    if (result == HS_LIMIT) {
        /* The server talks and the client listens: this is not TLS. */
        result = decide(d, HS_SPOKEN_PLAIN);
        return result == HS_OK ? feed_decided(d, from, bytes) : result;
    }
    if (result == HS_OK && from == HS_CLIENT) {
        hs_spoken client = sniff_client(hs_buffer_bytes(held));
        if (client != HS_SPOKEN_UNKNOWN) {
            result = decide(d, client);
        }
    }
    return result;
}

hs_result hs_decoder_feed(hs_decoder *decoder, hs_side from, hs_bytes bytes, hs_moment moment)
{
    hs_decoder *d = decoder;
    if (bytes.len == 0) {
        return HS_OK;
    }
    hs_trace_add_segment(d->trace, from, bytes.len, moment);
    if (!d->has_spoken[from]) {
        d->has_spoken[from] = true;
        hs_milestone_first_byte(d->trace, from);
        if (!d->has_spoken[from == HS_CLIENT ? HS_SERVER : HS_CLIENT]) {
            d->first_from = from;
        }
    }
    mark_errors(d);
    hs_result result = d->client == HS_SPOKEN_UNKNOWN ? feed_undecided(d, from, bytes)
                                                      : feed_decided(d, from, bytes);
    pop_errors(d);
    return result;
}

hs_result hs_decoder_keys_changed(hs_decoder *decoder)
{
    if (!decoder->tls) {
        return HS_OK;
    }
    mark_errors(decoder);
    hs_result result = hs_tls_decoder_keys_changed(decoder->tls);
    pop_errors(decoder);
    return result;
}

void hs_decoder_end(hs_decoder *decoder, hs_side from)
{
    /* A client that ended before it could be told from another did not speak TLS. What is not whole
     * is shown at the finish, behind what still waits for its keys. */
    if (from == HS_CLIENT && decoder->client == HS_SPOKEN_UNKNOWN) {
        (void)decide(decoder, HS_SPOKEN_PLAIN);
    }
}

hs_result hs_decoder_finish(hs_decoder *decoder)
{
    hs_decoder *d = decoder;
    hs_result result = HS_OK;
    mark_errors(d);
    if (d->client == HS_SPOKEN_UNKNOWN) {
        result = decide(d, HS_SPOKEN_PLAIN);
    }
    hs_result given_up = hs_decoder_give_up_hello(d);
    result = result == HS_OK ? given_up : result;
    if (d->tls) {
        hs_bytes head = hs_buffer_bytes(&d->held[HS_SERVER]);
        if (head.len > 0) {
            result = feed_tls(d, HS_SERVER, head);
            hs_buffer_free(&d->held[HS_SERVER]);
        }
        hs_result finished = hs_tls_decoder_finish(d->tls);
        result = result == HS_OK ? finished : result;
    }
    hs_application_finish(d->application);
    pop_errors(d);
    return result;
}

bool hs_decoder_not_tls(const hs_decoder *decoder, hs_bytes *first_bytes)
{
    bool not_tls = decoder->client == HS_SPOKEN_TLS && decoder->server == HS_SPOKEN_PLAIN;
    if (first_bytes) {
        *first_bytes = not_tls ? hs_bytes_of(decoder->first_bytes, decoder->first_len)
                               : (hs_bytes){0};
    }
    return not_tls;
}

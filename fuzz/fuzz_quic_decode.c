/* Both directions of a QUIC connection, with key log lines between them: decoded as they come, and
 * again with all keys known before and the server's datagrams first. Whatever they say, it can be
 * told, and nothing grows without a limit. */
#include <stdlib.h>

#include "connection.h"
#include "decode/quic.h"
#include "trace/build.h"

enum {
    MEMORY_MAX = HS_QUIC_WAITING_MAX + 6 * HS_QUIC_CRYPTO_MAX +
                 2 * HS_QUIC_FOLLOWED_STREAMS_MAX * HS_QUIC_STREAM_MAX + 2048 * 1024,
};

/* Steps of these kinds, one bit each. */
static void play(hs_quic_decoder *decoder, hs_keylog *keylog, hs_bytes input, unsigned kinds)
{
    hs_fault fault;
    hs_reader r;
    step s;
    hs_moment moment = {0, HS_CLOCK_CAPTURE};
    hs_reader_init(&r, input, &fault, NULL);
    while (next_step(&r, &s)) {
        moment.at += HS_MILLISECOND;
        if (!(kinds >> s.kind & 1)) {
            continue;
        }
        if (s.kind == KEY) {
            (void)!hs_keylog_add_line(keylog, s.bytes);
            (void)!hs_quic_decoder_keys_changed(decoder);
        } else {
            (void)!hs_quic_decoder_feed(decoder, s.kind == CLIENT ? HS_CLIENT : HS_SERVER, s.bytes,
                                        moment);
        }
        if (hs_quic_decoder_memory(decoder) > MEMORY_MAX) {
            abort();
        }
    }
}

static void decode(hs_quic_crypto *crypto, hs_bytes input, bool keys_first)
{
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(64);
    hs_quic_decoder *decoder = trace && keylog ? hs_quic_decoder_new(trace, keylog, crypto) : NULL;
    if (!decoder) {
        abort();
    }
    if (keys_first) {
        play(decoder, keylog, input, 1 << KEY);
        play(decoder, keylog, input, 1 << SERVER);
        play(decoder, keylog, input, 1 << CLIENT);
    } else {
        play(decoder, keylog, input, 1 << KEY | 1 << SERVER | 1 << CLIENT);
    }
    (void)!hs_quic_decoder_finish(decoder);
    (void)hs_quic_decoder_fail(decoder, HS_SECOND, true);
    hs_quic_decoder_free(decoder);
    hs_keylog_free(keylog);
    (void)!hs_trace_finish(trace);
    annotate_all(trace);
    hs_trace_free(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hs_quic_crypto *crypto;
    if (!crypto && hs_quic_crypto_new(&crypto) != HS_OK) {
        abort();
    }
    decode(crypto, hs_bytes_of(data, size), false);
    decode(crypto, hs_bytes_of(data, size), true);
    return 0;
}

/* TLS within QUIC (RFC 9001 4): messages come whole, out of CRYPTO frames, without records. Which
 * keys QUIC makes is its own; what it makes them with is told here. */
#include "decode/tls_state.h"

hs_tls_decoder *hs_tls_decoder_new_quic(hs_trace *trace)
{
    hs_tls_decoder *decoder = hs_tls_decoder_new(trace, NULL, NULL, NULL);
    if (decoder) {
        decoder->is_quic = true;
    }
    return decoder;
}

static hs_tls_found found_of(hs_tls_decoder *d, const hs_tls_carried *message)
{
    return (hs_tls_found){.direction = &d->sides[message->from],
                          .raw = message->bytes,
                          .first = message->first,
                          .end = message->end,
                          .is_protected = message->is_protected};
}

void hs_tls_decoder_message(hs_tls_decoder *decoder, const hs_tls_carried *message)
{
    hs_tls_found found = found_of(decoder, message);
    decoder->place++;
    if (!found.direction->is_stopped) {
        hs_tls_handle_message(decoder, &found);
    }
}

void hs_tls_decoder_incomplete(hs_tls_decoder *decoder, const hs_tls_carried *message)
{
    hs_tls_found found = found_of(decoder, message);
    if (!found.direction->is_stopped && found.raw.len > 0) {
        hs_tls_show_incomplete_message(decoder, &found);
    }
}

bool hs_tls_decoder_suite(const hs_tls_decoder *decoder, uint16_t *suite)
{
    *suite = decoder->cipher;
    return decoder->has_server_hello && decoder->version == HS_TLS_1_3;
}

size_t hs_tls_decoder_offered_suites(const hs_tls_decoder *decoder, const uint16_t **suites)
{
    *suites = decoder->tls13_suites;
    return decoder->tls13_suite_count;
}

hs_bytes hs_tls_decoder_client_random(const hs_tls_decoder *decoder)
{
    return decoder->has_client_hello ? hs_tls_random(decoder->first_random) : (hs_bytes){0};
}

hs_bytes hs_tls_decoder_first_alpn(const hs_tls_decoder *decoder)
{
    return hs_bytes_of(decoder->first_alpn, decoder->first_alpn_len);
}

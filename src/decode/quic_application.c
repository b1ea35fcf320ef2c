/* Who gets the bytes of streams: by ALPN. What is no HTTP/3 is shown as data, the first of each
 * direction. */
#include <string.h>

#include "decode/http3.h"
#include "decode/quic_parts.h"

enum { TEXT_SHOWN = 64, BYTES_KEPT = 1024 };

bool hs_quic_application_is_known(const hs_quic_decoder *d)
{
    /* Where the server chose nothing, its EncryptedExtensions were seen all the same. */
    return d->is_finishing || d->trace->tls.alpn || d->trace->quic.server_parameters.seen;
}

/* "h3", and the drafts' "h3-29" (RFC 9114 3.1). Where the choice is hidden, early data has what the
 * client offers first (RFC 8446 4.2.10). */
static bool is_http3(const hs_quic_decoder *d)
{
    const char *alpn = d->trace->tls.alpn;
    hs_bytes protocol = alpn ? hs_bytes_of(alpn, strlen(alpn)) : hs_tls_decoder_first_alpn(d->tls);
    if (!alpn && d->trace->quic.server_parameters.seen) {
        return false;
    }
    return hs_bytes_are(protocol, "h3") ||
           (protocol.len > 3 && hs_bytes_are(hs_bytes_of(protocol.data, 3), "h3-"));
}

static void show_data(hs_quic_decoder *d, hs_side from, uint64_t stream_id,
                      const hs_quic_piece *piece)
{
    hs_bytes raw = piece->bytes;
    raw.len = raw.len < BYTES_KEPT ? raw.len : BYTES_KEPT;
    hs_message message = {.from = from,
                          .layer = HS_LAYER_DATA,
                          .is_protected = true,
                          .name = "data",
                          .bytes = piece->bytes.len,
                          .raw = raw,
                          .first = piece->first,
                          .end = piece->end};
    hs_event *event = hs_trace_add_event(d->trace, &message);
    hs_event_add_number(d->trace, event, "stream", (int64_t)stream_id);
    if (event) {
        raw.len = raw.len < TEXT_SHOWN ? raw.len : TEXT_SHOWN;
        hs_event_add_text(d->trace, event, "text", hs_arena_escaped(hs_trace_arena(d->trace), raw));
    }
}

void hs_quic_application_data(hs_quic_decoder *d, hs_side from, uint64_t stream_id,
                              const hs_quic_piece *piece, bool fin)
{
    hs_quic_direction *direction = &d->sides[from];
    if (!d->http3 && is_http3(d)) {
        d->http3 = hs_http3_decoder_new(d->trace);
    }
    if (d->http3) {
        hs_result result = hs_http3_decoder_feed(d->http3, from, stream_id, piece->bytes, fin,
                                                 piece->first, piece->end, piece->is_early);
        if (result != HS_OK) {
            hs_quic_lose(d, result);
        }
    } else if (!direction->has_data && piece->bytes.len > 0) {
        direction->has_data = true;
        show_data(d, from, stream_id, piece);
    }
}

void hs_quic_application_gap(hs_quic_decoder *d, hs_side from, uint64_t stream_id, uint64_t length)
{
    if (d->http3) {
        hs_http3_decoder_gap(d->http3, from, stream_id, length);
    }
}

void hs_quic_application_finish(hs_quic_decoder *d)
{
    if (d->http3) {
        hs_http3_decoder_finish(d->http3);
    }
}

void hs_quic_application_free(hs_quic_decoder *d)
{
    hs_http3_decoder_free(d->http3);
    d->http3 = NULL;
}

size_t hs_quic_application_memory(const hs_quic_decoder *d)
{
    return d->http3 ? hs_http3_decoder_memory(d->http3) : 0;
}

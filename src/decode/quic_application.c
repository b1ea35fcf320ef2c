/* Who gets the bytes of streams: by ALPN. What is no HTTP/3 is shown as data, the first of each
 * direction. */
#include "decode/quic_state.h"

enum { TEXT_SHOWN = 64, BYTES_KEPT = 1024 };

bool hs_quic_application_is_known(const hs_quic_decoder *d)
{
    /* Where the server chose nothing, its EncryptedExtensions were seen all the same. */
    return d->is_finishing || d->trace->tls.alpn || d->trace->quic.server_parameters.seen;
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
    (void)fin;
    hs_quic_direction *direction = &d->sides[from];
    if (!direction->has_data && piece->bytes.len > 0) {
        direction->has_data = true;
        show_data(d, from, stream_id, piece);
    }
}

void hs_quic_application_gap(hs_quic_decoder *d, hs_side from, uint64_t stream_id, uint64_t length)
{
    (void)d;
    (void)from;
    (void)stream_id;
    (void)length;
}

void hs_quic_application_finish(hs_quic_decoder *d)
{
    (void)d;
}

void hs_quic_application_free(hs_quic_decoder *d)
{
    (void)d;
}

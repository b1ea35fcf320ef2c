/* One QUIC connection's datagrams to a trace (RFC 9000, 9001, 9369; drafts 29 to 34): packets,
 * their protection, frames, the TLS messages in CRYPTO frames, and the bytes of streams, which go
 * on to the decoder of HTTP/3 or are shown as data.
 *
 * Datagrams may be fed in any order, and their keys may come late: what is found is placed by the
 * bytes that carried it. Packets without keys wait, at most HS_QUIC_WAITING_MAX bytes; where the
 * key log is NULL only those wait whose keys are made from what a packet of the other side says.
 * What waits at the finish is shown as protected. All else that a peer can make grow has a limit
 * too (below); what is beyond it is not kept, and `trace->incomplete` says so. */
#ifndef HS_DECODE_QUIC_H
#define HS_DECODE_QUIC_H

#include <stdbool.h>

#include <handshake/trace.h>

#include "secrets/keylog.h"
#include "secrets/quic_crypto.h"

enum {
    HS_QUIC_WAITING_MAX = 256 * 1024, /* bytes of packets that wait for keys */
    HS_QUIC_CRYPTO_MAX = 256 * 1024,  /* bytes of one level's CRYPTO data that came too early */
    HS_QUIC_STREAM_MAX = 64 * 1024, /* bytes of one stream that came too early, or wait for ALPN */
    HS_QUIC_PIECES_MAX = 1024,      /* pieces that those bytes may be in */
    HS_QUIC_FOLLOWED_STREAMS_MAX = 32, /* streams that are put in order */
    HS_QUIC_ENDED_STREAMS_MAX = 64,    /* streams that ended and are known by their numbers alone */
    HS_QUIC_IDS_MAX = 16,              /* connection IDs that a side issued, kept */
    HS_QUIC_TOKENS_MAX = 16,           /* stateless reset tokens of a side, kept */
    HS_QUIC_GENERATIONS_MAX = 6,       /* sets of Initial keys: versions, Retry, attempts */
    HS_QUIC_GUESSES_MAX = 8,    /* Initial packets whose own Destination ID is tried for keys */
    HS_QUIC_RECORDS_MAX = 2048, /* packets that round trips and losses are computed from */
    HS_QUIC_OFFERED_MAX = 64,   /* versions of Version Negotiation, kept */
};

typedef struct hs_quic_decoder hs_quic_decoder;

/* All must outlive the decoder; `keylog` may be NULL. Datagrams follow those that the trace has
 * already. NULL when out of memory. */
hs_quic_decoder *hs_quic_decoder_new(hs_trace *trace, const hs_keylog *keylog,
                                     hs_quic_crypto *crypto);
void hs_quic_decoder_free(hs_quic_decoder *decoder);

/* A UDP payload that crossed at `moment`. Adds it to the trace as one segment, then decodes. Never
 * fails on what the peer sent. HS_NO_MEMORY, HS_LIMIT: something was not decoded, and the trace
 * says so; feeding may go on. */
HS_CHECKED hs_result hs_quic_decoder_feed(hs_quic_decoder *decoder, hs_side from, hs_bytes datagram,
                                          hs_moment moment);
/* The same, with the ECN field of its IP packet (RFC 3168 5: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE).
 */
HS_CHECKED hs_result hs_quic_decoder_feed_marked(hs_quic_decoder *decoder, hs_side from,
                                                 hs_bytes datagram, hs_moment moment, int ecn);
/* The key log has grown: packets that wait are looked at again. */
HS_CHECKED hs_result hs_quic_decoder_keys_changed(hs_quic_decoder *decoder);
/* No more is coming: shows what waits, settles the facts. Then hs_trace_finish may follow. */
HS_CHECKED hs_result hs_quic_decoder_finish(hs_quic_decoder *decoder);

/* The first client Initial has opened: this is QUIC, of a version that is known. */
bool hs_quic_decoder_has_begun(const hs_quic_decoder *decoder);
/* The client may send 1-RTT data, as far as can be seen: see HS_MILESTONE_QUIC_DONE. */
bool hs_quic_decoder_is_done(const hs_quic_decoder *decoder);
/* Nothing of the handshake is to come: HANDSHAKE_DONE was seen, or, hidden, a 1-RTT packet of the
 * server behind one of the client; or the connection was closed or reset. */
bool hs_quic_decoder_is_over(const hs_quic_decoder *decoder);

/* Bytes that it holds beside the trace, about. */
size_t hs_quic_decoder_memory(const hs_quic_decoder *decoder);

/* The connection IDs that `issuer` wants in the packets it gets: its Source Connection IDs, those
 * of NEW_CONNECTION_ID and of preferred_address; of the server's also the client's first choice.
 * Writes at most `max` and returns how many; borrowed until the decoder is fed again. */
size_t hs_quic_decoder_connection_ids(const hs_quic_decoder *decoder, hs_side issuer, hs_bytes *ids,
                                      size_t max);
/* Counts up whenever one of them is new. */
unsigned hs_quic_decoder_connection_id_changes(const hs_quic_decoder *decoder);

/* Says why the handshake failed, if it did, by hs_trace_fail; call it after hs_quic_decoder_finish.
 * `elapsed` is that of the trace's end. With `is_silent` a handshake that neither ended nor was
 * closed has timed out; a live probe says that itself. True: there is a failure. */
bool hs_quic_decoder_fail(hs_quic_decoder *decoder, hs_time elapsed, bool is_silent);

#endif

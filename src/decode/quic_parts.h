/* What the files of the QUIC decoder do for one another. */
#ifndef HS_DECODE_QUIC_PARTS_H
#define HS_DECODE_QUIC_PARTS_H

#include "decode/quic_state.h"

/* quic_ids.c: connection IDs and tokens. */
void hs_quic_id_set(hs_quic_id *id, hs_bytes bytes);
void hs_quic_issue(hs_quic_decoder *d, hs_side side, hs_bytes id);
void hs_quic_give_token(hs_quic_decoder *d, hs_side side, hs_bytes token);
/* The datagram ends with a token that its sender gave. */
bool hs_quic_is_stateless_reset(const hs_quic_decoder *d, const hs_quic_found *found);
/* Of the packets with a short header that `from` sends; 0 while unknown. */
size_t hs_quic_short_id_len(const hs_quic_decoder *d, hs_side from);

/* quic_initial.c: Initial keys. Results as hs_quic_open. */
HS_CHECKED hs_result hs_quic_open_initial(hs_quic_decoder *d, const hs_quic_found *found,
                                          hs_quic_opened *out);
HS_CHECKED hs_result hs_quic_add_generation(hs_quic_decoder *d, uint32_t version, hs_bytes dcid);
/* The keys of all generations are given back: the client begins anew. */
void hs_quic_free_generations(hs_quic_decoder *d);

/* quic_keys.c: keys of a key log. Results as hs_quic_open. */
HS_CHECKED hs_result hs_quic_open_traffic(hs_quic_decoder *d, const hs_quic_found *found,
                                          hs_quic_opened *out);
void hs_quic_free_keys(hs_quic_direction *direction);

/* quic_packet.c: HS_OK: `out` has what is inside. HS_NO_KEY: its key may still come.
 * HS_MALFORMED: it does not authenticate with the key that it should have. HS_INVALID: there can be
 * no key here. HS_NO_MEMORY, HS_CRYPTO. */
HS_CHECKED hs_result hs_quic_open(hs_quic_decoder *d, const hs_quic_found *found,
                                  hs_quic_opened *out);
/* Opens with these keys into the scratch. HS_MALFORMED: it does not authenticate. */
HS_CHECKED hs_result hs_quic_try(hs_quic_decoder *d, hs_quic_keys *keys, const hs_quic_found *found,
                                 hs_quic_space space, hs_quic_opened *out);
hs_quic_space hs_quic_space_of(hs_quic_packet_type type);
/* Notes its number; whether it was there before. */
bool hs_quic_note_number(hs_quic_numbers *numbers, uint64_t number);

/* quic_retry.c: Retry and Version Negotiation. False: they have to wait for the client's Initial.
 */
bool hs_quic_take_retry(hs_quic_decoder *d, const hs_quic_found *found, bool forced);
bool hs_quic_take_negotiation(hs_quic_decoder *d, const hs_quic_found *found, bool forced);
/* The client's handshake begins again from nothing. */
void hs_quic_begin_anew(hs_quic_decoder *d);

/* quic_waiting.c */
void hs_quic_wait(hs_quic_decoder *d, const hs_quic_found *found);
/* All that need not wait any longer. With `forced` all, as it is. */
void hs_quic_pump(hs_quic_decoder *d, bool forced);
void hs_quic_free_waiting(hs_quic_decoder *d);

/* quic_receive.c: one packet. False: it has to wait. */
bool hs_quic_receive(hs_quic_decoder *d, const hs_quic_found *found, bool forced);

/* quic_joined.c: a packet with a short header that did not authenticate as a whole. False: nor does
 * it up to where another one may begin. */
bool hs_quic_receive_joined(hs_quic_decoder *d, const hs_quic_found *found);

/* quic_frames.c: the frames of a packet, and what they say. */
void hs_quic_frames(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_opened *opened);

/* quic_crypto_stream.c */
/* Whether any of it had been sent before. */
bool hs_quic_crypto_data(hs_quic_decoder *d, const hs_quic_found *found, hs_quic_space space,
                         uint64_t offset, hs_bytes data);
/* The data is sent again from its beginning (after a Retry). */
void hs_quic_crypto_stream_again(hs_quic_crypto_stream *stream);
void hs_quic_crypto_stream_finish(hs_quic_decoder *d);
void hs_quic_crypto_stream_free(hs_quic_crypto_stream *stream);

/* quic_stream.c */
void hs_quic_stream_data(hs_quic_decoder *d, const hs_quic_found *found,
                         const hs_quic_frame *frame);
/* ALPN may be known now. */
void hs_quic_streams_pump(hs_quic_decoder *d);
void hs_quic_streams_finish(hs_quic_decoder *d);
void hs_quic_decoder_streams_free(hs_quic_decoder *d);

/* quic_application.c: who gets the bytes of streams, by ALPN. */
/* Whether it is known, or will not be known any better. */
bool hs_quic_application_is_known(const hs_quic_decoder *d);
void hs_quic_application_data(hs_quic_decoder *d, hs_side from, uint64_t stream_id,
                              const hs_quic_piece *piece, bool fin);
/* `length` bytes of the stream were not seen. */
void hs_quic_application_gap(hs_quic_decoder *d, hs_side from, uint64_t stream_id, uint64_t length);
void hs_quic_application_finish(hs_quic_decoder *d);
void hs_quic_application_free(hs_quic_decoder *d);
size_t hs_quic_application_memory(const hs_quic_decoder *d);

/* quic_facts.c */
void hs_quic_learn_parameters(hs_quic_decoder *d);
void hs_quic_learn_close(hs_quic_decoder *d, const hs_quic_found *found,
                         const hs_quic_frame *frame);
void hs_quic_settle(hs_quic_decoder *d);

/* quic_ack.c: sums over all packets, at the finish. */
void hs_quic_record_packet(hs_quic_decoder *d, const hs_quic_record *record);
void hs_quic_sum_up(hs_quic_decoder *d);

/* quic_amplification.c */
void hs_quic_learn_amplification(hs_quic_decoder *d);

/* quic_events.c */
/* Of hs_event.type, beside the types of packets. */
enum { HS_EVENT_QUIC_RESET = 0x10, HS_EVENT_QUIC_NO_PACKET = 0x11 };
hs_event *hs_quic_show_datagram(hs_quic_decoder *d, hs_side from, hs_bytes datagram, uint64_t first,
                                int ecn);
hs_event *hs_quic_show_packet(hs_quic_decoder *d, const hs_quic_found *found,
                              const hs_quic_opened *opened);
/* A packet without a key; `why` NULL, or what is wrong with it. */
hs_event *hs_quic_show_protected(hs_quic_decoder *d, const hs_quic_found *found, const char *why);
void hs_quic_show_reset(hs_quic_decoder *d, const hs_quic_found *found);
/* Bytes of a datagram that are no packet. */
void hs_quic_show_trailing(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes bytes,
                           const hs_fault *fault);
/* Something was lost to a limit or to memory. */
void hs_quic_lose(hs_quic_decoder *d, hs_result result);

/* quic_frame_events.c */
void hs_quic_show_frame(hs_quic_decoder *d, const hs_quic_found *found, const hs_quic_frame *frame);
void hs_quic_show_frame_fault(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes raw,
                              const hs_fault *fault);
/* "CRYPTO[0..1161) PADDING 33" of a payload. */
enum { HS_QUIC_FRAMES_TEXT = 256 };
void hs_quic_frames_text(hs_bytes payload, char text[HS_QUIC_FRAMES_TEXT]);

#endif

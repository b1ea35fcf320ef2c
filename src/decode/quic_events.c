/* The events of datagrams and packets. */
#include "decode/quic_parts.h"

#include <stdlib.h>

#include "wire/quic/transport_parameters.h"

/* In front of its packets, whose last bytes are behind its first. */
hs_event *hs_quic_show_datagram(hs_quic_decoder *d, hs_side from, hs_bytes datagram, uint64_t first,
                                int ecn)
{
    static const char *const marks[] = {"Not-ECT", "ECT(1)", "ECT(0)", "CE"};
    hs_message message = {.from = from,
                          .layer = HS_LAYER_UDP,
                          .name = "Datagram",
                          .bytes = datagram.len,
                          .raw = datagram,
                          .first = first,
                          .end = first};
    hs_event *event = hs_trace_add_event(d->trace, &message);
    if (ecn >= 0 && ecn < (int)(sizeof marks / sizeof marks[0])) {
        hs_event_add_text(d->trace, event, "ecn", marks[ecn]);
    }
    return event;
}

static hs_message message_of(const hs_quic_found *found)
{
    return (hs_message){.from = found->from,
                        .layer = HS_LAYER_QUIC,
                        .type = (uint16_t)(HS_EVENT_QUIC_PACKET | found->packet.type),
                        .is_protected = found->packet.type == HS_QUIC_0RTT ||
                                        found->packet.type == HS_QUIC_HANDSHAKE ||
                                        found->packet.type == HS_QUIC_1RTT,
                        .name = hs_quic_packet_type_name(found->packet.type),
                        .bytes = found->packet.bytes.len,
                        .first = found->first,
                        .end = found->end};
}

static void add_hex(hs_quic_decoder *d, hs_event *event, const char *key, hs_bytes bytes)
{
    if (event && bytes.len > 0) {
        hs_event_add_text(d->trace, event, key, hs_arena_hex(hs_trace_arena(d->trace), bytes));
    }
}

static void tell_versions(hs_quic_decoder *d, hs_event *event, hs_bytes versions)
{
    enum { SHOWN = 16 };
    char list[SHOWN * (HS_QUIC_VERSION_TEXT_SIZE + 1)] = "";
    char text[HS_QUIC_VERSION_TEXT_SIZE];
    uint32_t version = 0;
    hs_writer w;
    hs_writer_init(&w, list, sizeof list - 1);
    for (size_t count = 0; count < SHOWN && hs_quic_next_version(&versions, &version); count++) {
        hs_write_text(&w, count > 0 ? " " : "");
        hs_write_text(&w, hs_quic_version_text(version, text));
    }
    hs_event_add_text(d->trace, event, "offers", list);
    if (versions.len > 0) {
        hs_event_add_number(d->trace, event, "more", (int64_t)(versions.len / sizeof version));
    }
}

static bool greases_fixed_bit(const hs_quic_parameters *parameters)
{
    hs_quic_parameter parameter;
    return parameters->seen &&
           hs_quic_find_parameter(parameters->bytes, HS_QUIC_PARAMETER_ID_GREASE_QUIC_BIT,
                                  &parameter);
}

/* The fixed bit may be any where the receiver allows it (RFC 9287 3). */
static const char *problem_of(const hs_quic_decoder *d, const hs_quic_packet *packet)
{
    const hs_quic_facts *quic = &d->trace->quic;
    hs_quic_packet judged = *packet;
    judged.fixed_bit = packet->fixed_bit || greases_fixed_bit(&quic->client_parameters) ||
                       greases_fixed_bit(&quic->server_parameters);
    return hs_quic_packet_problem(&judged);
}

/* What stands outside of the protection. */
static void tell_header(hs_quic_decoder *d, hs_event *event, const hs_quic_packet *packet)
{
    char text[HS_QUIC_VERSION_TEXT_SIZE];
    if (!event) {
        return;
    }
    if (packet->type != HS_QUIC_1RTT && packet->type != HS_QUIC_VERSION_NEGOTIATION) {
        hs_event_add_text(d->trace, event, "version", hs_quic_version_text(packet->version, text));
    }
    add_hex(d, event, "dcid", packet->dcid);
    add_hex(d, event, "scid", packet->scid);
    if (packet->token.len > 0) {
        hs_event_add_number(d->trace, event, "token", (int64_t)packet->token.len);
    }
    if (packet->type == HS_QUIC_VERSION_NEGOTIATION) {
        tell_versions(d, event, packet->versions);
    }
    hs_event_add_text(d->trace, event, "problem", problem_of(d, packet));
}

/* The header without its protection. */
static hs_bytes clear_header(const hs_quic_found *found, const hs_quic_opened *opened,
                             uint8_t *room)
{
    const hs_quic_packet *packet = &found->packet;
    hs_writer w;
    uint64_t number = opened->header.packet_number;
    hs_writer_init(&w, room, packet->packet_number_offset + HS_QUIC_PACKET_NUMBER_MAX_LEN);
    hs_write_u8(&w, opened->header.first_byte);
    hs_write_bytes(&w, hs_bytes_of(packet->bytes.data + 1, packet->packet_number_offset - 1));
    for (unsigned i = opened->header.packet_number_length; i > 0; i--) {
        hs_write_u8(&w, (uint8_t)(number >> 8 * (i - 1)));
    }
    return hs_writer_bytes(&w);
}

static void tell_opened(hs_quic_decoder *d, hs_event *event, const hs_quic_found *found,
                        const hs_quic_opened *opened)
{
    char text[HS_QUIC_FRAMES_TEXT];
    hs_event_add_number(d->trace, event, "pn", (int64_t)opened->header.packet_number);
    if (found->packet.type == HS_QUIC_1RTT) {
        hs_event_add_number(d->trace, event, "key_phase", opened->header.key_phase);
    }
    hs_quic_frames_text(opened->payload, text);
    hs_event_add_text(d->trace, event, "frames", text);
    if (opened->header.reserved_bits != 0) {
        hs_event_add_text(d->trace, event, "problem", "reserved bits are not 0");
    }
    if (opened->payload.len == 0) {
        hs_event_add_text(d->trace, event, "problem", "a packet without a frame");
    }
    if (opened->is_duplicate) {
        hs_event_add_text(d->trace, event, "duplicate", "its packet number was there before");
    }
}

hs_event *hs_quic_show_packet(hs_quic_decoder *d, const hs_quic_found *found,
                              const hs_quic_opened *opened)
{
    hs_message message = message_of(found);
    uint8_t *room = NULL;
    message.raw = found->packet.bytes;
    if (opened && hs_trace_keeps_bytes(d->trace)) {
        room = malloc(found->packet.packet_number_offset + HS_QUIC_PACKET_NUMBER_MAX_LEN);
        message.raw = room ? clear_header(found, opened, room) : (hs_bytes){0};
    }
    hs_event *event = hs_trace_add_event(d->trace, &message);
    d->last_telling = message.name;
    free(room);
    tell_header(d, event, &found->packet);
    if (event && opened) {
        tell_opened(d, event, found, opened);
    }
    return event;
}

hs_event *hs_quic_show_protected(hs_quic_decoder *d, const hs_quic_found *found, const char *why)
{
    hs_message message = message_of(found);
    message.is_protected = true;
    /* Up to the packet number, which is protected as what follows it. */
    message.raw = found->packet.bytes;
    if (found->packet.packet_number_offset > 0) {
        message.raw.len = found->packet.packet_number_offset;
    }
    hs_event *event = hs_trace_add_event(d->trace, &message);
    tell_header(d, event, &found->packet);
    hs_event_add_number(d->trace, event, "protected", (int64_t)found->packet.payload.len);
    hs_event_add_text(d->trace, event, "why", why);
    return event;
}

void hs_quic_show_reset(hs_quic_decoder *d, const hs_quic_found *found)
{
    hs_message message = message_of(found);
    hs_bytes token;
    message.type = HS_EVENT_QUIC_PACKET | HS_EVENT_QUIC_RESET;
    message.name = "Stateless Reset";
    message.raw = found->packet.bytes;
    hs_event *event = hs_trace_add_event(d->trace, &message);
    if (hs_quic_stateless_reset_token(found->packet.bytes, &token)) {
        add_hex(d, event, "token", token);
    }
}

void hs_quic_show_trailing(hs_quic_decoder *d, const hs_quic_found *found, hs_bytes bytes,
                           const hs_fault *fault)
{
    hs_message message = {.from = found->from,
                          .layer = HS_LAYER_QUIC,
                          .type = HS_EVENT_QUIC_PACKET | HS_EVENT_QUIC_NO_PACKET,
                          .name = "no packet",
                          .bytes = bytes.len,
                          .raw = bytes,
                          .first = found->first,
                          .end = found->end};
    hs_event *event = hs_trace_add_event(d->trace, &message);
    if (fault->result != HS_OK) {
        hs_event_add_text(d->trace, event, "field", fault->field);
        hs_event_add_text(d->trace, event, "why",
                          fault->why ? fault->why : "the datagram ends within it");
    }
}

void hs_quic_lose(hs_quic_decoder *d, hs_result result)
{
    d->trace->incomplete = true;
    if (d->error == HS_OK) {
        d->error = result;
    }
}

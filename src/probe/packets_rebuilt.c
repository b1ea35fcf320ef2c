#include "probe/packets_rebuilt.h"

#include <stdlib.h>

#include "probe/run.h"
#include "wire/packet_write.h"

const char hs_rebuilt_comment[] =
    "rebuilt from the socket's stream; headers are not the wire's: sequence numbers count from 1, "
    "and SYN, FIN and bare acknowledgments were not seen";

static const char datagram_comment[] =
    "the datagram as it crossed the socket; its IP and UDP headers are rebuilt";

enum { FRAME_MAX = HS_PACKET_PAYLOAD_MAX + HS_PACKET_OVERHEAD };

typedef struct rebuilt {
    hs_packet_file *file;
    hs_packet ends[2]; /* the headers of either side's packets */
    hs_bytes streams[2];
    uint64_t crossed[2]; /* bytes so far */
    bool is_datagrams;
    uint8_t *frame;
    int64_t start;
} rebuilt;

static hs_result write_headers(rebuilt *b, const hs_packet *packet, hs_time at)
{
    hs_writer w;
    hs_writer_init(&w, b->frame, FRAME_MAX);
    if (b->is_datagrams) {
        hs_packet_write_udp(&w, packet);
    } else {
        hs_packet_write(&w, packet);
    }
    hs_packet_record record = {.link_type = HS_LINK_TYPE_RAW,
                               .frame = hs_writer_bytes(&w),
                               .length = (uint32_t)hs_writer_bytes(&w).len,
                               .at = b->start + at,
                               .comment = b->is_datagrams ? datagram_comment : hs_rebuilt_comment};
    hs_result result = hs_writer_result(&w);
    return result == HS_OK ? hs_packet_file_add(b->file, &record) : result;
}

static hs_result write_packet(rebuilt *b, hs_side from, hs_bytes payload, hs_time at)
{
    hs_packet packet = b->ends[from];
    packet.payload = payload;
    packet.tcp.sequence = (uint32_t)(1 + b->crossed[from]);
    packet.tcp.acknowledgment = (uint32_t)(1 + b->crossed[!from]);
    b->crossed[from] += payload.len;
    return write_headers(b, &packet, at);
}

/* One run of bytes; more than one packet only where it does not fit into one. */
static hs_result write_segment(rebuilt *b, const hs_segment *segment)
{
    hs_bytes stream = b->streams[segment->from];
    hs_result result = HS_OK;
    uint64_t end = segment->offset + segment->len;
    uint64_t at = segment->offset;
    if (at != b->crossed[segment->from]) {
        return HS_OK;
    }
    end = end < stream.len ? end : stream.len;
    while (at < end && result == HS_OK) {
        size_t len = (size_t)(end - at);
        len = len < HS_PACKET_PAYLOAD_MAX ? len : HS_PACKET_PAYLOAD_MAX;
        result = write_packet(b, segment->from, hs_bytes_of(stream.data + at, len),
                              segment->moment.at);
        at += len;
    }
    return result;
}

hs_result hs_rebuilt_write(hs_run *run, hs_packet_file *file)
{
    const hs_run_packets *kept = &run->packets;
    const hs_trace *trace = run->trace;
    hs_result result = HS_OK;
    if (kept->remote.len == 0) {
        return HS_OK;
    }
    rebuilt b = {.file = file,
                 .start = run->timeline.realtime_start,
                 .is_datagrams = kept->is_datagrams,
                 .streams = {hs_buffer_bytes(&kept->streams[HS_CLIENT]),
                             hs_buffer_bytes(&kept->streams[HS_SERVER])},
                 .frame = malloc(FRAME_MAX)};
    hs_packet *client = &b.ends[HS_CLIENT];
    hs_packet *server = &b.ends[HS_SERVER];
    client->family = (uint8_t)hs_address_family(&kept->remote);
    client->source = hs_packet_end(&kept->local, &client->source_port);
    client->destination = hs_packet_end(&kept->remote, &client->destination_port);
    client->tcp.flags = HS_TCP_ACK | HS_TCP_PSH;
    client->tcp.window = UINT16_MAX;
    *server = *client;
    server->source = client->destination;
    server->source_port = client->destination_port;
    server->destination = client->source;
    server->destination_port = client->source_port;
    if (!b.frame) {
        result = HS_NO_MEMORY;
    }
    for (size_t i = 0; i < trace->segment_count && result == HS_OK; i++) {
        result = write_segment(&b, &trace->segments[i]);
    }
    free(b.frame);
    return result;
}

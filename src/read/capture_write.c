/* --pcap: the packets of the handshakes that were of interest, in their order. Which these are is
 * known only at their end, so everything is read twice: files from their start, pipes and devices
 * from a spool of bounded size. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "read/capture_state.h"
#include "wire/packet.h"

#define SPOOL_MAX (UINT64_C(1) << 30)

static hs_packet_record record_of(const hs_source_item *packet)
{
    return (hs_packet_record){.link_type = packet->link_type,
                              .frame = packet->frame,
                              .length = packet->length,
                              .at = packet->at};
}

hs_result hs_capture_spool(hs_capture *capture, const hs_source_item *packet)
{
    hs_packet read;
    if (!capture->spooled) {
        return HS_OK;
    }
    hs_packet_kind kind = hs_packet_read(packet->link_type, packet->frame, &read);
    if (kind != HS_PACKET_TCP && kind != HS_PACKET_UDP && kind != HS_PACKET_FRAGMENT) {
        return HS_OK;
    }
    if (hs_packet_file_size(capture->spooled) + packet->frame.len > SPOOL_MAX) {
        if (capture->counters.spool_dropped++ == 0) {
            hs_capture_trouble(capture,
                               "--pcap: no packets after packet %" PRIu64 " of '%s' are "
                               "kept: 1 GiB is full",
                               capture->number, capture->name);
        }
        return HS_OK;
    }
    hs_packet_record record = record_of(packet);
    hs_result result = hs_packet_file_add(capture->spooled, &record);
    return result == HS_LIMIT ? HS_OK : result;
}

hs_result hs_capture_select(hs_capture *capture, const hs_trace *trace)
{
    if (!capture->selection) {
        return HS_OK;
    }
    hs_result result = hs_selection_add(capture->selection, trace);
    if (result == HS_OK && capture->options.embed_secrets) {
        result = hs_secrets_of(trace, capture->keylog, &capture->embedded);
    }
    if (result == HS_LIMIT) {
        hs_capture_trouble(capture,
                           "--pcap: the connection of packet %" PRIu64 " is one too many "
                           "to be kept",
                           trace->capture.first_packet);
    }
    return result == HS_NO_MEMORY ? result : HS_OK;
}

static hs_result copy_packets(hs_capture *capture, hs_input *input, hs_packet_file *out)
{
    hs_source *source;
    hs_source_item item;
    hs_result result = hs_source_file(input, &source);
    if (result != HS_OK) {
        return result;
    }
    do {
        result = hs_source_next(source, &item);
        if (result == HS_OK && item.event == HS_SOURCE_PACKET &&
            hs_selection_has(capture->selection, &item)) {
            hs_packet_record record = record_of(&item);
            result = hs_packet_file_add(out, &record);
            capture->counters.packets_written++;
        }
    } while (result == HS_OK && item.event != HS_SOURCE_END);
    hs_source_free(source);
    return result;
}

static hs_result copy_files(hs_capture *capture, hs_packet_file *out)
{
    hs_result result = HS_OK;
    for (size_t i = 0; i < capture->input_count && result == HS_OK; i++) {
        result = hs_input_rewind(capture->inputs[i]);
        if (result == HS_OK) {
            result = copy_packets(capture, capture->inputs[i], out);
        }
    }
    return result;
}

static hs_result copy_spool(hs_capture *capture, hs_packet_file *out)
{
    static const volatile sig_atomic_t never = 0;
    if (fflush(capture->spool) != 0 || lseek(capture->spool_fd, 0, SEEK_SET) != 0) {
        return HS_SYSTEM;
    }
    hs_input *input = hs_input_new(capture->spool_fd, &never);
    capture->spool_fd = -1;
    if (!input) {
        return HS_NO_MEMORY;
    }
    hs_result result = copy_packets(capture, input, out);
    hs_input_free(input);
    return result;
}

hs_result hs_capture_write(hs_capture *capture, hs_problem *problem)
{
    if (!capture->pcap) {
        return HS_OK;
    }
    hs_result result = HS_NO_MEMORY;
    hs_packet_file *out = hs_packet_file_new(capture->pcap);
    if (out) {
        result = hs_packet_file_begin(out, NULL);
    }
    if (result == HS_OK) {
        result = hs_packet_file_add_secrets(out, hs_buffer_bytes(&capture->embedded));
    }
    if (result == HS_OK && !hs_selection_is_empty(capture->selection)) {
        result = capture->spool ? copy_spool(capture, out) : copy_files(capture, out);
    }
    hs_packet_file_free(out);
    if (result == HS_OK && fflush(capture->pcap) != 0) {
        result = HS_SYSTEM;
    }
    if (result == HS_SYSTEM) {
        snprintf(problem->text, sizeof problem->text, "--pcap: '%.300s': %s", capture->options.pcap,
                 strerror(errno));
    }
    return result;
}

#include "probe/packets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/tcp_packets.h"
#include "net/packet_file.h"
#include "probe/packets_rebuilt.h"
#include "probe/run.h"
#include "wire/packet_write.h"

enum { STREAM_LIMIT = 16 * 1024 * 1024, SECRETS_LIMIT = 64 * 1024 };

struct hs_packets {
    hs_packet_tap *tap; /* NULL: not permitted */
    char reason[128];   /* why not */
    const char *name;   /* of the file; NULL: none */
    FILE *stream;
    hs_packet_file *file;
    bool embeds_secrets;
    hs_result result; /* of writing */
    int os_errno;
    uint64_t lost;
};

/* --- the prober's --- */

static void note_written(hs_packets *packets, hs_result result)
{
    if (packets->result == HS_OK && result != HS_OK) {
        packets->result = result;
        packets->os_errno = errno;
    }
}

static void open_tap(hs_packets *packets)
{
    hs_result result = hs_packet_tap_open(&packets->tap);
    if (result == HS_OK) {
        return;
    }
    int os_errno = errno;
    (void)snprintf(packets->reason, sizeof packets->reason, "%s",
                   result == HS_SYSTEM ? strerror(os_errno) : hs_result_text(result));
}

static void open_file(hs_packets *packets)
{
    packets->stream = fopen(packets->name, "we");
    if (!packets->stream) {
        note_written(packets, HS_SYSTEM);
        return;
    }
    packets->file = hs_packet_file_new(packets->stream);
    hs_result result = HS_NO_MEMORY;
    if (packets->file) {
        result = hs_packet_file_begin(packets->file, packets->tap ? NULL : hs_rebuilt_comment);
    }
    if (result == HS_OK && fflush(packets->stream) != 0) {
        result = HS_SYSTEM;
    }
    note_written(packets, result);
}

hs_result hs_packets_check(const hs_packets *packets, hs_problem *problem)
{
    if (!packets || packets->result == HS_OK) {
        return HS_OK;
    }
    (void)snprintf(problem->text, sizeof problem->text, "the packet file '%.300s': %s",
                   packets->name,
                   packets->result == HS_SYSTEM ? strerror(packets->os_errno)
                                                : hs_result_text(packets->result));
    return packets->result;
}

hs_result hs_packets_open(const hs_probe_options *options, hs_packets **out, hs_problem *problem)
{
    *out = NULL;
    if (!options->pcap && !options->keep_events) {
        return HS_OK;
    }
    hs_packets *packets = calloc(1, sizeof *packets);
    if (!packets) {
        return HS_NO_MEMORY;
    }
    packets->name = options->pcap;
    packets->embeds_secrets = options->embed_secrets;
    open_tap(packets);
    if (packets->name) {
        open_file(packets);
    }
    hs_result result = hs_packets_check(packets, problem);
    if (result == HS_OK && (packets->tap || packets->name)) {
        *out = packets;
    } else {
        hs_packets_close(packets);
    }
    return result;
}

void hs_packets_close(hs_packets *packets)
{
    if (!packets) {
        return;
    }
    hs_packet_tap_close(packets->tap);
    hs_packet_file_free(packets->file);
    if (packets->stream) {
        (void)fclose(packets->stream); /* it was flushed behind every run */
    }
    free(packets);
}

const char *hs_packets_rebuilt_because(const hs_packets *packets)
{
    return packets && packets->name && !packets->tap ? packets->reason : NULL;
}

uint64_t hs_packets_lost(const hs_packets *packets)
{
    return packets ? packets->lost : 0;
}

hs_packet_tap *hs_packets_tap(const hs_packets *packets)
{
    return packets ? packets->tap : NULL;
}

void hs_packets_begin_run(hs_packets *packets)
{
    if (packets && packets->tap) {
        hs_packet_tap_reset(packets->tap);
    }
}

/* --- a run's --- */

void hs_run_packets_init(hs_run *run)
{
    hs_buffer_init(&run->packets.streams[HS_CLIENT], STREAM_LIMIT);
    hs_buffer_init(&run->packets.streams[HS_SERVER], STREAM_LIMIT);
    hs_buffer_init(&run->packets.secrets, SECRETS_LIMIT);
}

void hs_run_packets_free(hs_run *run)
{
    hs_buffer *secrets = &run->packets.secrets;
    hs_buffer_free(&run->packets.streams[HS_CLIENT]);
    hs_buffer_free(&run->packets.streams[HS_SERVER]);
    if (secrets->data) {
        explicit_bzero(secrets->data, secrets->capacity);
    }
    hs_buffer_free(secrets);
}

static bool rebuilds(const hs_run *run)
{
    const hs_packets *packets = run->setup.packets;
    return packets && packets->file && (!packets->tap || run->packets.is_datagrams);
}

void hs_run_packets_connected(hs_run *run, int fd)
{
    hs_address *local = &run->packets.local;
    hs_address *remote = &run->packets.remote;
    if (!rebuilds(run)) {
        return;
    }
    local->len = remote->len = sizeof local->storage;
    if (getsockname(fd, (struct sockaddr *)&local->storage, &local->len) != 0 ||
        getpeername(fd, (struct sockaddr *)&remote->storage, &remote->len) != 0) {
        /* With TCP Fast Open there is no peer before the SYN has left. */
        remote->len = 0;
    }
}

void hs_run_packets_connected_udp(hs_run *run, int fd)
{
    run->packets.is_datagrams = true;
    hs_run_packets_connected(run, fd);
}

void hs_run_packets_crossed(hs_run *run, hs_side from, hs_bytes bytes)
{
    hs_packets *packets = run->setup.packets;
    if (rebuilds(run)) {
        if (hs_buffer_append(&run->packets.streams[from], bytes) != HS_OK) {
            packets->lost++;
            run->packets.streams[from].limit = 0; /* nothing may follow a hole */
        }
    } else if (hs_packets_tap(packets)) {
        hs_packet_tap_relieve(packets->tap, bytes.len);
    }
}

void hs_run_packets_secret(hs_run *run, const char *line)
{
    hs_packets *packets = run->setup.packets;
    if (!packets || !packets->file || !packets->embeds_secrets) {
        return;
    }
    hs_result result = hs_buffer_append(&run->packets.secrets, hs_bytes_of(line, strlen(line)));
    if (result == HS_OK) {
        result = hs_buffer_append(&run->packets.secrets, hs_bytes_of("\n", 1));
    }
    note_written(packets, result);
}

/* The attempt whose packets the ladder shows: the one that won, or the only one. */
static const hs_connect_attempt *told_attempt(const hs_run *run)
{
    size_t count = 0;
    const hs_connect_attempt *attempts = run->connector
                                             ? hs_connector_attempts(run->connector, &count)
                                             : NULL;
    for (size_t i = 0; i < count; i++) {
        if (attempts[i].won || count == 1) {
            return attempts[i].local_port != 0 ? &attempts[i] : NULL;
        }
    }
    return NULL;
}

hs_ip_address hs_packet_end(const hs_address *address, uint16_t *port)
{
    hs_ip_address end = {{0}};
    if (hs_address_family(address) == 4) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->storage;
        memcpy(end.bytes, &ipv4->sin_addr, sizeof ipv4->sin_addr);
        *port = ntohs(ipv4->sin_port);
    } else {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->storage;
        memcpy(end.bytes, &ipv6->sin6_addr, sizeof ipv6->sin6_addr);
        *port = ntohs(ipv6->sin6_port);
    }
    return end;
}

void hs_run_packets_tell(hs_run *run)
{
    hs_packet_tap *tap = hs_packets_tap(run->setup.packets);
    const hs_connect_attempt *attempt = tap ? told_attempt(run) : NULL;
    if (!attempt || hs_timeline_clock_was_set(&run->timeline)) {
        return;
    }
    hs_tcp_packets_config config = {.trace = run->trace,
                                    .start = run->timeline.realtime_start,
                                    .family = (uint8_t)hs_address_family(&attempt->address),
                                    .client_port = attempt->local_port,
                                    .stamp_sent = run->transport_deferred};
    config.server = hs_packet_end(&attempt->address, &config.server_port);
    hs_tcp_packets *packets = hs_tcp_packets_new(&config);
    size_t count = 0;
    const hs_tapped_packet *all = hs_packet_tap_packets(tap, &count);
    hs_result result = packets ? HS_OK : HS_NO_MEMORY;
    for (size_t i = 0; i < count && result == HS_OK; i++) {
        result = hs_tcp_packets_take(packets, HS_LINK_TYPE_RAW, all[i].bytes, all[i].at);
    }
    if (packets) {
        hs_tcp_packets_tell(packets);
    }
    hs_tcp_packets_free(packets);
    run->trace->incomplete = run->trace->incomplete || result != HS_OK;
}

static hs_result write_tapped(hs_packets *packets)
{
    size_t count = 0;
    const hs_tapped_packet *all = hs_packet_tap_packets(packets->tap, &count);
    hs_result result = HS_OK;
    packets->lost += hs_packet_tap_lost(packets->tap);
    for (size_t i = 0; i < count && result == HS_OK; i++) {
        hs_packet_record record = {.link_type = HS_LINK_TYPE_RAW,
                                   .frame = all[i].bytes,
                                   .length = all[i].length,
                                   .at = all[i].at};
        result = hs_packet_file_add(packets->file, &record);
    }
    return result;
}

void hs_run_packets_write(hs_run *run)
{
    hs_packets *packets = run->setup.packets;
    if (!packets || !packets->file || packets->result != HS_OK) {
        return;
    }
    hs_result result = hs_packet_file_add_secrets(packets->file,
                                                  hs_buffer_bytes(&run->packets.secrets));
    if (result == HS_OK) {
        result = rebuilds(run) ? hs_rebuilt_write(run, packets->file) : write_tapped(packets);
    }
    if (result == HS_OK && fflush(packets->stream) != 0) {
        result = HS_SYSTEM;
    }
    note_written(packets, result);
}

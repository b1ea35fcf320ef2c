#include "capture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/reader.h"

enum { LATE_MAX = 256, IPV4 = 0x0800, IPV6 = 0x86dd, VLAN = 0x8100, TCP = 6 };

typedef struct end {
    char name[64]; /* "address|port" */
    bool has_syn;
    uint32_t next; /* sequence number */
    struct {
        uint32_t sequence;
        hs_bytes bytes;
    } late[LATE_MAX];
    size_t late_count;
} end;

typedef struct connection {
    end ends[2]; /* HS_CLIENT, HS_SERVER */
    kit_recording *recording;
} connection;

static uint32_t little(hs_bytes b, size_t at)
{
    return (uint32_t)b.data[at] | (uint32_t)b.data[at + 1] << 8 | (uint32_t)b.data[at + 2] << 16 |
           (uint32_t)b.data[at + 3] << 24;
}

static hs_bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return (hs_bytes){0};
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size + 1);
    size = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    return hs_bytes_of(data, size);
}

static void deliver(connection *c, hs_side from, hs_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (copy && c->recording->count < KIT_STEPS_MAX) {
        memcpy(copy, bytes.data, bytes.len);
        kit_add(c->recording, from, hs_bytes_of(copy, bytes.len));
    } else {
        free(copy);
    }
}

/* What continues the stream is delivered; what comes before it is old, what comes later waits. */
static bool take(connection *c, hs_side from, uint32_t sequence, hs_bytes bytes)
{
    end *e = &c->ends[from];
    int32_t ahead = (int32_t)(sequence - e->next);
    if (ahead > 0) {
        return false;
    }
    size_t old = (size_t)-ahead;
    if (old < bytes.len) {
        deliver(c, from, hs_bytes_of(bytes.data + old, bytes.len - old));
        e->next += (uint32_t)(bytes.len - old);
    }
    return true;
}

static void add_segment(connection *c, hs_side from, uint32_t sequence, hs_bytes bytes)
{
    end *e = &c->ends[from];
    if (!take(c, from, sequence, bytes)) {
        if (e->late_count < LATE_MAX) {
            e->late[e->late_count].sequence = sequence;
            e->late[e->late_count++].bytes = bytes;
        }
        return;
    }
    for (size_t i = 0; i < e->late_count;) {
        if (take(c, from, e->late[i].sequence, e->late[i].bytes)) {
            e->late[i] = e->late[--e->late_count];
            i = 0;
        } else {
            i++;
        }
    }
}

static void tcp(connection *c, const char *from, const char *to, hs_reader *r)
{
    char names[2][64];
    uint16_t source = hs_read_u16(r, "source port");
    uint16_t destination = hs_read_u16(r, "destination port");
    uint32_t sequence = hs_read_u32(r, "sequence");
    (void)hs_read_u32(r, "acknowledgement");
    uint16_t flags = hs_read_u16(r, "flags");
    size_t header = (size_t)(flags >> 12) * 4;
    if (header < 20) {
        return;
    }
    (void)hs_read_bytes(r, header - 14, "rest");
    hs_bytes data = hs_read_rest(r, "data");
    snprintf(names[0], sizeof names[0], "%.48s|%u", from, source);
    snprintf(names[1], sizeof names[1], "%.48s|%u", to, destination);
    for (int side = 0; side < 2; side++) {
        end *e = &c->ends[side];
        if (!hs_reader_ok(r) || strcmp(e->name, names[0]) != 0 ||
            strcmp(c->ends[1 - side].name, names[1]) != 0) {
            continue;
        }
        if (flags & 2 && !e->has_syn) {
            e->has_syn = true;
            e->next = sequence + 1;
        }
        if (e->has_syn && data.len > 0) {
            add_segment(c, side == 0 ? HS_CLIENT : HS_SERVER, sequence + (flags & 2 ? 1 : 0), data);
        }
    }
}

static void ip(connection *c, uint16_t type, hs_reader *r)
{
    char from[INET6_ADDRSTRLEN];
    char to[INET6_ADDRSTRLEN];
    int family = type == IPV6 ? AF_INET6 : AF_INET;
    size_t address = type == IPV6 ? 16 : 4;
    size_t length;
    size_t options = 0;
    uint8_t protocol;
    if (type == IPV4) {
        uint8_t first = hs_read_u8(r, "version");
        (void)hs_read_u8(r, "tos");
        length = hs_read_u16(r, "length");
        (void)hs_read_bytes(r, 5, "id");
        protocol = hs_read_u8(r, "protocol");
        (void)hs_read_u16(r, "checksum");
        size_t header = (size_t)(first & 15) * 4;
        if (header < 20 || length < header) {
            return;
        }
        options = header - 20;
        length -= header;
    } else {
        (void)hs_read_u32(r, "version");
        length = hs_read_u16(r, "length");
        protocol = hs_read_u8(r, "next header");
        (void)hs_read_u8(r, "hop limit");
    }
    hs_bytes source = hs_read_bytes(r, address, "source");
    hs_bytes destination = hs_read_bytes(r, address, "destination");
    (void)hs_read_bytes(r, options, "options");
    if (!hs_reader_ok(r) || protocol != TCP || !inet_ntop(family, source.data, from, sizeof from) ||
        !inet_ntop(family, destination.data, to, sizeof to)) {
        return;
    }
    /* What is behind the packet's own length is the link's padding. */
    hs_bytes segment = hs_read_rest(r, "segment");
    hs_fault fault;
    hs_reader inside;
    hs_reader_init(&inside, hs_bytes_of(segment.data, segment.len < length ? segment.len : length),
                   &fault, NULL);
    tcp(c, from, to, &inside);
}

static void packet(connection *c, uint32_t link, hs_bytes bytes)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    uint16_t type = 0;
    switch (link) {
    case 0: /* null */
        type = hs_read_u32(&r, "family") == 0x02000000 ? IPV4 : IPV6;
        break;
    case 1: /* Ethernet */
        (void)hs_read_bytes(&r, 12, "addresses");
        type = hs_read_u16(&r, "type");
        if (type == VLAN) {
            (void)hs_read_u16(&r, "tag");
            type = hs_read_u16(&r, "type");
        }
        break;
    case 101: /* raw */
        type = bytes.len > 0 && bytes.data[0] >> 4 == 6 ? IPV6 : IPV4;
        break;
    case 276: /* SLL2 */
        type = hs_read_u16(&r, "protocol");
        (void)hs_read_bytes(&r, 18, "rest");
        break;
    default:
        return;
    }
    if (hs_reader_ok(&r) && (type == IPV4 || type == IPV6)) {
        ip(c, type, &r);
    }
}

kit_recording *capture_connection(const char *path, const char *client, const char *server)
{
    connection *c = calloc(1, sizeof *c);
    hs_bytes file = read_file(path);
    kit_recording *recording = NULL;
    if (!c || file.len < 24 || (little(file, 0) != 0xa1b2c3d4 && little(file, 0) != 0xa1b23c4d)) {
        goto done;
    }
    c->recording = kit_recording_new();
    snprintf(c->ends[HS_CLIENT].name, sizeof c->ends[0].name, "%s", client);
    snprintf(c->ends[HS_SERVER].name, sizeof c->ends[0].name, "%s", server);
    uint32_t link = little(file, 20) & 0xffff;
    for (size_t at = 24; file.len - at >= 16;) {
        size_t captured = little(file, at + 8);
        at += 16;
        if (captured > file.len - at) {
            break;
        }
        packet(c, link, hs_bytes_of(file.data + at, captured));
        at += captured;
    }
    recording = c->recording;
    if (!c->ends[HS_CLIENT].has_syn || !c->ends[HS_SERVER].has_syn || recording->count == 0) {
        kit_recording_free(recording);
        recording = NULL;
    }
done:
    free((void *)(uintptr_t)file.data);
    free(c);
    return recording;
}

/* Captures made in memory for the tests of src/read. */
#ifndef HS_TESTS_READ_KIT_H
#define HS_TESTS_READ_KIT_H

#include "base/writer.h"
#include "read/source.h"

enum { KIT_MAX = 65536, KIT_LINK_ETHERNET = 1, KIT_LINK_RAW = 101 };

typedef struct kit_bytes {
    uint8_t data[KIT_MAX];
    size_t len;
} kit_bytes;

/* Multi-byte fields in the byte order of a capture's writer. */
typedef struct kit_writer {
    hs_writer w;
    bool little;
} kit_writer;

void kit_begin(kit_writer *k, kit_bytes *out, bool little);
void kit_u16(kit_writer *k, uint16_t value);
void kit_u32(kit_writer *k, uint32_t value);
void kit_end(kit_writer *k, kit_bytes *out);

/* A pcap file of `count` packets; packet i has 40 + i bytes, all i, at second i + 1 and 5 units. */
void kit_pcap(kit_bytes *out, bool little, bool nanoseconds, int count);
/* pcapng blocks. `body` is padded. */
void kit_block(kit_writer *k, uint32_t type, hs_bytes body);
void kit_section(kit_writer *k);
void kit_interface(kit_writer *k, uint16_t link_type, hs_bytes options);
void kit_packet(kit_writer *k, uint32_t interface_id, uint64_t units, hs_bytes frame);

/* A descriptor from which `bytes` can be read: a file without a name, or a pipe. */
int kit_file(hs_bytes bytes);
int kit_pipe(hs_bytes bytes);
/* The bytes as gzip. */
void kit_gzip(hs_bytes bytes, kit_bytes *out);

/* What a source gave until its end. */
typedef struct kit_run {
    size_t packets;
    size_t secrets;
    hs_source_item last;
    bool no_capture;
    uint64_t bad_blocks;
    char damage[256];
} kit_run;
/* Reads `fd` to its end; items are checked against kit_pcap's pattern where `check` is set. */
kit_run kit_read(int fd, bool check);

#endif

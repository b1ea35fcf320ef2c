/* A pcapng file in the making, packet by packet. */
#ifndef HS_NET_PACKET_FILE_H
#define HS_NET_PACKET_FILE_H

#include <stdio.h>

#include <handshake/api.h>

typedef struct hs_packet_record {
    int link_type;       /* LINKTYPE_… */
    hs_bytes frame;      /* as captured */
    uint32_t length;     /* on the wire */
    int64_t at;          /* nanoseconds since the epoch */
    const char *comment; /* NULL: none */
} hs_packet_record;

typedef struct hs_packet_file hs_packet_file;

/* Writes to `out`, which stays the caller's. NULL when out of memory. */
hs_packet_file *hs_packet_file_new(FILE *out);
void hs_packet_file_free(hs_packet_file *file);

/* The head of the file; a comment on all of it, or NULL. The first call. */
HS_CHECKED hs_result hs_packet_file_begin(hs_packet_file *file, const char *comment);
/* Lines of a TLS key log, for packets that follow (may be empty; at most 15 MiB). */
HS_CHECKED hs_result hs_packet_file_add_secrets(hs_packet_file *file, hs_bytes secrets);
/* HS_SYSTEM: the stream could not be written. HS_LIMIT: too many link types, or too large. */
HS_CHECKED hs_result hs_packet_file_add(hs_packet_file *file, const hs_packet_record *packet);
/* Bytes written so far. */
uint64_t hs_packet_file_size(const hs_packet_file *file);

#endif

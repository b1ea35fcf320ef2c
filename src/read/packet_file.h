/* A pcapng file in the making, packet by packet. */
#ifndef HS_READ_PACKET_FILE_H
#define HS_READ_PACKET_FILE_H

#include <stdio.h>

#include "read/source.h"

typedef struct hs_packet_file hs_packet_file;

/* Writes to `out`, which stays the caller's. NULL when out of memory. */
hs_packet_file *hs_packet_file_new(FILE *out);
void hs_packet_file_free(hs_packet_file *file);

/* The head of the file, with TLS key log lines (may be empty; at most 15 MiB). The first call. */
HS_CHECKED hs_result hs_packet_file_begin(hs_packet_file *file, hs_bytes secrets);
/* HS_SYSTEM: the stream could not be written. HS_LIMIT: too many link types, or too large. */
HS_CHECKED hs_result hs_packet_file_add(hs_packet_file *file, const hs_source_item *packet);
/* Bytes written so far. */
uint64_t hs_packet_file_size(const hs_packet_file *file);

#endif

#include "net/packet_file.h"

#include <stdlib.h>
#include <string.h>

#include "wire/pcapng.h"

enum { LINK_TYPES_MAX = 64, BLOCK_START = 4096, CARRIED_MAX = 15 * 1024 * 1024 };

struct hs_packet_file {
    FILE *out;
    uint64_t size;
    int link_types[LINK_TYPES_MAX]; /* one interface each */
    size_t link_count;
    uint8_t *block;
    size_t capacity;
};

hs_packet_file *hs_packet_file_new(FILE *out)
{
    hs_packet_file *file = calloc(1, sizeof *file);
    uint8_t *block = malloc(BLOCK_START);
    if (!file || !block) {
        free(file);
        free(block);
        return NULL;
    }
    file->out = out;
    file->block = block;
    file->capacity = BLOCK_START;
    return file;
}

void hs_packet_file_free(hs_packet_file *file)
{
    if (file) {
        free(file->block);
        free(file);
    }
}

uint64_t hs_packet_file_size(const hs_packet_file *file)
{
    return file->size;
}

/* A writer with room for a block that carries `len` bytes. */
static hs_result begin_block(hs_packet_file *file, size_t len, hs_writer *w)
{
    if (len > CARRIED_MAX) {
        return HS_LIMIT;
    }
    if (len + HS_PCAPNG_OVERHEAD > file->capacity) {
        uint8_t *block = realloc(file->block, len + HS_PCAPNG_OVERHEAD);
        if (!block) {
            return HS_NO_MEMORY;
        }
        file->block = block;
        file->capacity = len + HS_PCAPNG_OVERHEAD;
    }
    hs_writer_init(w, file->block, file->capacity);
    return HS_OK;
}

static hs_result end_block(hs_packet_file *file, const hs_writer *w)
{
    hs_result result = hs_writer_result(w);
    hs_bytes bytes = hs_writer_bytes(w);
    if (result == HS_OK && fwrite(bytes.data, 1, bytes.len, file->out) != bytes.len) {
        result = HS_SYSTEM;
    }
    file->size += bytes.len;
    return result;
}

hs_result hs_packet_file_begin(hs_packet_file *file, const char *comment)
{
    hs_writer w;
    hs_result result = begin_block(file, comment ? strlen(comment) : 0, &w);
    if (result == HS_OK) {
        hs_pcapng_write_section(&w, "handshake " HS_VERSION, comment);
        result = end_block(file, &w);
    }
    return result;
}

hs_result hs_packet_file_add_secrets(hs_packet_file *file, hs_bytes secrets)
{
    hs_writer w;
    if (secrets.len == 0) {
        return HS_OK;
    }
    hs_result result = begin_block(file, secrets.len, &w);
    if (result == HS_OK) {
        hs_pcapng_write_secrets(&w, secrets);
        result = end_block(file, &w);
    }
    return result;
}

static hs_result find_interface(hs_packet_file *file, int link_type, uint32_t *interface)
{
    for (size_t i = 0; i < file->link_count; i++) {
        if (file->link_types[i] == link_type) {
            *interface = (uint32_t)i;
            return HS_OK;
        }
    }
    if (file->link_count == LINK_TYPES_MAX) {
        return HS_LIMIT;
    }
    hs_writer w;
    hs_result result = begin_block(file, 0, &w);
    if (result == HS_OK) {
        hs_pcapng_write_interface(&w, link_type);
        result = end_block(file, &w);
    }
    *interface = (uint32_t)file->link_count;
    file->link_types[file->link_count++] = link_type;
    return result;
}

hs_result hs_packet_file_add(hs_packet_file *file, const hs_packet_record *packet)
{
    hs_writer w;
    size_t commented = packet->comment ? strlen(packet->comment) : 0;
    uint32_t interface;
    hs_result result = find_interface(file, packet->link_type, &interface);
    if (result == HS_OK) {
        result = begin_block(file, packet->frame.len + commented, &w);
    }
    if (result == HS_OK) {
        hs_pcapng_write_packet(&w, interface, packet->at, packet->frame, packet->length,
                               packet->comment);
        result = end_block(file, &w);
    }
    return result;
}

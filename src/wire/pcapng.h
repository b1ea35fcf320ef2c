/* pcapng blocks, in and out (draft-ietf-opsawg-pcapng).
 *
 * Read without I/O: the caller shows bytes, and is told how many one block takes. Sections of
 * either byte order, any number of interfaces with link types of their own, and Decryption Secrets
 * Blocks.
 */
#ifndef HS_WIRE_PCAPNG_H
#define HS_WIRE_PCAPNG_H

#include <stdbool.h>

#include "base/reader.h"
#include "base/writer.h"

enum {
    HS_PCAPNG_BLOCK_MAX = 16 * 1024 * 1024,
    HS_PCAPNG_INTERFACES_MAX = 65536,
    HS_PCAPNG_TLS_KEY_LOG = 0x544c534b, /* secrets type "TLSK" */
};

typedef struct hs_pcapng hs_pcapng;

typedef enum hs_pcapng_kind {
    HS_PCAPNG_PACKET,
    HS_PCAPNG_SECRETS,
    HS_PCAPNG_OTHER, /* a block without packet or secrets */
    HS_PCAPNG_BAD,   /* a block whose contents cannot be; the next one can be read */
} hs_pcapng_kind;

typedef struct hs_pcapng_item {
    hs_pcapng_kind kind;
    int link_type;
    hs_bytes frame;  /* of a packet, as captured */
    uint32_t length; /* and its length on the wire */
    int64_t at;      /* nanoseconds since the epoch; of the packet before where there is no time */
    uint32_t secrets_type;
    hs_bytes secrets;
} hs_pcapng_item;

/* NULL when out of memory. */
hs_pcapng *hs_pcapng_new(void);
void hs_pcapng_free(hs_pcapng *pcapng);

/* Whether a file that begins with these 4 bytes is pcapng. */
bool hs_pcapng_is_magic(hs_bytes bytes);

/* The block at the start of `bytes`. HS_OK: `*item`, which borrows, and `*size` is the block's.
 * HS_NEED_MORE: `*size` bytes are wanted for it. HS_MALFORMED: no block can begin here; `*why` is
 * static text. HS_NO_MEMORY. */
HS_CHECKED hs_result hs_pcapng_block(hs_pcapng *pcapng, hs_bytes bytes, size_t *size,
                                     hs_pcapng_item *item, const char **why);

/* Blocks of a new file, in this order: one section, an interface before its packets (counted from
 * 0), and secrets before the packets that they open. Times are in nanoseconds. `frame` and
 * `secrets` are at most 15 MiB, a comment at most 64 KiB; NULL: none. */
void hs_pcapng_write_section(hs_writer *w, const char *application, const char *comment);
void hs_pcapng_write_secrets(hs_writer *w, hs_bytes secrets);
void hs_pcapng_write_interface(hs_writer *w, int link_type);
void hs_pcapng_write_packet(hs_writer *w, uint32_t interface_id, int64_t at, hs_bytes frame,
                            uint32_t length, const char *comment);
/* Bytes that a block adds to the frame, secrets, names and comments that it carries, at most. */
enum { HS_PCAPNG_OVERHEAD = 96 };

#endif

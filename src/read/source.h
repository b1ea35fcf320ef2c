/* Where packets come from: a pcap file, a pcapng file, a device. All give the same items. */
#ifndef HS_READ_SOURCE_H
#define HS_READ_SOURCE_H

#include "read/input.h"

typedef enum hs_source_event {
    HS_SOURCE_PACKET,
    HS_SOURCE_SECRETS, /* lines of a TLS key log */
    HS_SOURCE_QUIET,   /* a device that had nothing for a while */
    HS_SOURCE_END,
} hs_source_event;

typedef struct hs_source_item {
    hs_source_event event;
    int link_type;   /* LINKTYPE_… */
    hs_bytes frame;  /* as captured; borrowed until the next call, as are the secrets */
    uint32_t length; /* on the wire */
    int64_t at;      /* nanoseconds since the epoch */
    hs_bytes secrets;
} hs_source_item;

typedef struct hs_source hs_source;

/* One kind of source. */
typedef struct hs_source_class {
    hs_result (*next)(hs_source *source, hs_source_item *item);
    void (*free)(hs_source *source);
    uint64_t (*dropped)(hs_source *source); /* NULL: none */
    bool brings_secrets;                    /* items of HS_SOURCE_SECRETS may come */
} hs_source_class;

/* What all kinds begin with. */
struct hs_source {
    const hs_source_class *class;
    uint64_t bad_blocks; /* that were passed over */
    char damage[256];    /* why it ended before its end; "" where it did not */
    bool is_no_capture;  /* it never began: of no format that is known */
};

/* Looks at the first bytes. The input is borrowed, and may have been rewound. HS_OK also where they
 * are of no capture: then `is_no_capture` is set, with `damage`. */
HS_CHECKED hs_result hs_source_file(hs_input *input, hs_source **out);
/* `filter` may be NULL. HS_INVALID and HS_SYSTEM come with `problem`. */
HS_CHECKED hs_result hs_source_device(const char *device, const char *filter, hs_source **out,
                                      hs_problem *problem);

/* HS_OK with an item, or HS_NO_MEMORY. */
HS_CHECKED hs_result hs_source_next(hs_source *source, hs_source_item *item);
/* Packets that the kernel dropped for want of room. */
uint64_t hs_source_dropped(hs_source *source);
bool hs_source_brings_secrets(const hs_source *source);
void hs_source_free(hs_source *source);

#endif

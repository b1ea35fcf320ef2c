/* A pcapng file, block by block. libpcap reads pcapng too, but passes over secrets and gives up
 * where interfaces have different link types. */
#include <stdlib.h>

#include "read/source_kinds.h"

typedef struct pcapng_source {
    hs_source source;
    hs_input *input;
    hs_pcapng *blocks;
    size_t used; /* size of the block that the last item borrows from */
} pcapng_source;

static void end_pcapng(hs_source *source)
{
    pcapng_source *s = (pcapng_source *)source;
    hs_pcapng_free(s->blocks);
    free(s);
}

/* One block; HS_NEED_MORE where the file ends before the block's end. */
static hs_result next_block(pcapng_source *s, hs_pcapng_item *item, const char **why)
{
    hs_bytes bytes;
    size_t size = 1;
    hs_result result = HS_NEED_MORE;
    hs_input_consume(s->input, s->used);
    s->used = 0;
    while (result == HS_NEED_MORE) {
        result = hs_input_peek(s->input, size, &bytes);
        if (result == HS_OK && bytes.len < size) {
            *why = bytes.len == 0 ? NULL : "it ends within a block";
            return HS_NEED_MORE;
        }
        if (result == HS_OK) {
            result = hs_pcapng_block(s->blocks, bytes, &size, item, why);
        }
    }
    if (result == HS_OK) {
        s->used = size;
    }
    return result;
}

/* Whether the block is of use to anybody. */
static bool take(pcapng_source *s, const hs_pcapng_item *block, hs_source_item *item)
{
    switch (block->kind) {
    case HS_PCAPNG_PACKET:
        *item = (hs_source_item){.event = HS_SOURCE_PACKET,
                                 .link_type = block->link_type,
                                 .frame = block->frame,
                                 .length = block->length,
                                 .at = block->at};
        return true;
    case HS_PCAPNG_SECRETS:
        *item = (hs_source_item){.event = HS_SOURCE_SECRETS, .secrets = block->secrets};
        return block->secrets_type == HS_PCAPNG_TLS_KEY_LOG;
    case HS_PCAPNG_BAD:
        s->source.bad_blocks++;
        return false;
    case HS_PCAPNG_OTHER:
        break;
    }
    return false;
}

static hs_result next_pcapng(hs_source *source, hs_source_item *item)
{
    pcapng_source *s = (pcapng_source *)source;
    for (;;) {
        hs_pcapng_item block;
        const char *why = NULL;
        hs_result result = next_block(s, &block, &why);
        if (result == HS_NO_MEMORY) {
            return result;
        }
        if (result != HS_OK) {
            if (why || hs_input_error(s->input)) {
                hs_source_damaged(source, s->input, why);
            }
            *item = (hs_source_item){.event = HS_SOURCE_END};
            return HS_OK;
        }
        if (take(s, &block, item)) {
            return HS_OK;
        }
    }
}

static const hs_source_class pcapng_class = {
    .next = next_pcapng, .free = end_pcapng, .brings_secrets = true};

hs_result hs_source_pcapng(hs_input *input, hs_source **out)
{
    pcapng_source *s = calloc(1, sizeof *s);
    hs_pcapng *blocks = hs_pcapng_new();
    if (!s || !blocks) {
        free(s);
        hs_pcapng_free(blocks);
        return HS_NO_MEMORY;
    }
    s->source.class = &pcapng_class;
    s->input = input;
    s->blocks = blocks;
    *out = &s->source;
    return HS_OK;
}

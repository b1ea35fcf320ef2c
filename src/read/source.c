#include "read/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/source_kinds.h"

/* A file that ends in disorder may have ended for a reason of its own. */
void hs_source_damaged(hs_source *source, const hs_input *input, const char *why)
{
    const char *error = hs_input_error(input);
    snprintf(source->damage, sizeof source->damage, "%s", error ? error : why);
}

static hs_result next_nothing(hs_source *source, hs_source_item *item)
{
    (void)source;
    *item = (hs_source_item){.event = HS_SOURCE_END};
    return HS_OK;
}

static void free_nothing(hs_source *source)
{
    free(source);
}

static const hs_source_class nothing = {next_nothing, free_nothing, NULL, false};

static hs_result no_capture(const hs_input *input, const char *why, hs_source **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return HS_NO_MEMORY;
    }
    (*out)->class = &nothing;
    (*out)->is_no_capture = true;
    hs_source_damaged(*out, input, why);
    return HS_OK;
}

hs_result hs_source_file(hs_input *input, hs_source **out)
{
    enum { MAGIC = 4 };
    hs_bytes bytes;
    *out = NULL;
    hs_result result = hs_input_peek(input, MAGIC, &bytes);
    if (result != HS_OK) {
        return result;
    }
    if (bytes.len < MAGIC) {
        return no_capture(input, bytes.len == 0 ? "it is empty" : "it is no capture (pcap, pcapng)",
                          out);
    }
    if (hs_pcapng_is_magic(hs_bytes_of(bytes.data, MAGIC))) {
        return hs_source_pcapng(input, out);
    }
    if (!hs_source_is_pcap(hs_bytes_of(bytes.data, MAGIC))) {
        return no_capture(input, "it is no capture (pcap, pcapng)", out);
    }
    uint32_t magic;
    memcpy(&magic, bytes.data, sizeof magic);
    return hs_source_pcap(input, magic, out);
}

hs_result hs_source_next(hs_source *source, hs_source_item *item)
{
    return source->class->next(source, item);
}

bool hs_source_brings_secrets(const hs_source *source)
{
    return source->class->brings_secrets;
}

uint64_t hs_source_dropped(hs_source *source)
{
    return source->class->dropped ? source->class->dropped(source) : 0;
}

void hs_source_free(hs_source *source)
{
    if (source) {
        source->class->free(source);
    }
}

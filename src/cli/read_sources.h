/* Which addresses occur most often, in bounded memory (Misra and Gries 1982). */
#ifndef HS_CLI_READ_SOURCES_H
#define HS_CLI_READ_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hs_sources hs_sources;

typedef struct hs_source_count {
    const char *address;
    uint64_t count;
} hs_source_count;

/* NULL when out of memory. */
hs_sources *hs_sources_new(void);
void hs_sources_free(hs_sources *sources);
void hs_sources_add(hs_sources *sources, const char *address);
uint64_t hs_sources_total(const hs_sources *sources);
/* The most frequent, in order; gives how many. Borrowed until the next hs_sources_add. */
size_t hs_sources_top(hs_sources *sources, hs_source_count *out, size_t most);
/* By how much each count may be too low: 0 while there was room for every address. */
uint64_t hs_sources_error(const hs_sources *sources);

#endif

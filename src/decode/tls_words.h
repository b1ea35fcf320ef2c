/* Lists of values as one line of names, bounded, for an event's details. */
#ifndef HS_DECODE_TLS_WORDS_H
#define HS_DECODE_TLS_WORDS_H

#include "base/writer.h"
#include "trace/build.h"
#include "wire/tls/extension_get.h"

typedef const char *hs_tls_name_function(uint16_t value);

enum { HS_TLS_WORDS_MAX = 512 };

typedef struct hs_tls_words {
    char text[HS_TLS_WORDS_MAX];
    hs_writer writer;
    size_t count; /* added */
    size_t shown;
} hs_tls_words;

void hs_tls_words_init(hs_tls_words *w);
/* Adds the value's name, or its number where it has none; no more than `most` are shown. GREASE,
 * which only says that there is some, is left out. */
void hs_tls_words_add(hs_tls_words *w, size_t most, hs_tls_name_function *name_of, uint16_t value);
/* The line, ended by an ellipsis where not all are shown. */
const char *hs_tls_words_text(hs_tls_words *w);

/* Details of one value, and of a list. */
void hs_tls_tell_value(hs_trace *trace, hs_event *event, const char *key,
                       hs_tls_name_function *name_of, uint16_t value);
void hs_tls_tell_list(hs_trace *trace, hs_event *event, const char *key, hs_tls_u16_list list,
                      hs_tls_name_function *name_of);

#endif

#include "decode/tls_words.h"

#include <string.h>

#include "wire/tls/names.h"

enum {
    SHOWN = 8,
    END_ROOM = 8, /* for an ellipsis and the end */
    HEX_SIZE = 8,
};

void hs_tls_words_init(hs_tls_words *w)
{
    w->count = 0;
    w->shown = 0;
    w->text[0] = 0;
    hs_writer_init(&w->writer, w->text, sizeof w->text - END_ROOM);
}

static const char *hex_text(uint16_t value, char out[HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    hs_writer w;
    hs_writer_init(&w, out, HEX_SIZE);
    hs_write_text(&w, "0x");
    for (unsigned shift = 16; shift > 0;) {
        shift -= 4;
        hs_write_u8(&w, (uint8_t)digits[value >> shift & 15]);
    }
    hs_write_u8(&w, 0);
    return out;
}

void hs_tls_words_add(hs_tls_words *w, size_t most, hs_tls_name_function *name_of, uint16_t value)
{
    char hex[HEX_SIZE];
    if (hs_tls_is_grease(value)) {
        return;
    }
    w->count++;
    if (w->shown == most || w->writer.overflow) {
        return;
    }
    if (w->shown++ > 0) {
        hs_write_u8(&w->writer, ' ');
    }
    const char *name = name_of(value);
    hs_write_text(&w->writer, name ? name : hex_text(value, hex));
}

const char *hs_tls_words_text(hs_tls_words *w)
{
    const char *ellipsis = w->count > w->shown || w->writer.overflow ? " …" : "";
    memcpy(w->text + w->writer.len, ellipsis, strlen(ellipsis) + 1);
    return w->text;
}

void hs_tls_tell_value(hs_trace *trace, hs_event *event, const char *key,
                       hs_tls_name_function *name_of, uint16_t value)
{
    char hex[HEX_SIZE];
    const char *name = name_of(value);
    hs_event_add_text(trace, event, key, name ? name : hex_text(value, hex));
}

void hs_tls_tell_list(hs_trace *trace, hs_event *event, const char *key, hs_tls_u16_list list,
                      hs_tls_name_function *name_of)
{
    hs_tls_words w;
    hs_tls_words_init(&w);
    uint16_t value = 0;
    while (hs_tls_u16_next(&list, &value)) {
        hs_tls_words_add(&w, SHOWN, name_of, value);
    }
    hs_event_add_text(trace, event, key, hs_tls_words_text(&w));
}

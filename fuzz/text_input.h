/* An input as a C string, for what takes one. */
#ifndef HS_FUZZ_TEXT_INPUT_H
#define HS_FUZZ_TEXT_INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A copy in memory of its own size, so that a read behind its end is found; NULL without memory. */
static char *text_input(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text) {
        if (size > 0) {
            memcpy(text, data, size);
        }
        text[size] = '\0';
    }
    return text;
}

#endif

/* Bytes as text that is safe to print: hex, and UTF-8 with everything else escaped. */
#include "base/bytes_text.h"

#include <string.h>

#include "base/arena.h"

static const char hex_digits[] = "0123456789abcdef";

char *hs_arena_hex(hs_arena *arena, hs_bytes bytes)
{
    if (bytes.len > SIZE_MAX / 2 - 1) {
        return NULL;
    }
    char *text = hs_arena_alloc(arena, 2 * bytes.len + 1);
    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = hex_digits[bytes.data[i] >> 4];
        text[2 * i + 1] = hex_digits[bytes.data[i] & 0xf];
    }
    return text;
}

size_t hs_printable_length(hs_bytes bytes)
{
    const uint8_t *b = bytes.data;
    if (b[0] >= 0x20 && b[0] < 0x7f) {
        return 1;
    }
    size_t len = 0;
    uint32_t code = 0;
    uint32_t least = 0;
    if (b[0] >= 0xc2 && b[0] <= 0xdf) {
        len = 2;
        code = b[0] & 0x1fU;
        least = 0xa0;
    } else if (b[0] >= 0xe0 && b[0] <= 0xef) {
        len = 3;
        code = b[0] & 0x0fU;
        least = 0x800;
    } else if (b[0] >= 0xf0 && b[0] <= 0xf4) {
        len = 4;
        code = b[0] & 0x07U;
        least = 0x10000;
    }
    if (len == 0 || len > bytes.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (b[i] & 0x3fU);
    }
    int reorders = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2066 && code <= 0x2069);
    int surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least || code > 0x10ffff || surrogate || reorders ? 0 : len;
}

static size_t ascii_length(hs_bytes bytes)
{
    size_t len = 0;
    while (len < bytes.len && bytes.data[len] >= 0x20 && bytes.data[len] < 0x7f) {
        len++;
    }
    return len;
}

char *hs_arena_escaped(hs_arena *arena, hs_bytes bytes)
{
    if (bytes.len > SIZE_MAX / 4 - 1) {
        return NULL;
    }
    if (bytes.len > 0 && ascii_length(bytes) == bytes.len) { /* as names are */
        char *copy = hs_arena_alloc(arena, bytes.len + 1);
        return copy ? memcpy(copy, bytes.data, bytes.len) : NULL;
    }
    size_t need = 1;
    for (size_t i = 0; i < bytes.len;) {
        size_t len = hs_printable_length((hs_bytes){bytes.data + i, bytes.len - i});
        need += len ? len : 4;
        i += len ? len : 1;
    }
    char *text = hs_arena_alloc(arena, need);
    if (!text) {
        return NULL;
    }
    char *out = text;
    for (size_t i = 0; i < bytes.len;) {
        size_t len = hs_printable_length((hs_bytes){bytes.data + i, bytes.len - i});
        if (len > 0) {
            memcpy(out, bytes.data + i, len);
            out += len;
            i += len;
        } else {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = hex_digits[bytes.data[i] >> 4];
            *out++ = hex_digits[bytes.data[i] & 0xf];
            i++;
        }
    }
    return text;
}

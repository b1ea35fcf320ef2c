/* The classes of bytes that the grammar of HTTP/1.1 knows. Internal to the http1 files. */
#ifndef HS_WIRE_HTTP1_BYTES_H
#define HS_WIRE_HTTP1_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef bool (*hs_http1_class)(uint8_t byte);

/* RFC 9110 5.6.2 */
static inline bool hs_http1_is_tchar(uint8_t byte)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte != 0 && strchr(marks, byte) != NULL);
}

static inline bool hs_http1_is_target_byte(uint8_t byte)
{
    return byte > ' ' && byte != 0x7f;
}

/* RFC 9110 5.5 lets a recipient keep control characters in a value, but these three it must not. */
static inline bool hs_http1_is_value_byte(uint8_t byte)
{
    return byte != '\r' && byte != '\n' && byte != 0;
}

static inline bool hs_http1_is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static inline bool hs_http1_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

#endif

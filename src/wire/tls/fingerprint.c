/* JA3 as github.com/salesforce/ja3 describes it, JA4 as FoxIO's technical_details/JA4.md does. */
#include "wire/tls/fingerprint.h"

#include <stdio.h>
#include <string.h>

#include "base/digits.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/names.h"

/* A C string that grows in the caller's buffer. Its overflow is sticky. */
typedef struct text {
    char *out;
    size_t size;
    size_t len;
    bool overflow;
} text;

static text text_begin(char *out, size_t size)
{
    return (text){.out = out, .size = size, .overflow = size == 0};
}

static void add_text(text *t, const char *at, size_t len)
{
    if (t->overflow || len >= t->size - t->len) {
        t->overflow = true;
        return;
    }
    memcpy(t->out + t->len, at, len);
    t->len += len;
}

static void add_char(text *t, char c)
{
    add_text(t, &c, 1);
}

static void add_number(text *t, uint64_t value)
{
    char digits[HS_DIGITS_MAX];
    add_text(t, digits, (size_t)(hs_put_digits(digits, value) - digits));
}

static void add_hex(text *t, uint16_t value)
{
    static const char hex[] = "0123456789abcdef";
    const char digits[] = {hex[value >> 12], hex[value >> 8 & 0xf], hex[value >> 4 & 0xf],
                           hex[value & 0xf]};
    add_text(t, digits, sizeof digits);
}

static hs_result text_end(text *t)
{
    if (t->size > 0) {
        t->out[t->overflow ? 0 : t->len] = '\0';
    }
    return t->overflow ? HS_LIMIT : HS_OK;
}

/* The next value that is not GREASE. */
static bool next_value(hs_tls_u16_list *list, uint16_t *value)
{
    while (hs_tls_u16_next(list, value)) {
        if (!hs_tls_is_grease(*value)) {
            return true;
        }
    }
    return false;
}

static bool next_extension(hs_tls_extension_iterator *it, hs_tls_extension *extension)
{
    while (hs_tls_extension_next(it, extension)) {
        if (!hs_tls_is_grease(extension->type)) {
            return true;
        }
    }
    return false;
}

static void add_decimal(text *t, unsigned value, bool *first)
{
    if (!*first) {
        add_char(t, '-');
    }
    add_number(t, value);
    *first = false;
}

static void add_decimals(text *t, hs_tls_u16_list list)
{
    bool first = true;
    for (uint16_t value; next_value(&list, &value);) {
        add_decimal(t, value, &first);
    }
}

static void add_extension_decimals(text *t, const hs_tls_extensions *extensions)
{
    bool first = true;
    hs_tls_extension_iterator it = hs_tls_extensions_begin(extensions);
    for (hs_tls_extension each; next_extension(&it, &each);) {
        add_decimal(t, each.type, &first);
    }
}

static void add_point_formats(text *t, const hs_tls_extensions *extensions)
{
    hs_tls_extension found;
    hs_tls_extension_value value;
    if (!hs_tls_extension_find(extensions, HS_TLS_EXT_EC_POINT_FORMATS, &found) ||
        hs_tls_extension_value_read(&found, extensions->context, &value) != HS_OK) {
        return;
    }
    bool first = true;
    for (size_t i = 0; i < value.list.len; i++) {
        add_decimal(t, value.list.data[i], &first);
    }
}

hs_result hs_tls_ja3_text(const hs_tls_client_hello *hello, char *out, size_t size)
{
    text t = text_begin(out, size);
    hs_tls_u16_list groups = {0};
    (void)hs_tls_get_supported_groups(&hello->extensions, &groups);
    add_number(&t, hello->legacy_version);
    add_char(&t, ',');
    add_decimals(&t, (hs_tls_u16_list){hello->cipher_suites});
    add_char(&t, ',');
    add_extension_decimals(&t, &hello->extensions);
    add_char(&t, ',');
    add_decimals(&t, groups);
    add_char(&t, ',');
    add_point_formats(&t, &hello->extensions);
    return text_end(&t);
}

hs_result hs_tls_ja3s_text(const hs_tls_server_hello *hello, char *out, size_t size)
{
    text t = text_begin(out, size);
    add_number(&t, hello->legacy_version);
    add_char(&t, ',');
    add_number(&t, hello->cipher_suite);
    add_char(&t, ',');
    add_extension_decimals(&t, &hello->extensions);
    return text_end(&t);
}

static const char *ja4_version(uint16_t version)
{
    switch (version) {
    case HS_TLS_1_3:
        return "13";
    case HS_TLS_1_2:
        return "12";
    case HS_TLS_1_1:
        return "11";
    case HS_TLS_1_0:
        return "10";
    case HS_TLS_SSLV3:
        return "s3";
    case HS_TLS_SSLV2:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* The first and the last character of the first protocol; where one is not alphanumeric, those of
 * the protocol's hex text. */
static void ja4_alpn(const hs_tls_extensions *extensions, char out[3])
{
    static const char hex[] = "0123456789abcdef";
    hs_bytes protocol = {0};
    if (!hs_tls_get_alpn_first(extensions, &protocol) || protocol.len == 0) {
        memcpy(out, "00", 3);
        return;
    }
    uint8_t first = protocol.data[0];
    uint8_t last = protocol.data[protocol.len - 1];
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        out[0] = (char)first;
        out[1] = (char)last;
    } else {
        out[0] = hex[first >> 4];
        out[1] = hex[last & 0x0f];
    }
    out[2] = '\0';
}

void hs_tls_ja4_a(const hs_tls_client_hello *hello, char transport, char out[HS_TLS_JA4_A])
{
    enum { MOST = 99 };
    char alpn[3];
    unsigned suites = 0;
    unsigned extensions = 0;
    hs_tls_u16_list list = {hello->cipher_suites};
    for (uint16_t value; suites < MOST && next_value(&list, &value);) {
        suites++;
    }
    hs_tls_extension_iterator it = hs_tls_extensions_begin(&hello->extensions);
    for (hs_tls_extension each; extensions < MOST && next_extension(&it, &each);) {
        extensions++;
    }
    ja4_alpn(&hello->extensions, alpn);
    bool has_name = hs_tls_has_extension(&hello->extensions, HS_TLS_EXT_SERVER_NAME);
    (void)snprintf(out, HS_TLS_JA4_A, "%c%s%c%02u%02u%s", transport,
                   ja4_version(hs_tls_client_hello_version(hello)), has_name ? 'd' : 'i', suites,
                   extensions, alpn);
}

enum { CELL = 5 }; /* "002f," */

/* Sorts cells of the same width in place (Shell's method: no memory, and no worst case that a
 * hostile hello could make slow). */
static void sort_cells(char *cells, size_t count)
{
    static const size_t gaps[] = {10243, 4381, 1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < count; i++) {
            char moving[CELL];
            size_t at = i;
            memcpy(moving, cells + i * CELL, CELL);
            for (; at >= gap && memcmp(cells + (at - gap) * CELL, moving, CELL) > 0; at -= gap) {
                memcpy(cells + at * CELL, cells + (at - gap) * CELL, CELL);
            }
            memcpy(cells + at * CELL, moving, CELL);
        }
    }
}

/* Sorts all cells that were added, and drops the last comma. */
static void finish_cells(text *t)
{
    if (!t->overflow && t->len > 0) {
        sort_cells(t->out, t->len / CELL);
        t->len--;
    }
}

hs_result hs_tls_ja4_b_text(const hs_tls_client_hello *hello, char *out, size_t size)
{
    text t = text_begin(out, size);
    hs_tls_u16_list list = {hello->cipher_suites};
    for (uint16_t value; next_value(&list, &value);) {
        add_hex(&t, value);
        add_char(&t, ',');
    }
    finish_cells(&t);
    return text_end(&t);
}

hs_result hs_tls_ja4_c_text(const hs_tls_client_hello *hello, char *out, size_t size)
{
    text t = text_begin(out, size);
    hs_tls_extension_iterator it = hs_tls_extensions_begin(&hello->extensions);
    for (hs_tls_extension each; next_extension(&it, &each);) {
        if (each.type != HS_TLS_EXT_SERVER_NAME &&
            each.type != HS_TLS_EXT_APPLICATION_LAYER_PROTOCOL_NEGOTIATION) {
            add_hex(&t, each.type);
            add_char(&t, ',');
        }
    }
    finish_cells(&t);
    hs_tls_u16_list algorithms = {0};
    (void)hs_tls_get_signature_algorithms(&hello->extensions, &algorithms);
    char separator = '_';
    for (uint16_t value; next_value(&algorithms, &value); separator = ',') {
        add_char(&t, separator);
        add_hex(&t, value);
    }
    return text_end(&t);
}

/* Looking things up in a head. */
#include "wire/http1.h"

#include <string.h>

#include "wire/http1_bytes.h"

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 'a' - 'A') : byte;
}

bool hs_http1_is_same(hs_bytes bytes, const char *text)
{
    if (strlen(text) != bytes.len) {
        return false;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if (lower(bytes.data[i]) != lower((uint8_t)text[i])) {
            return false;
        }
    }
    return true;
}

const hs_http1_field *hs_http1_find(const hs_http1_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (hs_http1_is_same(head->fields[i].name, name)) {
            return &head->fields[i];
        }
    }
    return NULL;
}

size_t hs_http1_count(const hs_http1_head *head, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        count += hs_http1_is_same(head->fields[i].name, name);
    }
    return count;
}

static hs_bytes trimmed(const uint8_t *data, size_t len)
{
    while (len > 0 && hs_http1_is_space(data[len - 1])) {
        len--;
    }
    while (len > 0 && hs_http1_is_space(data[0])) {
        data++;
        len--;
    }
    return (hs_bytes){data, len};
}

/* Length of what stands before the next `end` outside of quotes, or all (RFC 9110 5.6.4). */
static size_t length_to(hs_bytes bytes, uint8_t end)
{
    bool is_quoted = false;
    size_t i = 0;
    for (; i < bytes.len && (is_quoted || bytes.data[i] != end); i++) {
        if (bytes.data[i] == '"') {
            is_quoted = !is_quoted;
        } else if (is_quoted && bytes.data[i] == '\\' && i + 1 < bytes.len) {
            i++;
        }
    }
    return i;
}

bool hs_http1_next_element(hs_bytes *list, hs_bytes *element)
{
    while (list->len > 0) {
        size_t n = length_to(*list, ',');
        *element = trimmed(list->data, n);
        size_t used = n < list->len ? n + 1 : n;
        list->data += used;
        list->len -= used;
        if (element->len > 0) {
            return true;
        }
    }
    return false;
}

bool hs_http1_has_token(const hs_http1_head *head, const char *name, const char *token)
{
    for (size_t i = 0; i < head->field_count; i++) {
        hs_bytes list = head->fields[i].value;
        hs_bytes element;
        while (hs_http1_is_same(head->fields[i].name, name) &&
               hs_http1_next_element(&list, &element)) {
            if (hs_http1_is_same(trimmed(element.data, length_to(element, ';')), token)) {
                return true;
            }
        }
    }
    return false;
}

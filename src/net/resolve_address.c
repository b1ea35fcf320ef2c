/* Addresses as text: literals with zones (RFC 4007 11), overrides, and back to text. */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool parse_ipv4(const char *text, uint16_t port, hs_address *out)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) != 1)
        return false;
    *out = (hs_address){.len = sizeof(ipv4)};
    memcpy(&out->storage, &ipv4, sizeof(ipv4));
    return true;
}

/* An interface's name or number, RFC 4007 11.2. */
static bool parse_zone(const char *text, uint32_t *out)
{
    *out = if_nametoindex(text);
    if (*out != 0)
        return true;
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool parse_ipv6(const char *text, uint16_t port, hs_address *out)
{
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char digits[INET6_ADDRSTRLEN];
    const char *zone = strchr(text, '%');
    size_t len = zone != NULL ? (size_t)(zone - text) : strlen(text);
    if (len >= sizeof(digits))
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (inet_pton(AF_INET6, digits, &ipv6.sin6_addr) != 1)
        return false;
    if (zone != NULL && !parse_zone(zone + 1, &ipv6.sin6_scope_id))
        return false;
    *out = (hs_address){.len = sizeof(ipv6)};
    memcpy(&out->storage, &ipv6, sizeof(ipv6));
    return true;
}

hs_result hs_address_parse(const char *text, uint16_t port, hs_address *out)
{
    return parse_ipv4(text, port, out) || parse_ipv6(text, port, out) ? HS_OK : HS_INVALID;
}

int hs_address_family(const hs_address *address)
{
    return address->storage.ss_family == AF_INET6 ? 6 : 4;
}

void hs_address_text(const hs_address *address, char out[INET6_ADDRSTRLEN + 16])
{
    const size_t capacity = INET6_ADDRSTRLEN + 16;
    out[0] = '\0';
    if (hs_address_family(address) == 4) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, &address->storage, sizeof(ipv4));
        inet_ntop(AF_INET, &ipv4.sin_addr, out, (socklen_t)capacity);
        return;
    }
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, &address->storage, sizeof(ipv6));
    inet_ntop(AF_INET6, &ipv6.sin6_addr, out, (socklen_t)capacity);
    if (ipv6.sin6_scope_id == 0)
        return;
    char zone[IF_NAMESIZE];
    if (if_indextoname(ipv6.sin6_scope_id, zone) == NULL)
        snprintf(zone, sizeof(zone), "%u", ipv6.sin6_scope_id);
    size_t len = strlen(out);
    snprintf(out + len, capacity - len, "%%%s", zone);
}

/* The text up to the next of `ends`, or up to "]" where it begins with "[". Advances `cursor` to
 * the character that ended it. */
static bool take_part(const char **cursor, const char *ends, char *out, size_t capacity)
{
    const char *start = *cursor;
    bool bracketed = *start == '[';
    if (bracketed)
        start++;
    size_t len = strcspn(start, bracketed ? "]" : ends);
    if (len == 0 || len >= capacity)
        return false;
    memcpy(out, start, len);
    out[len] = '\0';
    *cursor = start + len;
    if (bracketed) {
        if (**cursor != ']')
            return false;
        (*cursor)++;
    }
    return **cursor == '\0' || strchr(ends, **cursor) != NULL;
}

static bool parse_port(const char *text, uint16_t *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
        return false;
    unsigned long number = strtoul(text, NULL, 10);
    *out = (uint16_t)number;
    return number > 0 && number <= UINT16_MAX;
}

static bool override_is_for(const char *entry_host, const char *host)
{
    return strcmp(entry_host, "*") == 0 || strcasecmp(entry_host, host) == 0;
}

hs_result hs_resolve_override(const char *entry, const char *host, uint16_t port,
                              hs_address *addresses, size_t capacity, size_t *count)
{
    *count = 0;
    const char *cursor = *entry == '+' ? entry + 1 : entry;
    char entry_host[256];
    char text[INET6_ADDRSTRLEN + IF_NAMESIZE];
    uint16_t entry_port;
    if (!take_part(&cursor, ":", entry_host, sizeof(entry_host)) || *cursor++ != ':')
        return HS_INVALID;
    if (!take_part(&cursor, ":", text, sizeof(text)) || *cursor++ != ':')
        return HS_INVALID;
    if (!parse_port(text, &entry_port))
        return HS_INVALID;

    /* All of it is checked even where it is for another host: a typing error must not wait. */
    bool wanted = entry_port == port && override_is_for(entry_host, host);
    size_t found = 0;
    for (;;) {
        hs_address address;
        if (!take_part(&cursor, ",", text, sizeof(text)) ||
            hs_address_parse(text, port, &address) != HS_OK)
            return HS_INVALID;
        if (wanted && found == capacity)
            return HS_LIMIT;
        if (wanted)
            addresses[found++] = address;
        if (*cursor == '\0')
            break;
        cursor++;
    }
    *count = found;
    return HS_OK;
}

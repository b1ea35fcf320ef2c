#include "probe/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static hs_result invalid(hs_problem *problem, const char *url, const char *format, ...)
    HS_PRINTF(3, 4);

/* "'URL': why", with the URL cut and cleaned so that the line stays one line. */
static hs_result invalid(hs_problem *problem, const char *url, const char *format, ...)
{
    char shown[161];
    size_t n = 0;
    for (; n < sizeof shown - 1 && url[n]; n++) {
        unsigned char c = (unsigned char)url[n];
        shown[n] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    shown[n] = '\0';
    char why[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    (void)snprintf(problem->text, sizeof problem->text, "'%s': %s", shown, why);
    return HS_INVALID;
}

static bool has_bad_byte(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool is_ascii(const char *text)
{
    while ((unsigned char)*text > 0 && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

static bool is_literal(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    char plain[HS_HOST_MAX];
    (void)snprintf(plain, sizeof plain, "%s", host);
    char *zone = strchr(plain, '%');
    if (zone) {
        *zone = '\0';
    }
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, plain, address) == 1;
}

/* In a URL the sign before a zone may be written as "%25" (RFC 6874 2). */
static void plain_zone(char *host)
{
    char *zone = strchr(host, '%');
    if (zone && strncmp(zone, "%25", 3) == 0 && zone[3]) {
        memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    }
}

/* A registered name: letters, digits, hyphens, dots and underscores; IDNs in their A-label form. */
static bool is_name(const char *host)
{
    size_t label = 0;
    for (const char *c = host; *c; c++) {
        if (*c == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (isalnum((unsigned char)*c) || *c == '-' || *c == '_') {
            if (++label > 63) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

static bool parse_port(const char *text, size_t len, uint16_t *port)
{
    unsigned value = 0;
    if (len == 0 || len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value >= 1 && value <= 65535;
}

/* Splits "[v6]:port", "host:port" or either without port. */
static hs_result parse_authority(const char *text, size_t len, hs_url *url, const char *whole,
                                 hs_problem *problem)
{
    const char *host = text;
    size_t host_len = len;
    const char *rest = text + len;
    bool bracketed = len > 0 && text[0] == '[';
    if (bracketed) {
        const char *close = memchr(text, ']', len);
        if (!close) {
            return invalid(problem, whole, "the '[' has no ']'");
        }
        host = text + 1;
        host_len = (size_t)(close - host);
        rest = close + 1;
    } else {
        const char *colon = memchr(text, ':', len);
        if (colon && memchr(colon + 1, ':', len - (size_t)(colon + 1 - text))) {
            return invalid(problem, whole, "an IPv6 address needs brackets: [::1]:443");
        }
        if (colon) {
            host_len = (size_t)(colon - text);
            rest = colon;
        }
    }
    size_t rest_len = (size_t)(text + len - rest);
    if (rest_len > 0 && (rest[0] != ':' || !parse_port(rest + 1, rest_len - 1, &url->port))) {
        return invalid(problem, whole, "the port is not a number from 1 to 65535");
    }
    if (host_len == 0) {
        return invalid(problem, whole, "there is no host");
    }
    if (host_len >= sizeof url->host - 1) {
        return invalid(problem, whole, "the host name is too long");
    }
    memcpy(url->host, host, host_len);
    url->host[host_len] = '\0';
    if (bracketed) {
        plain_zone(url->host);
    }
    url->host_is_literal = is_literal(url->host);
    if (bracketed && (!url->host_is_literal || !strchr(url->host, ':'))) {
        return invalid(problem, whole, "what stands in brackets is not an IPv6 address");
    }
    if (!url->host_is_literal && !is_ascii(url->host)) {
        return invalid(problem, whole, "write the name in its ASCII form (xn--…)");
    }
    if (!url->host_is_literal && !is_name(url->host)) {
        return invalid(problem, whole, "'%s' is not a host name", url->host);
    }
    return HS_OK;
}

static hs_result unknown_scheme(hs_problem *problem, const char *text, const char *scheme,
                                size_t len)
{
    char known[128] = "";
    size_t used = 0;
    const hs_scheme *each;
    for (size_t i = 0; (each = hs_scheme_at(i)) && used < sizeof known; i++) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 each->name);
    }
    return invalid(problem, text, "the scheme '%.*s' is not one of %s", (int)(len > 32 ? 32 : len),
                   scheme, known);
}

hs_result hs_url_parse(const char *text, hs_url *url, hs_problem *problem)
{
    memset(url, 0, sizeof *url);
    if (!text[0]) {
        return invalid(problem, text, "an empty target");
    }
    if (strlen(text) >= HS_URL_MAX) {
        return invalid(problem, text, "the URL is longer than %d bytes", HS_URL_MAX - 1);
    }
    if (has_bad_byte(text)) {
        return invalid(problem, text, "the URL has a space or a control character");
    }
    const char *scheme = "https";
    size_t scheme_len = 5;
    const char *authority = text;
    const char *mark = strstr(text, "://");
    if (mark && !memchr(text, '/', (size_t)(mark - text))) {
        scheme = text;
        scheme_len = (size_t)(mark - text);
        authority = mark + 3;
    }
    url->scheme = hs_scheme_find(scheme, scheme_len);
    if (!url->scheme) {
        return unknown_scheme(problem, text, scheme, scheme_len);
    }
    size_t len = strcspn(authority, "/?#");
    if (memchr(authority, '@', len)) {
        return invalid(problem, text, "user names in URLs are not used here");
    }
    url->port = url->scheme->port;
    hs_result result = parse_authority(authority, len, url, text, problem);
    if (result != HS_OK) {
        return result;
    }
    if (url->port == 0) {
        return invalid(problem, text, "%s needs a port: %s://%s:PORT", url->scheme->name,
                       url->scheme->name, url->host);
    }
    const char *path = authority + len;
    size_t path_len = strcspn(path, "#");
    (void)snprintf(url->path, sizeof url->path, "%s%.*s", path[0] == '/' ? "" : "/", (int)path_len,
                   path);
    (void)snprintf(url->text, sizeof url->text, "%s%s", authority == text ? "https://" : "", text);
    return HS_OK;
}

/* A zone means something only at this host, and is not told to another (RFC 6874 4). */
void hs_url_authority(const hs_url *url, char out[HS_HOST_MAX + 16])
{
    bool v6 = strchr(url->host, ':') != NULL;
    int len = (int)strcspn(url->host, "%");
    int n = snprintf(out, HS_HOST_MAX + 16, "%s%.*s%s", v6 ? "[" : "", len, url->host,
                     v6 ? "]" : "");
    if (url->port != url->scheme->port && n > 0) {
        (void)snprintf(out + n, (size_t)(HS_HOST_MAX + 16 - n), ":%u", url->port);
    }
}

hs_result hs_probe_check_url(const char *text, hs_problem *problem)
{
    hs_url url;
    return hs_url_parse(text, &url, problem);
}

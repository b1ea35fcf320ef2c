/* The target of a probe: a URL, taken apart and checked (RFC 3986 3). */
#ifndef HS_PROBE_URL_H
#define HS_PROBE_URL_H

#include <handshake/api.h>
#include <handshake/probe.h>

#include "probe/scheme.h"

enum { HS_URL_MAX = 2048, HS_HOST_MAX = 256 };

typedef struct hs_url {
    char text[HS_URL_MAX + 16]; /* with its scheme */
    const hs_scheme *scheme;
    char host[HS_HOST_MAX]; /* without brackets */
    uint16_t port;
    char path[HS_URL_MAX]; /* with its query; "/" where none was given */
    bool host_is_literal;  /* an IPv4 or IPv6 address */
} hs_url;

/* HS_INVALID with `problem` filled: what is wrong, and where. */
HS_CHECKED hs_result hs_url_parse(const char *text, hs_url *url, hs_problem *problem);

/* What stands in a Host field or :authority: brackets round a v6 literal, the port only where it is
 * not the scheme's own. */
void hs_url_authority(const hs_url *url, char out[HS_HOST_MAX + 16]);

#endif

/* Names to addresses: literals, overrides (--resolve), and c-ares with A and AAAA asked in parallel. */
#ifndef HS_NET_RESOLVE_H
#define HS_NET_RESOLVE_H

#include <netinet/in.h>
#include <uv.h>

#include <handshake/api.h>
#include <handshake/failure.h>

typedef struct hs_address {
    struct sockaddr_storage storage;
    socklen_t len;
} hs_address;

typedef struct hs_resolver hs_resolver;
typedef struct hs_resolution hs_resolution;

typedef struct hs_resolution_events {
    void *context;
    /* Addresses of one family came (the other may follow). */
    void (*addresses)(void *context, const hs_address *addresses, size_t count);
    /* Both families have answered or failed. HS_FAILURE_NONE where there was any address; otherwise
     * the class, and the resolver's own words. Called once, from the loop or from hs_resolve. */
    void (*done)(void *context, hs_failure_class failure, const char *why);
} hs_resolution_events;

/* HS_SYSTEM: the resolver's configuration could not be read. */
HS_CHECKED hs_result hs_resolver_new(uv_loop_t *loop, hs_resolver **out);
void hs_resolver_free(hs_resolver *resolver);
/* `host` is a name or a literal without brackets; `family` 0, 4 or 6. */
HS_CHECKED hs_result hs_resolve(hs_resolver *resolver, const char *host, uint16_t port, int family,
                                const hs_resolution_events *events, hs_resolution **out);
/* Ends it; no call-back follows. Also needed after `done`. */
void hs_resolution_free(hs_resolution *resolution);

/* "host:port:address[,address]…" against host and port. HS_INVALID: malformed. `*count` is 0 where
 * the entry is for another host or port. Addresses may stand in brackets. */
HS_CHECKED hs_result hs_resolve_override(const char *entry, const char *host, uint16_t port,
                                         hs_address *addresses, size_t capacity, size_t *count);
/* The numeric text of an address, without its port. */
void hs_address_text(const hs_address *address, char out[INET6_ADDRSTRLEN + 16]);
int hs_address_family(const hs_address *address); /* 4 or 6 */

#endif

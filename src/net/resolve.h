/* Names to addresses: literals, overrides (--resolve), and c-ares with A and AAAA asked in
 * parallel. */
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
     * the class, and what the server answered for which name. `why` is then borrowed for the call,
     * else NULL. Called once, from the loop or from hs_resolve. */
    void (*done)(void *context, hs_failure_class failure, const char *why);
} hs_resolution_events;

/* Costs nothing yet: the system's configuration is read when the first name is asked. */
HS_CHECKED hs_result hs_resolver_new(uv_loop_t *loop, hs_resolver **out);
/* No call-back follows, for any of its resolutions; those are still to be freed. The loop has to
 * run once more for the memory to be given back. */
void hs_resolver_free(hs_resolver *resolver);
/* The name servers to ask in place of the system's: "address[:port][,…]", IPv6 in brackets. To be
 * called while nothing is being asked. HS_INVALID: malformed. HS_SYSTEM: the resolver's
 * configuration could not be read. */
HS_CHECKED hs_result hs_resolver_set_servers(hs_resolver *resolver, const char *servers);
/* `host` is a name or a literal without brackets, IPv6 perhaps with %zone; `family` 0, 4 or 6.
 *
 * AAAA and A are asked at once as two queries, and each answer is passed on as it comes, ordered by
 * RFC 6724. Where both are there together, IPv6 comes first. RFC 8305's resolution delay is kept by
 * the connector. There is no deadline but the name server client's own (it may take over a minute):
 * that is the caller's.
 *
 * The call-backs may come before this returns, after `*out` was set: always for a literal and for
 * localhost (::1 and 127.0.0.1, RFC 6761 6.3), and for names in the hosts file.
 * HS_INVALID: `host` is empty. HS_SYSTEM: the resolver's configuration could not be read. */
HS_CHECKED hs_result hs_resolve(hs_resolver *resolver, const char *host, uint16_t port, int family,
                                const hs_resolution_events *events, hs_resolution **out);
/* Ends it; no call-back follows. Also needed after `done`. May be called from a call-back. */
void hs_resolution_free(hs_resolution *resolution);

/* curl's "[+]host:port:address[,address]…" against host and port; a host of "*" is any. HS_INVALID:
 * malformed, whether or not it is for this host. HS_LIMIT: more than `capacity` addresses. `*count`
 * is 0 where the entry is for another host or port. Addresses and host may stand in brackets. */
HS_CHECKED hs_result hs_resolve_override(const char *entry, const char *host, uint16_t port,
                                         hs_address *addresses, size_t capacity, size_t *count);
/* An IPv4 address in dotted decimal, or an IPv6 address perhaps with %zone (an interface's name or
 * number). HS_INVALID: anything else. */
HS_CHECKED hs_result hs_address_parse(const char *text, uint16_t port, hs_address *out);
/* The numeric text of an address with its zone, without its port. */
void hs_address_text(const hs_address *address, char out[INET6_ADDRSTRLEN + 16]);
int hs_address_family(const hs_address *address); /* 4 or 6 */

#endif

/* Names to addresses through c-ares in a libuv loop: AAAA and A asked in parallel. */
#include "net/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve_channel.h"

enum { QUERY_AAAA, QUERY_A, QUERY_COUNT };

typedef struct query {
    hs_resolution *resolution;
    bool asked;
    bool answered;
    bool delivered;
    int status; /* ARES_… */
    hs_address *addresses;
    size_t count;
} query;

struct hs_resolution {
    hs_resolver *resolver; /* NULL once that is gone */
    hs_resolution *next;
    hs_resolution_events events;
    query queries[QUERY_COUNT];
    uint16_t port;
    unsigned in_ares;
    bool delivering;
    bool done;
    bool freed;
    char host[];
};

struct hs_resolver {
    hs_resolve_channel channel;
    hs_resolution *resolutions;
    bool closed;
};

static void release_resolution(hs_resolution *resolution)
{
    if (!resolution->freed || resolution->in_ares > 0 || resolution->delivering)
        return;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        free(resolution->queries[i].addresses);
    free(resolution);
}

static void set_port(hs_address *address, uint16_t port)
{
    if (address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, &address->storage, sizeof(ipv6));
        ipv6.sin6_port = htons(port);
        memcpy(&address->storage, &ipv6, sizeof(ipv6));
    } else {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, &address->storage, sizeof(ipv4));
        ipv4.sin_port = htons(port);
        memcpy(&address->storage, &ipv4, sizeof(ipv4));
    }
}

static int copy_addresses(query *asked, const struct ares_addrinfo *found)
{
    size_t count = 0;
    for (const struct ares_addrinfo_node *node = found->nodes; node != NULL; node = node->ai_next)
        count++;
    if (count == 0)
        return ARES_ENODATA;
    asked->addresses = calloc(count, sizeof(*asked->addresses));
    if (asked->addresses == NULL)
        return ARES_ENOMEM;
    for (const struct ares_addrinfo_node *node = found->nodes; node != NULL; node = node->ai_next) {
        hs_address *address = &asked->addresses[asked->count];
        if ((size_t)node->ai_addrlen > sizeof(address->storage))
            continue;
        address->len = (socklen_t)node->ai_addrlen;
        memcpy(&address->storage, node->ai_addr, address->len);
        set_port(address, asked->resolution->port);
        asked->count++;
    }
    return ARES_SUCCESS;
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    (void)timeouts;
    query *asked = context;
    hs_resolution *resolution = asked->resolution;
    asked->answered = true;
    asked->status = status;
    if (status == ARES_SUCCESS && !resolution->freed)
        asked->status = copy_addresses(asked, found);
    if (found != NULL)
        ares_freeaddrinfo(found);
    resolution->in_ares--;
    release_resolution(resolution);
}

static hs_failure_class failure_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
        return HS_FAILURE_DNS_NAME_NOT_RESOLVED;
    case ARES_ETIMEOUT:
        return HS_FAILURE_DNS_TIMED_OUT;
    default:
        return HS_FAILURE_DNS_FAILED;
    }
}

static const char *words_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return "NXDOMAIN";
    case ARES_ENODATA:
        return "no such record";
    case ARES_EFORMERR:
        return "FORMERR";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_ENOTIMP:
        return "NOTIMP";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_EBADRESP:
        return "a malformed answer";
    case ARES_EBADNAME:
        return "not a name that DNS can carry";
    case ARES_ECONNREFUSED:
        return "no usable answer from any name server";
    case ARES_ETIMEOUT:
        return "no answer";
    default:
        return ares_strerror(status);
    }
}

/* An error that a server returned tells more than silence, and either leaves open whether the name
 * exists. */
static hs_failure_class worse(hs_failure_class one, hs_failure_class other)
{
    static const hs_failure_class order[] = {HS_FAILURE_DNS_FAILED, HS_FAILURE_DNS_TIMED_OUT};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (one == order[i] || other == order[i])
            return order[i];
    }
    return HS_FAILURE_DNS_NAME_NOT_RESOLVED;
}

static hs_failure_class explain(const hs_resolution *resolution, char *why, size_t capacity)
{
    const query *aaaa = &resolution->queries[QUERY_AAAA];
    const query *a = &resolution->queries[QUERY_A];
    if (!aaaa->asked || !a->asked) {
        const query *only = a->asked ? a : aaaa;
        snprintf(why, capacity, "%s for %s (%s)", words_of(only->status), resolution->host,
                 a->asked ? "A" : "AAAA");
        return failure_of(only->status);
    }
    if (a->status == aaaa->status)
        snprintf(why, capacity, "%s for %s (AAAA and A)", words_of(a->status), resolution->host);
    else
        snprintf(why, capacity, "AAAA: %s, A: %s, for %s", words_of(aaaa->status),
                 words_of(a->status), resolution->host);
    return worse(failure_of(a->status), failure_of(aaaa->status));
}

static void deliver_done(hs_resolution *resolution)
{
    size_t addresses = 0;
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        if (resolution->queries[i].asked && !resolution->queries[i].delivered)
            return;
        addresses += resolution->queries[i].count;
    }
    char why[512];
    hs_failure_class failure = addresses > 0 ? HS_FAILURE_NONE
                                             : explain(resolution, why, sizeof(why));
    resolution->done = true;
    resolution->events.done(resolution->events.context, failure, addresses > 0 ? NULL : why);
}

static void deliver(hs_resolution *resolution)
{
    resolution->delivering = true;
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        query *each = &resolution->queries[i];
        if (!each->answered || each->delivered)
            continue;
        each->delivered = true;
        if (each->count > 0 && !resolution->freed)
            resolution->events.addresses(resolution->events.context, each->addresses, each->count);
    }
    if (!resolution->freed && !resolution->done)
        deliver_done(resolution);
    resolution->delivering = false;
    release_resolution(resolution);
}

static hs_resolution *first_ready(hs_resolver *resolver)
{
    for (hs_resolution *each = resolver->resolutions; each != NULL; each = each->next) {
        for (size_t i = 0; i < QUERY_COUNT && !each->delivering; i++) {
            if (each->queries[i].answered && !each->queries[i].delivered)
                return each;
        }
    }
    return NULL;
}

static void deliver_ready(void *context)
{
    hs_resolver *resolver = context;
    /* A call-back may free any of them, and the resolver; its memory stays until the loop runs. */
    hs_resolution *ready;
    while (!resolver->closed && (ready = first_ready(resolver)) != NULL)
        deliver(ready);
}

static void ask(hs_resolution *resolution, size_t index, int family)
{
    query *asked = &resolution->queries[index];
    struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    asked->resolution = resolution;
    asked->asked = true;
    resolution->in_ares++;
    ares_getaddrinfo(resolution->resolver->channel.ares, resolution->host, NULL, &hints, on_answer,
                     asked);
}

static void give_literal(hs_resolution *resolution, const hs_address *literal, int family)
{
    hs_resolution_events *events = &resolution->events;
    resolution->delivering = true;
    resolution->done = true;
    if (family != 0 && family != hs_address_family(literal)) {
        char why[512];
        snprintf(why, sizeof(why), "%s is not an IPv%d address", resolution->host, family);
        events->done(events->context, HS_FAILURE_DNS_NAME_NOT_RESOLVED, why);
    } else {
        events->addresses(events->context, literal, 1);
        if (!resolution->freed)
            events->done(events->context, HS_FAILURE_NONE, NULL);
    }
    resolution->delivering = false;
    release_resolution(resolution);
}

static void on_channel_closed(void *context)
{
    free(context);
}

hs_result hs_resolver_new(uv_loop_t *loop, hs_resolver **out)
{
    hs_resolver *resolver = calloc(1, sizeof(*resolver));
    *out = resolver;
    if (resolver == NULL)
        return HS_NO_MEMORY;
    resolver->channel = (hs_resolve_channel){.loop = loop,
                                             .context = resolver,
                                             .progressed = deliver_ready,
                                             .closed = on_channel_closed};
    return HS_OK;
}

void hs_resolver_free(hs_resolver *resolver)
{
    if (resolver == NULL)
        return;
    resolver->closed = true;
    for (hs_resolution *each = resolver->resolutions; each != NULL; each = each->next)
        each->resolver = NULL;
    resolver->resolutions = NULL;
    hs_resolve_channel_close(&resolver->channel);
}

hs_result hs_resolver_set_servers(hs_resolver *resolver, const char *servers)
{
    hs_result result = hs_resolve_channel_open(&resolver->channel);
    if (result != HS_OK)
        return result;
    int status = ares_set_servers_ports_csv(resolver->channel.ares, servers);
    if (status == ARES_ENOMEM)
        return HS_NO_MEMORY;
    return status == ARES_SUCCESS ? HS_OK : HS_INVALID;
}

hs_result hs_resolve(hs_resolver *resolver, const char *host, uint16_t port, int family,
                     const hs_resolution_events *events, hs_resolution **out)
{
    *out = NULL;
    if (*host == '\0')
        return HS_INVALID;
    hs_address literal;
    bool is_literal = hs_address_parse(host, port, &literal) == HS_OK;
    hs_result result = is_literal ? HS_OK : hs_resolve_channel_open(&resolver->channel);
    if (result != HS_OK)
        return result;
    size_t size = strlen(host) + 1;
    hs_resolution *resolution = calloc(1, sizeof(*resolution) + size);
    if (resolution == NULL)
        return HS_NO_MEMORY;
    memcpy(resolution->host, host, size);
    resolution->port = port;
    resolution->events = *events;
    *out = resolution;
    if (is_literal) {
        give_literal(resolution, &literal, family);
        return HS_OK;
    }
    resolution->resolver = resolver;
    resolution->next = resolver->resolutions;
    resolver->resolutions = resolution;
    if (family != 4)
        ask(resolution, QUERY_AAAA, AF_INET6);
    if (family != 6)
        ask(resolution, QUERY_A, AF_INET);
    hs_resolve_channel_arm(&resolver->channel);
    deliver_ready(resolver);
    return HS_OK;
}

void hs_resolution_free(hs_resolution *resolution)
{
    if (resolution == NULL)
        return;
    hs_resolver *resolver = resolution->resolver;
    resolution->freed = true;
    resolution->resolver = NULL;
    if (resolver != NULL) {
        hs_resolution **link = &resolver->resolutions;
        while (*link != resolution)
            link = &(*link)->next;
        *link = resolution->next;
    }
    release_resolution(resolution);
    /* c-ares cannot cancel one query; with nobody waiting, all are, so that none keeps the loop
     * running. */
    if (resolver != NULL && resolver->resolutions == NULL) {
        ares_cancel(resolver->channel.ares);
        hs_resolve_channel_arm(&resolver->channel);
    }
}

/* Names to addresses through c-ares in a libuv loop: AAAA and A asked in parallel.
 *
 * A server that answers SERVFAIL, REFUSED or NOTIMP is passed over for the next one. When none is
 * left, c-ares 1.18 says only that no server was of use. Then we ask once more, by a second channel
 * that takes the first answer as it is, to be able to say what that was.
 */
#include "net/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve_channel.h"
#include "net/resolve_failure.h"
#include "net/resolve_known.h"

enum { QUERY_AAAA, QUERY_A, QUERY_COUNT };

typedef struct query {
    hs_resolution *resolution;
    int family; /* AF_… */
    bool asked;
    bool asked_plainly; /* by the second channel */
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
    hs_resolve_channel plain; /* no server is passed over */
    unsigned channels;        /* not yet closed */
    char *servers;            /* NULL: the system's */
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

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found);

static void ask_by(hs_resolve_channel *channel, query *asked)
{
    struct ares_addrinfo_hints hints = {.ai_family = asked->family, .ai_socktype = SOCK_STREAM};
    asked->resolution->in_ares++;
    ares_getaddrinfo(channel->ares, asked->resolution->host, NULL, &hints, on_answer, asked);
}

static hs_result use_servers(const hs_resolver *resolver, const hs_resolve_channel *channel)
{
    if (resolver->servers == NULL || !channel->is_open)
        return HS_OK;
    int status = ares_set_servers_ports_csv(channel->ares, resolver->servers);
    if (status == ARES_ENOMEM)
        return HS_NO_MEMORY;
    return status == ARES_SUCCESS ? HS_OK : HS_INVALID;
}

static hs_result open_channel(const hs_resolver *resolver, hs_resolve_channel *channel)
{
    if (channel->is_open)
        return HS_OK;
    hs_result result = hs_resolve_channel_open(channel);
    return result == HS_OK ? use_servers(resolver, channel) : result;
}

static bool ask_plainly(query *asked)
{
    hs_resolver *resolver = asked->resolution->resolver;
    if (resolver == NULL || asked->asked_plainly ||
        open_channel(resolver, &resolver->plain) != HS_OK)
        return false;
    asked->asked_plainly = true;
    ask_by(&resolver->plain, asked);
    hs_resolve_channel_arm(&resolver->plain);
    return true;
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    (void)timeouts;
    query *asked = context;
    hs_resolution *resolution = asked->resolution;
    if (status != ARES_ECONNREFUSED || !ask_plainly(asked)) {
        asked->answered = true;
        asked->status = status;
        if (status == ARES_SUCCESS && !resolution->freed)
            asked->status = copy_addresses(asked, found);
    }
    if (found != NULL)
        ares_freeaddrinfo(found);
    resolution->in_ares--;
    release_resolution(resolution);
}

static int status_of(const query *asked)
{
    return asked->asked ? asked->status : HS_RESOLVE_NOT_ASKED;
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
    hs_failure_class failure = HS_FAILURE_NONE;
    if (addresses == 0)
        failure = hs_resolve_explain(resolution->host, status_of(&resolution->queries[QUERY_AAAA]),
                                     status_of(&resolution->queries[QUERY_A]), why, sizeof(why));
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
    asked->resolution = resolution;
    asked->family = family;
    asked->asked = true;
    ask_by(&resolution->resolver->channel, asked);
}

static void give_known(hs_resolution *resolution, const hs_address *known, size_t count, int family)
{
    hs_resolution_events *events = &resolution->events;
    bool given = false;
    resolution->delivering = true;
    resolution->done = true;
    for (size_t i = 0; i < count && !resolution->freed; i++) {
        if (family != 0 && family != hs_address_family(&known[i]))
            continue;
        given = true;
        events->addresses(events->context, &known[i], 1);
    }
    char why[512];
    snprintf(why, sizeof(why), "%s is not an IPv%d address", resolution->host, family);
    if (!resolution->freed)
        events->done(events->context, given ? HS_FAILURE_NONE : HS_FAILURE_DNS_NAME_NOT_RESOLVED,
                     given ? NULL : why);
    resolution->delivering = false;
    release_resolution(resolution);
}

static void on_channel_closed(void *context)
{
    hs_resolver *resolver = context;
    if (--resolver->channels > 0)
        return;
    free(resolver->servers);
    free(resolver);
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
    resolver->plain = resolver->channel;
    resolver->plain.flags = ARES_FLAG_NOCHECKRESP;
    resolver->channels = 2;
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
    hs_resolve_channel_close(&resolver->plain);
}

hs_result hs_resolver_set_servers(hs_resolver *resolver, const char *servers)
{
    char *copy = strdup(servers);
    if (copy == NULL)
        return HS_NO_MEMORY;
    free(resolver->servers);
    resolver->servers = copy;
    hs_result result = hs_resolve_channel_open(&resolver->channel);
    if (result == HS_OK)
        result = use_servers(resolver, &resolver->channel);
    return result == HS_OK ? use_servers(resolver, &resolver->plain) : result;
}

hs_result hs_resolve(hs_resolver *resolver, const char *host, uint16_t port, int family,
                     const hs_resolution_events *events, hs_resolution **out)
{
    *out = NULL;
    if (*host == '\0')
        return HS_INVALID;
    hs_address known[HS_RESOLVE_KNOWN_MAX];
    size_t known_count = hs_resolve_known(host, port, known);
    hs_result result = known_count > 0 ? HS_OK : open_channel(resolver, &resolver->channel);
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
    if (known_count > 0) {
        give_known(resolution, known, known_count, family);
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
        hs_resolve_channel_cancel(&resolver->channel);
        hs_resolve_channel_cancel(&resolver->plain);
    }
}

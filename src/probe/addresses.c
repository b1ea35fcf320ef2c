#include "probe/addresses.h"

#include <netinet/in.h>
#include <string.h>

#include "probe/options.h"
#include "probe/run.h"

/* Addresses from --resolve; 0 where no entry is for this host and port. */
static size_t overrides(const hs_run *run, hs_address *addresses)
{
    const hs_probe_options *o = run->setup.options;
    const hs_url *url = run->setup.url;
    size_t count = 0;
    for (size_t i = 0; i < o->resolve_count && count == 0; i++) {
        hs_result result = hs_resolve_override(o->resolve[i], url->host, url->port, addresses,
                                               HS_OVERRIDE_ADDRESSES_MAX, &count);
        if (result != HS_OK) {
            count = 0; /* entries were checked when the prober was made */
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (o->family == 0 || hs_address_family(&addresses[i]) == o->family) {
            addresses[kept++] = addresses[i];
        }
    }
    return kept;
}

static void on_addresses(void *context, const hs_address *addresses, size_t count)
{
    hs_run *run = context;
    hs_run_set_phase(run, run->addresses_phase);
    hs_result result = run->addresses.found(run, addresses, count);
    if (result != HS_OK && result != HS_LIMIT) {
        hs_run_give_up(run, result);
    }
}

static void on_resolved(void *context, hs_failure_class failure, const char *why)
{
    hs_run *run = context;
    run->resolved = hs_run_now(run);
    if (failure != HS_FAILURE_NONE) {
        hs_run_fail(run, failure, "%s", why);
        return;
    }
    run->addresses.all_found(run);
}

/* A zone is an interface (RFC 4007 11), and a link-local address says nothing without one. */
static bool is_usable_literal(hs_run *run, const hs_url *url)
{
    hs_address address;
    if (hs_address_parse(url->host, url->port, &address) != HS_OK) {
        const char *zone = strchr(url->host, '%');
        hs_run_fail(run, HS_FAILURE_LOCAL, "this host has no network interface '%s'",
                    zone ? zone + 1 : "");
        return false;
    }
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, &address.storage, sizeof ipv6);
    if (ipv6.sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ipv6.sin6_addr) &&
        ipv6.sin6_scope_id == 0) {
        hs_run_fail(run, HS_FAILURE_LOCAL,
                    "%s is a link-local address: the interface must be named, [%s%%eth0]",
                    url->host, url->host);
        return false;
    }
    return true;
}

hs_result hs_run_find_addresses(hs_run *run, hs_phase phase, const hs_run_addresses *events)
{
    const hs_url *url = run->setup.url;
    hs_address addresses[HS_OVERRIDE_ADDRESSES_MAX];
    size_t count = overrides(run, addresses);
    run->addresses = *events;
    run->addresses_phase = phase;
    if (count > 0) {
        hs_run_set_phase(run, phase);
        hs_result result = events->found(run, addresses, count);
        events->all_found(run);
        return result;
    }
    if (url->host_is_literal && !is_usable_literal(run, url)) {
        return HS_OK;
    }
    if (!url->host_is_literal) {
        hs_trace_mark(run->trace, HS_MILESTONE_DNS_START, hs_run_now(run));
    }
    const hs_resolution_events resolution = {
        .context = run, .addresses = on_addresses, .done = on_resolved};
    return hs_resolve(run->setup.resolver, url->host, url->port, run->setup.options->family,
                      &resolution, &run->resolution);
}

/* From a name to an established TCP connection. */
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
    hs_run_set_phase(run, HS_PHASE_TCP);
    hs_result result = hs_connector_add(run->connector, addresses, count);
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
    hs_connector_close_list(run->connector);
}

static void on_connected(void *context, int fd, const hs_connect_attempt *attempt)
{
    hs_run *run = context;
    char text[INET6_ADDRSTRLEN + 16];
    hs_address_text(&attempt->address, text);
    run->trace->target.address = hs_arena_text(hs_trace_arena(run->trace), text);
    run->trace->target.family = hs_address_family(&attempt->address);
    hs_run_take_socket(run, fd);
    if (run->over) {
        return;
    }
    hs_run_note_established(run, attempt);
    hs_run_step_done(run);
}

static void on_failed(void *context, hs_failure_class failure, int os_errno)
{
    hs_run *run = context;
    size_t count = 0;
    const hs_connect_attempt *attempts = hs_connector_attempts(run->connector, &count);
    if (count == 1) {
        char text[INET6_ADDRSTRLEN + 16];
        hs_address_text(&attempts[0].address, text);
        run->trace->target.address = hs_arena_text(hs_trace_arena(run->trace), text);
        run->trace->target.family = hs_address_family(&attempts[0].address);
        hs_run_fail(run, failure, "%s: %s", hs_run_peer(run), strerror(os_errno));
    } else {
        hs_run_fail(run, failure, "%s: none of %zu addresses gave a connection, the last says: %s",
                    hs_run_peer(run), count, strerror(os_errno));
    }
    run->trace->failure.os_errno = os_errno;
}

static hs_result resolve(hs_run *run)
{
    const hs_url *url = run->setup.url;
    hs_address addresses[HS_OVERRIDE_ADDRESSES_MAX];
    size_t count = overrides(run, addresses);
    if (count > 0) {
        hs_run_set_phase(run, HS_PHASE_TCP);
        hs_result result = hs_connector_add(run->connector, addresses, count);
        hs_connector_close_list(run->connector);
        return result;
    }
    if (!url->host_is_literal) {
        hs_trace_mark(run->trace, HS_MILESTONE_DNS_START, hs_run_now(run));
    }
    const hs_resolution_events events = {
        .context = run, .addresses = on_addresses, .done = on_resolved};
    return hs_resolve(run->setup.resolver, url->host, url->port, run->setup.options->family,
                      &events, &run->resolution);
}

static void start(hs_run *run)
{
    const hs_connect_options options = {.fast_open = run->setup.options->tcp_fastopen,
                                        .tap = hs_packets_tap(run->setup.packets)};
    const hs_connect_events events = {
        .context = run, .connected = on_connected, .failed = on_failed};
    hs_result result = hs_connector_new(run->setup.loop, &run->timeline, &options, &events,
                                        &run->connector);
    if (result == HS_OK) {
        result = resolve(run);
    }
    if (result != HS_OK && !run->over) {
        hs_run_give_up(run, result);
    }
}

const hs_step hs_step_connect = {
    .name = "TCP connection",
    .phase = HS_PHASE_DNS,
    .deadline = HS_DEADLINE_CONNECT,
    .timed_out = HS_FAILURE_TCP_TIMED_OUT,
    .closed = HS_FAILURE_TCP_CLOSED,
    .reset = HS_FAILURE_TCP_RESET,
    .start = start,
};

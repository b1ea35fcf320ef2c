/* From a name to an established TCP connection. */
#include <string.h>

#include "probe/run.h"

static hs_result on_found(hs_run *run, const hs_address *addresses, size_t count)
{
    return hs_connector_add(run->connector, addresses, count);
}

static void on_all_found(hs_run *run)
{
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

static void start(hs_run *run)
{
    const hs_connect_options options = {.fast_open = run->setup.options->tcp_fastopen,
                                        .tap = hs_packets_tap(run->setup.packets)};
    const hs_connect_events events = {
        .context = run, .connected = on_connected, .failed = on_failed};
    hs_result result = hs_connector_new(run->setup.loop, &run->timeline, &options, &events,
                                        &run->connector);
    if (result == HS_OK) {
        const hs_run_addresses addresses = {.found = on_found, .all_found = on_all_found};
        result = hs_run_find_addresses(run, HS_PHASE_TCP, &addresses);
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

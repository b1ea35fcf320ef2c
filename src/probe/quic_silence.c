/* No datagram came back. Whether UDP is dropped on the way, or nobody is there at all, shows a TCP
 * connection to the same address and port: it is made once the failure is known, and is no part of
 * any figure. */
#include <unistd.h>

#include "base/time_text.h"
#include "probe/run.h"

enum { CHECK_MS = 1000 };

static void conclude(hs_run *run, const char *what)
{
    hs_trace *trace = run->trace;
    const char *message = hs_arena_printf(hs_trace_arena(trace), "%s; %s", trace->failure.message,
                                          what);
    trace->failure.message = message ? message : trace->failure.message;
    run->over = true;
}

static void on_connected(void *context, int fd, const hs_connect_attempt *attempt)
{
    hs_run *run = context;
    (void)attempt;
    (void)close(fd);
    run->trace->failure.advice =
        "UDP to this port is dropped, on the way or at the host: open it in the firewalls, or use "
        "TCP (--http2)";
    conclude(run, "TCP on the same port answers: UDP is blocked");
}

static void on_failed(void *context, hs_failure_class failure, int os_errno)
{
    (void)os_errno;
    if (failure == HS_FAILURE_TCP_REFUSED) {
        conclude(context, "the host is there: TCP on the same port is refused");
    } else {
        conclude(context, "TCP on the same port does not connect either");
    }
}

void hs_run_quic_silent_too(hs_run *run)
{
    conclude(run, "TCP on the same port gives no answer either");
}

static hs_result begin_check(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    const hs_connect_options options = {.fast_open = false};
    const hs_connect_events events = {
        .context = run, .connected = on_connected, .failed = on_failed};
    hs_result result = hs_connector_new(run->setup.loop, &run->timeline, &options, &events,
                                        &quic->tcp_check);
    if (result == HS_OK) {
        result = hs_connector_add(quic->tcp_check, &quic->attempts[quic->attempt_count - 1].address,
                                  1);
    }
    if (result == HS_OK) {
        hs_connector_close_list(quic->tcp_check);
    }
    return result;
}

void hs_run_quic_silent(hs_run *run)
{
    hs_run_quic *quic = run->quic;
    char waited[HS_TIME_TEXT_MAX];
    hs_connect_attempt *attempt = &quic->attempts[quic->attempt_count - 1];
    attempt->end = hs_run_now(run);
    attempt->failure = HS_FAILURE_QUIC_TIMED_OUT;
    hs_run_fail(run, HS_FAILURE_QUIC_TIMED_OUT,
                "%s gave no answer to %zu datagram%s; gave up after %s ms", hs_run_peer(run),
                quic->sent, quic->sent == 1 ? "" : "s", hs_time_ms(hs_run_now(run).at, waited));
    if (begin_check(run) == HS_OK) {
        run->over = false;
        hs_run_linger_for(run, HS_LINGER_CHECK, CHECK_MS * HS_MILLISECOND);
    }
}

/* The deadlines of a run: each step's, that of all together, and how long it stays for what may
 * still come. */
#include "base/time_text.h"
#include "probe/run_parts.h"

enum { LINGER_MS = 250 }; /* beyond a round trip; not part of any figure */

void hs_run_expire(hs_run *run, const char *came)
{
    char waited[HS_TIME_TEXT_MAX];
    (void)hs_time_ms(hs_run_now(run).at, waited);
    if (came) {
        hs_run_fail(run, run->step->timed_out, "%s %s; gave up after %s ms", hs_run_peer(run), came,
                    waited);
    } else {
        hs_run_fail(run, run->step->timed_out, "%s gave no answer to the %s; gave up after %s ms",
                    hs_run_peer(run), run->step->name, waited);
    }
}

static void on_deadline(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    char waited[HS_TIME_TEXT_MAX];
    if (run->linger == HS_LINGER_VERDICT) {
        hs_run_step_done(run);
    } else if (run->linger == HS_LINGER_CONFIRM) {
        hs_run_quic_leave(run);
    } else if (run->linger == HS_LINGER_CHECK) {
        hs_run_quic_silent_too(run);
    } else if (run->linger != HS_LINGER_NONE) {
        run->over = true;
    } else if (run->phase == HS_PHASE_DNS) {
        hs_run_fail(run, HS_FAILURE_DNS_TIMED_OUT,
                    "the name servers gave no answer for %s; gave up after %s ms",
                    run->setup.url->host, hs_time_ms(hs_run_now(run).at, waited));
    } else if (run->step->expired) {
        run->step->expired(run);
    } else {
        hs_run_expire(run, NULL);
    }
}

static void on_overall(uv_timer_t *timer)
{
    hs_run *run = timer->data;
    char limit[HS_TIME_TEXT_MAX];
    hs_run_fail(run, HS_FAILURE_ABANDONED,
                "the overall deadline of %s ms passed during the %s with %s",
                hs_time_ms(run->setup.options->timeout, limit), run->step->name, hs_run_peer(run));
}

/* The loop counts whole milliseconds from a time that it read earlier: it is made to read it now,
 * and one more millisecond keeps a deadline from passing early. */
static void start_timer(uv_timer_t *timer, uv_timer_cb callback, hs_time after)
{
    uv_update_time(timer->loop);
    uint64_t ms = (uint64_t)((after + HS_MILLISECOND - 1) / HS_MILLISECOND) + 1;
    (void)uv_timer_start(timer, callback, ms, 0); /* fails only without a call-back */
}

void hs_run_start_deadline(hs_run *run)
{
    const hs_probe_options *o = run->setup.options;
    const hs_time limits[] = {
        [HS_DEADLINE_CONNECT] = o->connect_timeout,
        [HS_DEADLINE_TLS] = o->tls_timeout,
        [HS_DEADLINE_UPGRADE] = o->upgrade_timeout,
    };
    hs_time limit = limits[run->step->deadline];
    uv_timer_stop(&run->deadline);
    if (limit > 0) {
        start_timer(&run->deadline, on_deadline, limit);
    }
}

void hs_run_start_overall(hs_run *run)
{
    if (run->setup.options->timeout > 0) {
        start_timer(&run->overall, on_overall, run->setup.options->timeout);
    }
}

void hs_run_linger_for(hs_run *run, hs_linger why, hs_time time)
{
    run->linger = why;
    start_timer(&run->deadline, on_deadline, time);
}

/* Of the path, as far as it is known; with Fast Open, which tells nothing of it, the time so far.
 */
static hs_time round_trip_of(const hs_run *run)
{
    const hs_moment *milestones = run->trace->milestones;
    if (run->quic) {
        hs_time rtt = run->quic->session ? hs_quic_session_min_rtt(run->quic->session) : 0;
        return rtt > 0 ? rtt : 0;
    }
    if (run->transport_deferred) {
        return hs_run_now(run).at;
    }
    hs_time syn = milestones[HS_MILESTONE_SYN].at;
    hs_time established = milestones[HS_MILESTONE_ESTABLISHED].at;
    return syn != HS_TIME_NONE && established > syn ? established - syn : 0;
}

/* What may still come answers what has just left. */
void hs_run_linger(hs_run *run, hs_linger why)
{
    hs_run_linger_for(run, why, LINGER_MS * HS_MILLISECOND + round_trip_of(run));
}

void hs_run_open_timer(hs_run *run, uv_timer_t *timer)
{
    (void)uv_timer_init(run->setup.loop, timer); /* it cannot fail (libuv's manual) */
    timer->data = run;
    run->open_handles++;
}

static void on_timer_closed(uv_handle_t *handle)
{
    hs_run *run = handle->data;
    run->open_handles--;
}

void hs_run_close_timer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_timer_closed);
}

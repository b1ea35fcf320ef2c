/* What the rounds come to: the rows' figures and facts, and what would make it faster. */
#include "compare/comparer.h"

#include <stdio.h>

#include "compare/savings.h"
#include "report/facts.h"

static hs_seen seen_or(hs_seen known, bool yes)
{
    return yes ? HS_YES : known;
}

static void copy_facts(const hs_trace *trace, hs_compare_row *row)
{
    char name[HS_FACT_TEXT_MAX];
    bool has_tls = trace->tls.present;
    row->encrypted = has_tls || trace->quic.present ? HS_YES : HS_NO;
    row->resumable = seen_or(HS_NO, trace->tls.tickets > 0 || trace->tls.resumed == HS_YES);
    bool is_multiplexed = trace->http2.present || trace->http3.present || trace->quic.present;
    row->multiplexed = seen_or(HS_NO, is_multiplexed);
    if (has_tls && trace->tls.version != 0) {
        (void)snprintf(row->tls_version, sizeof row->tls_version, "%s",
                       hs_fact_tls_version(trace->tls.version, name));
    }
    if (has_tls && trace->tls.has_cipher) {
        (void)snprintf(row->cipher, sizeof row->cipher, "%s",
                       hs_fact_cipher(trace->tls.cipher, name));
    }
    if (trace->tls.alpn) {
        (void)snprintf(row->alpn, sizeof row->alpn, "%s", trace->tls.alpn);
    }
}

static hs_result sum_up_row(hs_comparer *c, hs_way way)
{
    hs_course *course = &c->courses[way];
    hs_compare_row *row = &c->comparison->rows[way];
    row->encrypted = row->resumable = row->multiplexed = HS_UNSEEN;
    if (course->samples.count > 0) {
        row->state = HS_WAY_MEASURED;
        copy_facts(course->last, row);
        if (row->failed == 0 && row->other == 0) {
            row->why[0] = '\0';
        }
    } else if (row->runs > 0) {
        row->state = HS_WAY_NOT_OFFERED;
    } else if (way == HS_WAY_QUIC && course->is_offered) {
        /* Every run of it went to the other row. */
        row->state = HS_WAY_NOT_OFFERED;
        (void)snprintf(row->why, sizeof row->why, "the server answers every client with Retry");
    } else if (way == HS_WAY_QUIC_RETRY && !c->options.retry) {
        const hs_compare_row *plain = &c->comparison->rows[HS_WAY_QUIC];
        bool is_met = plain->state == HS_WAY_MEASURED;
        row->state = is_met ? HS_WAY_NOT_OFFERED : plain->state;
        row->failure = is_met ? HS_FAILURE_NONE : plain->failure;
        (void)snprintf(row->why, sizeof row->why, "%s",
                       is_met ? "the server did not answer with Retry" : plain->why);
    }
    return hs_samples_sum_up(&course->samples, c->comparison->path_rtt.p50, row);
}

hs_result hs_comparer_sum_up(hs_comparer *c)
{
    hs_comparison *all = c->comparison;
    all->path_rtt = hs_quantiles_of(c->rtts, c->rtt_count);
    if (all->path_rtt.count == 0) {
        all->path_rtt = hs_quantiles_of(c->quic_rtts, c->quic_rtt_count);
        all->path_rtt_source = HS_CLOCK_QUIC_ACK;
    }
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_result result = sum_up_row(c, (hs_way)way);
        if (result != HS_OK) {
            return result;
        }
    }
    const hs_trace *last[HS_WAY_COUNT];
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        last[way] = c->courses[way].last;
    }
    hs_savings_find(all, last);
    return HS_OK;
}

/* When a handshake is over: what follows would tell nothing more about it. */
#include "decode/flow_work.h"
#include "trace/build.h"
#include "wire/tls/names.h"

/* A proxy that wants to know who asks (RFC 9110 15.5.8): the client says it, and asks again. */
enum { STATUS_PROXY_AUTHENTICATION = 407 };

enum { DATA_ENOUGH = 64 * 1024 }; /* bytes behind which no handshake begins, or goes on */

static bool marked(const hs_flow_work *work, hs_milestone milestone)
{
    return hs_trace_is_marked(work->trace, milestone);
}

static uint64_t fed(const hs_flow_work *work)
{
    return work->sides[HS_CLIENT].fed + work->sides[HS_SERVER].fed;
}

/* Without keys, the server's turn behind the handshake has the tickets and the response, and what
 * follows would tell no more. */
static bool has_gone_on(const hs_flow_work *work, unsigned turn)
{
    return work->last_from == HS_SERVER && work->turns > turn;
}

/* Whether there are keys for what follows, or some may still come. A key log that grows is waited
 * for only if it has begun to. */
static bool may_have_keys(const hs_flow_work *work, const hs_flow_settings *settings)
{
    return settings->keylog && hs_keylog_count(settings->keylog) > 0 &&
           (!settings->keylog_complete || hs_decoder_has_keys(work->decoder));
}

static bool is_tls_over(const hs_flow_work *work, const hs_flow_settings *settings)
{
    if (work->done_turn > 0) {
        bool is_answered = marked(work, HS_MILESTONE_FIRST_RESPONSE) ||
                           marked(work, HS_MILESTONE_UPGRADE_DONE);
        return is_answered ||
               (has_gone_on(work, work->done_turn) && !may_have_keys(work, settings)) ||
               fed(work) - work->done_fed >= DATA_ENOUGH;
    }
    /* TLS 1.3: the client's next turn has its Finished. */
    return work->hello_turn > 0 && has_gone_on(work, work->hello_turn + 1) &&
           !may_have_keys(work, settings);
}

bool hs_flow_work_is_over(const hs_flow_work *work, const hs_flow_settings *settings)
{
    const hs_trace *trace = work->trace;
    if (fed(work) >= settings->handshake_limit) {
        return true;
    }
    if (trace->tls.present) {
        return is_tls_over(work, settings);
    }
    if (hs_decoder_may_begin_tls(work->decoder)) {
        return fed(work) >= DATA_ENOUGH;
    }
    if (marked(work, HS_MILESTONE_UPGRADE_START)) {
        return marked(work, HS_MILESTONE_UPGRADE_DONE);
    }
    bool asks_again = trace->http.status == STATUS_PROXY_AUTHENTICATION;
    return (trace->http.present && !asks_again) || fed(work) >= DATA_ENOUGH;
}

void hs_flow_work_note_turns(hs_flow_work *work)
{
    bool is_13 = hs_tls_is_13(work->trace->tls.version);
    if (work->hello_turn == 0 && is_13 && work->trace->tls.resumed != HS_UNSEEN) {
        work->hello_turn = work->turns;
    }
    bool is_done = marked(work, HS_MILESTONE_TLS_DONE) ||
                   (work->decoder && hs_decoder_has_ciphers(work->decoder));
    if (work->done_turn == 0 && is_done) {
        work->done_turn = work->turns;
        work->done_fed = fed(work);
    }
}

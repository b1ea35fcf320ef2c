/* What came of a connection: what was expected and not observed, what was observed beside the
 * messages, and when the application could send. */
#include <string.h>

#include "base/time_text.h"
#include "explain/story.h"
#include "report/facts.h"

enum { OUTCOME_MAX = 200 };

/* In any order: the server's early answer may come before the client's Finished. */
static void find_missing(hs_story *story, hs_story_act *act)
{
    const char **missing = hs_arena_alloc(story->arena, HS_ACT_EXPECTS_MAX * sizeof *missing);
    act->missing = missing;
    for (size_t i = 0; missing && i < HS_ACT_EXPECTS_MAX && act->act->expects[i]; i++) {
        const char *name = act->act->expects[i];
        size_t balance = 0; /* so many times it must be there, this one included, and is there */
        for (size_t j = 0; j <= i; j++) {
            balance += strcmp(act->act->expects[j], name) == 0;
        }
        for (size_t j = 0; j < act->step_count && balance > 0; j++) {
            balance -= strcmp(act->steps[j].name, name) == 0;
        }
        if (balance > 0) {
            missing[act->missing_count++] = name;
        }
    }
}

typedef struct remarks {
    const char **items;
    size_t count;
} remarks;

static void remark(remarks *r, const char *text)
{
    if (text && r->items && r->count < HS_STORY_REMARKS_MAX) {
        r->items[r->count++] = text;
    }
}

static void remark_failure(hs_story *story, remarks *r, const hs_failure *failure)
{
    if (failure->cls == HS_FAILURE_NONE) {
        return;
    }
    remark(r, hs_arena_printf(story->arena, "It failed, and the diagnosis is %s: %s.",
                              hs_fact_failure_class(failure->cls), failure->message));
    remark(r, hs_arena_printf(story->arena, "What to do: %s.", failure->advice));
}

static void remark_versions(hs_story *story, remarks *r, const hs_trace *trace)
{
    enum { TLS_1_2 = 0x0303 };
    char from[HS_FACT_TEXT_MAX];
    char to[HS_FACT_TEXT_MAX];
    const hs_quic_facts *quic = &trace->quic;
    if (quic->original_version != 0 && quic->version != quic->original_version) {
        remark(r,
               hs_arena_printf(story->arena,
                               "The client has begun with %s of QUIC, and the server goes on with "
                               "%s, which the client has offered, too: compatible version "
                               "negotiation costs no round trip (RFC 9368 2.3).",
                               hs_fact_quic_version(quic->original_version, from),
                               hs_fact_quic_version(quic->version, to)));
    }
    if (trace->tls.version == TLS_1_2) {
        remark(r, "There is no table of TLS's states here: for TLS 1.2 no RFC names any. RFC 5246 "
                  "7.3 gives the order of its messages.");
    }
}

static void add_remarks(hs_story *story, hs_story_act *act, const char *const *others)
{
    remarks r = {hs_arena_alloc(story->arena, HS_STORY_REMARKS_MAX * sizeof *r.items), 0};
    remark_failure(story, &r, &act->trace->failure);
    if (!act->act->is_brief) {
        remark_versions(story, &r, act->trace);
    }
    for (; others && *others; others++) {
        remark(&r, hs_arena_text(story->arena, *others));
    }
    act->remarks = r.items;
    act->remark_count = r.count;
}

/* When the application could send, and what was waited for until then. */
static void tell_outcome(hs_story *story, hs_story_act *act)
{
    char parts[OUTCOME_MAX];
    char text[HS_TIME_TEXT_MAX];
    const hs_trace *trace = act->trace;
    hs_time ready = trace->milestones[HS_MILESTONE_READY].at;
    int count = trace->accounting.round_trips_to_ready;
    act->ready = HS_TIME_NONE;
    if (act->act->part == HS_ACT_CLOSING || trace->failure.cls != HS_FAILURE_NONE ||
        !hs_fact_round_trip_phases(trace, parts, sizeof parts)) {
        return;
    }
    act->ready = hs_story_since_start(trace, ready);
    if (act->ready < 0) {
        act->ready = 0; /* early data was ready before the first packet */
    }
    act->outcome = count == 0
                       ? hs_arena_text(story->arena,
                                       "The application's first data waited for no round "
                                       "trip at all.")
                       : hs_arena_printf(story->arena,
                                         "The application could send after %s ms, which is %d "
                                         "round trip%s%s.",
                                         hs_time_ms(act->ready, text), count, count == 1 ? "" : "s",
                                         parts);
}

void hs_story_tell_outcome(hs_story *story, hs_story_act *act, const char *const *others)
{
    find_missing(story, act);
    add_remarks(story, act, others);
    tell_outcome(story, act);
}

/* Makes the steps of an act from a trace's events. */
#include "explain/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"
#include "base/time_text.h"
#include "decode/annotate.h"
#include "decode/tcp_machine.h"
#include "explain/lore.h"
#include "report/facts.h"
#include "report/text_parts.h"

enum { NOTES_MAX = 512, HEX_SHOWN = 8, OUTCOME_MAX = 200 };

static const char *const sight_names[] = {"in plain", "readable", "encrypted"};

const char *hs_sight_name(hs_sight sight)
{
    return sight_names[sight];
}

const char *hs_machine_name(hs_machine machine)
{
    return machine == HS_MACHINE_TCP ? "TCP" : "TLS";
}

/* --- which events are told --- */

static bool is_named(const hs_event *event, const char *name)
{
    return event->name && strcmp(event->name, name) == 0;
}

static bool is_fin(const hs_event *event)
{
    return event->layer == HS_LAYER_TCP && (is_named(event, "FIN-ACK") || is_named(event, "FIN"));
}

/* A datagram is told by its packets, and a frame by what it carries. */
static bool is_shell(const hs_event *event)
{
    return event->layer == HS_LAYER_UDP ||
           (event->layer == HS_LAYER_QUIC && event->type < HS_EVENT_QUIC_PACKET);
}

static bool is_told(const hs_act *act, const hs_event *event, bool has_fin)
{
    switch (act->part) {
    case HS_ACT_OPENING:
        return event->layer == HS_LAYER_TCP && !has_fin;
    case HS_ACT_CLOSING:
        return has_fin;
    default:
        return true;
    }
}

/* --- fields --- */

/* What is told is told once, in all acts; a step in brief tells nothing. */
static bool was_meant(const hs_story *story, const char *meaning)
{
    for (size_t a = 0; a < story->act_count; a++) {
        const hs_story_act *act = &story->acts[a];
        for (const hs_story_step *s = act->steps; s < act->steps + act->step_count; s++) {
            for (size_t f = 0; f < s->field_count && !s->is_brief; f++) {
                if (s->fields[f].meaning == meaning) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void add_field(const hs_story *story, const hs_trace *trace, hs_story_step *step,
                      const char *name, const char *value)
{
    if (step->field_count == HS_STORY_FIELDS_MAX || !value) {
        return;
    }
    const hs_lore_field *lore = hs_lore_find_field(trace, step->event, name);
    step->fields[step->field_count++] = (hs_story_field){
        .name = name,
        .value = value,
        .meaning = lore ? lore->meaning : NULL,
        .reference = lore ? lore->reference : NULL,
        .is_taught = lore && was_meant(story, lore->meaning)};
}

static const char *hex_of(hs_arena *arena, hs_bytes bytes)
{
    hs_bytes shown = {bytes.data, bytes.len < HEX_SHOWN ? bytes.len : HEX_SHOWN};
    return hs_arena_printf(arena, "%s%s (%zu bytes)", hs_arena_hex(arena, shown),
                           bytes.len > HEX_SHOWN ? "…" : "", bytes.len);
}

/* Fields that are not among the details which a line of the ladder has room for. */
static void add_raw_fields(hs_story *story, const hs_trace *trace, hs_story_step *step)
{
    static const char *const wanted[] = {"random", "verify_data"};
    hs_note *items = NULL;
    const hs_event *event = step->event;
    if (event->layer != HS_LAYER_TLS || event->raw.len == 0 ||
        !(items = calloc(NOTES_MAX, sizeof *items))) {
        return;
    }
    hs_notes notes = {.items = items, .capacity = NOTES_MAX};
    if (hs_annotate(trace, event, &notes, NULL) == HS_OK) {
        for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
            for (size_t i = 0; i < notes.count; i++) {
                const hs_note *note = &items[i];
                if (note->kind != HS_NOTE_UINT && strcmp(note->field, wanted[w]) == 0) {
                    const hs_bytes bytes = {event->raw.data + note->offset, note->length};
                    add_field(story, trace, step, wanted[w], hex_of(story->arena, bytes));
                    break;
                }
            }
        }
    }
    free(items);
}

static void add_fields(hs_story *story, const hs_trace *trace, hs_story_step *step)
{
    for (const hs_detail *d = step->event->details; d; d = d->next) {
        char number[HS_DETAIL_TEXT_MAX];
        add_field(story, trace, step, d->key,
                  hs_arena_text(story->arena, hs_text_detail(trace, step->event, d, number)));
    }
    add_raw_fields(story, trace, step);
}

/* --- steps --- */

/* The keys of QUIC's Initial packets are no secret (RFC 9001 5.2). */
static hs_sight sight_of(const hs_trace *trace, const hs_event *event)
{
    if (event->is_protected) {
        return HS_SIGHT_SEALED;
    }
    bool is_within = event->layer == HS_LAYER_TLS || is_named(event, "Initial");
    return trace->quic.present && is_within ? HS_SIGHT_INITIAL : HS_SIGHT_PLAIN;
}

static double round_trips(const hs_trace *trace, hs_time time)
{
    hs_time rtt = trace->accounting.present ? trace->accounting.path_rtt : HS_TIME_NONE;
    return time == HS_TIME_NONE || rtt == HS_TIME_NONE || rtt <= 0 ? -1
                                                                   : (double)time / (double)rtt;
}

/* A time since the first packet of the connection. */
static hs_time since_first(const hs_trace *trace, hs_time at)
{
    for (const hs_event *e = trace->events; e; e = e->next) {
        if (e->moment.at != HS_TIME_NONE) {
            return at == HS_TIME_NONE ? HS_TIME_NONE : at - e->moment.at;
        }
    }
    return HS_TIME_NONE;
}

static void place(hs_story_act *act, hs_story_step *step, hs_time at)
{
    const hs_story_step *last = act->step_count > 0 ? step - 1 : NULL;
    step->at = since_first(act->trace, at);
    bool is_known = last && last->at != HS_TIME_NONE && step->at != HS_TIME_NONE;
    step->since = is_known ? step->at - last->at : HS_TIME_NONE;
    step->at_round_trips = round_trips(act->trace, step->at);
    step->since_round_trips = round_trips(act->trace, step->since);
    step->begins_flight = !last || last->from != step->from || last->at != step->at;
    act->step_count++;
}

static bool was_taught(const hs_story *story, const hs_story_step *step)
{
    for (size_t a = 0; a < story->act_count; a++) {
        const hs_story_act *act = &story->acts[a];
        for (const hs_story_step *s = act->steps; s < act->steps + act->step_count; s++) {
            if (s->why == step->why && !s->is_brief) {
                return true;
            }
        }
    }
    return false;
}

static bool is_brief(const hs_act *act, hs_layer layer)
{
    return act->is_brief || (act->part == HS_ACT_ABOVE_TCP && layer == HS_LAYER_TCP);
}

static void add_event(hs_story *story, hs_story_act *act, const hs_event *event)
{
    hs_story_step *step = &act->steps[act->step_count];
    const hs_lore_message *lore = hs_lore_find_message(act->trace, event);
    *step = (hs_story_step){.event = event,
                            .from = event->from,
                            .layer = event->layer,
                            .name = event->name ? event->name : "unnamed message",
                            .bytes = event->bytes,
                            .sight = sight_of(act->trace, event),
                            .why = lore ? lore->why : NULL,
                            .reference = lore ? lore->reference : NULL};
    step->is_brief = is_brief(act->act, event->layer);
    step->is_taught = step->why && was_taught(story, step);
    add_fields(story, act->trace, step);
    place(act, step, event->moment.at);
}

/* An acknowledgment that did nothing but move its receiver: it is known by that move alone. */
static void add_acknowledgment(const hs_story *story, hs_story_act *act,
                               const hs_tcp_transition *move)
{
    static const char why[] =
        "It acknowledges the FIN, which has a sequence number of its own. The "
        "side that sent the FIN now knows that all of its data has arrived.";
    hs_story_step *step = &act->steps[act->step_count];
    *step = (hs_story_step){.from = move->side == HS_CLIENT ? HS_SERVER : HS_CLIENT,
                            .layer = HS_LAYER_TCP,
                            .name = "ACK",
                            .why = why,
                            .is_brief = is_brief(act->act, HS_LAYER_TCP),
                            .reference = "RFC 9293 3.6"};
    step->is_taught = was_taught(story, step);
    place(act, step, move->at);
}

static bool has_event_at(const hs_trace *trace, hs_time at)
{
    for (const hs_event *e = trace->events; e; e = e->next) {
        if (e->moment.at == at) {
            return true;
        }
    }
    return false;
}

static bool is_acknowledgment(const hs_trace *trace, const hs_tcp_transition *move)
{
    static const struct {
        hs_tcp_state from;
        hs_tcp_state to;
    } moves[] = {{HS_TCP_FIN_WAIT_1_STATE, HS_TCP_FIN_WAIT_2_STATE},
                 {HS_TCP_CLOSING_STATE, HS_TCP_TIME_WAIT_STATE},
                 {HS_TCP_LAST_ACK_STATE, HS_TCP_CLOSED_STATE}};
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (strcmp(move->from, hs_tcp_state_name(moves[i].from)) == 0 &&
            strcmp(move->to, hs_tcp_state_name(moves[i].to)) == 0) {
            return !has_event_at(trace, move->at);
        }
    }
    return false;
}

/* Those between the step before and `until` (HS_TIME_NONE: the end). */
static void add_acknowledgments(const hs_story *story, hs_story_act *act, size_t *next,
                                hs_time until)
{
    const hs_tcp_facts *tcp = &act->trace->tcp;
    for (; *next < tcp->state_count; (*next)++) {
        const hs_tcp_transition *move = &tcp->states[*next];
        if (until != HS_TIME_NONE && move->at >= until) {
            return;
        }
        if (act->act->part != HS_ACT_OPENING && is_acknowledgment(act->trace, move)) {
            add_acknowledgment(story, act, move);
        }
    }
}

static void add_steps(hs_story *story, hs_story_act *act)
{
    bool has_fin = false;
    size_t next_move = 0;
    for (const hs_event *e = act->trace->events; e; e = e->next) {
        has_fin = has_fin || is_fin(e);
        if (is_shell(e)) {
            continue;
        }
        if (!is_told(act->act, e, has_fin)) {
            size_t *left_out = act->step_count == 0 ? &act->before : &act->behind;
            (*left_out)++;
            continue;
        }
        add_acknowledgments(story, act, &next_move, e->moment.at);
        add_event(story, act, e);
    }
    add_acknowledgments(story, act, &next_move, HS_TIME_NONE);
}

/* --- what was expected, and what came of it --- */

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
    act->ready = since_first(trace, ready);
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

bool hs_story_has_machine(const hs_story_act *act, hs_machine machine)
{
    for (size_t i = 0; i < act->step_count; i++) {
        for (size_t m = 0; m < act->steps[i].move_count; m++) {
            if (act->steps[i].moves[m].machine == machine) {
                return true;
            }
        }
    }
    return false;
}

hs_result hs_story_add(hs_story *story, const hs_act *act, const hs_trace *trace,
                       const char *const *remarks)
{
    if (story->act_count == HS_STORY_ACTS_MAX) {
        return HS_LIMIT;
    }
    hs_story_act *told = &story->acts[story->act_count++];
    size_t most = trace->event_count + trace->tcp.state_count + 1;
    *told = (hs_story_act){.act = act, .trace = trace};
    told->steps = hs_arena_alloc(story->arena, most * sizeof *told->steps);
    if (!told->steps) {
        return HS_NO_MEMORY;
    }
    add_steps(story, told);
    find_missing(story, told);
    add_remarks(story, told, remarks);
    hs_story_tell_moves(story, told);
    hs_story_tell_sights(story, told);
    hs_story_tell_savings(story, told);
    tell_outcome(story, told);
    return hs_arena_failed(story->arena) ? HS_NO_MEMORY : HS_OK;
}

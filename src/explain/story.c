/* Makes the steps of an act from a trace's events. */
#include "explain/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"
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
    case HS_ACT_NO_TCP:
        return event->layer != HS_LAYER_TCP;
    default:
        return true;
    }
}

/* --- fields --- */

static void add_field(hs_story_step *step, const char *name, const char *value)
{
    if (step->field_count == HS_STORY_FIELDS_MAX || !value) {
        return;
    }
    const hs_lore_field *lore = hs_lore_find_field(step->event, name);
    step->fields[step->field_count++] = (hs_story_field){
        name, value, lore ? lore->meaning : NULL, lore ? lore->reference : NULL};
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
                    add_field(step, wanted[w], hex_of(story->arena, bytes));
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
        add_field(step, d->key,
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

/* The meaning is told once; what is repeated is short. */
static bool was_taught(const hs_story_act *act, const hs_story_step *step)
{
    for (const hs_story_step *s = act->steps; s < step; s++) {
        if (s->why == step->why) {
            return true;
        }
    }
    return false;
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
    add_fields(story, act->trace, step);
    place(act, step, event->moment.at);
    if (step->why && was_taught(act, step)) {
        step->why = NULL;
        for (size_t i = 0; i < step->field_count; i++) {
            step->fields[i].meaning = NULL;
        }
    }
}

/* An acknowledgment that did nothing but move its receiver: it is known by that move alone. */
static void add_acknowledgment(hs_story_act *act, const hs_tcp_transition *move)
{
    hs_story_step *step = &act->steps[act->step_count];
    *step = (hs_story_step){
        .from = move->side == HS_CLIENT ? HS_SERVER : HS_CLIENT,
        .layer = HS_LAYER_TCP,
        .name = "ACK",
        .why = "It acknowledges the FIN, which has a sequence number of its own. The side that "
               "sent the FIN now knows that all of its data has arrived.",
        .reference = "RFC 9293 3.6"};
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
static void add_acknowledgments(hs_story_act *act, size_t *next, hs_time until)
{
    const hs_tcp_facts *tcp = &act->trace->tcp;
    for (; *next < tcp->state_count; (*next)++) {
        const hs_tcp_transition *move = &tcp->states[*next];
        if (until != HS_TIME_NONE && move->at >= until) {
            return;
        }
        if (act->act->part != HS_ACT_NO_TCP && act->act->part != HS_ACT_OPENING &&
            is_acknowledgment(act->trace, move)) {
            add_acknowledgment(act, move);
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
        add_acknowledgments(act, &next_move, e->moment.at);
        add_event(story, act, e);
    }
    add_acknowledgments(act, &next_move, HS_TIME_NONE);
}

/* --- what was expected, and what came of it --- */

static void find_missing(hs_story *story, hs_story_act *act)
{
    const char **missing = hs_arena_alloc(story->arena, HS_ACT_EXPECTS_MAX * sizeof *missing);
    size_t at = 0;
    act->missing = missing;
    for (size_t i = 0; missing && i < HS_ACT_EXPECTS_MAX && act->act->expects[i]; i++) {
        size_t found = at;
        while (found < act->step_count &&
               strcmp(act->steps[found].name, act->act->expects[i]) != 0) {
            found++;
        }
        if (found < act->step_count) {
            at = found + 1;
        } else {
            missing[act->missing_count++] = act->act->expects[i];
        }
    }
}

static void add_remarks(hs_story *story, hs_story_act *act, const char *const *remarks)
{
    const char **all = hs_arena_alloc(story->arena, HS_STORY_REMARKS_MAX * sizeof *all);
    const hs_failure *failure = &act->trace->failure;
    act->remarks = all;
    if (all && failure->cls != HS_FAILURE_NONE) {
        all[act->remark_count++] = hs_arena_printf(
            story->arena, "It failed, and the diagnosis is %s: %s.",
            hs_fact_failure_class(failure->cls), failure->message);
        all[act->remark_count++] = hs_arena_printf(story->arena, "What to do: %s.",
                                                   failure->advice);
    }
    for (; all && remarks && *remarks && act->remark_count < HS_STORY_REMARKS_MAX; remarks++) {
        all[act->remark_count++] = hs_arena_text(story->arena, *remarks);
    }
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
    char outcome[OUTCOME_MAX];
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
    if (hs_fact_round_trips(trace, outcome, sizeof outcome)) {
        told->outcome = hs_arena_text(story->arena, outcome);
    }
    return hs_arena_failed(story->arena) ? HS_NO_MEMORY : HS_OK;
}

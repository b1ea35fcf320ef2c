/* Makes the steps of an act from a trace's events. */
#include "explain/story.h"

#include <string.h>

#include "base/time_text.h"
#include "decode/tcp_machine.h"
#include "explain/lore.h"

static const char *const sight_names[] = {"in plain", "readable", "encrypted"};

const char *hs_sight_name(hs_sight sight)
{
    return sight_names[sight];
}

const char *hs_story_wait_text(const hs_story_step *step, char out[HS_STORY_WAIT_MAX])
{
    /* In round trips: less is somebody's computing, and more is nothing that the path does. */
    static const double least = 0.25;
    static const double most = 9.99;
    char time[HS_TIME_TEXT_MAX];
    double round_trips = step->since_round_trips;
    bool is_short = round_trips < 0 ? step->since < HS_STORY_LONG : round_trips < least;
    if (step->since <= 0 || is_short) {
        return NULL;
    }
    if (step->from == HS_SERVER && round_trips >= 0 && round_trips <= most) {
        (void)snprintf(out, HS_STORY_WAIT_MAX, "%.2f round trips later", round_trips);
    } else {
        (void)snprintf(out, HS_STORY_WAIT_MAX, "%s ms later", hs_time_ms(step->since, time));
    }
    return out;
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

static bool is_packet(const hs_event *event)
{
    return event->layer == HS_LAYER_TCP || event->layer == HS_LAYER_UDP ||
           event->layer == HS_LAYER_QUIC;
}

hs_time hs_story_start(const hs_trace *trace)
{
    const hs_event *first = trace->events;
    hs_time syn = trace->milestones[HS_MILESTONE_SYN].at;
    while (first && first->moment.at == HS_TIME_NONE) {
        first = first->next;
    }
    if (first && (is_packet(first) || syn == HS_TIME_NONE || syn > first->moment.at)) {
        return first->moment.at;
    }
    return syn;
}

hs_time hs_story_since_start(const hs_trace *trace, hs_time at)
{
    hs_time start = hs_story_start(trace);
    return at == HS_TIME_NONE || start == HS_TIME_NONE ? HS_TIME_NONE : at - start;
}

static void place(hs_story_act *act, hs_story_step *step, hs_time at)
{
    const hs_story_step *last = act->step_count > 0 ? step - 1 : NULL;
    step->at = hs_story_since_start(act->trace, at);
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
    hs_story_tell_fields(story, act->trace, step);
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
    hs_story_tell_moves(story, told);
    hs_story_tell_sights(story, told);
    hs_story_tell_savings(story, told);
    hs_story_tell_outcome(story, told, remarks);
    return hs_arena_failed(story->arena) ? HS_NO_MEMORY : HS_OK;
}

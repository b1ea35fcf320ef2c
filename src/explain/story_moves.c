/* The states of both ends, put beside the messages that moved them: TCP's as the trace has them,
 * TLS's by walking through the table of tls_machine.h. */
#include <string.h>

#include "decode/tcp_machine.h"
#include "explain/story.h"
#include "explain/tls_machine.h"
#include "report/facts.h"

static void add_move(hs_story_step *step, hs_story_move move)
{
    if (step->move_count < HS_STORY_MOVES_MAX) {
        step->moves[step->move_count++] = move;
    }
}

/* --- TCP --- */

/* Of several rules between the same two states the one that fits who sent the packet, and the first
 * of those. NULL: no rule leads from the one to the other. */
static const hs_tcp_rule *rule_of(const hs_tcp_transition *move, const hs_story_step *step)
{
    const bool is_rst = strcmp(step->name, "RST") == 0;
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    const hs_tcp_rule *found = NULL;
    bool found_fits = false;
    for (size_t i = 0; i < count; i++) {
        const hs_tcp_event event = rules[i].event;
        bool is_reset = event == HS_TCP_SENDS_RST || event == HS_TCP_RECEIVES_RST ||
                        event == HS_TCP_SYN_IS_REFUSED;
        bool is_sender = event == HS_TCP_SENDS_SYN || event == HS_TCP_SENDS_FIN ||
                         event == HS_TCP_SENDS_RST;
        bool fits = is_sender == (move->side == step->from);
        if (strcmp(hs_tcp_state_name(rules[i].from), move->from) == 0 &&
            strcmp(hs_tcp_state_name(rules[i].to), move->to) == 0 && is_reset == is_rst &&
            (!found || (fits && !found_fits))) {
            found = &rules[i];
            found_fits = fits;
        }
    }
    return found;
}

/* The trace knows that a packet has arrived by what its receiver sends then. It is told with the
 * packet itself, as in figures 6 and 12 of RFC 9293. */
static hs_story_step *received(hs_story_act *act, hs_story_step *step, const hs_tcp_rule *rule,
                               hs_side receiver)
{
    static const struct {
        hs_tcp_event event;
        const char *name;
    } packets[] = {{HS_TCP_RECEIVES_SYN, "SYN"},
                   {HS_TCP_RECEIVES_SYN_ACK, "SYN-ACK"},
                   {HS_TCP_RECEIVES_FIN, "FIN-ACK"},
                   {HS_TCP_RECEIVES_FIN, "FIN"}};
    for (hs_story_step *s = step + 1; s-- > act->steps;) {
        for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
            if (s->layer == HS_LAYER_TCP && s->from != receiver && rule &&
                packets[i].event == rule->event && strcmp(packets[i].name, s->name) == 0) {
                return s;
            }
        }
    }
    return step;
}

static hs_time absolute(const hs_story_act *act, const hs_story_step *step)
{
    hs_time start = hs_story_start(act->trace);
    return start == HS_TIME_NONE || step->at == HS_TIME_NONE ? HS_TIME_NONE : start + step->at;
}

/* The packet of that time, of TCP if there is one; else what came last before it. */
static hs_story_step *step_at(const hs_story_act *act, hs_time at)
{
    hs_story_step *found = NULL;
    for (size_t i = 0; i < act->step_count; i++) {
        hs_story_step *step = &act->steps[i];
        hs_time time = absolute(act, step);
        if (time == at && step->layer == HS_LAYER_TCP) {
            return step;
        }
        if (time != HS_TIME_NONE && time <= at) {
            found = step;
        }
    }
    return found;
}

static void tell_tcp(hs_story_act *act)
{
    const hs_tcp_facts *tcp = &act->trace->tcp;
    for (size_t i = 0; i < tcp->state_count; i++) {
        const hs_tcp_transition *move = &tcp->states[i];
        hs_story_step *step = step_at(act, move->at);
        bool is_before = act->act->part == HS_ACT_CLOSING && step == NULL;
        bool is_behind = act->act->part == HS_ACT_OPENING && step &&
                         absolute(act, step) != move->at;
        if (step && !is_before && !is_behind) {
            const hs_tcp_rule *rule = rule_of(move, step);
            add_move(received(act, step, rule, move->side),
                     (hs_story_move){HS_MACHINE_TCP, move->side, move->from, move->to,
                                     rule ? hs_tcp_event_name(rule->event) : NULL});
        }
    }
}

/* --- TLS --- */

static void follow(hs_story *story, const hs_story_act *act, hs_story_step *step, hs_side side,
                   const char **state)
{
    const hs_tls_rule *rule = hs_tls_rule_find(act->trace, side, *state, step->event);
    while (rule) {
        const char *cause = rule->message
                                ? hs_arena_printf(story->arena, "%s %s",
                                                  side == step->from ? "sends" : "receives",
                                                  rule->message)
                                : "at once";
        add_move(step, (hs_story_move){HS_MACHINE_TLS, side, rule->from, rule->to, cause});
        *state = rule->to;
        rule = hs_tls_rule_find(act->trace, side, *state, NULL);
    }
}

/* A side that rejects the other's certificate, or that there is none, does not go on, whatever else
 * has arrived. */
static bool stops_at_certificate(const hs_trace *trace, hs_side side)
{
    if (side == HS_SERVER) {
        return trace->failure.cls == HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT;
    }
    static const char prefix[] = "tls.cert.";
    const char *name = hs_fact_failure_class(trace->failure.cls);
    return name && strncmp(name, prefix, strlen(prefix)) == 0;
}

static void tell_tls(hs_story *story, hs_story_act *act)
{
    const char *states[] = {"START", "START"};
    bool has_stopped[] = {false, false};
    for (size_t i = 0; i < act->step_count; i++) {
        hs_story_step *step = &act->steps[i];
        if (step->layer != HS_LAYER_TLS) {
            continue;
        }
        for (int side = 0; side < 2; side++) {
            if (!has_stopped[side]) {
                follow(story, act, step, (hs_side)side, &states[side]);
            }
            bool is_judged = (int)step->from != side && strcmp(step->name, "Certificate") == 0;
            has_stopped[side] = has_stopped[side] ||
                                (is_judged && stops_at_certificate(act->trace, (hs_side)side));
        }
    }
}

void hs_story_tell_moves(hs_story *story, hs_story_act *act)
{
    enum { TLS_1_3 = 0x0304 };
    tell_tcp(act);
    if (act->trace->tls.version == TLS_1_3) {
        tell_tls(story, act);
    }
}

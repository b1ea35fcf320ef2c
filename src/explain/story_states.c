/* The states of an act, as renderers ask for them. */
#include <string.h>

#include "explain/story.h"

const char *hs_machine_name(hs_machine machine)
{
    return machine == HS_MACHINE_TCP ? "TCP" : "TLS";
}

const char *hs_machine_reference(hs_machine machine)
{
    return machine == HS_MACHINE_TCP ? "RFC 9293 3.3.2" : "RFC 8446 A";
}

bool hs_story_has_machine(const hs_story_act *act, hs_machine machine)
{
    return hs_story_first_state(act, machine, HS_CLIENT) ||
           hs_story_first_state(act, machine, HS_SERVER);
}

const char *hs_story_first_state(const hs_story_act *act, hs_machine machine, hs_side side)
{
    for (size_t i = 0; i < act->step_count; i++) {
        for (size_t m = 0; m < act->steps[i].move_count; m++) {
            const hs_story_move *move = &act->steps[i].moves[m];
            if (move->machine == machine && move->side == side) {
                return move->from;
            }
        }
    }
    return NULL;
}

const char *hs_story_state(const hs_story_step *step, hs_machine machine, hs_side side,
                           size_t index)
{
    for (size_t m = 0; m < step->move_count; m++) {
        const hs_story_move *move = &step->moves[m];
        if (move->machine == machine && move->side == side && index-- == 0) {
            return move->to;
        }
    }
    return NULL;
}

bool hs_story_took(const hs_story_act *act, hs_side side, const hs_tcp_rule *rule)
{
    for (size_t i = 0; i < act->step_count; i++) {
        for (size_t m = 0; m < act->steps[i].move_count; m++) {
            const hs_story_move *move = &act->steps[i].moves[m];
            if (move->machine == HS_MACHINE_TCP && move->side == side && move->cause &&
                strcmp(move->from, hs_tcp_state_name(rule->from)) == 0 &&
                strcmp(move->cause, hs_tcp_event_name(rule->event)) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The states of both ends as text: as they came, side by side, and the whole machine. */
#include "explain/story.h"

enum { MARGIN = 2, BODY = 6, NAME_COLUMNS_MAX = 22 };

static size_t widest_state(const hs_story_act *act, hs_machine machine)
{
    size_t widest = 0;
    for (size_t i = 0; i < act->step_count; i++) {
        for (size_t m = 0; m < act->steps[i].move_count; m++) {
            size_t len = hs_page_columns(act->steps[i].moves[m].to);
            bool counts = act->steps[i].moves[m].machine == machine;
            widest = counts && len > widest ? len : widest;
        }
    }
    return widest;
}

static void put_state(hs_page *page, size_t column, const char *state, bool was_there)
{
    hs_page_tab(page, column);
    hs_page_put(page, state ? HS_TONE_STRONG : HS_TONE_DIM, "%s",
                state       ? state
                : was_there ? "│"
                            : "");
}

/* A line for each state that either side comes to; the message stands in the first one. */
static void put_states_of(hs_page *page, const hs_story_step *step, hs_machine machine,
                          const size_t columns[3], const bool was_there[2])
{
    const char *client = hs_story_state(step, machine, HS_CLIENT, 0);
    const char *server = hs_story_state(step, machine, HS_SERVER, 0);
    for (size_t i = 0; client || server; i++) {
        put_state(page, columns[0], client, was_there[HS_CLIENT]);
        if (i == 0) {
            hs_page_tab(page, columns[1]);
            hs_page_put(page, step->from == HS_CLIENT ? HS_TONE_ACCENT : HS_TONE_GOOD, "%s%s%s",
                        step->from == HS_CLIENT ? "" : "◀ ", step->name,
                        step->from == HS_CLIENT ? " ▶" : "");
        }
        put_state(page, columns[2], server, was_there[HS_SERVER]);
        hs_page_end_line(page);
        client = hs_story_state(step, machine, HS_CLIENT, i + 1);
        server = hs_story_state(step, machine, HS_SERVER, i + 1);
    }
}

void hs_story_text_states(hs_page *page, const hs_story_act *act, hs_machine machine)
{
    static const char not_seen[] = "(not seen)";
    const char *client = hs_story_first_state(act, machine, HS_CLIENT);
    const char *server = hs_story_first_state(act, machine, HS_SERVER);
    const bool was_there[] = {client != NULL, server != NULL};
    const size_t middle = BODY + widest_state(act, machine) + 2;
    const size_t columns[] = {BODY, middle, middle + NAME_COLUMNS_MAX + 4};
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "%*sThe states of both ends, %s", MARGIN, "",
                hs_machine_name(machine));
    hs_page_put(page, HS_TONE_DIM, " (%s)", hs_machine_reference(machine));
    hs_page_end_line(page);
    hs_page_tab(page, columns[0]);
    hs_page_put(page, HS_TONE_DIM, "client");
    hs_page_tab(page, columns[2]);
    hs_page_put(page, HS_TONE_DIM, "server");
    hs_page_end_line(page);
    put_state(page, columns[0], client ? client : not_seen, true);
    put_state(page, columns[2], server ? server : not_seen, true);
    hs_page_end_line(page);
    for (size_t i = 0; i < act->step_count; i++) {
        put_states_of(page, &act->steps[i], machine, columns, was_there);
    }
}

void hs_story_text_machine(hs_page *page, const hs_story_act *act)
{
    enum { EVENT_COLUMN = 26, TO_COLUMN = 54 };
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "%*sAll rules (● the client took it, ◆ the server)", MARGIN,
                "");
    hs_page_end_line(page);
    for (int state = 0; state < HS_TCP_STATE_COUNT; state++) {
        bool is_first = true;
        for (size_t i = 0; i < count; i++) {
            if ((int)rules[i].from != state) {
                continue;
            }
            bool by_client = hs_story_took(act, HS_CLIENT, &rules[i]);
            bool by_server = hs_story_took(act, HS_SERVER, &rules[i]);
            hs_tone tone = by_client || by_server ? HS_TONE_STRONG : HS_TONE_DIM;
            hs_page_tab(page, MARGIN);
            hs_page_put(page, HS_TONE_ACCENT, "%s", by_client ? "●" : " ");
            hs_page_put(page, HS_TONE_GOOD, "%s", by_server ? "◆" : " ");
            hs_page_tab(page, BODY);
            hs_page_put(page, HS_TONE_STRONG, "%s",
                        is_first ? hs_tcp_state_name((hs_tcp_state)state) : "");
            hs_page_tab(page, EVENT_COLUMN);
            hs_page_put(page, tone, "%s", hs_tcp_event_name(rules[i].event));
            hs_page_tab(page, TO_COLUMN);
            hs_page_put(page, tone, "→ %s", hs_tcp_state_name(rules[i].to));
            hs_page_end_line(page);
            is_first = false;
        }
    }
}

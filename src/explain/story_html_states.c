/* The states of both ends in a page: as they came, and the whole machine. */
#include "explain/story_page.h"
#include "report/html.h"

const char hs_story_states_css[] =
    ".states{width:auto;min-width:min(100%,34rem)}\n"
    ".states td:nth-child(2){text-align:center}\n"
    ".states .new{font-weight:650}\n"
    ".machine .taken{background:var(--panel)}\n"
    "@media screen and (max-width:44rem){.states th,.states td,.machine th,.machine td"
    "{padding:.3rem .3rem;font-size:.8rem}}\n";

static void begin_table(hs_markup *markup, const char *cls, const char *const *names, size_t count)
{
    hs_html_table_begin(markup, cls, false);
    for (size_t i = 0; i < count; i++) {
        hs_html_table_heading(markup, NULL, names[i]);
    }
    hs_html_table_body(markup);
}

static void put_state(hs_markup *markup, const char *state, bool was_there)
{
    hs_markup_element(markup, "td", state ? "new" : "faint", "%s",
                      state       ? state
                      : was_there ? "│"
                                  : "");
}

/* A row for each state that either side comes to; the message stands in the first one. */
static void put_step(hs_markup *markup, const hs_story_step *step, hs_machine machine,
                     const bool was_there[2])
{
    const char *client = hs_story_state(step, machine, HS_CLIENT, 0);
    const char *server = hs_story_state(step, machine, HS_SERVER, 0);
    for (size_t i = 0; client || server; i++) {
        hs_markup_open(markup, "tr", NULL);
        put_state(markup, client, was_there[HS_CLIENT]);
        hs_markup_element(markup, "td", step->from == HS_CLIENT ? "blue" : "green", "%s%s%s",
                          i == 0 && step->from == HS_SERVER ? "← " : "", i == 0 ? step->name : "",
                          i == 0 && step->from == HS_CLIENT ? " →" : "");
        put_state(markup, server, was_there[HS_SERVER]);
        hs_markup_close(markup, "tr");
        hs_markup_line(markup);
        client = hs_story_state(step, machine, HS_CLIENT, i + 1);
        server = hs_story_state(step, machine, HS_SERVER, i + 1);
    }
}

void hs_story_html_states(hs_markup *markup, const hs_story_act *act, hs_machine machine)
{
    static const char *const names[] = {"client", "message", "server"};
    static const char not_seen[] = "(not seen)";
    const char *client = hs_story_first_state(act, machine, HS_CLIENT);
    const char *server = hs_story_first_state(act, machine, HS_SERVER);
    const bool was_there[] = {client != NULL, server != NULL};
    hs_markup_open(markup, "h3", NULL);
    hs_markup_text(markup, "The states of both ends, %s", hs_machine_name(machine));
    hs_markup_text(markup, " ");
    hs_markup_element(markup, "span", "reference", "%s", hs_machine_reference(machine));
    hs_markup_close(markup, "h3");
    begin_table(markup, "states", names, sizeof names / sizeof names[0]);
    hs_markup_open(markup, "tr", NULL);
    put_state(markup, client ? client : not_seen, true);
    put_state(markup, NULL, false);
    put_state(markup, server ? server : not_seen, true);
    hs_markup_close(markup, "tr");
    for (size_t i = 0; i < act->step_count; i++) {
        put_step(markup, &act->steps[i], machine, was_there);
    }
    hs_html_table_end(markup, false);
}

static void put_rule(hs_markup *markup, const hs_story_act *act, const hs_tcp_rule *rule)
{
    const bool by_client = hs_story_took(act, HS_CLIENT, rule);
    const bool by_server = hs_story_took(act, HS_SERVER, rule);
    const char *who = by_client ? (by_server ? "both" : "client") : by_server ? "server" : "";
    hs_markup_open(markup, "tr", by_client || by_server ? "taken" : "faint");
    hs_markup_element(markup, "td", NULL, "%s", hs_tcp_state_name(rule->from));
    hs_markup_element(markup, "td", NULL, "%s", hs_tcp_event_name(rule->event));
    hs_markup_element(markup, "td", NULL, "%s", hs_tcp_state_name(rule->to));
    hs_markup_element(markup, "td", by_client ? "blue" : "green", "%s", who);
    hs_markup_close(markup, "tr");
    hs_markup_line(markup);
}

void hs_story_html_machine(hs_markup *markup, const hs_story_act *act)
{
    static const char *const names[] = {"from", "event", "to", "taken here by"};
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    hs_markup_element(markup, "h3", NULL, "The machine");
    hs_markup_element(
        markup, "p", "dim",
        "Blue is the client's way through it on this connection, green the server's, violet both.");
    hs_story_machine(markup, act);
    hs_markup_element(markup, "h3", NULL, "All its rules");
    begin_table(markup, "machine", names, sizeof names / sizeof names[0]);
    for (int state = 0; state < HS_TCP_STATE_COUNT; state++) {
        for (size_t i = 0; i < count; i++) {
            if ((int)rules[i].from == state) {
                put_rule(markup, act, &rules[i]);
            }
        }
    }
    hs_html_table_end(markup, false);
}

/* A story as text: each message with its meaning, then the states of both ends side by side, what
 * the path sees, and what could be saved. */
#include <string.h>

#include "base/time_text.h"
#include "decode/tcp_machine.h"
#include "explain/story.h"
#include "report/page.h"

enum {
    MARGIN = 2,
    NUMBER_COLUMNS = 3,
    BODY = 6,
    NAME_COLUMNS_MAX = 22,
    VALUE_COLUMN = 20,
    SAVING_MAX = 96,
};

/* Less of a round trip is somebody's computing. */
static const double LEAST_TOLD = 0.25;

static void put_paragraph(hs_page *page, size_t indent, hs_tone tone, const char *text)
{
    hs_page_tab(page, indent);
    hs_page_hang(page);
    hs_page_words(page, tone, "%s", text);
    hs_page_end_line(page);
}

static void put_heading(hs_page *page, const char *text)
{
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "%*s%s", MARGIN, "", text);
    hs_page_end_line(page);
}

/* --- one message --- */

static const char *arrow(const hs_story_step *step)
{
    bool is_sealed = step->sight == HS_SIGHT_SEALED;
    if (step->from == HS_CLIENT) {
        return is_sealed ? "client ══════▶ server" : "client ──────▶ server";
    }
    return is_sealed ? "client ◀══════ server" : "client ◀────── server";
}

static void put_since(hs_page *page, const hs_story_step *step)
{
    char text[HS_TIME_TEXT_MAX];
    if (step->at == HS_TIME_NONE) {
        return;
    }
    hs_page_item(page, HS_TONE_DIM, "at %s ms", hs_time_ms(step->at, text));
    if (step->since > 0 && step->since_round_trips >= LEAST_TOLD) {
        hs_page_item(page, HS_TONE_DIM, "%.2f round trips later", step->since_round_trips);
    }
}

static void put_field(hs_page *page, const hs_story_field *field)
{
    hs_page_tab(page, BODY);
    hs_page_put(page, HS_TONE_ACCENT, "%s", field->name);
    hs_page_tab(page, BODY + VALUE_COLUMN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_PLAIN, "%s", field->value);
    if (field->meaning && !field->is_taught) {
        hs_page_put(page, HS_TONE_PLAIN, " ");
        hs_page_words(page, HS_TONE_DIM, "%s", field->meaning);
        hs_page_item(page, HS_TONE_DIM, "%s", field->reference);
    }
    hs_page_end_line(page);
}

static void put_moves(hs_page *page, const hs_story_step *step)
{
    for (size_t i = 0; i < step->move_count; i++) {
        const hs_story_move *move = &step->moves[i];
        hs_page_tab(page, BODY);
        hs_page_put(page, HS_TONE_DIM, "%s, %s", hs_machine_name(move->machine),
                    move->side == HS_CLIENT ? "client" : "server");
        hs_page_tab(page, BODY + VALUE_COLUMN);
        hs_page_put(page, HS_TONE_GOOD, "%s → %s", move->from, move->to);
        if (move->cause) {
            hs_page_put(page, HS_TONE_DIM, "  %s", move->cause);
        }
        hs_page_end_line(page);
    }
}

static void put_step(hs_page *page, const hs_story_step *step, size_t number, bool is_behind_brief)
{
    const bool is_brief = step->is_brief;
    if ((!is_brief && step->begins_flight) || is_brief != is_behind_brief) {
        hs_page_end_line(page);
    }
    hs_page_put(page, HS_TONE_DIM, "%*zu  ", NUMBER_COLUMNS, number);
    hs_page_put(page, step->from == HS_CLIENT ? HS_TONE_ACCENT : HS_TONE_GOOD, "%s", arrow(step));
    hs_page_put(page, HS_TONE_PLAIN, "  ");
    hs_page_hang(page);
    hs_page_item(page, HS_TONE_STRONG, "%s", step->name);
    hs_page_item(page, HS_TONE_DIM, "%s", hs_layer_name(step->layer));
    if (step->bytes > 0) {
        hs_page_item(page, HS_TONE_DIM, "%zu byte%s", step->bytes, step->bytes == 1 ? "" : "s");
    }
    hs_page_item(page, step->sight == HS_SIGHT_SEALED ? HS_TONE_GOOD : HS_TONE_NOTE, "%s",
                 hs_sight_name(step->sight));
    put_since(page, step);
    hs_page_end_line(page);
    if (is_brief) {
        return;
    }
    if (step->why && !step->is_taught) {
        hs_page_tab(page, BODY);
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_PLAIN, "%s", step->why);
        hs_page_item(page, HS_TONE_DIM, "%s", step->reference);
        hs_page_end_line(page);
    }
    for (size_t i = 0; i < step->field_count; i++) {
        put_field(page, &step->fields[i]);
    }
    put_moves(page, step);
}

/* --- the states side by side --- */

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

/* The state in which this side is before the first move that is told; NULL: it never moves. */
static const char *first_state(const hs_story_act *act, hs_machine machine, hs_side side)
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

/* The `index`th state that this side comes to in this step; NULL: there are not so many. */
static const char *state_of(const hs_story_step *step, hs_machine machine, hs_side side,
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
    const char *client = state_of(step, machine, HS_CLIENT, 0);
    const char *server = state_of(step, machine, HS_SERVER, 0);
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
        client = state_of(step, machine, HS_CLIENT, i + 1);
        server = state_of(step, machine, HS_SERVER, i + 1);
    }
}

static void put_states(hs_page *page, const hs_story_act *act, hs_machine machine)
{
    static const char not_seen[] = "(not seen)";
    const char *client = first_state(act, machine, HS_CLIENT);
    const char *server = first_state(act, machine, HS_SERVER);
    const bool was_there[] = {client != NULL, server != NULL};
    const size_t middle = BODY + widest_state(act, machine) + 2;
    const size_t columns[] = {BODY, middle, middle + NAME_COLUMNS_MAX + 4};
    put_heading(page, machine == HS_MACHINE_TCP ? "The states of both ends, TCP (RFC 9293 3.3.2)"
                                                : "The states of both ends, TLS (RFC 8446 A)");
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

/* --- the whole machine --- */

static bool is_taken(const hs_story_act *act, hs_side side, const hs_tcp_rule *rule)
{
    for (size_t i = 0; i < act->step_count; i++) {
        for (size_t m = 0; m < act->steps[i].move_count; m++) {
            const hs_story_move *move = &act->steps[i].moves[m];
            if (move->machine == HS_MACHINE_TCP && move->side == side &&
                strcmp(move->from, hs_tcp_state_name(rule->from)) == 0 && move->cause &&
                strcmp(move->cause, hs_tcp_event_name(rule->event)) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void put_whole_machine(hs_page *page, const hs_story_act *act)
{
    enum { EVENT_COLUMN = 26, TO_COLUMN = 54 };
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    put_heading(page, "All rules (● the client took it, ◆ the server)");
    for (int state = 0; state < HS_TCP_STATE_COUNT; state++) {
        bool is_first = true;
        for (size_t i = 0; i < count; i++) {
            if ((int)rules[i].from != state) {
                continue;
            }
            bool by_client = is_taken(act, HS_CLIENT, &rules[i]);
            bool by_server = is_taken(act, HS_SERVER, &rules[i]);
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

/* --- an act, and all --- */

static void put_list(hs_page *page, const char *heading, const char *const *items, size_t count)
{
    if (count == 0) {
        return;
    }
    put_heading(page, heading);
    for (size_t i = 0; i < count; i++) {
        hs_page_tab(page, MARGIN + 2);
        hs_page_put(page, HS_TONE_ACCENT, "• ");
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_PLAIN, "%s", items[i]);
        hs_page_end_line(page);
    }
}

static void put_missing(hs_page *page, const hs_story_act *act)
{
    if (act->missing_count == 0) {
        return;
    }
    put_heading(page, "Expected, and not observed");
    hs_page_tab(page, MARGIN + 2);
    hs_page_hang(page);
    for (size_t i = 0; i < act->missing_count; i++) {
        hs_page_item(page, HS_TONE_NOTE, "%s", act->missing[i]);
    }
    hs_page_end_line(page);
}

static void put_savings(hs_page *page, const hs_story_act *act)
{
    char text[SAVING_MAX];
    if (act->saving_count == 0) {
        return;
    }
    put_heading(page, "What would save a round trip");
    for (size_t i = 0; i < act->saving_count; i++) {
        const char *saved = hs_story_saving_text(&act->savings[i], text, sizeof text);
        hs_page_tab(page, MARGIN + 2);
        hs_page_put(page, HS_TONE_ACCENT, "• ");
        hs_page_hang(page);
        hs_page_words(page, HS_TONE_PLAIN, "%s", act->savings[i].text);
        if (saved) {
            hs_page_words(page, HS_TONE_GOOD, "%s", saved);
        }
        hs_page_end_line(page);
    }
}

static void put_left_out(hs_page *page, size_t count, const char *what)
{
    if (count > 0) {
        hs_page_put(page, HS_TONE_DIM, "%*s%zu more message%s %s here.", BODY, "", count,
                    count == 1 ? "" : "s", what);
        hs_page_end_line(page);
    }
}

static void put_rtt(hs_page *page, const hs_story_act *act)
{
    char text[HS_TIME_TEXT_MAX];
    const hs_accounting *a = &act->trace->accounting;
    if (!a->present || a->path_rtt == HS_TIME_NONE) {
        return;
    }
    put_heading(page, "Round trips");
    hs_page_tab(page, MARGIN + 2);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_PLAIN, "One round trip of this path took %s ms.",
                  hs_time_ms(a->path_rtt, text));
    if (act->outcome) {
        hs_page_words(page, HS_TONE_PLAIN, "%s", act->outcome);
    }
    hs_page_end_line(page);
}

static void put_target(hs_page *page, const hs_trace *trace)
{
    hs_page_tab(page, MARGIN);
    hs_page_hang(page);
    hs_page_words(page, HS_TONE_DIM, "%s", trace->target.url);
    if (trace->target.address) {
        hs_page_put(page, HS_TONE_DIM, " ");
        hs_page_words(page, HS_TONE_DIM, "(the server at %s port %d)", trace->target.address,
                      trace->target.port);
    }
    hs_page_end_line(page);
}

static void put_act(hs_page *page, const hs_story *story, const hs_story_act *act)
{
    hs_page_end_line(page);
    hs_page_put(page, HS_TONE_STRONG, "── %s ", act->act->title);
    while (page->column < page->width) {
        hs_page_put(page, HS_TONE_DIM, "─");
    }
    hs_page_end_line(page);
    put_paragraph(page, MARGIN, HS_TONE_PLAIN, act->act->intro);
    put_target(page, act->trace);
    if (act->act->prepares) {
        put_paragraph(page, MARGIN, HS_TONE_DIM,
                      "The connection before it, which brought the ticket, is not told.");
    }
    put_left_out(page, act->before, "came before, not told");
    for (size_t i = 0; i < act->step_count; i++) {
        put_step(page, &act->steps[i], i + 1,
                 i == 0 ? !act->steps[0].is_brief : act->steps[i - 1].is_brief);
    }
    put_left_out(page, act->behind, "came after, not told");
    put_missing(page, act);
    put_list(page, "Also observed", act->remarks, act->remark_count);
    for (int m = 0; m < HS_MACHINE_COUNT && !act->act->is_brief; m++) {
        if (hs_story_has_machine(act, (hs_machine)m)) {
            put_states(page, act, (hs_machine)m);
        }
    }
    if (story->topic->whole_machine) {
        put_whole_machine(page, act);
    }
    put_rtt(page, act);
    if (!act->act->is_brief) {
        put_list(page, "What somebody on the path sees", act->sights, act->sight_count);
        put_savings(page, act);
    }
}

hs_result hs_story_text(const hs_story *story, const hs_report_options *options, FILE *out)
{
    hs_page page;
    hs_page_init(&page, out, options);
    hs_page_put(&page, HS_TONE_STRONG, "%s", story->topic->title);
    hs_page_end_line(&page);
    put_paragraph(&page, MARGIN, HS_TONE_PLAIN, story->topic->intro);
    hs_page_put(&page, HS_TONE_DIM, "%*sMade just now, %s.", MARGIN, "", story->where);
    hs_page_end_line(&page);
    if (story->because) {
        hs_page_tab(&page, MARGIN);
        hs_page_hang(&page);
        hs_page_words(&page, HS_TONE_NOTE, "On loopback, where round trips hardly show: %s.",
                      story->because);
        hs_page_end_line(&page);
    }
    for (size_t i = 0; i < story->act_count; i++) {
        put_act(&page, story, &story->acts[i]);
    }
    return hs_page_finish(&page);
}

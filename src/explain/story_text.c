/* A story as text: each message with its meaning, then the states of both ends side by side, what
 * the path sees, and what could be saved. */
#include "base/time_text.h"
#include "explain/story.h"

enum {
    MARGIN = 2,
    NUMBER_COLUMNS = 3,
    BODY = 6,
    VALUE_COLUMN = 20,
    SAVING_MAX = 96,
};

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
    char time[HS_TIME_TEXT_MAX];
    char wait[HS_STORY_WAIT_MAX];
    if (step->at == HS_TIME_NONE) {
        return;
    }
    hs_page_item(page, HS_TONE_DIM, "at %s ms", hs_time_ms(step->at, time));
    if (hs_story_wait_text(step, wait)) {
        hs_page_item(page, HS_TONE_DIM, "%s", wait);
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
        put_paragraph(page, MARGIN, HS_TONE_DIM, HS_STORY_PREPARES);
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
            hs_story_text_states(page, act, (hs_machine)m);
        }
    }
    if (story->topic->whole_machine) {
        hs_story_text_machine(page, act);
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

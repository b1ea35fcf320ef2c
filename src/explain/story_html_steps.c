/* The messages of an act in a page. */
#include "base/time_text.h"
#include "explain/story_page.h"

const char hs_story_steps_css[] =
    ".steps{list-style:none;margin:1rem 0;padding:0}\n"
    ".step{border-left:3px solid var(--axis);padding:.1rem 0 .1rem 1rem;margin:0 0 .35rem;"
    "break-inside:avoid}\n"
    ".step.client{border-color:var(--blue)}.step.server{border-color:var(--green)}\n"
    ".step.flight{margin-top:1.4rem}\n"
    ".step.brief{padding:0 0 0 1rem;margin-bottom:0}\n"
    ".head{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .75rem}\n"
    ".head .what{font-weight:650}\n"
    ".head .facts{font-size:.85rem;color:var(--dim);font-variant-numeric:tabular-nums}\n"
    ".number-of{color:var(--faint);font-variant-numeric:tabular-nums}\n"
    ".step p{margin:.15rem 0 .35rem;max-width:44rem}\n"
    ".fields{display:grid;grid-template-columns:11.5rem minmax(0,1fr);gap:.1rem .75rem;"
    "margin:.35rem 0 .5rem;font-size:.875rem}\n"
    ".fields dt{font-weight:400;color:var(--dim);overflow-wrap:anywhere}\n"
    ".fields dd{margin:0;max-width:none}\n"
    ".fields code{color:var(--ink);margin-right:.75em}\n"
    ".reference{font-size:.8rem;color:var(--faint);white-space:nowrap}\n"
    ".moves{font-size:.85rem;margin:.1rem 0}\n"
    ".moves b{font-weight:600}\n"
    "@media screen and (max-width:44rem){.step{padding-left:.75rem}"
    ".fields{grid-template-columns:minmax(0,1fr);gap:0}.fields dd{margin-bottom:.35rem}"
    ".reference{white-space:normal}}\n";

static void put_reference(hs_markup *markup, const char *reference)
{
    if (reference) {
        hs_markup_text(markup, " ");
        hs_markup_element(markup, "span", "reference", "%s", reference);
    }
}

static void put_facts(hs_markup *markup, const hs_story_step *step)
{
    char text[HS_TIME_TEXT_MAX];
    char wait[HS_STORY_WAIT_MAX];
    hs_markup_open(markup, "span", "facts");
    hs_markup_text(markup, "%s", hs_layer_name(step->layer));
    if (step->bytes > 0) {
        hs_markup_text(markup, " · %zu byte%s", step->bytes, step->bytes == 1 ? "" : "s");
    }
    if (step->at != HS_TIME_NONE) {
        hs_markup_text(markup, " · %s ms", hs_time_ms(step->at, text));
    }
    if (hs_story_wait_text(step, wait)) {
        hs_markup_text(markup, " · %s", wait);
    }
    hs_markup_close(markup, "span");
}

static void put_head(hs_markup *markup, const hs_story_step *step, size_t number)
{
    static const char *const badges[] = {"badge orange", "badge yellow", "badge green"};
    hs_markup_open(markup, "div", "head");
    hs_markup_element(markup, "span", "number-of", "%zu", number);
    hs_markup_element(markup, "span", "what", "%s", step->name);
    hs_markup_element(markup, "span", step->from == HS_CLIENT ? "blue" : "green", "%s",
                      step->from == HS_CLIENT ? "client → server" : "server → client");
    hs_markup_open(markup, "span", badges[step->sight]);
    hs_markup_element(markup, "span", "ink", "%s", hs_sight_name(step->sight));
    hs_markup_close(markup, "span");
    put_facts(markup, step);
    hs_markup_close(markup, "div");
}

static void put_fields(hs_markup *markup, const hs_story_step *step)
{
    if (step->field_count == 0) {
        return;
    }
    hs_markup_open(markup, "dl", "fields");
    for (size_t i = 0; i < step->field_count; i++) {
        const hs_story_field *field = &step->fields[i];
        hs_markup_element(markup, "dt", NULL, "%s", field->name);
        hs_markup_open(markup, "dd", NULL);
        hs_markup_element(markup, "code", NULL, "%s", field->value);
        if (field->meaning && !field->is_taught) {
            hs_markup_element(markup, "span", "dim", "%s", field->meaning);
            put_reference(markup, field->reference);
        }
        hs_markup_close(markup, "dd");
    }
    hs_markup_close(markup, "dl");
}

static void put_moves(hs_markup *markup, const hs_story_step *step)
{
    for (size_t i = 0; i < step->move_count; i++) {
        const hs_story_move *move = &step->moves[i];
        hs_markup_open(markup, "p", "moves");
        hs_markup_element(markup, "span", "dim", "%s, %s: ", hs_machine_name(move->machine),
                          move->side == HS_CLIENT ? "client" : "server");
        hs_markup_element(markup, "b", NULL, "%s → %s", move->from, move->to);
        if (move->cause) {
            hs_markup_element(markup, "span", "dim", " %s", move->cause);
        }
        hs_markup_close(markup, "p");
    }
}

static void put_step(hs_markup *markup, const hs_story_step *step, size_t number)
{
    static const char *const brief[] = {"step brief client", "step brief server"};
    static const char *const first[] = {"step flight client", "step flight server"};
    static const char *const other[] = {"step client", "step server"};
    const char *const *cls = step->is_brief ? brief : step->begins_flight ? first : other;
    hs_markup_open(markup, "li", cls[step->from]);
    put_head(markup, step, number);
    if (!step->is_brief) {
        if (step->why && !step->is_taught) {
            hs_markup_open(markup, "p", NULL);
            hs_markup_text(markup, "%s", step->why);
            put_reference(markup, step->reference);
            hs_markup_close(markup, "p");
        }
        put_fields(markup, step);
        put_moves(markup, step);
    }
    hs_markup_close(markup, "li");
    hs_markup_line(markup);
}

static void put_left_out(hs_markup *markup, size_t count, const char *what)
{
    if (count > 0) {
        hs_markup_element(markup, "p", "dim", "%zu more message%s %s here.", count,
                          count == 1 ? "" : "s", what);
    }
}

void hs_story_html_steps(hs_markup *markup, const hs_story_act *act)
{
    put_left_out(markup, act->before, "came before, not told");
    hs_markup_open(markup, "ol", "steps");
    hs_markup_line(markup);
    for (size_t i = 0; i < act->step_count; i++) {
        put_step(markup, &act->steps[i], i + 1);
    }
    hs_markup_close(markup, "ol");
    put_left_out(markup, act->behind, "came after, not told");
    hs_markup_line(markup);
}

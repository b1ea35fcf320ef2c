/* A story as a page: for each connection its diagram, its messages, and what follows from them. */
#include "base/time_text.h"
#include "explain/story_page.h"
#include "report/html.h"
#include "report/svg.h"

enum { SAVING_MAX = 96, SWATCH = 22 };

static const char head_css[] =
    ".lead{font-size:1.05rem;margin:.5rem 0 1.25rem}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:.75rem 2.5rem;margin:1.25rem 0 0;padding:.85rem 1.1rem;"
    "background:var(--panel);border-radius:.5rem}\n"
    ".tiles div{min-width:0}\n"
    ".tiles dt{font-weight:400;font-size:.8rem;color:var(--dim)}\n"
    ".tiles dd{margin:0;font-variant-numeric:tabular-nums}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:.75rem 0;"
    "padding:0;font-size:.85rem;color:var(--dim)}\n"
    ".legend li{display:flex;align-items:center;gap:.5rem}\n"
    ".overview>div>:first-child{margin-top:1rem}\n"
    "@media screen and (min-width:64rem){.overview{display:grid;"
    "grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:0 3rem}}\n"
    ".facts-list{margin:.35rem 0 1rem;padding-left:1.25rem;max-width:46rem}\n"
    ".facts-list li{margin:.25rem 0}\n"
    ".saves{color:var(--green);font-weight:600}\n";

static void put_tile(hs_markup *markup, const char *name, const char *format, ...) HS_PRINTF(3, 4);

static void put_tile(hs_markup *markup, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hs_markup_open(markup, "div", NULL);
    hs_markup_element(markup, "dt", NULL, "%s", name);
    hs_markup_open(markup, "dd", NULL);
    hs_markup_text_of(markup, format, arguments);
    hs_markup_close(markup, "dd");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
    va_end(arguments);
}

static void put_tiles(hs_markup *markup, const hs_story *story)
{
    char text[HS_TIME_TEXT_MAX];
    hs_markup_open(markup, "dl", "tiles");
    put_tile(markup, "Made", "%s", story->where);
    if (story->act_count > 0) {
        /* To the second. */
        (void)hs_time_rfc3339(story->acts[0].trace->at, text);
        put_tile(markup, "Begun", "%.10s %.8s UTC", text, text + sizeof "2026-11-27T" - 1);
        put_tile(markup, "Host", "%s", story->acts[0].trace->vantage);
    }
    put_tile(markup, "Connections told", "%zu", story->act_count);
    hs_markup_close(markup, "dl");
    hs_markup_line(markup);
}

static bool has_sight(const hs_story_act *act, hs_sight sight)
{
    for (size_t i = 0; i < act->step_count; i++) {
        if (act->steps[i].sight == sight) {
            return true;
        }
    }
    return false;
}

static void put_sign(hs_markup *markup, const char *color, bool is_state, const char *text)
{
    enum { MIDDLE = 7 };
    static const double RADIUS = 3.5;
    hs_markup_open(markup, "li", NULL);
    hs_svg_begin_fixed(markup, color, SWATCH, 2 * MIDDLE, NULL);
    if (is_state) {
        hs_svg_circle(markup, "fill", hs_svg_px(SWATCH / 2.0), MIDDLE, RADIUS);
    } else {
        hs_svg_line(markup, "line thick", hs_svg_px(0), MIDDLE, hs_svg_px(SWATCH), MIDDLE);
    }
    hs_svg_end(markup);
    hs_markup_text(markup, "%s", text);
    hs_markup_close(markup, "li");
}

static void put_legend(hs_markup *markup, const hs_story *story, const hs_story_act *act)
{
    static const struct {
        const char *color;
        const char *text;
    } sights[] = {{"orange", "in plain: anybody on the path reads it"},
                  {"yellow", "readable to whoever takes QUIC's Initial protection off"},
                  {"green", "encrypted"}};
    static const char *const colors[] = {"ink", "violet"};
    hs_markup_open(markup, "ul", "legend");
    for (int i = 0; i <= (int)HS_SIGHT_SEALED; i++) {
        if (has_sight(act, (hs_sight)i)) {
            put_sign(markup, sights[i].color, false, sights[i].text);
        }
    }
    for (int i = 0; i < HS_MACHINE_COUNT; i++) {
        if (hs_story_has_machine(act, (hs_machine)i)) {
            put_sign(markup, colors[i], true,
                     i == HS_MACHINE_TCP ? "state of TCP" : "state of TLS");
        }
    }
    hs_markup_close(markup, "ul");
    if (story->because) {
        hs_markup_element(markup, "p", "faint", "Not to scale: the path takes next to no time.");
    }
    hs_markup_line(markup);
}

static void put_list(hs_markup *markup, const char *heading, const char *const *items, size_t count)
{
    if (count == 0) {
        return;
    }
    hs_markup_element(markup, "h3", NULL, "%s", heading);
    hs_markup_open(markup, "ul", "facts-list");
    for (size_t i = 0; i < count; i++) {
        hs_markup_element(markup, "li", NULL, "%s", items[i]);
    }
    hs_markup_close(markup, "ul");
    hs_markup_line(markup);
}

static void put_savings(hs_markup *markup, const hs_story_act *act)
{
    char text[SAVING_MAX];
    if (act->saving_count == 0) {
        return;
    }
    hs_markup_element(markup, "h3", NULL, "What would save a round trip");
    hs_markup_open(markup, "ul", "facts-list");
    for (size_t i = 0; i < act->saving_count; i++) {
        const char *saved = hs_story_saving_text(&act->savings[i], text, sizeof text);
        hs_markup_open(markup, "li", NULL);
        hs_markup_text(markup, "%s", act->savings[i].text);
        if (saved) {
            hs_markup_text(markup, " ");
            hs_markup_element(markup, "span", "saves", "%s", saved);
        }
        hs_markup_close(markup, "li");
    }
    hs_markup_close(markup, "ul");
    hs_markup_line(markup);
}

static void put_target(hs_markup *markup, const hs_story_act *act)
{
    const hs_target *target = &act->trace->target;
    hs_markup_open(markup, "p", "dim");
    hs_markup_element(markup, "code", NULL, "%s", target->url);
    if (target->address) {
        hs_markup_text(markup, " (the server at %s port %d)", target->address, target->port);
    }
    if (act->act->prepares) {
        hs_markup_text(markup, " %s", HS_STORY_PREPARES);
    }
    hs_markup_close(markup, "p");
    hs_markup_line(markup);
}

static void put_round_trips(hs_markup *markup, const hs_story_act *act)
{
    char text[HS_TIME_TEXT_MAX];
    const hs_accounting *a = &act->trace->accounting;
    if (a->present && a->path_rtt != HS_TIME_NONE) {
        hs_markup_open(markup, "p", NULL);
        hs_markup_text(markup, "One round trip of this path took %s ms. ",
                       hs_time_ms(a->path_rtt, text));
        if (act->outcome) {
            hs_markup_element(markup, "b", NULL, "%s", act->outcome);
        }
        hs_markup_close(markup, "p");
        hs_markup_line(markup);
    }
}

/* The diagram, and beside it what follows from it. */
static void put_overview(hs_markup *markup, const hs_story *story, const hs_story_act *act)
{
    hs_markup_open(markup, "div", "overview");
    hs_markup_open(markup, "div", NULL);
    hs_story_diagram(markup, story, act);
    put_legend(markup, story, act);
    hs_markup_close(markup, "div");
    hs_markup_open(markup, "div", NULL);
    put_list(markup, "Expected, and not observed", act->missing, act->missing_count);
    put_list(markup, "Also observed", act->remarks, act->remark_count);
    if (!act->act->is_brief) {
        put_list(markup, "What somebody on the path sees", act->sights, act->sight_count);
        put_savings(markup, act);
    }
    hs_markup_close(markup, "div");
    hs_markup_close(markup, "div");
    hs_markup_line(markup);
}

static void put_act(hs_markup *markup, const hs_story *story, const hs_story_act *act)
{
    hs_markup_open(markup, "section", NULL);
    hs_markup_element(markup, "h2", NULL, "%s", act->act->title);
    hs_markup_element(markup, "p", NULL, "%s", act->act->intro);
    put_target(markup, act);
    put_round_trips(markup, act);
    put_overview(markup, story, act);
    hs_markup_element(markup, "h3", NULL, "Message by message");
    hs_story_html_steps(markup, act);
    for (int m = 0; m < HS_MACHINE_COUNT && !act->act->is_brief; m++) {
        if (hs_story_has_machine(act, (hs_machine)m)) {
            hs_story_html_states(markup, act, (hs_machine)m);
        }
    }
    if (story->topic->whole_machine) {
        hs_story_html_machine(markup, act);
    }
    hs_markup_close(markup, "section");
    hs_markup_line(markup);
}

hs_result hs_story_html(const hs_story *story, FILE *out)
{
    static const char *const styles[] = {head_css, hs_story_diagram_css, hs_story_steps_css,
                                         hs_story_machine_css, hs_story_states_css};
    hs_markup markup;
    hs_html_begin(&markup, out, story->topic->title, styles, sizeof styles / sizeof styles[0]);
    hs_markup_element(&markup, "h1", NULL, "%s", story->topic->title);
    hs_markup_element(&markup, "p", "lead", "%s", story->topic->intro);
    put_tiles(&markup, story);
    if (story->because) {
        hs_markup_element(&markup, "p", "dim", "On loopback, where round trips hardly show: %s.",
                          story->because);
    }
    for (size_t i = 0; i < story->act_count; i++) {
        put_act(&markup, story, &story->acts[i]);
    }
    return hs_html_end(&markup);
}

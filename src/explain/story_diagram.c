/* An act as a sequence diagram: both ends' life lines, a slanted arrow for each message, and beside
 * them the states that it led to. It is as wide as its page.
 *
 * What crosses the path takes half a round trip, and is drawn so; a longer wait is drawn as long as
 * it was, up to a limit. Messages of one flight need room of their own, so below the length of a
 * row the drawing is no scale. On loopback, where the path takes next to nothing, it is none at
 * all.
 */
#include "base/time_text.h"
#include "explain/story_page.h"
#include "report/svg.h"

enum {
    HEAD = 72,       /* above the first message */
    ROW = 24,        /* from a message to the next of its flight */
    STATE_ROW = 15,  /* from a state to the next one at the same place */
    SLOPE = 28,      /* half a round trip */
    FLAT = 5,        /* the same on loopback */
    GAP_MAX = 130,   /* a longer wait is cut, and says how long it was */
    TIME_APART = 15, /* from one time to the next */
    FOOT = 20,
};

static const hs_svg_plot plot = {0};
static const double CLIENT_AT = 0.32;
static const double SERVER_AT = 0.68;
static const double WAITED = 0.75; /* round trips: it is an answer */

const char hs_story_diagram_css[] =
    ".diagram{margin:1rem 0 0;max-width:52rem}\n"
    ".diagram>svg{overflow:visible}\n"
    ".diagram .label{paint-order:stroke;stroke:var(--panel);stroke-width:8px;"
    "stroke-linejoin:round;font-size:12.5px}\n"
    "@media screen and (max-width:44rem){.diagram .times{display:none}"
    ".diagram .state{font-size:10.5px}.diagram .label{font-size:10.5px}}\n";

static const char *sight_color(hs_sight sight)
{
    static const char *const colors[] = {"orange", "yellow", "green"};
    return colors[sight];
}

static double slope_of(const hs_story *story)
{
    return story->because ? FLAT : SLOPE;
}

/* Where a message leaves or reaches the server, by where it does so at the client. */
static double server_y(const hs_story *story, const hs_story_step *step, double y)
{
    return step->from == HS_CLIENT ? y + slope_of(story) : y - slope_of(story);
}

static size_t states_of(const hs_story_step *step)
{
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < step->move_count; i++) {
        count[step->moves[i].side]++;
    }
    return count[HS_CLIENT] > count[HS_SERVER] ? count[HS_CLIENT] : count[HS_SERVER];
}

/* From this step to the one behind it. */
static double gap_behind(const hs_story *story, const hs_story_step *step)
{
    const hs_story_step *next = step + 1;
    size_t states = states_of(step);
    double least = ROW + (states > 1 ? (double)(states - 1) * STATE_ROW : 0);
    if (next->since_round_trips < 0 && next->since >= HS_STORY_LONG) {
        return GAP_MAX;
    }
    if (story->because || next->since_round_trips < 0) {
        return least + (step->from != next->from ? 2 * slope_of(story) : 0);
    }
    double to_scale = next->since_round_trips * 2 * SLOPE;
    if (step->from == HS_CLIENT && next->from == HS_SERVER && next->since_round_trips >= WAITED) {
        to_scale += least;
    }
    double gap = to_scale > least ? to_scale : least;
    return gap < GAP_MAX ? gap : GAP_MAX;
}

/* A text some pixels beside a line of the diagram. */
static void put_beside(hs_markup *markup, double at, double y, double dx, const char *cls,
                       const char *text)
{
    hs_svg_begin_at(markup, NULL, hs_svg_at(&plot, at), y);
    hs_svg_text(markup, cls, hs_svg_px(dx), 0, "%s", text);
    hs_svg_end(markup);
}

static const char *state_class(hs_machine machine, hs_side side)
{
    if (machine == HS_MACHINE_TCP) {
        return side == HS_CLIENT ? "ink state small end" : "ink state small";
    }
    return side == HS_CLIENT ? "violet state small end" : "violet state small";
}

static void put_state(hs_markup *markup, hs_machine machine, hs_side side, double y,
                      const char *state)
{
    enum { BESIDE = 9, BASE_LINE = 4 };
    const double at = side == HS_CLIENT ? CLIENT_AT : SERVER_AT;
    put_beside(markup, at, y + BASE_LINE, side == HS_CLIENT ? -BESIDE : BESIDE,
               state_class(machine, side), state);
}

static void put_moves(hs_markup *markup, const hs_story *story, const hs_story_step *step, double y)
{
    static const double RADIUS = 3.5;
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < step->move_count; i++) {
        const hs_story_move *move = &step->moves[i];
        bool is_client = move->side == HS_CLIENT;
        double at = is_client ? y : server_y(story, step, y);
        if (count[move->side] == 0) {
            hs_svg_circle(markup, move->machine == HS_MACHINE_TCP ? "fill ink" : "fill violet",
                          hs_svg_at(&plot, is_client ? CLIENT_AT : SERVER_AT), at, RADIUS);
        }
        put_state(markup, move->machine, move->side, at + (double)count[move->side] * STATE_ROW,
                  move->to);
        count[move->side]++;
    }
}

static void put_head(hs_markup *markup, const hs_story_act *act)
{
    enum { NAME = 14, STATE = 32 };
    put_beside(markup, CLIENT_AT, NAME, 0, "strong middle", "client");
    put_beside(markup, SERVER_AT, NAME, 0, "strong middle", "server");
    put_beside(markup, 0.5, NAME, 0, "faint small middle", "the path");
    for (int side = 0; side < 2; side++) {
        double y = STATE;
        for (int m = 0; m < HS_MACHINE_COUNT; m++) {
            const char *state = hs_story_first_state(act, (hs_machine)m, (hs_side)side);
            if (state) {
                put_state(markup, (hs_machine)m, (hs_side)side, y, state);
                y += STATE_ROW;
            }
        }
    }
}

static void put_tip(hs_markup *markup, hs_side from, double y)
{
    const double at = from == HS_CLIENT ? SERVER_AT : CLIENT_AT;
    hs_svg_begin_at(markup, NULL, hs_svg_at(&plot, at), y);
    hs_markup_open(markup, "path", "fill");
    hs_markup_attribute(markup, "d", "%s",
                        from == HS_CLIENT ? "M0 0L-10 -5.5L-9 4Z" : "M0 0L10 -5.5L9 4Z");
    hs_markup_close_empty(markup);
    hs_svg_end(markup);
}

static void put_message(hs_markup *markup, const hs_story *story, const hs_story_step *step,
                        size_t number, double y)
{
    enum { ABOVE = 5, NAME_COLUMNS = 26 };
    char text[HS_TIME_TEXT_MAX];
    char label[NAME_COLUMNS * 4];
    double other = server_y(story, step, y);
    hs_markup_open(markup, "g", sight_color(step->sight));
    if (step->at != HS_TIME_NONE) {
        hs_svg_title(markup, "%zu %s, %zu bytes, %s, at %s ms", number, step->name, step->bytes,
                     hs_sight_name(step->sight), hs_time_ms(step->at, text));
    } else {
        hs_svg_title(markup, "%zu %s, %zu bytes, %s", number, step->name, step->bytes,
                     hs_sight_name(step->sight));
    }
    hs_svg_line(markup, "line thick", hs_svg_at(&plot, CLIENT_AT), y, hs_svg_at(&plot, SERVER_AT),
                other);
    put_tip(markup, step->from, step->from == HS_CLIENT ? other : y);
    hs_markup_close(markup, "g");
    (void)snprintf(label, sizeof label, "%zu %s", number, step->name);
    hs_svg_text_cut(markup, "ink label middle", hs_svg_at(&plot, 0.5), (y + other) / 2 + ABOVE - 1,
                    NAME_COLUMNS, label);
    hs_markup_line(markup);
}

static void put_time(hs_markup *markup, const hs_story_step *step, double y)
{
    char text[HS_TIME_TEXT_MAX];
    if (step->at != HS_TIME_NONE) {
        hs_svg_text(markup, "faint small figure times", hs_svg_px(0), y + 4, "%s ms",
                    hs_time_ms(step->at, text));
    }
}

static void put_wait(hs_markup *markup, const hs_story_step *step, double y)
{
    char text[HS_TIME_TEXT_MAX];
    hs_svg_text(markup, "dim small middle", hs_svg_at(&plot, 0.5), y, "… %s ms …",
                hs_time_ms(step->since, text));
}

static double first_y(const hs_story *story, const hs_story_act *act)
{
    return HEAD + (act->step_count > 0 && act->steps[0].from == HS_SERVER ? slope_of(story) : 0);
}

static void put_steps(hs_markup *markup, const hs_story *story, const hs_story_act *act)
{
    double y = first_y(story, act);
    double last_time = -TIME_APART;
    for (size_t i = 0; i < act->step_count; i++) {
        const hs_story_step *step = &act->steps[i];
        if (step->begins_flight && y - last_time >= TIME_APART) {
            put_time(markup, step, y);
            last_time = y;
        }
        put_message(markup, story, step, i + 1, y);
        put_moves(markup, story, step, y);
        if (i + 1 < act->step_count) {
            double gap = gap_behind(story, step);
            if (gap >= GAP_MAX) {
                put_wait(markup, step + 1, y + gap / 2);
            }
            y += gap;
        }
    }
}

static double height_of(const hs_story *story, const hs_story_act *act)
{
    double y = first_y(story, act);
    for (size_t i = 0; i + 1 < act->step_count; i++) {
        y += gap_behind(story, &act->steps[i]);
    }
    size_t states = act->step_count > 0 ? states_of(&act->steps[act->step_count - 1]) : 0;
    return y + slope_of(story) + (double)states * STATE_ROW + FOOT;
}

void hs_story_diagram(hs_markup *markup, const hs_story *story, const hs_story_act *act)
{
    enum { LINE_TOP = 22 };
    const double height = height_of(story, act);
    hs_markup_open(markup, "figure", "diagram");
    hs_svg_begin_wide(markup, NULL, height,
                      "The messages between client and server in the order of time, and the states "
                      "that they lead to. The same stands in words below.");
    hs_markup_line(markup);
    hs_svg_rect(markup, "fill panel", hs_svg_at(&plot, CLIENT_AT), LINE_TOP,
                hs_svg_long(&plot, SERVER_AT - CLIENT_AT), height - LINE_TOP);
    for (int side = 0; side < 2; side++) {
        hs_svg_length x = hs_svg_at(&plot, side == HS_CLIENT ? CLIENT_AT : SERVER_AT);
        hs_svg_line(markup, "line axis", x, LINE_TOP, x, height);
    }
    put_head(markup, act);
    put_steps(markup, story, act);
    hs_svg_end(markup);
    hs_markup_close(markup, "figure");
    hs_markup_line(markup);
}

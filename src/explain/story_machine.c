/* TCP's state machine as a drawing: every state, and every rule of the table that is not about RST,
 * those of this connection in the colour of the side that took them. Where each state stands is
 * chosen here, as in figure 5 of RFC 9293; what leads from one to another comes from the table. */
#include <math.h>

#include "explain/story_page.h"
#include "report/svg.h"

enum {
    WIDTH = 720,
    ROW = 84,
    TOP = 18,
    BOX_WIDTH = 122,
    BOX_HEIGHT = 30,
    ROWS = 7,
};

const char hs_story_machine_css[] =
    ".drawn-machine svg{min-width:40rem;max-width:100%}\n"
    ".drawn-machine .label{paint-order:stroke;stroke:var(--paper);stroke-width:6px;"
    "stroke-linejoin:round}\n";

typedef struct place {
    double x;
    double y;
} place;

static place at(int column, int row)
{
    static const double columns[] = {0.16, 0.5, 0.84};
    return (place){columns[column] * WIDTH, TOP + BOX_HEIGHT / 2.0 + row * (double)ROW};
}

static place place_of(hs_tcp_state state)
{
    switch (state) {
    case HS_TCP_CLOSED_STATE:
        return at(1, 0);
    case HS_TCP_LISTEN_STATE:
        return at(0, 1);
    case HS_TCP_SYN_SENT_STATE:
        return at(2, 1);
    case HS_TCP_SYN_RECEIVED_STATE:
        return at(0, 2);
    case HS_TCP_ESTABLISHED_STATE:
        return at(1, 3);
    case HS_TCP_FIN_WAIT_1_STATE:
        return at(0, 4);
    case HS_TCP_CLOSE_WAIT_STATE:
        return at(2, 4);
    case HS_TCP_FIN_WAIT_2_STATE:
        return at(0, 5);
    case HS_TCP_CLOSING_STATE:
        return at(1, 5);
    case HS_TCP_LAST_ACK_STATE:
        return at(2, 5);
    default:
        return at(0, ROWS - 1);
    }
}

/* Who comes to CLOSED from another state ends below, so that no line crosses all. */
static place end_of(const hs_tcp_rule *rule)
{
    return rule->to == HS_TCP_CLOSED_STATE ? at(2, ROWS - 1) : place_of(rule->to);
}

static bool is_drawn(const hs_tcp_rule *rule)
{
    return rule->event != HS_TCP_SENDS_RST && rule->event != HS_TCP_RECEIVES_RST &&
           rule->event != HS_TCP_SYN_IS_REFUSED;
}

static const char *color_of(bool by_client, bool by_server)
{
    return by_client ? (by_server ? "violet" : "blue") : by_server ? "green" : "axis";
}

/* CLOSED stands at both ends: where a connection begins, and where it is over. */
typedef enum stay { LEAVES, ENTERS, EITHER } stay;

static bool was_in(const hs_story_act *act, hs_side side, hs_tcp_state state, stay how)
{
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_here = (how != ENTERS && rules[i].from == state) ||
                       (how != LEAVES && rules[i].to == state);
        if (is_here && hs_story_took(act, side, &rules[i])) {
            return true;
        }
    }
    return false;
}

/* The point on a box's border in this direction from its middle. */
static place border(place middle, double dx, double dy)
{
    double across = dx != 0 ? BOX_WIDTH / 2.0 / fabs(dx) : INFINITY;
    double along = dy != 0 ? BOX_HEIGHT / 2.0 / fabs(dy) : INFINITY;
    double far = fmin(across, along);
    return (place){middle.x + dx * far, middle.y + dy * far};
}

static void put_tip(hs_markup *markup, place tip, double dx, double dy)
{
    static const double LENGTH = 10;
    static const double HALF = 4.5;
    double length = hypot(dx, dy);
    double ux = dx / length;
    double uy = dy / length;
    place back = {tip.x - LENGTH * ux, tip.y - LENGTH * uy};
    hs_markup_open(markup, "path", "fill");
    hs_markup_attribute(markup, "d", "M%d %dL%d %dL%d %dZ", (int)lround(tip.x), (int)lround(tip.y),
                        (int)lround(back.x - HALF * uy), (int)lround(back.y + HALF * ux),
                        (int)lround(back.x + HALF * uy), (int)lround(back.y - HALF * ux));
    hs_markup_close_empty(markup);
}

static void put_rule(hs_markup *markup, const hs_story_act *act, const hs_tcp_rule *rule)
{
    const place from = place_of(rule->from);
    const place to = end_of(rule);
    const double dx = to.x - from.x;
    const double dy = to.y - from.y;
    const bool by_client = hs_story_took(act, HS_CLIENT, rule);
    const bool by_server = hs_story_took(act, HS_SERVER, rule);
    const place begin = border(from, dx, dy);
    const place tip = border(to, -dx, -dy);
    hs_markup_open(markup, "g", color_of(by_client, by_server));
    hs_svg_line(markup, by_client || by_server ? "line thick" : "line thin", hs_svg_px(begin.x),
                begin.y, hs_svg_px(tip.x), tip.y);
    put_tip(markup, tip, dx, dy);
    hs_markup_close(markup, "g");
    hs_svg_text(markup,
                by_client || by_server ? "ink label small middle" : "faint label small middle",
                hs_svg_px((from.x + to.x) / 2), (from.y + to.y) / 2 + 4, "%s",
                hs_tcp_event_name(rule->event));
    hs_markup_line(markup);
}

static void put_state(hs_markup *markup, const hs_story_act *act, hs_tcp_state state, stay how,
                      place middle)
{
    const bool by_client = was_in(act, HS_CLIENT, state, how);
    const bool by_server = was_in(act, HS_SERVER, state, how);
    const double left = middle.x - BOX_WIDTH / 2.0;
    const double top = middle.y - BOX_HEIGHT / 2.0;
    hs_svg_rect(markup, "fill panel", hs_svg_px(left), top, hs_svg_px(BOX_WIDTH), BOX_HEIGHT);
    hs_markup_open(markup, "g", color_of(by_client, by_server));
    hs_svg_rect(markup, by_client || by_server ? "line thick" : "line", hs_svg_px(left), top,
                hs_svg_px(BOX_WIDTH), BOX_HEIGHT);
    hs_markup_close(markup, "g");
    hs_svg_text(markup, by_client || by_server ? "ink strong small middle" : "dim small middle",
                hs_svg_px(middle.x), middle.y + 4, "%s", hs_tcp_state_name(state));
    hs_markup_line(markup);
}

void hs_story_machine(hs_markup *markup, const hs_story_act *act)
{
    size_t count;
    const hs_tcp_rule *rules = hs_tcp_rules(&count);
    hs_markup_open(markup, "figure", "scroll drawn-machine");
    hs_svg_begin_fixed(markup, NULL, WIDTH, TOP + (ROWS - 1) * ROW + BOX_HEIGHT + TOP,
                       "The states of TCP and what leads from one to another: the rules of the "
                       "table below, without those of RST.");
    hs_markup_line(markup);
    for (size_t i = 0; i < count; i++) {
        if (is_drawn(&rules[i])) {
            put_rule(markup, act, &rules[i]);
        }
    }
    for (int state = 0; state < HS_TCP_STATE_COUNT; state++) {
        stay how = state == HS_TCP_CLOSED_STATE ? LEAVES : EITHER;
        put_state(markup, act, (hs_tcp_state)state, how, place_of((hs_tcp_state)state));
    }
    put_state(markup, act, HS_TCP_CLOSED_STATE, ENTERS, at(2, ROWS - 1));
    hs_svg_end(markup);
    hs_markup_close(markup, "figure");
    hs_markup_line(markup);
}

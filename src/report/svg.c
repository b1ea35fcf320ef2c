#include "report/svg.h"

typedef struct color {
    const char *cls;
    const char *light;
    const char *dark;
} color;

static const color colors[] = {
#define HS_X(cls, light, dark) {cls, light, dark},
    HS_SVG_COLOR_MAP(HS_X)
#undef HS_X
};
enum { COLOR_COUNT = sizeof colors / sizeof colors[0] };

/* Paper is always light. */
static const char dark_screen[] = "@media screen and (prefers-color-scheme:dark){";

static const char rules[] =
    ".fill{fill:currentColor}\n"
    ".line{stroke:currentColor;fill:none}\n"
    ".thick{stroke-width:2}\n"
    ".thin{stroke-width:1.25}\n"
    "svg .title{font-size:18px;font-weight:650}\n"
    ".dashed{stroke-dasharray:2 4}\n"
    "svg text{fill:currentColor}\n"
    ".middle{text-anchor:middle}\n"
    ".end{text-anchor:end}\n"
    ".strong{font-weight:600}\n"
    ".small{font-size:11.5px}\n"
    ".figure{font-variant-numeric:tabular-nums}\n"
    "svg{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',"
    "Helvetica,Arial,sans-serif}\n";

hs_svg_length hs_svg_px(double value)
{
    return (hs_svg_length){.value = value};
}

hs_svg_length hs_svg_long(const hs_svg_plot *plot, double share)
{
    return plot->width > 0 ? (hs_svg_length){.value = plot->width * share}
                           : (hs_svg_length){.value = 100 * share, .is_percent = true};
}

hs_svg_length hs_svg_at(const hs_svg_plot *plot, double share)
{
    hs_svg_length length = hs_svg_long(plot, share);
    length.value += plot->left;
    return length;
}

hs_svg_length hs_svg_before(const hs_svg_plot *plot, double pixels)
{
    return hs_svg_px(plot->width > 0 ? plot->left - pixels : -pixels);
}

static void put_colors(hs_markup *markup, bool as_properties, bool is_dark)
{
    for (size_t i = 0; i < COLOR_COUNT; i++) {
        const color *c = &colors[i];
        hs_markup_css(markup, as_properties ? "--" : ".");
        hs_markup_css(markup, c->cls);
        hs_markup_css(markup, as_properties ? ":" : "{color:");
        hs_markup_css(markup, is_dark ? c->dark : c->light);
        hs_markup_css(markup, as_properties ? ";" : "}\n");
    }
}

void hs_svg_css(hs_markup *markup, bool in_page)
{
    hs_markup_css(markup, "\n");
    for (int is_dark = 0; is_dark < 2; is_dark++) {
        hs_markup_css(markup, is_dark ? dark_screen : "");
        hs_markup_css(markup, in_page ? ":root{" : "");
        put_colors(markup, in_page, is_dark);
        hs_markup_css(markup, in_page ? "}" : "");
        hs_markup_css(markup, is_dark ? "}\n" : "");
    }
    for (size_t i = 0; in_page && i < COLOR_COUNT; i++) {
        hs_markup_css(markup, ".");
        hs_markup_css(markup, colors[i].cls);
        hs_markup_css(markup, "{color:var(--");
        hs_markup_css(markup, colors[i].cls);
        hs_markup_css(markup, ")}\n");
    }
    hs_markup_css(markup, rules);
}

static void put_length(hs_markup *markup, const char *name, hs_svg_length length)
{
    hs_markup_number(markup, name, length.value, length.is_percent ? "%" : "");
}

void hs_svg_begin_file(hs_markup *markup, double width, double height, const char *title,
                       const char *description)
{
    hs_markup_open(markup, "svg", "ink");
    hs_markup_attribute(markup, "xmlns", "http://www.w3.org/2000/svg");
    hs_markup_attribute(markup, "viewBox", "0 0 %d %d", (int)width, (int)height);
    hs_markup_number(markup, "width", width, "");
    hs_markup_number(markup, "height", height, "");
    hs_markup_attribute(markup, "role", "img");
    hs_markup_line(markup);
    hs_svg_title(markup, "%s", title);
    hs_markup_element(markup, "desc", NULL, "%s", description);
    hs_markup_open(markup, "style", NULL);
    hs_svg_css(markup, false);
    hs_markup_close(markup, "style");
    hs_markup_line(markup);
    hs_svg_rect(markup, "fill paper", hs_svg_px(0), 0, hs_svg_px(width), height);
}

static void put_reading(hs_markup *markup, const char *title)
{
    if (title) {
        hs_markup_attribute(markup, "role", "img");
        hs_svg_title(markup, "%s", title);
    } else {
        hs_markup_attribute(markup, "aria-hidden", "true");
    }
}

void hs_svg_begin_wide(hs_markup *markup, const char *cls, double height, const char *title)
{
    hs_markup_open(markup, "svg", cls);
    hs_markup_attribute(markup, "width", "100%%");
    hs_markup_number(markup, "height", height, "");
    put_reading(markup, title);
}

void hs_svg_begin_fixed(hs_markup *markup, const char *cls, double width, double height,
                        const char *title)
{
    hs_markup_open(markup, "svg", cls);
    hs_markup_attribute(markup, "viewBox", "0 0 %d %d", (int)width, (int)height);
    hs_markup_number(markup, "width", width, "");
    put_reading(markup, title);
}

void hs_svg_begin_at(hs_markup *markup, const char *cls, hs_svg_length x, double y)
{
    hs_markup_open(markup, "svg", cls);
    put_length(markup, "x", x);
    hs_markup_number(markup, "y", y, "");
    hs_markup_attribute(markup, "overflow", "visible");
}

void hs_svg_end(hs_markup *markup)
{
    hs_markup_close(markup, "svg");
    hs_markup_line(markup);
}

void hs_svg_title(hs_markup *markup, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hs_markup_open(markup, "title", NULL);
    hs_markup_text_of(markup, format, arguments);
    hs_markup_close(markup, "title");
    va_end(arguments);
}

void hs_svg_rect(hs_markup *markup, const char *cls, hs_svg_length x, double y, hs_svg_length width,
                 double height)
{
    hs_markup_open(markup, "rect", cls);
    put_length(markup, "x", x);
    hs_markup_number(markup, "y", y, "");
    put_length(markup, "width", width);
    hs_markup_number(markup, "height", height, "");
    hs_markup_close_empty(markup);
}

void hs_svg_line(hs_markup *markup, const char *cls, hs_svg_length x1, double y1, hs_svg_length x2,
                 double y2)
{
    hs_markup_open(markup, "line", cls);
    put_length(markup, "x1", x1);
    hs_markup_number(markup, "y1", y1, "");
    put_length(markup, "x2", x2);
    hs_markup_number(markup, "y2", y2, "");
    hs_markup_close_empty(markup);
}

void hs_svg_circle(hs_markup *markup, const char *cls, hs_svg_length x, double y, double radius)
{
    hs_markup_open(markup, "circle", cls);
    put_length(markup, "cx", x);
    hs_markup_number(markup, "cy", y, "");
    hs_markup_number(markup, "r", radius, "");
    hs_markup_close_empty(markup);
}

static void open_text(hs_markup *markup, const char *cls, hs_svg_length x, double y)
{
    hs_markup_open(markup, "text", cls);
    put_length(markup, "x", x);
    hs_markup_number(markup, "y", y, "");
}

void hs_svg_text(hs_markup *markup, const char *cls, hs_svg_length x, double y, const char *format,
                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    open_text(markup, cls, x, y);
    hs_markup_text_of(markup, format, arguments);
    hs_markup_close(markup, "text");
    va_end(arguments);
}

void hs_svg_text_cut(hs_markup *markup, const char *cls, hs_svg_length x, double y, size_t columns,
                     const char *text)
{
    open_text(markup, cls, x, y);
    hs_markup_text_cut(markup, columns, text);
    hs_markup_close(markup, "text");
}

/* Drawings in SVG 1.1, in a page or as a file of their own, for light and for dark surroundings.
 *
 * Colours are classes, never attributes: a shape is "fill blue" or "line red", a text "dim". The
 * names of colours are those of HS_SVG_COLOR_MAP. A drawing in a page may be as wide as the page
 * is: its lengths across are percentages then, and its text keeps its size.
 */
#ifndef HS_REPORT_SVG_H
#define HS_REPORT_SVG_H

#include "report/markup.h"

/* X(class, light, dark). Text has a contrast of 4.5 to 1 in "ink", "dim" and "faint". */
#define HS_SVG_COLOR_MAP(X)                                                                        \
    X("paper", "#fcfcfb", "#191918")                                                               \
    X("panel", "#f2f1ee", "#242423")                                                               \
    X("ink", "#121211", "#f6f5f2")                                                                 \
    X("dim", "#54534f", "#c2c1b8")                                                                 \
    X("faint", "#706f69", "#98978f")                                                               \
    X("rule", "#e0dfd9", "#343432")                                                                \
    X("axis", "#b9b8b0", "#595853")                                                                \
    X("blue", "#2a78d6", "#3f8ceb")                                                                \
    X("pale", "#b3d1f4", "#2a5486")                                                                \
    X("orange", "#e8622c", "#e0672f")                                                              \
    X("green", "#159a6a", "#25a777")                                                               \
    X("violet", "#5a48b8", "#958af0")                                                              \
    X("yellow", "#e09a00", "#cf8f0c")                                                              \
    X("red", "#d93f3e", "#e66767")

/* A length across: pixels, or percent of the drawing's width. */
typedef struct hs_svg_length {
    double value;
    bool is_percent;
} hs_svg_length;

hs_svg_length hs_svg_px(double value);

/* The part of a drawing in which data stand: from `left` on, `width` wide, in pixels; with a width
 * of 0 all of a drawing whose lengths are percentages. */
typedef struct hs_svg_plot {
    double left;
    double width;
} hs_svg_plot;

/* Where a share (0 to 1) of the plot stands, and how long it is. */
hs_svg_length hs_svg_at(const hs_svg_plot *plot, double share);
hs_svg_length hs_svg_long(const hs_svg_plot *plot, double share);
/* So many pixels left of the plot. */
hs_svg_length hs_svg_before(const hs_svg_plot *plot, double pixels);

/* The rules of the colours' classes, and of how SVG uses them, as the content of a <style>. In a
 * page each colour is a custom property too ("--blue"); not every viewer of files knows these. */
void hs_svg_css(hs_markup *markup, bool in_page);

/* A whole file. The description is read out in place of the picture. */
void hs_svg_begin_file(hs_markup *markup, double width, double height, const char *title,
                       const char *description);
/* In a page, as wide as its place. Without a title it is not read out: then the page must say in
 * words what it shows. */
void hs_svg_begin_wide(hs_markup *markup, const char *cls, double height, const char *title);
/* In a page, with lengths in pixels: drawn smaller where the page is narrower than `width`. */
void hs_svg_begin_fixed(hs_markup *markup, const char *cls, double width, double height,
                        const char *title);
void hs_svg_end(hs_markup *markup);
/* A drawing within a drawing, whose pixels count from `x` on; ended by hs_svg_end. What is drawn
 * may be larger than its place. */
void hs_svg_begin_at(hs_markup *markup, const char *cls, hs_svg_length x, double y);

/* Of the element or drawing that was just opened; viewers show it at the pointer. */
void hs_svg_title(hs_markup *markup, const char *format, ...) HS_PRINTF(2, 3);

void hs_svg_rect(hs_markup *markup, const char *cls, hs_svg_length x, double y, hs_svg_length width,
                 double height);
void hs_svg_line(hs_markup *markup, const char *cls, hs_svg_length x1, double y1, hs_svg_length x2,
                 double y2);
void hs_svg_circle(hs_markup *markup, const char *cls, hs_svg_length x, double y, double radius);
/* On the base line `y`; "middle" and "end" among the classes say which part of it stands at `x`. */
void hs_svg_text(hs_markup *markup, const char *cls, hs_svg_length x, double y, const char *format,
                 ...) HS_PRINTF(5, 6);
/* Of longer text the beginning, at most `columns` characters. */
void hs_svg_text_cut(hs_markup *markup, const char *cls, hs_svg_length x, double y, size_t columns,
                     const char *text);

#endif

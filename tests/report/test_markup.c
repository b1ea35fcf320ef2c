/* HTML and SVG: no text, wherever it came from, ends its element or its attribute. */
#include "../cmocka_headers.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/svg.h"

typedef struct document {
    hs_markup markup;
    char *text;
    size_t len;
} document;

static void open_document(document *d)
{
    FILE *out = open_memstream(&d->text, &d->len);
    assert_non_null(out);
    hs_markup_init(&d->markup, out);
}

static void says(document *d, const char *expected)
{
    assert_int_equal(hs_markup_finish(&d->markup), HS_OK);
    fclose(d->markup.out);
    assert_string_equal(d->text, expected);
    free(d->text);
}

static void text_is(const char *text, const char *expected)
{
    document d;
    open_document(&d);
    hs_markup_text(&d.markup, "%s", text);
    says(&d, expected);
}

static void hostile_text_stays_text(void **state)
{
    (void)state;
    text_is("</title><script>alert('1' & \"2\")</script>",
            "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
    text_is("]]>", "]]&gt;");
    text_is("a\nb\r\tc\x1b[31m\x7f", "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f");
    text_is("b\xc3\xbc"
            "cher \xe6\x97\xa5 \xf0\x9f\x98\x80",
            "b\xc3\xbc"
            "cher \xe6\x97\xa5 \xf0\x9f\x98\x80");
    text_is("\xff\xc0\xaf\xed\xa0\x80", "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
    text_is("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* right-to-left override */
}

static void what_is_no_character_is_escaped(void **state)
{
    (void)state;
    text_is("\xef\xbf\xbe", "\\xef\\xbf\\xbe");          /* U+FFFE */
    text_is("\xef\xbf\xbf", "\\xef\\xbf\\xbf");          /* U+FFFF */
    text_is("\xef\xb7\x90", "\\xef\\xb7\\x90");          /* U+FDD0 */
    text_is("\xef\xb7\xaf", "\\xef\\xb7\\xaf");          /* U+FDEF */
    text_is("\xf0\x9f\xbf\xbe", "\\xf0\\x9f\\xbf\\xbe"); /* U+1FFFE */
    text_is("\xf4\x8f\xbf\xbf", "\\xf4\\x8f\\xbf\\xbf"); /* U+10FFFF */
    text_is("\xef\xbf\xbd\xef\xb7\x8f\xef\xb7\xb0\xf0\x9f\xbe\xbe",
            "\xef\xbf\xbd\xef\xb7\x8f\xef\xb7\xb0\xf0\x9f\xbe\xbe");
}

static void cut_is(size_t columns, const char *text, const char *expected)
{
    document d;
    open_document(&d);
    hs_markup_text_cut(&d.markup, columns, text);
    says(&d, expected);
}

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    cut_is(4, "abcd", "abcd");
    cut_is(4, "abcde", "abc…");
    cut_is(3, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", "\xc3\xa4\xc3\xb6…");
    cut_is(4, "\n", "\\x0a");
    cut_is(4, "\nb", "…");
    cut_is(6, "&&\nb", "&amp;&amp;…");
    cut_is(7, "&&\nb", "&amp;&amp;\\x0ab");
    cut_is(1, "", "");
    cut_is(1, "ab", "…");
}

static void elements_nest(void **state)
{
    (void)state;
    document d;
    open_document(&d);
    hs_markup_open(&d.markup, "p", "a b");
    hs_markup_attribute(&d.markup, "title", "%s", "\"><script>");
    hs_markup_element(&d.markup, "b", NULL, "%d", 1);
    hs_markup_open(&d.markup, "br", NULL);
    hs_markup_close_empty(&d.markup);
    hs_markup_open(&d.markup, "i", NULL);
    hs_markup_close(&d.markup, "i");
    hs_markup_close(&d.markup, "p");
    says(&d, "<p class=\"a b\" title=\"&quot;&gt;&lt;script&gt;\"><b>1</b><br/><i></i></p>");
}

static void number_is(double value, const char *expected)
{
    document d;
    open_document(&d);
    hs_markup_open(&d.markup, "g", NULL);
    hs_markup_number(&d.markup, "x", value, "%");
    hs_markup_close_empty(&d.markup);
    says(&d, expected);
}

static void numbers_are_those_of_svg(void **state)
{
    (void)state;
    number_is(0, "<g x=\"0%\"/>");
    number_is(-0.001, "<g x=\"0%\"/>");
    number_is(100, "<g x=\"100%\"/>");
    number_is(12.3456, "<g x=\"12.35%\"/>");
    number_is(-0.5, "<g x=\"-0.5%\"/>");
    number_is((double)NAN, "<g/>");
    number_is((double)INFINITY, "<g x=\"18446744073709551615%\"/>");
}

/* Whatever stands for the decimal point where the program runs. */
static void numbers_know_no_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (setlocale(LC_ALL, names[i])) {
            number_is(1.5, "<g x=\"1.5%\"/>");
        }
    }
    assert_non_null(setlocale(LC_ALL, "C"));
}

static void plots_are_in_pixels_or_percent(void **state)
{
    (void)state;
    const hs_svg_plot fixed = {.left = 20, .width = 200};
    const hs_svg_plot wide = {0};
    document d;
    open_document(&d);
    hs_svg_rect(&d.markup, "fill blue", hs_svg_at(&fixed, 0.5), 1, hs_svg_long(&fixed, 0.25), 2);
    hs_svg_line(&d.markup, "line", hs_svg_at(&wide, 0), 0, hs_svg_at(&wide, 1. / 3), 9);
    hs_svg_text_cut(&d.markup, "end", hs_svg_px(3), 4, 3, "<<<<");
    says(&d, "<rect class=\"fill blue\" x=\"120\" y=\"1\" width=\"50\" height=\"2\"/>"
             "<line class=\"line\" x1=\"0%\" y1=\"0\" x2=\"33.33%\" y2=\"9\"/>"
             "<text class=\"end\" x=\"3\" y=\"4\">&lt;&lt;…</text>");
}

static void write_errors_are_told(void **state)
{
    (void)state;
    hs_markup markup;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    hs_html_begin(&markup, full, "a", NULL, 0);
    assert_int_equal(hs_html_end(&markup), HS_SYSTEM);
    fclose(full);
}

/* A page with everything in it, for the parsers of check_documents.py. */
static void put_page(void)
{
    static const char hostile[] =
        "</style></title><script src=http://a/b>\x1b\xff\xef\xbf\xbf'\"&amp;";
    hs_markup markup;
    static const char *const css[] = {"b{color:var(--red)}\n"};
    hs_html_begin(&markup, stdout, hostile, css, 1);
    hs_markup_element(&markup, "h1", NULL, "%s", hostile);
    hs_svg_begin_wide(&markup, NULL, 40, hostile);
    hs_svg_text(&markup, "middle", hs_svg_at(&(hs_svg_plot){0}, 0.5), 20, "%s", hostile);
    hs_svg_end(&markup);
    hs_svg_begin_fixed(&markup, "drawing", 100, 40, NULL);
    hs_svg_circle(&markup, "fill green", hs_svg_px(9), 9, 4);
    hs_svg_end(&markup);
    assert_int_equal(hs_html_end(&markup), HS_OK);
}

static void put_drawing(void)
{
    hs_markup markup;
    hs_markup_init(&markup, stdout);
    hs_svg_begin_file(&markup, 320, 200, "<a> & 'b'", "]]>\x01");
    hs_svg_circle(&markup, "fill green", hs_svg_px(9), 9, 4);
    hs_svg_end(&markup);
    assert_int_equal(hs_markup_finish(&markup), HS_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(what_is_no_character_is_escaped),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(elements_nest),
        cmocka_unit_test(numbers_are_those_of_svg),
        cmocka_unit_test(numbers_know_no_locale),
        cmocka_unit_test(plots_are_in_pixels_or_percent),
        cmocka_unit_test(write_errors_are_told),
    };
    if (argc > 1) {
        strcmp(argv[1], "--html") == 0 ? put_page() : put_drawing();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

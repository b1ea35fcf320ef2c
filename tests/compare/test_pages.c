/* The page and the drawings of a comparison: written for every comparison, and errors are told.
 * What they say is checked by check_pages.py, which reads them from this program.
 *
 *   test_pages NAME html|svg|lines|figures [series] */
#include "../cmocka_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/picture.h"
#include "comparisons.h"

/* --- the figures themselves, by other means than the renderers' --- */

static void put_hex(const char *key, const char *text)
{
    printf("\"%s\":\"", key);
    for (; *text; text++) {
        printf("%02x", (unsigned char)*text);
    }
    printf("\",");
}

static void put_quantiles(const char *key, const hs_quantiles *quantiles)
{
    printf("\"%s\":[%" PRIu32 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "],", key,
           quantiles->count, quantiles->least, quantiles->p50, quantiles->p95, quantiles->most);
}

static void put_row(const hs_compare_row *row)
{
    const hs_accounting *a = &row->accounting;
    printf("{");
    put_hex("title", hs_way_title(row->way));
    put_hex("why", row->why);
    put_hex("url", row->url);
    put_hex("sentence", row->sentence);
    put_hex("tls", row->tls_version);
    put_hex("cipher", row->cipher);
    put_hex("alpn", row->alpn);
    put_quantiles("ready", &row->ready);
    put_quantiles("settings", &row->settings);
    put_quantiles("response", &row->first_response);
    put_quantiles("cpu", &row->cpu);
    printf("\"round_trips\":[\"%.17g\",\"%.17g\",\"%.17g\"],", row->round_trips_to_ready,
           row->round_trips_to_settings, row->round_trips_to_response);
    printf("\"bytes\":[%" PRIu64 ",%" PRIu64 "],", row->bytes_sent, row->bytes_received);
    printf("\"seen\":[%d,%d,%d],", row->encrypted, row->resumable, row->multiplexed);
    printf("\"left_out\":[%u,%u,%u],", row->runs, row->failed, row->other);
    printf("\"accounting\":{\"present\":%d,\"total\":%" PRId64 ",\"dns\":%" PRId64
           ",\"network\":%" PRId64 ",\"server\":%" PRId64 ",\"client\":%" PRId64
           ",\"tail\":%" PRId64 ",\"loss\":%" PRId64 "},",
           a->present, a->total, a->dns, a->network, a->server, a->client, a->tail, a->loss);
    printf("\"state\":%d}", row->state);
}

static void put_figures(const hs_comparison *all)
{
    printf("{");
    put_hex("target", all->target);
    put_hex("address", all->address);
    put_hex("vantage", all->vantage);
    put_quantiles("path_rtt", &all->path_rtt);
    printf("\"rounds\":%d,\"rows\":[", all->rounds);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        printf("%s", way > 0 ? "," : "");
        put_row(&all->rows[way]);
    }
    printf("],\"savings\":[");
    for (size_t i = 0; i < all->saving_count; i++) {
        const hs_saving *saving = &all->savings[i];
        printf("%s{", i > 0 ? "," : "");
        put_hex("title", saving->title);
        put_hex("advice", saving->advice);
        printf("\"measured\":%d,\"round_trips\":\"%.17g\",\"time\":%" PRId64 "}", saving->measured,
               saving->round_trips, saving->time);
    }
    printf("]}\n");
}

static int print(const char *name, const char *what, bool has_series)
{
    hs_compare_point points[HS_TEST_POINTS];
    hs_compare_series series;
    hs_test_series(points, &series);
    hs_comparison *all = hs_test_comparison(name);
    const hs_compare_series *lines = has_series ? &series : NULL;
    hs_result result = HS_OK;
    if (!all) {
        return 2;
    }
    if (strcmp(what, "figures") == 0) {
        put_figures(all);
    } else if (strcmp(what, "html") == 0) {
        result = hs_compare_html(all, lines, stdout);
    } else {
        result = hs_compare_svg(strcmp(what, "svg") == 0 ? all : NULL, lines, stdout);
    }
    free(all);
    hs_test_series_free(&series);
    return result == HS_OK ? 0 : 1;
}

/* --- what takes no parser --- */

static void everything_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; hs_test_comparison_names[i]; i++) {
        hs_comparison *all = hs_test_comparison(hs_test_comparison_names[i]);
        hs_compare_point point = {HS_TIME_NONE, all, ""};
        hs_compare_series series = {&point, 1};
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        assert_non_null(out);
        assert_int_equal(hs_compare_html(all, &series, out), HS_OK);
        assert_int_equal(hs_compare_html(all, &(hs_compare_series){0}, out), HS_OK);
        assert_int_equal(hs_compare_svg(all, &series, out), HS_OK);
        assert_int_equal(hs_compare_svg(all, NULL, out), HS_OK);
        fclose(out);
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf\""));
        free(text);
        free(all);
    }
}

static void nothing_to_draw_is_no_drawing(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    hs_comparison *blank = hs_test_comparison("unmeasured");
    hs_compare_point point = {HS_MILLISECOND, blank, NULL};
    assert_non_null(out);
    assert_int_equal(hs_compare_svg(NULL, NULL, out), HS_INVALID);
    assert_int_equal(hs_compare_svg(NULL, &(hs_compare_series){NULL, 0}, out), HS_INVALID);
    assert_int_equal(hs_compare_svg(NULL, &(hs_compare_series){&point, 1}, out), HS_INVALID);
    fclose(out);
    assert_int_equal(len, 0);
    free(text);
    free(blank);
}

/* One path has no slopes; what it was set to stands beside what it was. */
static void one_path_tells_its_setting(void **state)
{
    (void)state;
    hs_comparison *all = hs_test_comparison("path");
    hs_compare_point point = {51 * HS_MILLISECOND, all, "one\ntwo"};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(hs_compare_html(all, &(hs_compare_series){&point, 1}, out), HS_OK);
    fclose(out);
    assert_non_null(strstr(text, "<dt>Set to</dt><dd>51.000 ms</dd>"));
    assert_non_null(strstr(text, "<dt>The path of 51.000 ms</dt><dd class=\"dim report\">one<br/>"
                                 "two</dd>"));
    assert_null(strstr(text, "Slopes"));
    assert_null(strstr(text, "class=\"lines\""));
    free(text);
    free(all);
}

static void write_errors_are_told(void **state)
{
    (void)state;
    hs_comparison *all = hs_test_comparison("path");
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(hs_compare_svg(all, NULL, full), HS_SYSTEM);
    assert_int_equal(hs_compare_html(all, NULL, full), HS_SYSTEM);
    fclose(full);
    free(all);
}

static void scale_is(double length, double unit, double step, int steps)
{
    hs_scale scale = hs_scale_in(length, unit);
    assert_true(scale.step == step * unit);
    assert_true(scale.round_trips == step);
    assert_int_equal(scale.steps, steps);
}

static void grids_have_round_steps(void **state)
{
    (void)state;
    scale_is(5.2, 1, 1, 5);
    scale_is(8, 1, 1, 8);
    scale_is(8.1, 1, 2, 4);
    scale_is(17, 1, 5, 3);
    scale_is(41, 1, 10, 4);
    scale_is(4000, 1, 500, 8);
    scale_is(0.5, 1, 1, 0);
    scale_is(1e19, 1, 2e18, 5);
    char text[HS_DECIMAL_TEXT_MAX];
    hs_scale fine = hs_scale_to(2000); /* nanoseconds */
    assert_string_equal(hs_scale_text(&fine, 1, text), "0.0005");
    hs_scale wide = hs_scale_to(200. * HS_MILLISECOND);
    assert_string_equal(hs_scale_text(&wide, 2, text), "100");
    hs_scale trips = hs_scale_in(3, 1);
    assert_string_equal(hs_scale_text(&trips, 3, text), "3");
}

/* A run that took far longer than the others is cut, and does not squeeze the bars. */
static void a_whisker_does_not_squeeze_the_bars(void **state)
{
    (void)state;
    hs_comparison *all = hs_test_comparison("path");
    double before = hs_scale_of(all).length;
    all->rows[HS_WAY_TCP].ready.p95 = 3600 * HS_SECOND;
    assert_true(hs_scale_of(all).length < 1.5 * before);
    free(all);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_written),
        cmocka_unit_test(nothing_to_draw_is_no_drawing),
        cmocka_unit_test(one_path_tells_its_setting),
        cmocka_unit_test(write_errors_are_told),
        cmocka_unit_test(grids_have_round_steps),
        cmocka_unit_test(a_whisker_does_not_squeeze_the_bars),
    };
    if (argc > 2) {
        return print(argv[1], argv[2], argc > 3);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

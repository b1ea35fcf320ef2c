#include "../cmocka_headers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <handshake/compare.h>

#define MS HS_MILLISECOND

static hs_quantiles around(hs_time middle)
{
    return (hs_quantiles){.count = 5,
                          .least = middle - MS,
                          .p50 = middle,
                          .p95 = middle + MS,
                          .most = middle + 2 * MS};
}

static void set_times(hs_compare_row *row, hs_time ready, hs_time response)
{
    const hs_quantiles never = {
        .least = HS_TIME_NONE, .p50 = HS_TIME_NONE, .p95 = HS_TIME_NONE, .most = HS_TIME_NONE};
    row->state = HS_WAY_MEASURED;
    row->runs = 5;
    row->ready = around(ready);
    row->settings = never;
    row->first_response = response == HS_TIME_NONE ? never : around(response);
    row->cpu = around(2 * MS);
    row->round_trips_to_ready = (double)ready / (double)(50 * MS);
    row->round_trips_to_settings = (double)NAN;
    row->round_trips_to_response = response == HS_TIME_NONE ? (double)NAN
                                                            : (double)response / (double)(50 * MS);
    row->bytes_sent = 1234;
    row->bytes_received = 56789;
    row->encrypted = HS_YES;
    row->resumable = HS_NO;
    row->multiplexed = HS_UNSEEN;
    row->accounting = (hs_accounting){.present = true,
                                      .path_rtt = 50 * MS,
                                      .total = ready + 3 * MS,
                                      .network = ready,
                                      .client = 3 * MS};
    (void)snprintf(row->sentence, sizeof row->sentence,
                   "%.2f round trips: TCP 1, HelloRetryRequest 1, TLS 1; 97 %% network",
                   row->round_trips_to_ready);
}

/* On the heap: it is large. */
static hs_comparison *make(void)
{
    hs_comparison *all = calloc(1, sizeof *all);
    assert_non_null(all);
    (void)snprintf(all->target, sizeof all->target, "https://h.test/");
    (void)snprintf(all->address, sizeof all->address, "192.0.2.1");
    all->rounds = 5;
    all->path_rtt = around(50 * MS);
    all->path_rtt_source = HS_CLOCK_KERNEL;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_compare_row *row = &all->rows[way];
        row->way = (hs_way)way;
        set_times(row, (way + 1) * 10 * MS, way % 3 ? (way + 6) * 10 * MS : HS_TIME_NONE);
    }
    all->rows[HS_WAY_TLS13].failed = 2;
    (void)snprintf(all->rows[HS_WAY_TLS13].why, sizeof all->rows[0].why,
                   "the server closed the connection within the TLS handshake");
    all->rows[HS_WAY_TLS13_RESUMED].other = 1;
    (void)snprintf(all->rows[HS_WAY_TLS13_RESUMED].why, sizeof all->rows[0].why,
                   "the server did not resume the session");
    return all;
}

static void without(hs_comparison *all, hs_way way, hs_way_state state, hs_failure_class failure,
                    const char *why)
{
    hs_compare_row *row = &all->rows[way];
    *row = (hs_compare_row){.way = way, .state = state, .failure = failure};
    (void)snprintf(row->why, sizeof row->why, "%s", why);
}

static void add_saving(hs_comparison *all, bool is_measured, hs_time time, double round_trips)
{
    hs_saving *saving = &all->savings[all->saving_count++];
    *saving = (hs_saving){.measured = is_measured, .time = time, .round_trips = round_trips};
    (void)snprintf(saving->title, sizeof saving->title, "0-RTT after a TLS 1.3 session");
    (void)snprintf(saving->advice, sizeof saving->advice,
                   "turn on early data on the server, for requests that may be replayed");
}

static char *render(const hs_comparison *all, int width, bool color)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const hs_report_options options = {.width = width, .color = color};
    assert_int_equal(hs_compare_text(all, &options, out), HS_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static bool says(const hs_comparison *all, int width, const char *words)
{
    char *text = render(all, width, false);
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static size_t columns_of(const char *line, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        columns += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return columns;
}

/* Nothing that drives a terminal, no blank at a line's end, no line beyond the page. */
static void check_page(const char *text, size_t width)
{
    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        size_t len = (size_t)(end - line);
        if (columns_of(line, len) > width) {
            fail_msg("%zu columns on a page of %zu: %.*s", columns_of(line, len), width, (int)len,
                     line);
        }
        assert_true(len == 0 || end[-1] != ' ');
        for (size_t i = 0; i < len; i++) {
            assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
        }
        line = end + 1;
    }
}

static void every_width_is_kept(void **state)
{
    hs_comparison *all = make();
    (void)state;
    add_saving(all, true, 50 * MS, 1.0);
    add_saving(all, true, -4 * MS, -0.08);
    add_saving(all, false, 50 * MS, 1.0);
    without(all, HS_WAY_QUIC_RETRY, HS_WAY_NOT_OFFERED, HS_FAILURE_NONE,
            "the server did not answer with Retry");
    without(all, HS_WAY_WS, HS_WAY_NOT_TRIED, HS_FAILURE_NONE,
            "nothing tells where ws:// is served (--also ws://…)");
    for (int width = 40; width <= 200; width++) {
        char *text = render(all, width, false);
        check_page(text, (size_t)width);
        assert_non_null(strstr(text, "TLS 1.3, HelloRetryRequest"));
        assert_non_null(strstr(text, "until ready"));
        free(text);
    }
    free(all);
}

static void columns_stand_under_their_headings(void **state)
{
    hs_comparison *all = make();
    (void)state;
    all->rows[HS_WAY_HTTP2].settings = around(77 * MS);
    all->rows[HS_WAY_HTTP2].round_trips_to_settings = 1.54;
    /* clang-format off */
    assert_true(says(all, 120,
        "                                until ready            SETTINGS       first response          CPU   bytes\n"
        "                                RTT  p50 ms     p95    RTT  p50 ms    RTT  p50 ms     p95     ms    out     in\n"));
    assert_true(says(all, 120, "\n"
        "  HTTP/2                       2.20  110.00  111.00   1.54   77.00   3.20  160.00  161.00   2.00   1234  56789 E-?\n"));
    assert_true(says(all, 120, "\n"
        "  TCP                          0.20   10.00   11.00                                         2.00   1234  56789 E-?\n"));
    assert_true(says(all, 80,
        "                                until ready            first response\n"
        "                                RTT  p50 ms     p95    RTT  p50 ms     p95\n"));
    assert_true(says(all, 80, "\n"
        "  HTTP/2                       2.20  110.00  111.00   3.20  160.00  161.00 E-?\n"));
    /* clang-format on */
    free(all);
}

static void runs_that_do_not_count_are_told(void **state)
{
    hs_comparison *all = make();
    (void)state;
    assert_true(says(all, 200, "2 of 5 runs failed: the server closed the connection"));
    assert_true(
        says(all, 200, "1 of 5 runs were not of this kind: the server did not resume the session"));
    free(all);
}

static void reasons_in_common_stand_once(void **state)
{
    static const char refused[] = "192.0.2.1 port 443: Connection refused";
    hs_comparison *all = make();
    (void)state;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        without(all, (hs_way)way, HS_WAY_NOT_OFFERED, HS_FAILURE_TCP_REFUSED, refused);
    }
    without(all, HS_WAY_TLS13, HS_WAY_NOT_OFFERED, HS_FAILURE_TLS_VERSION_MISMATCH,
            "the server has no TLS 1.3");
    without(all, HS_WAY_WS, HS_WAY_NOT_TRIED, HS_FAILURE_NONE, "nothing tells");
    char *text = render(all, 100, false);
    const char *first = strstr(text, refused);
    assert_non_null(first);
    assert_null(strstr(first + 1, refused));
    assert_non_null(strstr(text, "failed: 192.0.2.1"));
    assert_non_null(strstr(text, "not offered: the server has no TLS 1.3"));
    assert_non_null(strstr(text, "not tried: nothing tells\n    WebSocket\n"));
    /* Without a figure there is nothing to head or to explain. */
    assert_null(strstr(text, "p50"));
    assert_null(strstr(text, "RTT:"));
    assert_null(strstr(text, "where the time goes"));
    assert_null(strstr(text, "5 rounds"));
    free(text);
    free(all);
}

static void hostile_strings_drive_nothing(void **state)
{
    static const char hostile[] = "\033[2J\007%s%n\x9b"
                                  "31m\n\tend \xff\xc3";
    hs_comparison *all = make();
    (void)state;
    (void)snprintf(all->target, sizeof all->target, "https://%s/", hostile);
    (void)snprintf(all->address, sizeof all->address, "%s", hostile);
    memset(all->vantage, 'a', sizeof all->vantage - 1);
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        hs_compare_row *row = &all->rows[way];
        (void)snprintf(row->sentence, sizeof row->sentence, "%s", hostile);
        if (way % 2) {
            without(all, (hs_way)way, HS_WAY_NOT_OFFERED, HS_FAILURE_NONE, hostile);
        }
    }
    add_saving(all, true, MS, 1);
    (void)snprintf(all->savings[0].title, sizeof all->savings[0].title, "%s", hostile);
    (void)snprintf(all->savings[0].advice, sizeof all->savings[0].advice, "%s", hostile);
    for (int width = 40; width <= 200; width += 20) {
        char *text = render(all, width, false);
        check_page(text, 400); /* a word is not broken */
        assert_non_null(strstr(text, "\\x1b[2J\\x07%s%n"));
        free(text);
    }
    free(all);
}

static void a_long_reason_wraps(void **state)
{
    char why[sizeof((hs_compare_row *)NULL)->why];
    hs_comparison *all = make();
    (void)state;
    for (size_t i = 0; i < sizeof why - 1; i++) {
        why[i] = i % 9 == 8 ? ' ' : 'x';
    }
    why[sizeof why - 1] = '\0';
    without(all, HS_WAY_QUIC, HS_WAY_NOT_OFFERED, HS_FAILURE_NONE, why);
    for (int width = 40; width <= 200; width++) {
        char *text = render(all, width, false);
        check_page(text, (size_t)width);
        free(text);
    }
    free(all);
}

static void a_chart_of_zero_times_is_left_out(void **state)
{
    hs_comparison *all = make();
    (void)state;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        all->rows[way].ready = (hs_quantiles){.count = 1};
        all->rows[way].first_response = (hs_quantiles){.count = 1};
    }
    assert_false(says(all, 100, "where the time goes"));
    /* One that took time is enough. */
    all->rows[HS_WAY_TCP].ready.p50 = MS;
    assert_true(says(all, 100, "\n  TCP                        ████████████████████ "));
    free(all);
}

static void bars_are_as_long_as_their_times(void **state)
{
    hs_comparison *all = make();
    (void)state;
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        without(all, (hs_way)way, HS_WAY_NOT_TRIED, HS_FAILURE_NONE, "nothing tells");
    }
    set_times(&all->rows[HS_WAY_TLS12], 150 * MS, 200 * MS);
    set_times(&all->rows[HS_WAY_TLS13], 100 * MS, 150 * MS);
    set_times(&all->rows[HS_WAY_QUIC_EARLY_DATA], 0, 50 * MS);
    assert_true(says(all, 100, "  TLS 1.2                    ███████████████░░░░░ 3.00"));
    assert_true(says(all, 100, "  TLS 1.3                    ██████████░░░░░      2.00"));
    assert_true(says(all, 100, "  QUIC, 0-RTT                ░░░░░                0.00"));
    free(all);
}

static void a_path_too_short_to_tell_is_said(void **state)
{
    static const char note[] = "This path is so short";
    hs_comparison *all = make();
    (void)state;
    add_saving(all, true, 2 * MS, 40.0);
    add_saving(all, false, MS / 20, 1.0);
    assert_false(says(all, 200, note));
    assert_true(says(all, 200, "saves 40.00 round trips  2.000 ms"));
    for (int way = 0; way < HS_WAY_COUNT; way++) {
        all->rows[way].accounting.network = MS;
        all->rows[way].accounting.client = all->rows[way].accounting.total - MS;
    }
    assert_true(says(all, 200, note));
    assert_true(says(all, 200, "saves 2.000 ms"));
    assert_false(says(all, 200, "saves 40.00"));
    assert_true(says(all, 200, "saves 1.00 round trips  0.050 ms"));
    free(all);
}

static void what_gains_nothing_is_not_called_a_saving(void **state)
{
    hs_comparison *all = make();
    (void)state;
    add_saving(all, true, -4 * MS, -0.08);
    assert_true(says(all, 200, "saves nothing on this path: 4.000 ms more"));
    assert_false(says(all, 200, "turn on early data"));
    all->savings[0].time = 50 * MS;
    all->savings[0].round_trips = (double)NAN;
    assert_true(says(all, 200, "saves 50.000 ms"));
    free(all);
}

static void the_head_tells_what_is_known(void **state)
{
    hs_comparison *all = make();
    (void)state;
    assert_true(says(all, 100,
                     "https://h.test/  192.0.2.1  5 rounds  path round trip 50.000 ms (kernel)\n"));
    all->interrupted = true;
    all->rounds = 1;
    all->path_rtt.count = 0;
    all->address[0] = '\0';
    assert_true(says(all, 100, "https://h.test/  1 round  interrupted\n"));
    free(all);
}

static void colours_are_for_terminals(void **state)
{
    hs_comparison *all = make();
    (void)state;
    char *plain = render(all, 100, false);
    char *colored = render(all, 100, true);
    assert_null(strchr(plain, '\033'));
    assert_non_null(strstr(colored, "\033["));
    free(plain);
    free(colored);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_is_kept),
        cmocka_unit_test(columns_stand_under_their_headings),
        cmocka_unit_test(runs_that_do_not_count_are_told),
        cmocka_unit_test(reasons_in_common_stand_once),
        cmocka_unit_test(hostile_strings_drive_nothing),
        cmocka_unit_test(a_long_reason_wraps),
        cmocka_unit_test(a_chart_of_zero_times_is_left_out),
        cmocka_unit_test(bars_are_as_long_as_their_times),
        cmocka_unit_test(a_path_too_short_to_tell_is_said),
        cmocka_unit_test(what_gains_nothing_is_not_called_a_saving),
        cmocka_unit_test(the_head_tells_what_is_known),
        cmocka_unit_test(colours_are_for_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is said of a SYN flood's figures, and how it is written. */
#include "../cmocka_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/synflood/synflood.h"

static hs_honest_phase phase(uint32_t attempts, uint32_t connected)
{
    const hs_time time = connected > 0 ? HS_MILLISECOND : HS_TIME_NONE;
    return (hs_honest_phase){.attempts = attempts,
                             .connected = connected,
                             .p50 = time,
                             .p90 = time,
                             .p99 = time,
                             .with_timestamps = {connected, connected, connected}};
}

/* A flood of a backlog of 128, as it was seen without cookies. */
static hs_synflood_row without_cookies(void)
{
    hs_synflood_row row = {
        .options = {.rate = 5000, .flood = HS_SECOND, .syncookies = 0, .backlog = 128},
        .flood = {.sent = 5000, .took = HS_SECOND},
        .phases = {phase(50, 50), phase(100, 2), phase(50, 0)},
        .sample_count = 3,
        .samples = {{0, 0}, {500 * HS_MILLISECOND, 97}, {900 * HS_MILLISECOND, 96}}};
    row.counters.values[HS_COUNTER_LISTEN_DROPS] = 5000;
    row.counters.values[HS_COUNTER_REQ_Q_FULL_DROP] = HS_COUNTER_UNSEEN;
    return row;
}

static void says(const char *sentence, const char *part)
{
    assert_non_null(strstr(sentence, part));
}

static void words_follow_from_what_was_seen(void **state)
{
    (void)state;
    hs_synflood_row row = without_cookies();
    says(hs_synflood_phase_words(&row, HS_PHASE_BEFORE), "An idle server");
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "fill the queue");
    says(hs_synflood_phase_words(&row, HS_PHASE_AFTER), "outlasts the flood");
    says(hs_synflood_half_open_words(&row), "last quarter");
    says(hs_synflood_options_words(&row), "Nothing is lost");

    row.samples[1].half_open = row.samples[2].half_open = 20;
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "never seen full");
    says(hs_synflood_half_open_words(&row), "never filled");
    row.phases[HS_PHASE_DURING] = phase(100, 100);
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "room for the whole flood");
    row.phases[HS_PHASE_BEFORE] = phase(100, 90);
    says(hs_synflood_phase_words(&row, HS_PHASE_BEFORE), "too busy");
}

static void words_on_cookies(void **state)
{
    (void)state;
    hs_synflood_row row = without_cookies();
    row.options.syncookies = 1;
    row.counters.values[HS_COUNTER_SYNCOOKIES_SENT] = 4900;
    row.samples[1].half_open = 129;
    row.phases[HS_PHASE_DURING] = row.phases[HS_PHASE_AFTER] = phase(100, 100);
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "turns nobody away");
    says(hs_synflood_phase_words(&row, HS_PHASE_AFTER), "nothing to recover");
    says(hs_synflood_options_words(&row), "No option was lost");
    row.phases[HS_PHASE_DURING].without_timestamps = (hs_honest_options){50, 1, 1};
    says(hs_synflood_options_words(&row), "a timestamp carries them");
    row.phases[HS_PHASE_DURING].with_timestamps = (hs_honest_options){50, 50, 1};
    says(hs_synflood_options_words(&row), "no room");
    row.options.syncookies = 2;
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "Every SYN");
    row.phases[HS_PHASE_DURING] = phase(100, 98);
    says(hs_synflood_phase_words(&row, HS_PHASE_DURING), "did not complete in time");
    row.sample_count = 0;
    says(hs_synflood_half_open_words(&row), "Nothing waits");
}

static void written(const hs_synflood_row *row, bool is_json, const char *parts[])
{
    const hs_report_options options = {.width = 100};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(
        is_json ? hs_synflood_json(row, out) : hs_synflood_text(row, true, &options, out), HS_OK);
    fclose(out);
    for (size_t i = 0; parts[i]; i++) {
        says(text, parts[i]);
    }
    assert_null(strstr(text, "TCPReqQFullDrop")); /* this kernel does not have it */
    free(text);
}

static void text_has_every_figure(void **state)
{
    (void)state;
    hs_synflood_row row = without_cookies();
    written(&row, false,
            (const char *[]){"  during         2 %    2 of 100 connected  p50 1.000 ms",
                             "  after          0 %    0 of  50 connected\n",
                             "▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁████", "at most 97\n",
                             "with timestamps: window scale 2 of 2, SACK 2 of 2",
                             "    5000  ListenDrops", "  never        SyncookiesSent", NULL});
    row.sample_count = 0;
    row.phases[HS_PHASE_DURING] = phase(0, 0);
    written(&row, false, (const char *[]){"0 of   0 connected\n", "options      none\n", NULL});
}

static void json_leaves_out_what_was_not_seen(void **state)
{
    (void)state;
    hs_synflood_row row = without_cookies();
    written(
        &row, true,
        (const char *[]){"\"after\":{\"attempts\":50,\"connected\":0,\"success\":0.0,\"options\"",
                         "\"half_open\":{\"max\":97,", "\"ListenDrops\":5000",
                         "\"SyncookiesSent\":0", NULL});
    row.sample_count = 0;
    written(&row, true, (const char *[]){"explanation\":\"Nothing is lost", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_follow_from_what_was_seen),
        cmocka_unit_test(words_on_cookies),
        cmocka_unit_test(text_has_every_figure),
        cmocka_unit_test(json_leaves_out_what_was_not_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

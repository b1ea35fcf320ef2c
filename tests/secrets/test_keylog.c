#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "secrets/keylog.h"

#define RANDOM_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static hs_bytes text(const char *line)
{
    return hs_bytes_of(line, strlen(line));
}

static hs_bytes client_random(void)
{
    static uint8_t bytes[32];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    return hs_bytes_of(bytes, sizeof bytes);
}

static void finds_what_was_added(void **state)
{
    (void)state;
    hs_keylog *keylog = hs_keylog_new(0);
    assert_non_null(keylog);
    assert_int_equal(hs_keylog_find(keylog, "CLIENT_RANDOM", client_random()).len, 0);
    assert_int_equal(hs_keylog_add_line(keylog, text("CLIENT_RANDOM " RANDOM_HEX " ABcd01")),
                     HS_OK);
    hs_bytes secret = hs_keylog_find(keylog, "CLIENT_RANDOM", client_random());
    assert_int_equal(secret.len, 3);
    assert_memory_equal(secret.data, "\xab\xcd\x01", 3);
    assert_int_equal(hs_keylog_find(keylog, "CLIENT_RANDO", client_random()).len, 0);
    uint8_t other[32] = {1};
    assert_int_equal(hs_keylog_find(keylog, "CLIENT_RANDOM", hs_bytes_of(other, 32)).len, 0);
    assert_int_equal(hs_keylog_count(keylog), 1);
    hs_keylog_free(keylog);
}

static void the_first_line_counts(void **state)
{
    (void)state;
    hs_keylog *keylog = hs_keylog_new(0);
    assert_int_equal(hs_keylog_add_line(keylog, text("A " RANDOM_HEX " 0102")), HS_OK);
    assert_int_equal(hs_keylog_add_line(keylog, text("A " RANDOM_HEX " 0102\r\n")), HS_OK);
    assert_int_equal(hs_keylog_add_line(keylog, text("A " RANDOM_HEX " 0103")), HS_OK);
    assert_int_equal(hs_keylog_count(keylog), 1);
    assert_int_equal(hs_keylog_find(keylog, "A", client_random()).data[1], 2);
    hs_keylog_free(keylog);
}

static void quic_labels_of_drafts(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "CLIENT_EARLY_TRAFFIC_SECRET",     "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    };
    hs_keylog *keylog = hs_keylog_new(0);
    assert_non_null(keylog);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        char line[HS_KEYLOG_LINE_MAX];
        (void)snprintf(line, sizeof line, "QUIC_%s " RANDOM_HEX " 0%zu", labels[i], i);
        assert_int_equal(hs_keylog_add_line(keylog, text(line)), HS_OK);
        hs_bytes secret = hs_keylog_find(keylog, labels[i], client_random());
        assert_int_equal(secret.len, 1);
        assert_int_equal(secret.data[0], i);
    }
    /* Nothing behind it: a label like any other. */
    assert_int_equal(hs_keylog_add_line(keylog, text("QUIC_ " RANDOM_HEX " 77")), HS_OK);
    assert_int_equal(hs_keylog_find(keylog, "QUIC_", client_random()).len, 1);
    assert_int_equal(hs_keylog_add_line(keylog, text("QUIC " RANDOM_HEX " 77")), HS_OK);
    assert_int_equal(hs_keylog_find(keylog, "QUIC", client_random()).len, 1);
    hs_keylog_free(keylog);
}

static void what_is_no_line(void **state)
{
    (void)state;
    static const char *const good[] = {"", "# a comment", "\r\n", "   "};
    static const char *const bad[] = {
        "CLIENT_RANDOM",
        "CLIENT_RANDOM ",
        "CLIENT_RANDOM " RANDOM_HEX,
        "CLIENT_RANDOM " RANDOM_HEX " ",
        "CLIENT_RANDOM " RANDOM_HEX " 0",
        "CLIENT_RANDOM " RANDOM_HEX " 0g",
        "CLIENT_RANDOM " RANDOM_HEX "00 01",
        "CLIENT_RANDOM xx 01",
        "CLIENT_RANDOM  " RANDOM_HEX " 01",
        "CLIENT_RANDOM " RANDOM_HEX " 01 02",
        " " RANDOM_HEX " 01",
    };
    hs_keylog *keylog = hs_keylog_new(0);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(hs_keylog_add_line(keylog, text(good[i])), HS_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hs_keylog_add_line(keylog, text(bad[i])), HS_MALFORMED);
    }
    assert_int_equal(hs_keylog_count(keylog), 0);
    hs_keylog_free(keylog);
}

static void text_of_many_lines(void **state)
{
    (void)state;
    hs_keylog *keylog = hs_keylog_new(0);
    size_t malformed = 9;
    assert_int_equal(
        hs_keylog_add_text(keylog,
                           text("# head\r\nA " RANDOM_HEX " 01\r\nnonsense\n\nB " RANDOM_HEX
                                " 02\nC " RANDOM_HEX " 03"),
                           &malformed),
        HS_OK);
    assert_int_equal(malformed, 1);
    assert_int_equal(hs_keylog_count(keylog), 3);
    assert_int_equal(hs_keylog_find(keylog, "C", client_random()).data[0], 3);
    hs_keylog_free(keylog);
}

static void is_bounded(void **state)
{
    (void)state;
    hs_keylog *keylog = hs_keylog_new(1000);
    char line[128];
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "L%d " RANDOM_HEX " %04x", i, (unsigned)i);
        assert_int_equal(hs_keylog_add_line(keylog, text(line)), HS_OK);
    }
    assert_int_equal(hs_keylog_add_line(keylog, text("M " RANDOM_HEX " 01")), HS_LIMIT);
    assert_int_equal(hs_keylog_add_line(keylog, text("L5 " RANDOM_HEX " 0005")), HS_OK);
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "L%d", i);
        hs_bytes secret = hs_keylog_find(keylog, line, client_random());
        assert_int_equal(secret.len, 2);
        assert_int_equal(secret.data[0] * 256 + secret.data[1], i);
    }
    hs_keylog_free(keylog);
    hs_keylog_free(NULL);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char line[HS_KEYLOG_LINE_MAX];
    uint8_t secret[48];
    memset(secret, 0xa5, sizeof secret);
    assert_int_equal(hs_keylog_line("SERVER_TRAFFIC_SECRET_0", client_random(),
                                    hs_bytes_of(secret, sizeof secret), line),
                     HS_OK);
    assert_memory_equal(line, "SERVER_TRAFFIC_SECRET_0 " RANDOM_HEX " a5a5", 23 + 1 + 64 + 1 + 4);
    hs_keylog *keylog = hs_keylog_new(0);
    assert_int_equal(hs_keylog_add_line(keylog, text(line)), HS_OK);
    hs_bytes back = hs_keylog_find(keylog, "SERVER_TRAFFIC_SECRET_0", client_random());
    assert_int_equal(back.len, sizeof secret);
    assert_memory_equal(back.data, secret, sizeof secret);
    hs_keylog_free(keylog);
    uint8_t long_secret[100] = {0};
    assert_int_equal(hs_keylog_line("L", client_random(), hs_bytes_of(long_secret, 100), line),
                     HS_LIMIT);
    assert_string_equal(line, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),  cmocka_unit_test(the_first_line_counts),
        cmocka_unit_test(quic_labels_of_drafts), cmocka_unit_test(what_is_no_line),
        cmocka_unit_test(text_of_many_lines),    cmocka_unit_test(is_bounded),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

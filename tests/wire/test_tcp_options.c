/* TCP options as real systems send them, wrong ones, and every cut. */
#include "../cmocka_headers.h"

#include "frames.h"
#include "wire/tcp_options.h"

static void options_of(const hex_frame *bytes, hs_tcp_options *options)
{
    hs_tcp_options_read((hs_bytes){bytes->data, bytes->len}, options);
}

static void read_options(const char *hex, hs_tcp_options *options)
{
    hex_frame bytes = frame_of(hex);
    options_of(&bytes, options);
    free(bytes.data);
    options->fast_open_cookie.data = NULL;
}

static void what_is_not_there_is_unseen(void **state)
{
    (void)state;
    static const char *const none[] = {"", "01010101", "00", "0000020405b4", "fd02fd0612345678"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        hs_tcp_options options;
        read_options(none[i], &options);
        assert_int_equal(options.mss, -1);
        assert_int_equal(options.window_scale, -1);
        assert_int_equal(options.mptcp_subtype, -1);
        assert_false(options.sack_permitted || options.has_timestamps || options.has_fast_open ||
                     options.malformed);
    }
}

/* Linux's SYN */
static void a_usual_syn(void **state)
{
    (void)state;
    hs_tcp_options options;
    read_options("020405b40402080afe73f87a000000000103030a", &options);
    assert_int_equal(options.mss, 1460);
    assert_int_equal(options.window_scale, 10);
    assert_true(options.sack_permitted);
    assert_true(options.has_timestamps);
    assert_int_equal(options.timestamp_value, 0xfe73f87a);
    assert_int_equal(options.timestamp_echo, 0);
    assert_false(options.malformed);
}

static void a_window_scale_beyond_14_is_shown(void **state)
{
    (void)state;
    hs_tcp_options options;
    read_options("0303ff", &options);
    assert_int_equal(options.window_scale, 255);
    assert_false(options.malformed);
}

static void an_mss_of_0_is_not_an_absent_one(void **state)
{
    (void)state;
    hs_tcp_options options;
    read_options("02040000", &options);
    assert_int_equal(options.mss, 0);
}

static const struct {
    const char *name;
    const char *hex;
    size_t cookie;
    bool has_fast_open;
    bool malformed;
} fast_open[] = {
    {"asked for", "2202", 0, true, false},
    {"asked for, experimental", "fe04f989", 0, true, false},
    {"8 bytes", "220a1122334455667788", 8, true, false},
    {"8 bytes, experimental", "fe0cf9891122334455667788", 8, true, false},
    {"16 bytes", "221211223344556677881122334455667788", 16, true, false},
    {"2 bytes are too few", "22041122", 2, true, true},
    {"an odd number", "22071122334455", 5, true, true},
    {"18 bytes are too many", "2214112233445566778811223344556677881122", 18, true, true},
    {"another experiment", "fe06f98a1122", 0, false, false},
    {"an experiment without an identifier", "fe02", 0, false, false},
};

static void fast_open_in_both_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fast_open / sizeof fast_open[0]; i++) {
        print_message("%s\n", fast_open[i].name);
        hs_tcp_options options;
        read_options(fast_open[i].hex, &options);
        assert_int_equal(options.has_fast_open, fast_open[i].has_fast_open);
        assert_int_equal(options.fast_open_cookie.len, fast_open[i].cookie);
        assert_int_equal(options.malformed, fast_open[i].malformed);
    }
}

static void a_cookie_is_borrowed(void **state)
{
    (void)state;
    hex_frame bytes = frame_of("220a1122334455667788");
    hs_tcp_options options;
    options_of(&bytes, &options);
    assert_ptr_equal(options.fast_open_cookie.data, bytes.data + 2);
    free(bytes.data);
}

static void multipath_by_its_subtype(void **state)
{
    (void)state;
    hs_tcp_options options;
    read_options("1e0400811e0c10050000000011223344", &options); /* MP_CAPABLE, then MP_JOIN */
    assert_int_equal(options.mptcp_subtype, 1);
    read_options("1e040081", &options);
    assert_int_equal(options.mptcp_subtype, 0);
    assert_false(options.malformed);
    read_options("1e02", &options);
    assert_int_equal(options.mptcp_subtype, -1);
    assert_true(options.malformed);
}

static const struct {
    const char *hex;
    int mss;
    int window_scale;
} wrong[] = {
    {"020405b40301", 1460, -1},     /* a length below 2 */
    {"020405b40300", 1460, -1},     /* none at all: no endless loop */
    {"020405b403030a02", 1460, 10}, /* the length is missing */
    {"020405b403030a0206ffff", 1460, 10} /* runs past the end */,
    {"020305030307", -1, 7},            /* an MSS of one byte; what follows is read */
    {"0304000a020405b4", 1460, -1},     /* a window scale of two */
    {"040300020405b4", 1460, -1},       /* SACK permitted with a value */
    {"080600000001020405b4", 1460, -1}, /* half a timestamp */
};

static void wrong_lengths_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        print_message("%s\n", wrong[i].hex);
        hs_tcp_options options;
        read_options(wrong[i].hex, &options);
        assert_true(options.malformed);
        assert_int_equal(options.mss, wrong[i].mss);
        assert_int_equal(options.window_scale, wrong[i].window_scale);
        assert_false(options.sack_permitted || options.has_timestamps);
    }
}

static void every_cut_keeps_what_came_before(void **state)
{
    (void)state;
    hex_frame whole = frame_of("020405b40402080a11223344556677880103030a220a1122334455667788");
    for (size_t len = 0; len <= whole.len; len++) {
        hex_frame part = frame_cut(&whole, len);
        hs_tcp_options options;
        options_of(&part, &options);
        assert_int_equal(options.mss, len >= 4 ? 1460 : -1);
        assert_int_equal(options.sack_permitted, len >= 6);
        assert_int_equal(options.has_timestamps, len >= 16);
        assert_int_equal(options.window_scale, len >= 20 ? 10 : -1);
        assert_int_equal(options.has_fast_open, len == 30);
        bool is_between = len == 0 || len == 4 || len == 6 || len == 16 || len == 17 || len == 20 ||
                          len == 30;
        assert_int_equal(options.malformed, !is_between);
        assert_int_equal(options.cut_kind, is_between ? -1
                                           : len < 4  ? HS_TCP_OPTION_MSS
                                           : len < 6  ? HS_TCP_OPTION_SACK_PERMITTED
                                           : len < 16 ? HS_TCP_OPTION_TIMESTAMPS
                                           : len < 20 ? HS_TCP_OPTION_WINDOW_SCALE
                                                      : HS_TCP_OPTION_FAST_OPEN);
        free(part.data);
    }
    free(whole.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_unseen),
        cmocka_unit_test(a_usual_syn),
        cmocka_unit_test(a_window_scale_beyond_14_is_shown),
        cmocka_unit_test(an_mss_of_0_is_not_an_absent_one),
        cmocka_unit_test(fast_open_in_both_forms),
        cmocka_unit_test(a_cookie_is_borrowed),
        cmocka_unit_test(multipath_by_its_subtype),
        cmocka_unit_test(wrong_lengths_are_told),
        cmocka_unit_test(every_cut_keeps_what_came_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files of every kind, whole and cut, from a file, from a pipe, and gzipped. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "base/reader.h"
#include "kit.h"

enum { PACKETS = 9 };

static hs_bytes whole(const kit_bytes *bytes)
{
    return hs_bytes_of(bytes->data, bytes->len);
}

static void test_pcap(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool nanoseconds = kind >= 2;
        kit_bytes file;
        kit_pcap(&file, kind % 2 == 0, nanoseconds, PACKETS);
        for (int way = 0; way < 2; way++) {
            kit_run run = kit_read(way == 0 ? kit_file(whole(&file)) : kit_pipe(whole(&file)),
                                   true);
            assert_int_equal(run.packets, PACKETS);
            assert_string_equal(run.damage, "");
            assert_int_equal(run.last.at,
                             PACKETS * HS_SECOND + 5 * (nanoseconds ? 1 : HS_MICROSECOND));
        }
    }
}

/* What is before the cut counts; a cut between packets is an end. */
static void test_pcap_truncated(void **state)
{
    (void)state;
    kit_bytes file;
    kit_pcap(&file, true, false, PACKETS);
    size_t seen = 0;
    size_t clean = 0;
    for (size_t cut = 0; cut < file.len; cut++) {
        kit_run run = kit_read(kit_file(hs_bytes_of(file.data, cut)), true);
        assert_int_equal(run.no_capture, cut < 24);
        assert_true(run.packets >= seen);
        clean += run.damage[0] == '\0';
        seen = run.packets;
    }
    assert_int_equal(seen, PACKETS - 1);
    assert_int_equal(clean, PACKETS);
}

static void test_gzip(void **state)
{
    (void)state;
    kit_bytes file;
    kit_bytes zipped;
    kit_pcap(&file, true, true, PACKETS);
    kit_gzip(whole(&file), &zipped);
    kit_run run = kit_read(kit_pipe(whole(&zipped)), true);
    assert_int_equal(run.packets, PACKETS);
    assert_string_equal(run.damage, "");
    for (size_t cut = 0; cut < zipped.len; cut++) {
        run = kit_read(kit_file(hs_bytes_of(zipped.data, cut)), true);
        assert_true(run.damage[0] != '\0');
    }
    size_t damaged = 0;
    for (size_t at = 0; at < zipped.len; at++) {
        kit_bytes other = zipped;
        other.data[at] ^= 0x10;
        damaged += kit_read(kit_file(whole(&other)), false).damage[0] != '\0';
    }
    assert_true(damaged > zipped.len / 2);
}

/* RFC 1952 2.2: members one after the other are one file. */
static void test_gzip_members(void **state)
{
    (void)state;
    kit_bytes file;
    kit_bytes first;
    kit_bytes second;
    kit_pcap(&file, true, true, PACKETS);
    kit_gzip(hs_bytes_of(file.data, 100), &first);
    kit_gzip(hs_bytes_of(file.data + 100, file.len - 100), &second);
    memcpy(first.data + first.len, second.data, second.len);
    first.len += second.len;
    kit_run run = kit_read(kit_file(whole(&first)), true);
    assert_int_equal(run.packets, PACKETS);
    assert_string_equal(run.damage, "");
    first.data[first.len++] = 0;
    run = kit_read(kit_file(whole(&first)), true);
    assert_int_equal(run.packets, PACKETS);
}

static void test_no_capture(void **state)
{
    (void)state;
    static const char *const files[] = {"", "a", "hello, this is no capture", "\x1f\x8b",
                                        "\n\r\r\n"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        kit_run run = kit_read(kit_file(hs_bytes_of(files[i], strlen(files[i]))), false);
        assert_int_equal(run.packets, 0);
        assert_true(run.damage[0] != '\0');
    }
}

static void test_rewind(void **state)
{
    (void)state;
    static const volatile int never = 0;
    kit_bytes file;
    kit_bytes zipped;
    kit_pcap(&file, true, true, PACKETS);
    kit_gzip(whole(&file), &zipped);
    for (int kind = 0; kind < 2; kind++) {
        hs_input *input = hs_input_new(kit_file(whole(kind == 0 ? &file : &zipped)), &never);
        assert_true(hs_input_can_rewind(input));
        for (int pass = 0; pass < 2; pass++) {
            uint8_t out[KIT_MAX];
            size_t all = 0;
            size_t got = 1;
            while (got > 0) {
                assert_int_equal(hs_input_read(input, out + all, sizeof out - all, &got), HS_OK);
                all += got;
            }
            assert_int_equal(all, file.len);
            assert_memory_equal(out, file.data, file.len);
            assert_int_equal(hs_input_offset(input), file.len);
            assert_int_equal(hs_input_is_gzip(input), kind == 1);
            assert_int_equal(hs_input_rewind(input), HS_OK);
        }
        hs_input_free(input);
    }
    hs_input *pipe = hs_input_new(kit_pipe(whole(&file)), &never);
    assert_false(hs_input_can_rewind(pipe));
    assert_int_equal(hs_input_rewind(pipe), HS_SYSTEM);
    hs_input_free(pipe);
}

/* The window grows to what is asked for, and no further than its limit. */
static void test_window(void **state)
{
    (void)state;
    static const volatile int never = 0;
    enum { LARGE = 3 * 1024 * 1024 };
    int fd = kit_file(hs_bytes_of("0123456789", 10));
    assert_int_equal(ftruncate(fd, LARGE), 0);
    hs_input *input = hs_input_new(fd, &never);
    hs_bytes bytes;
    assert_int_equal(hs_input_peek(input, 4, &bytes), HS_OK);
    hs_input_consume(input, 3);
    assert_int_equal(hs_input_peek(input, LARGE - 3, &bytes), HS_OK);
    assert_int_equal(bytes.len, LARGE - 3);
    assert_memory_equal(bytes.data, "3456789", 7);
    assert_int_equal(hs_input_peek(input, LARGE, &bytes), HS_OK);
    assert_int_equal(bytes.len, LARGE - 3);
    assert_int_equal(hs_input_peek(input, HS_INPUT_WINDOW_MAX + 1, &bytes), HS_LIMIT);
    hs_input_free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcap),       cmocka_unit_test(test_pcap_truncated),
        cmocka_unit_test(test_gzip),       cmocka_unit_test(test_gzip_members),
        cmocka_unit_test(test_no_capture), cmocka_unit_test(test_rewind),
        cmocka_unit_test(test_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

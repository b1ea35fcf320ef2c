/* Blocks of either byte order, interfaces of their own kinds, secrets, and everything that cannot
 * be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"
#include "kit.h"
#include "net/packet_file.h"
#include "wire/pcapng.h"

static const uint8_t frame[61] = {1, 2, 3};

static hs_bytes whole(const kit_bytes *bytes)
{
    return hs_bytes_of(bytes->data, bytes->len);
}

/* Reads all blocks from memory; gives the packets, and the last item of all. */
static size_t read_all(hs_bytes bytes, hs_pcapng_item *last, hs_result *end)
{
    hs_pcapng *pcapng = hs_pcapng_new();
    size_t packets = 0;
    size_t size;
    const char *why = NULL;
    *end = HS_OK;
    while (bytes.len > 0 && *end == HS_OK) {
        hs_pcapng_item item;
        *end = hs_pcapng_block(pcapng, bytes, &size, &item, &why);
        if (*end == HS_OK) {
            assert_true(size <= bytes.len);
            packets += item.kind == HS_PCAPNG_PACKET;
            *last = item;
            bytes = hs_bytes_of(bytes.data + size, bytes.len - size);
        } else if (*end == HS_NEED_MORE) {
            assert_true(size > bytes.len);
        } else {
            assert_non_null(why);
        }
    }
    hs_pcapng_free(pcapng);
    return packets;
}

/* Two link types in one file, which libpcap refuses; a second section begins to count anew. */
static void test_interfaces(void **state)
{
    (void)state;
    for (int little = 0; little < 2; little++) {
        kit_bytes file;
        kit_writer k;
        kit_begin(&k, &file, little);
        kit_section(&k);
        kit_interface(&k, KIT_LINK_ETHERNET, hs_bytes_of(NULL, 0));
        kit_interface(&k, KIT_LINK_RAW, hs_bytes_of(NULL, 0));
        kit_packet(&k, 1, 1000001, hs_bytes_of(frame, sizeof frame));
        kit_packet(&k, 0, 2000001, hs_bytes_of(frame, sizeof frame));
        kit_end(&k, &file);
        hs_pcapng_item last;
        hs_result end;
        assert_int_equal(read_all(whole(&file), &last, &end), 2);
        assert_int_equal(end, HS_OK);
        assert_int_equal(last.link_type, KIT_LINK_ETHERNET);
        assert_int_equal(last.at, 2000001000);
        assert_int_equal(last.length, sizeof frame + 100);
        assert_memory_equal(last.frame.data, frame, sizeof frame);

        kit_writer second = k;
        second.little = !little;
        kit_section(&second);
        kit_packet(&second, 0, 1, hs_bytes_of(frame, sizeof frame));
        kit_end(&second, &file);
        assert_int_equal(read_all(whole(&file), &last, &end), 2);
        assert_int_equal(end, HS_OK);
        assert_int_equal(last.kind, HS_PCAPNG_BAD); /* the section has no interface yet */
    }
}

static hs_pcapng_item packet_at(uint8_t resolution, int64_t offset, uint64_t units)
{
    uint8_t options[64];
    hs_writer w;
    hs_writer_init(&w, options, sizeof options);
    hs_write_u16(&w, 9);
    hs_write_u16(&w, 1);
    hs_write_u32(&w, (uint32_t)resolution << 24);
    hs_write_u16(&w, 14);
    hs_write_u16(&w, 8);
    hs_write_u64(&w, (uint64_t)offset);
    hs_write_u32(&w, 0);
    kit_bytes file;
    kit_writer k;
    kit_begin(&k, &file, false);
    kit_section(&k);
    kit_interface(&k, KIT_LINK_RAW, hs_writer_bytes(&w));
    kit_packet(&k, 0, units, hs_bytes_of(frame, sizeof frame));
    kit_end(&k, &file);
    hs_pcapng_item last;
    hs_result end;
    assert_int_equal(read_all(whole(&file), &last, &end), 1);
    return last;
}

static void test_times(void **state)
{
    (void)state;
    assert_int_equal(packet_at(0, 0, 7).at, 7 * HS_SECOND);
    assert_int_equal(packet_at(3, 0, 7).at, 7 * HS_MILLISECOND);
    assert_int_equal(packet_at(9, 0, 1759509014343441000).at, 1759509014343441000);
    assert_int_equal(packet_at(9, 100, 1).at, 100 * HS_SECOND + 1);
    assert_int_equal(packet_at(12, 0, 5999).at, 5);
    assert_int_equal(packet_at(0x80 | 10, 0, 1024 + 512).at, 1500 * HS_MILLISECOND);
    assert_int_equal(packet_at(0x80 | 63, 0, UINT64_C(3) << 62).at, 1500 * HS_MILLISECOND);
    assert_int_equal(packet_at(0, -5, 4).at, 0);
    assert_int_equal(packet_at(0, INT64_MAX, UINT64_MAX).at, (INT64_C(1) << 62) - 1);
    assert_int_equal(packet_at(0, INT64_MIN, 9).at, 0);
    assert_int_equal(packet_at(27, 0, UINT64_MAX).at, 18);
    /* A resolution that cannot be: the interface is bad, but its packets keep their number. */
    assert_int_equal(packet_at(28, 0, 5).at, 5 * HS_MICROSECOND);
}

static void test_old_and_simple_packets(void **state)
{
    (void)state;
    static const uint8_t old[] = {0, 0, 0, 9, 0, 0, 0, 0, 0,   0,   0, 6,
                                  0, 0, 0, 2, 0, 0, 0, 2, 'a', 'b', 0, 0};
    static const uint8_t simple[] = {0, 0, 0, 3, 'x', 'y', 'z', 0};
    kit_bytes file;
    kit_writer k;
    hs_pcapng_item last;
    hs_result end;
    kit_begin(&k, &file, false);
    kit_section(&k);
    kit_interface(&k, KIT_LINK_RAW, hs_bytes_of(NULL, 0));
    kit_block(&k, 2, hs_bytes_of(old, sizeof old));
    kit_end(&k, &file);
    assert_int_equal(read_all(whole(&file), &last, &end), 1);
    assert_int_equal(last.at, 6000);
    assert_memory_equal(last.frame.data, "ab", last.frame.len);
    kit_block(&k, 3, hs_bytes_of(simple, sizeof simple));
    kit_block(&k, 0x0bad, hs_bytes_of(simple, sizeof simple));
    kit_end(&k, &file);
    assert_int_equal(read_all(whole(&file), &last, &end), 2);
    assert_int_equal(last.kind, HS_PCAPNG_OTHER);
    assert_int_equal(end, HS_OK);
}

/* What the program writes it reads again; every shorter file ends as it should. */
static void test_round_trip_and_truncation(void **state)
{
    (void)state;
    static const char secrets[] = "CLIENT_RANDOM 00 11\n";
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    hs_packet_file *file = hs_packet_file_new(out);
    assert_int_equal(hs_packet_file_begin(file, "of the whole"), HS_OK);
    hs_bytes lines = hs_bytes_of(secrets, strlen(secrets));
    assert_int_equal(hs_packet_file_add_secrets(file, lines), HS_OK);
    for (int i = 0; i < 3; i++) {
        hs_packet_record item = {.link_type = i == 1 ? KIT_LINK_ETHERNET : KIT_LINK_RAW,
                                 .frame = hs_bytes_of(frame, sizeof frame - (size_t)i),
                                 .length = 1500,
                                 .at = 1759509014343441234 + i,
                                 .comment = i > 0 ? &"of a packet"[i] : NULL};
        assert_int_equal(hs_packet_file_add(file, &item), HS_OK);
    }
    fflush(out);
    assert_int_equal(hs_packet_file_size(file), len);
    kit_run run = kit_read(kit_file(hs_bytes_of(text, len)), false);
    assert_int_equal(run.packets, 3);
    assert_int_equal(run.secrets, 1);
    assert_int_equal(run.last.at, 1759509014343441236);
    assert_int_equal(run.last.link_type, KIT_LINK_RAW);
    assert_int_equal(run.last.length, 1500);
    assert_string_equal(run.damage, "");
    size_t seen = 0;
    for (size_t cut = 0; cut < len; cut++) {
        run = kit_read(kit_file(hs_bytes_of(text, cut)), false);
        assert_true(run.packets >= seen && run.packets < 3);
        assert_true(cut < 4 ? run.no_capture : !run.no_capture);
        seen = run.packets;
        hs_pcapng_item last;
        hs_result end;
        assert_int_equal(read_all(hs_bytes_of(text, cut), &last, &end), run.packets);
        assert_true((end == HS_OK) == (run.damage[0] == '\0') || cut == 0);
    }
    hs_packet_file_free(file);
    fclose(out);
    free(text);
}

static hs_result first_block(const char *hex_bytes, size_t len, const char **why)
{
    hs_pcapng *pcapng = hs_pcapng_new();
    hs_pcapng_item item;
    size_t size;
    hs_result result = hs_pcapng_block(pcapng, hs_bytes_of(hex_bytes, len), &size, &item, why);
    hs_pcapng_free(pcapng);
    return result;
}

static void test_hostile(void **state)
{
    (void)state;
    const char *why = NULL;
    /* A packet before any section; a section without a byte order; lengths that cannot be. */
    assert_int_equal(first_block("\0\0\0\6\0\0\0\20\0\0\0\0\0\0\0\20", 16, &why), HS_MALFORMED);
    assert_int_equal(first_block("\n\r\r\n\0\0\0\34\1\2\3\4", 12, &why), HS_MALFORMED);
    assert_int_equal(first_block("\n\r\r\n\0\0\0\4\x1a\x2b\x3c\x4d", 12, &why), HS_MALFORMED);
    assert_int_equal(first_block("\n\r\r\n\0\0\0\35\x1a\x2b\x3c\x4d", 12, &why), HS_MALFORMED);
    assert_int_equal(first_block("\n\r\r\n\x7f\0\0\0\x1a\x2b\x3c\x4d", 12, &why), HS_MALFORMED);
    assert_non_null(why);

    /* A captured length beyond its block: the block is bad, the next one is read. */
    static const uint8_t beyond[] = {0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0,
                                     0xff, 0xff, 0xff, 0xff, 0, 0, 0, 4, 1, 2, 3, 4};
    kit_bytes file;
    kit_writer k;
    kit_begin(&k, &file, false);
    kit_section(&k);
    kit_interface(&k, KIT_LINK_RAW, hs_bytes_of(NULL, 0));
    kit_block(&k, 6, hs_bytes_of(beyond, sizeof beyond));
    kit_packet(&k, 7, 1, hs_bytes_of(frame, sizeof frame));
    kit_packet(&k, 0, 1, hs_bytes_of(frame, sizeof frame));
    kit_end(&k, &file);
    kit_run run = kit_read(kit_file(whole(&file)), false);
    assert_int_equal(run.packets, 1);
    assert_int_equal(run.bad_blocks, 2);
    assert_string_equal(run.damage, "");

    /* The two lengths of a block differ: nothing after it can be trusted. */
    file.data[file.len - 1] ^= 4;
    run = kit_read(kit_file(whole(&file)), false);
    assert_int_equal(run.packets, 0);
    assert_true(run.damage[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interfaces),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_old_and_simple_packets),
        cmocka_unit_test(test_round_trip_and_truncation),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

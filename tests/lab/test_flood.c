#include "../cmocka_headers.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/synflood/flood.h"

enum { IPV4 = 20 };

static unsigned u16(const uint8_t *at)
{
    return (unsigned)at[0] << 8U | at[1];
}

/* Over the pseudo-header and the segment, its own checksum included: all ones where it is right. */
static unsigned tcp_sum(const uint8_t *packet)
{
    unsigned sum = 6 + HS_FLOOD_SYN_SIZE - IPV4;
    for (size_t i = 12; i < HS_FLOOD_SYN_SIZE; i += 2) {
        sum += u16(packet + i);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return sum;
}

static void a_syn_is_one_for_the_lab_s_server(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 1, 2, 255, 256, 65535, 65536, 131069, 131070, UINT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint8_t packet[HS_FLOOD_SYN_SIZE];
        hs_writer w;
        hs_writer_init(&w, packet, sizeof packet);
        hs_flood_write_syn(&w, numbers[i]);
        assert_int_equal(hs_writer_result(&w), HS_OK);
        assert_int_equal(w.len, HS_FLOOD_SYN_SIZE);
        assert_int_equal(packet[0], 0x45);
        assert_int_equal(u16(packet + 2), HS_FLOOD_SYN_SIZE);
        assert_int_equal(packet[9], 6);
        assert_int_equal(packet[12], 198); /* 198.18.0.0/15 */
        assert_int_equal(packet[13] & 0xfe, 18);
        assert_memory_equal(packet + 16, "\x0a\x63\x00\x02", 4); /* 10.99.0.2 */
        assert_true(u16(packet + IPV4) >= 1024);
        assert_int_equal(u16(packet + IPV4 + 2), HS_LAB_PORT);
        assert_int_equal(packet[IPV4 + 13], 0x02);
        assert_int_equal(tcp_sum(packet), 0xffff);
    }
}

static void syns_differ(void **state)
{
    (void)state;
    uint8_t a[HS_FLOOD_SYN_SIZE];
    uint8_t b[HS_FLOOD_SYN_SIZE];
    hs_writer w;
    hs_writer_init(&w, a, sizeof a);
    hs_flood_write_syn(&w, 7);
    hs_writer_init(&w, b, sizeof b);
    hs_flood_write_syn(&w, 8);
    assert_memory_not_equal(a + 12, b + 12, 4);
    assert_memory_not_equal(a + IPV4 + 4, b + IPV4 + 4, 4);
}

/* This process stands in no namespace of the lab's, whatever it claims. */
static void outside_the_lab_it_does_not_start(void **state)
{
    (void)state;
    int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    struct stat status;
    assert_true(here >= 0 && fstat(here, &status) == 0);
    const hs_namespaces claims[] = {
        {.networks = {-1, -1, -1}},
        {.networks = {here, here, here}},
        {.networks = {here, here, here}, .outside = status.st_ino},
        {.networks = {-1, -1, -1}, .outside = status.st_ino + 1},
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        hs_child child = {.pid = 0};
        hs_problem problem = {""};
        assert_int_equal(hs_flood_start(&child, &claims[i], 1, HS_SECOND, &problem), HS_INVALID);
        assert_int_equal(child.pid, 0);
        assert_non_null(strstr(problem.text, "only within the lab"));
    }
    close(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_is_one_for_the_lab_s_server),
        cmocka_unit_test(syns_differ),
        cmocka_unit_test(outside_the_lab_it_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* IP headers that contradict themselves, lengths that are not there, and fragments. */
#include "../cmocka_headers.h"

#include "frames.h"

static const struct {
    const char *name;
    const char *hex; /* from the IP header on */
    hs_packet_kind kind;
} headers[] = {
    {"a header length below 20",
     "4400002d000740004006"
     "0000c0000201c6336402" TCP,
     HS_PACKET_MALFORMED},
    {"a total length below the header's", IPV4("0013", "4000", "06") TCP, HS_PACKET_MALFORMED},
    {"options beyond the total length",
     "4f00001400074000400600"
     "00c0000201c6336402" TCP TCP,
     HS_PACKET_MALFORMED},
    {"no room for TCP", IPV4("0027", "4000", "06") TCP, HS_PACKET_MALFORMED},
    {"no room for UDP", IPV4("001b", "4000", "11") UDP_DNS, HS_PACKET_MALFORMED},
    {"a TCP data offset below 5",
     IPV4("002d", "4000", "06") "c8221151112233445566778840180000"
                                "00000000",
     HS_PACKET_MALFORMED},
    {"TCP options beyond the total length",
     IPV4("002d", "4000", "06") "c82211511122334455667788f01800000000000068656c6c6f",
     HS_PACKET_MALFORMED},
    {"a UDP length below 8",
     IPV4("0024", "4000", "11") UDP("9c40", "0035", "0007") "7175657374696f6e",
     HS_PACKET_MALFORMED},
    {"ICMP", IPV4("001c", "4000", "01") "0800f7ff00000000", HS_PACKET_OTHER},
    {"ESP", IPV4("001c", "4000", "32") "0000000100000001", HS_PACKET_OTHER},
    {"IPv6, no next header", IPV6("0000", "3b") TCP, HS_PACKET_OTHER},
    {"hop-by-hop options in IPv4", IPV4("0035", "4000", "00") "0600010400000000" TCP,
     HS_PACKET_OTHER},
    {"an extension header beyond the payload", IPV6("0021", "00") "06ff010400000000" TCP,
     HS_PACKET_MALFORMED},
    {"no room for an extension header", IPV6("0001", "3c") "0600010400000000" TCP,
     HS_PACKET_MALFORMED},
    {"no room for a fragment header", IPV6("0007", "2c") "0600000100000001" TCP,
     HS_PACKET_MALFORMED},
    {"a jumbo payload shorter than its option", IPV6("0000", "00") "0600c20400000007" TCP,
     HS_PACKET_MALFORMED},
};

static void contradictions_are_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        print_message("%s\n", headers[i].name);
        hs_packet packet;
        assert_int_equal(read_hex(101, headers[i].hex, &packet), headers[i].kind);
    }
}

static const struct {
    const char *name;
    const char *hex;
    uint32_t payload_length;
} lengths[] = {
    {"IPv4, a total length of 0", IPV4("0000", "4000", "06") TCP, 5},
    {"IPv6, a payload length of 0", IPV6("0000", "06") TCP, 5},
    {"IPv6 jumbo", IPV6("0000", "00") "0600c204000186a0" TCP, 100000 - 8 - 20},
    {"IPv6 jumbo behind padding", IPV6("0000", "00") "060100010000c204000186a001020000" TCP,
     100000 - 16 - 20},
    {"hop-by-hop options without a jumbo option", IPV6("0000", "00") "0600010400000000" TCP, 5},
    {"a jumbo option where the header has a length", IPV6("0021", "00") "0600c204000186a0" TCP, 5},
    {"UDP, a length of 0",
     IPV4("0024", "4000", "11") UDP("9c40", "0035", "0000") "7175657374696f6e", 8},
    {"UDP longer than IP",
     IPV4("0024", "4000", "11") UDP("9c40", "0035", "ffff") "7175657374696f6e", 8},
};

static void lengths_come_from_where_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        print_message("%s\n", lengths[i].name);
        hs_packet packet;
        hs_packet_kind kind = read_hex(101, lengths[i].hex, &packet);
        assert_true(kind == HS_PACKET_TCP || kind == HS_PACKET_UDP);
        assert_int_equal(packet.payload_length, lengths[i].payload_length);
    }
}

/* The fixed part of a TCP header is enough; its options may be cut. */
static void a_syn_with_cut_options_is_tcp(void **state)
{
    (void)state;
    hs_packet packet;
    hex_frame cut = frame_of(IPV4("003c", "4000", "06") "c8221151112233440000000"
                                                        "0a002faf000000000"
                                                        "020405b40402080a1122");
    assert_int_equal(frame_read(101, &cut, &packet), HS_PACKET_TCP);
    assert_int_equal(packet.tcp.flags, HS_TCP_SYN);
    assert_true(packet.tcp.options_cut);
    assert_int_equal(packet.tcp.options.len, 10);
    assert_ptr_equal(packet.tcp.options.data, cut.data + 40);
    assert_int_equal(packet.payload_length, 0);
    assert_int_equal(packet.payload.len, 0);
    free(cut.data);
}

static void all_nine_flags_are_kept(void **state)
{
    (void)state;
    hs_packet packet;
    assert_int_equal(read_hex(101,
                              IPV4("0028", "4000", "06") "c8221151112233445566778851ff"
                                                         "faf000000000",
                              &packet),
                     HS_PACKET_TCP);
    assert_int_equal(packet.tcp.flags, 0x1ff);
}

static void fragments_of_ipv4(void **state)
{
    (void)state;
    hex_frame first = frame_of(ETHERNET("0800") IPV4("002c", "2000", "06") TCP_HEADER "68656c6c");
    hs_packet packet;
    assert_int_equal(frame_read(1, &first, &packet), HS_PACKET_FRAGMENT);
    assert_true(packet.fragment.is_fragment && packet.fragment.more);
    assert_int_equal(packet.fragment.offset, 0);
    assert_int_equal(packet.fragment.id, 7);
    assert_int_equal(packet.fragment.protocol, HS_PROTOCOL_TCP);
    assert_int_equal(packet.fragment.length, 24);
    assert_int_equal(packet.fragment.bytes.len, 24);
    assert_ptr_equal(packet.fragment.bytes.data, first.data + 34);
    assert_int_equal(packet.source_port, 0);
    free(first.data);

    hex_frame last = frame_of(ETHERNET("0800") IPV4("0015", "1fff", "11") "6f"
                                                                          "0000");
    assert_int_equal(frame_read(1, &last, &packet), HS_PACKET_FRAGMENT);
    assert_false(packet.fragment.more);
    assert_int_equal(packet.fragment.offset, 65528);
    assert_int_equal(packet.fragment.protocol, HS_PROTOCOL_UDP);
    assert_int_equal(packet.fragment.length, 1); /* without the frame's padding */
    free(last.data);
}

static void a_cut_fragment_tells_its_length(void **state)
{
    (void)state;
    hs_packet packet;
    assert_int_equal(read_hex(101, IPV4("0214", "2001", "06") "0011223344556677", &packet),
                     HS_PACKET_FRAGMENT);
    assert_int_equal(packet.fragment.offset, 8);
    assert_int_equal(packet.fragment.length, 512);
    assert_int_equal(packet.fragment.bytes.len, 8);
}

static void fragments_of_ipv6(void **state)
{
    (void)state;
    hs_packet packet;
    /* behind a hop-by-hop header; destination options are in the fragment */
    assert_int_equal(read_hex(101,
                              IPV6("0018", "00") "2c00010400000000"
                                                 "3c000059deadbeef"
                                                 "0600010400000000",
                              &packet),
                     HS_PACKET_FRAGMENT);
    assert_int_equal(packet.family, 6);
    assert_true(packet.fragment.more);
    assert_int_equal(packet.fragment.offset, 88);
    assert_int_equal(packet.fragment.id, 0xdeadbeef);
    assert_int_equal(packet.fragment.protocol, 60);
    assert_int_equal(packet.fragment.length, 8);
    /* RFC 6946: the only one, which is whole */
    assert_int_equal(read_hex(101, IPV6("0021", "2c") "06000000deadbeef" TCP, &packet),
                     HS_PACKET_TCP);
    assert_false(packet.fragment.is_fragment);
    assert_int_equal(packet.payload_length, 5);
}

static hs_packet_kind reassemble(uint8_t protocol, const hex_frame *payload, hs_packet *packet)
{
    return hs_packet_read_reassembled(packet, protocol, (hs_bytes){payload->data, payload->len});
}

static void reassembled_payload_goes_on(void **state)
{
    (void)state;
    hs_packet packet;
    assert_int_equal(read_hex(101, IPV4("001c", "0003", "06") "5566778850180000", &packet),
                     HS_PACKET_FRAGMENT);
    packet.ecn = 2;
    hs_packet fragment = packet;
    hex_frame tcp = frame_of(TCP);
    assert_int_equal(reassemble(HS_PROTOCOL_TCP, &tcp, &packet), HS_PACKET_TCP);
    assert_false(packet.fragment.is_fragment);
    assert_int_equal(packet.family, 4);
    assert_int_equal(packet.protocol, HS_PROTOCOL_TCP);
    assert_memory_equal(&packet.source, &fragment.source, sizeof packet.source);
    assert_memory_equal(&packet.destination, &fragment.destination, sizeof packet.destination);
    assert_int_equal(packet.source_port, 51234);
    assert_int_equal(packet.payload_length, 5);
    assert_int_equal(packet.ecn, 2);
    free(tcp.data);

    packet = fragment;
    hex_frame tunnel = frame_of(IPV6("0019", "06") TCP);
    assert_int_equal(reassemble(41, &tunnel, &packet), HS_PACKET_TCP);
    assert_int_equal(packet.family, 6);
    assert_int_equal(packet.source.bytes[0], 0x20);
    free(tunnel.data);

    packet = (hs_packet){.family = 6};
    hex_frame options = frame_of("0600010400000000" TCP);
    assert_int_equal(reassemble(60, &options, &packet), HS_PACKET_TCP);
    assert_int_equal(packet.family, 6);
    free(options.data);
}

/* What was put together is all there is: a short header is no cut one. */
static void reassembled_payload_is_whole(void **state)
{
    (void)state;
    hex_frame tcp = frame_of(TCP_HEADER);
    for (size_t len = 0; len < tcp.len; len++) {
        hex_frame part = frame_cut(&tcp, len);
        hs_packet packet = {.family = 4};
        assert_int_equal(reassemble(HS_PROTOCOL_TCP, &part, &packet), HS_PACKET_MALFORMED);
        free(part.data);
    }
    free(tcp.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictions_are_malformed),
        cmocka_unit_test(lengths_come_from_where_they_are),
        cmocka_unit_test(a_syn_with_cut_options_is_tcp),
        cmocka_unit_test(all_nine_flags_are_kept),
        cmocka_unit_test(fragments_of_ipv4),
        cmocka_unit_test(a_cut_fragment_tells_its_length),
        cmocka_unit_test(fragments_of_ipv6),
        cmocka_unit_test(reassembled_payload_goes_on),
        cmocka_unit_test(reassembled_payload_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

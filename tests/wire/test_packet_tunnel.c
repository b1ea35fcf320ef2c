/* What looks like a tunnel and is none, and what a tunnel holds that is not IP: the packet around
 * it counts. */
#include "../cmocka_headers.h"

#include <stdio.h>

#include "frames.h"

#define ARP ETHERNET("0806") "000108000604000102000000000100000000000000000000"
#define VXLAN_HEADER                                                                               \
    "08000000"                                                                                     \
    "00002a00"

static const struct {
    const char *name;
    const char *hex; /* from the outer IP header on */
    hs_packet_kind kind;
    uint8_t protocol; /* of the packet that counts */
    uint16_t destination_port;
} packets[] = {
    {"VXLAN with ARP in it",
     IPV4("004a", "4000", "11") UDP("c000", "12b5", "0036") VXLAN_HEADER ARP, HS_PACKET_UDP, 17,
     4789},
    {"VXLAN's port, no network identifier",
     IPV4("0057", "4000", "11") UDP("c000", "12b5", "0043") "0000000000002a00" ETHERNET("0800")
         TCP_IPV4,
     HS_PACKET_UDP, 17, 4789},
    {"VXLAN's port, too short", IPV4("0020", "4000", "11") UDP("c000", "12b5", "000c") "08000000",
     HS_PACKET_UDP, 17, 4789},
    {"VXLAN, the ethernet header too short",
     IPV4("0028", "4000", "11") UDP("c000", "12b5", "0014") VXLAN_HEADER "02000000", HS_PACKET_UDP,
     17, 4789},
    {"VXLAN's payload on another port",
     IPV4("0057", "4000", "11") UDP("c000", "12b7", "0043") VXLAN_HEADER ETHERNET("0800") TCP_IPV4,
     HS_PACKET_UDP, 17, 4791},
    {"VXLAN-GPE, a protocol that is not known",
     IPV4("0049", "4000", "11") UDP("c000", "12b6", "0035") "0c00000700002a00" TCP_IPV4,
     HS_PACKET_UDP, 17, 4790},
    {"VXLAN-GPE of another version",
     IPV4("0049", "4000", "11") UDP("c000", "12b6", "0035") "1c00000100002a00" TCP_IPV4,
     HS_PACKET_UDP, 17, 4790},
    {"VXLAN-GPE, NSH without a length",
     IPV4("0051", "4000", "11") UDP("c000", "12b6", "003d") "0c00000400002a00"
                                                            "0fc0010100000000" TCP_IPV4,
     HS_PACKET_UDP, 17, 4790},
    {"L2TP, a control message",
     IPV4("0051", "4000", "11") UDP("06a5", "06a5", "003d") "c802000000000000"
                                                            "ff030021" TCP_IPV4,
     HS_PACKET_UDP, 17, 1701},
    {"L2TP, an offset beyond the datagram",
     IPV4("0024", "4000", "11") UDP("06a5", "06a5", "0010") "020200010002ffff", HS_PACKET_UDP, 17,
     1701},
    {"AYIYA that is no packet",
     IPV4("0051", "4000", "11") UDP("c000", "13d0", "003d") "0000002900000000" TCP_IPV4,
     HS_PACKET_UDP, 17, 5072},
    {"AYIYA, an identity beyond the datagram",
     IPV4("0024", "4000", "11") UDP("c000", "13d0", "0010") "f100012900000000", HS_PACKET_UDP, 17,
     5072},
    {"VXLAN with ICMP in it: the innermost IP packet counts",
     IPV4("0056", "4000", "11") UDP("c000", "12b5", "0042") VXLAN_HEADER ETHERNET("0800")
         IPV4("001c", "4000", "01") "0800f7ff00000000"
                                    "00000000000000000000000000000000",
     HS_PACKET_OTHER, 1, 0},
    {"Geneve version 1",
     IPV4("0051", "4000", "11") UDP("c000", "17c1", "003d") "4000080000002a00" TCP_IPV4,
     HS_PACKET_UDP, 17, 6081},
    {"Geneve options beyond the datagram",
     IPV4("0051", "4000", "11") UDP("c000", "17c1", "003d") "3f00080000002a00" TCP_IPV4,
     HS_PACKET_UDP, 17, 6081},
    {"Geneve, a small type",
     IPV4("0051", "4000", "11") UDP("c000", "17c1", "003d") "0000000400002a00" TCP_IPV4,
     HS_PACKET_UDP, 17, 6081},
    {"GTP echo request",
     IPV4("0028", "4000", "11") UDP("0868", "0868", "0014") "320100040000000000010000",
     HS_PACKET_UDP, 17, 2152},
    {"GTP prime",
     IPV4("0051", "4000", "11") UDP("0868", "0868", "003d") "20ff002d0000002a" TCP_IPV4,
     HS_PACKET_UDP, 17, 2152},
    {"GTP longer than the datagram",
     IPV4("0051", "4000", "11") UDP("0868", "0868", "003d") "30ff002e0000002a" TCP_IPV4,
     HS_PACKET_UDP, 17, 2152},
    {"GTP, an extension header of no length",
     IPV4("0059", "4000", "11") UDP("0868", "0868", "0045") "34ff00350000002a"
                                                            "00000085"
                                                            "00000000" TCP_IPV4,
     HS_PACKET_UDP, 17, 2152},
    {"GTP with PPP in it",
     IPV4("0028", "4000", "11") UDP("0868", "0868", "0014") "30ff00040000002a"
                                                            "ff03c021",
     HS_PACKET_UDP, 17, 2152},
    {"Teredo's port, IPv4", IPV4("0049", "4000", "11") UDP("c000", "0dd8", "0035") TCP_IPV4,
     HS_PACKET_UDP, 17, 3544},
    {"Teredo's port, three bytes", IPV4("001f", "4000", "11") UDP("c000", "0dd8", "000b") "600000",
     HS_PACKET_UDP, 17, 3544},
    {"GRE with ARP in it", IPV4("003e", "4000", "2f") "00006558" ARP, HS_PACKET_OTHER, 47, 0},
    {"GRE with routing", IPV4("0045", "4000", "2f") "40000800" TCP_IPV4, HS_PACKET_OTHER, 47, 0},
    {"GRE version 2", IPV4("0045", "4000", "2f") "00020800" TCP_IPV4, HS_PACKET_OTHER, 47, 0},
    {"GRE keep-alive", IPV4("0018", "4000", "2f") "00000000", HS_PACKET_OTHER, 47, 0},
    {"GRE too short for its fields", IPV4("001c", "4000", "2f") "b000080000000000",
     HS_PACKET_MALFORMED, 47, 0},
    {"PPTP, an acknowledgment alone",
     IPV4("0020", "4000", "2f") "2081880b"
                                "00000007"
                                "00000001",
     HS_PACKET_OTHER, 47, 0},
    {"GRE, IP that is none",
     IPV4("0019", "4000", "2f") "00000800"
                                "00",
     HS_PACKET_OTHER, 47, 0},
    {"IP in IP, none inside", IPV4("0015", "4000", "04") "00", HS_PACKET_OTHER, 4, 0},
    {"IP in IP, nothing inside", IPV4("0014", "4000", "04"), HS_PACKET_OTHER, 4, 0},
    {"EtherIP of another version", IPV4("0051", "4000", "61") "2000" ETHERNET("0800") TCP_IPV4,
     HS_PACKET_OTHER, 97, 0},
    {"inside, TCP contradicts itself",
     IPV4("0041", "4000", "04") IPV4("002d", "4000", "06") "c8221151112233445566778840180000"
                                                           "0000000068656c6c6f",
     HS_PACKET_MALFORMED, 6, 0},
};

static void the_right_packet_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        print_message("%s\n", packets[i].name);
        hs_packet packet;
        assert_int_equal(read_hex(101, packets[i].hex, &packet), packets[i].kind);
        assert_int_equal(packet.family, 4);
        assert_int_equal(packet.protocol, packets[i].protocol);
        assert_int_equal(packet.destination_port, packets[i].destination_port);
    }
}

/* The outer datagram is given whole, when it is what counts. */
static void an_outer_datagram_keeps_its_payload(void **state)
{
    (void)state;
    hex_frame arp = frame_of(IPV4("0042", "4000", "11") UDP("c000", "12b5", "002e")
                                 VXLAN_HEADER ARP);
    hs_packet packet;
    assert_int_equal(frame_read(101, &arp, &packet), HS_PACKET_UDP);
    assert_ptr_equal(packet.payload.data, arp.data + 28);
    assert_int_equal(packet.payload_length, 38);
    assert_int_equal(packet.payload.len, 38);
    assert_int_equal(packet.source_port, 0xc000);
    free(arp.data);
}

/* An inner length is not believed beyond what the outer header has. */
static void an_inner_packet_ends_with_the_outer(void **state)
{
    (void)state;
    hs_packet packet;
    assert_int_equal(read_hex(101,
                              IPV4("0041", "4000", "04") IPV4("ffff", "4000", "06") TCP "00000000",
                              &packet),
                     HS_PACKET_TCP);
    assert_int_equal(packet.payload_length, 5);
    assert_int_equal(packet.payload.len, 5);
}

static void the_ninth_tunnel_is_not_entered(void **state)
{
    (void)state;
    static const char *const innermost = TCP_IPV4;
    char hex[2048];
    size_t total = strlen(innermost) / 2;
    (void)strcpy(hex, innermost);
    for (int depth = 1; depth <= 9; depth++) {
        char inner[sizeof hex];
        (void)strcpy(inner, hex);
        total += 20;
        int len = snprintf(hex, sizeof hex,
                           "4500%04zx00074000%02x04"
                           "00000a0000%02x0a0000ff%s",
                           total, 64U, (unsigned)depth, inner);
        assert_true(len > 0 && (size_t)len < sizeof hex);
        hs_packet packet;
        hs_packet_kind kind = read_hex(101, hex, &packet);
        assert_int_equal(kind, depth <= 8 ? HS_PACKET_TCP : HS_PACKET_OTHER);
        assert_int_equal(packet.source.bytes[3], 1);
        assert_int_equal(packet.source.bytes[0], depth <= 8 ? 192 : 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_packet_counts),
        cmocka_unit_test(an_outer_datagram_keeps_its_payload),
        cmocka_unit_test(an_inner_packet_ends_with_the_outer),
        cmocka_unit_test(the_ninth_tunnel_is_not_entered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Frames of every link and tunnel against tshark's reading, whole and cut at every byte. */
#include "../cmocka_headers.h"

#include <arpa/inet.h>

#include "frames.h"
#include "packet_frames.h"

enum { FRAME_COUNT = sizeof packet_frames / sizeof packet_frames[0] };

static void check_address(uint8_t family, const hs_ip_address *address, const char *text)
{
    uint8_t bytes[16] = {0};
    assert_int_equal(inet_pton(family == 4 ? AF_INET : AF_INET6, text, bytes), 1);
    assert_memory_equal(address->bytes, bytes, sizeof bytes);
}

static void check_headers(const struct packet_frame *row, hs_packet_kind kind,
                          const hs_packet *packet)
{
    assert_int_equal(kind, row->kind);
    assert_int_equal(packet->family, row->family);
    assert_int_equal(packet->protocol, kind == HS_PACKET_TCP ? HS_PROTOCOL_TCP : HS_PROTOCOL_UDP);
    check_address(row->family, &packet->source, row->source);
    check_address(row->family, &packet->destination, row->destination);
    assert_int_equal(packet->source_port, row->source_port);
    assert_int_equal(packet->destination_port, row->destination_port);
    assert_int_equal(packet->tcp.sequence, row->sequence);
    assert_int_equal(packet->tcp.acknowledgment, row->acknowledgment);
    assert_int_equal(packet->tcp.flags, row->flags);
    assert_int_equal(packet->tcp.window, row->window);
    assert_false(packet->fragment.is_fragment);
}

static bool lies_within(hs_bytes bytes, const hex_frame *frame)
{
    return bytes.len == 0 || (bytes.data >= frame->data && bytes.len <= frame->len &&
                              (size_t)(bytes.data - frame->data) <= frame->len - bytes.len);
}

/* A frame that is cut is known to be, or says the same of what there is. */
static void check_cut(const struct packet_frame *row, const hex_frame *whole, size_t len)
{
    hex_frame part = frame_cut(whole, len);
    hs_packet packet;
    hs_packet_kind kind = frame_read(row->link, &part, &packet);
    if (kind != HS_PACKET_TRUNCATED) {
        check_headers(row, kind, &packet);
        assert_true(lies_within(packet.payload, &part));
        assert_true(lies_within(packet.tcp.options, &part));
        bool has_length = strcmp(row->name, "IPv4 without a length") != 0;
        if (has_length) {
            assert_int_equal(packet.payload_length, row->payload_length);
        }
        assert_true(packet.payload.len <= packet.payload_length);
        assert_true(!packet.tcp.options_cut || packet.payload.len == 0);
    }
    free(part.data);
}

static void frames_are_read_as_tshark_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        const struct packet_frame *row = &packet_frames[i];
        print_message("%s\n", row->name);
        hex_frame whole = frame_of(row->hex);
        hs_packet packet;
        check_headers(row, frame_read(row->link, &whole, &packet), &packet);
        assert_int_equal(packet.payload_length, row->payload_length);
        assert_false(packet.tcp.options_cut);
        assert_true(packet.payload.len == packet.payload_length || packet.payload_length > 900);
        free(whole.data);
    }
}

static void every_cut_is_known_or_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        const struct packet_frame *row = &packet_frames[i];
        hex_frame whole = frame_of(row->hex);
        print_message("%s\n", row->name);
        for (size_t len = 0; len < whole.len; len++) {
            check_cut(row, &whole, len);
        }
        free(whole.data);
    }
}

/* No byte may lead out of the frame, whatever it is. */
static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x0f, 0x45, 0x60, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        hex_frame wrong = frame_of(packet_frames[i].hex);
        for (size_t at = 0; at < wrong.len; at++) {
            uint8_t right = wrong.data[at];
            for (size_t v = 0; v < sizeof values; v++) {
                wrong.data[at] = values[v];
                hs_packet packet;
                hs_packet_kind kind = frame_read(packet_frames[i].link, &wrong, &packet);
                assert_int_not_equal(kind, HS_PACKET_LINK_UNKNOWN);
                assert_true(kind != HS_PACKET_TCP || lies_within(packet.payload, &wrong));
                assert_true(kind != HS_PACKET_UDP || lies_within(packet.payload, &wrong));
            }
            wrong.data[at] = right;
        }
        free(wrong.data);
    }
}

static void check_same(const hs_packet *a, const hs_packet *b)
{
    assert_int_equal(a->family, b->family);
    assert_int_equal(a->protocol, b->protocol);
    assert_int_equal(a->ecn, b->ecn);
    assert_memory_equal(&a->source, &b->source, sizeof a->source);
    assert_memory_equal(&a->destination, &b->destination, sizeof a->destination);
    assert_int_equal(a->source_port, b->source_port);
    assert_int_equal(a->destination_port, b->destination_port);
    assert_int_equal(a->tcp.sequence, b->tcp.sequence);
    assert_int_equal(a->tcp.acknowledgment, b->tcp.acknowledgment);
    assert_int_equal(a->tcp.flags, b->tcp.flags);
    assert_int_equal(a->tcp.window, b->tcp.window);
    assert_int_equal(a->tcp.options_cut, b->tcp.options_cut);
    assert_ptr_equal(a->tcp.options.data, b->tcp.options.data);
    assert_int_equal(a->tcp.options.len, b->tcp.options.len);
    assert_ptr_equal(a->payload.data, b->payload.data);
    assert_int_equal(a->payload.len, b->payload.len);
    assert_int_equal(a->payload_length, b->payload_length);
    assert_int_equal(a->fragment.is_fragment, b->fragment.is_fragment);
}

/* What a frame of Ethernet holds, read with its head and without: the layers say the same in both
 * ways, whether a frame is a usual one or not. */
static void check_with_and_without_head(const hex_frame *frame)
{
    enum { HEAD = 14, ETHERNET_LINK = 1, RAW_LINK = 101 };
    hs_packet whole;
    hs_packet inside;
    hs_packet_kind kind = frame_read(ETHERNET_LINK, frame, &whole);
    hex_frame behind = {frame->data + HEAD, frame->len - HEAD};
    assert_int_equal(kind, frame_read(RAW_LINK, &behind, &inside));
    check_same(&whole, &inside);
}

static void usual_frames_are_read_as_all_others(void **state)
{
    (void)state;
    enum { HEAD = 14 };
    static const char *const frames[] = {
        ETHERNET("0800") TCP_IPV4,
        ETHERNET("0800") TCP_IPV4 "0000", /* padded */
        ETHERNET("0800") IPV4("0028", "4000", "06") TCP_HEADER,
        ETHERNET("0800") IPV4("002c", "4000", "06") "c822115111223344000000006002faf000000000"
                                                    "020405b4",
    };
    static const uint8_t values[] = {0x00, 0x01, 0x05, 0x14, 0x20, 0x2d,
                                     0x40, 0x46, 0x50, 0x60, 0x80, 0xff};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        hex_frame frame = frame_of(frames[i]);
        for (size_t len = HEAD; len <= frame.len; len++) {
            hex_frame part = frame_cut(&frame, len);
            check_with_and_without_head(&part);
            for (size_t at = HEAD; at < len; at++) {
                uint8_t right = part.data[at];
                for (size_t v = 0; v < sizeof values; v++) {
                    part.data[at] = values[v];
                    check_with_and_without_head(&part);
                }
                part.data[at] = right;
            }
            free(part.data);
        }
        free(frame.data);
    }
}

static void payload_is_borrowed(void **state)
{
    (void)state;
    hex_frame whole = frame_of(ETHERNET("0800") TCP_IPV4 "0000");
    hs_packet packet;
    assert_int_equal(frame_read(1, &whole, &packet), HS_PACKET_TCP);
    assert_ptr_equal(packet.payload.data, whole.data + 14 + 20 + 20);
    assert_int_equal(packet.payload.len, 5);
    assert_memory_equal(packet.payload.data, "hello", 5);
    free(whole.data);
}

/* What was read of a frame, once the frame is somewhere else; fragments as well. */
static void a_frame_may_be_moved(void **state)
{
    (void)state;
    static const char fragment[] = "4500001d00012000400600000a0000010a000002"
                                   "0102030405060708"
                                   "09";
    for (size_t i = 0; i <= FRAME_COUNT; i++) {
        int link = i < FRAME_COUNT ? packet_frames[i].link : 228;
        hex_frame first = frame_of(i < FRAME_COUNT ? packet_frames[i].hex : fragment);
        hex_frame copy = frame_cut(&first, first.len);
        hs_packet moved;
        hs_packet wanted;
        hs_packet_kind kind = frame_read(link, &first, &moved);
        assert_int_equal(kind, frame_read(link, &copy, &wanted));
        assert_true((kind == HS_PACKET_FRAGMENT) == (i == FRAME_COUNT));
        hs_packet_move(&moved, kind, first.data, copy.data);
        check_same(&moved, &wanted);
        assert_ptr_equal(moved.fragment.bytes.data, wanted.fragment.bytes.data);
        assert_int_equal(moved.fragment.bytes.len, wanted.fragment.bytes.len);
        free(first.data);
        free(copy.data);
    }
}

static void links_are_named_as_libpcap_does(void **state)
{
    (void)state;
    static const struct {
        int type;
        const char *name;
    } links[] = {
        {0, "NULL"},    {1, "EN10MB"},       {9, "PPP"},         {12, "RAW"},
        {101, "RAW"},   {105, "IEEE802_11"}, {113, "LINUX_SLL"}, {127, "IEEE802_11_RADIO"},
        {239, "NFLOG"}, {276, "LINUX_SLL2"},
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        assert_true(hs_packet_link_known(links[i].type));
        assert_string_equal(hs_packet_link_name(links[i].type), links[i].name);
    }
}

static void an_unknown_link_is_said_to_be(void **state)
{
    (void)state;
    static const int unknown[] = {-1, 2, 147, 257, 65536 + 1};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        hs_packet packet;
        assert_false(hs_packet_link_known(unknown[i]));
        assert_null(hs_packet_link_name(unknown[i]));
        assert_int_equal(read_hex(unknown[i], ETHERNET("0800") TCP_IPV4, &packet),
                         HS_PACKET_LINK_UNKNOWN);
    }
}

static void no_bytes_are_a_cut_frame(void **state)
{
    (void)state;
    for (int link = 0; link < 300; link++) {
        hs_packet packet;
        hs_packet_kind kind = hs_packet_read(link, (hs_bytes){0}, &packet);
        assert_int_equal(kind,
                         hs_packet_link_known(link) ? HS_PACKET_TRUNCATED : HS_PACKET_LINK_UNKNOWN);
    }
}

static const struct {
    const char *name;
    int link;
    const char *hex;
    hs_packet_kind kind;
} odd_frames[] = {
    {"ARP", 1, ETHERNET("0806") "0001080006040001", HS_PACKET_OTHER},
    {"a type between length and EtherType", 1, ETHERNET("05e0") TCP_IPV4, HS_PACKET_OTHER},
    {"spanning tree", 1,
     ETHERNET("0026") "424203"
                      "00000000000000",
     HS_PACKET_OTHER},
    {"SNAP of a vendor", 1,
     ETHERNET("0035") "aaaa03"
                      "00000c"
                      "0800" TCP_IPV4,
     HS_PACKET_OTHER},
    {"SNAP of a bridge", 1,
     ETHERNET("0035") "aaaa03"
                      "0000f8"
                      "0800" TCP_IPV4,
     HS_PACKET_TCP},
    {"802.3 too short for LLC", 1, ETHERNET("0002") "aaaa0300000008004500", HS_PACKET_MALFORMED},
    {"IP version 5", 1, ETHERNET("0800") "55", HS_PACKET_MALFORMED},
    {"PPPoE discovery", 1,
     ETHERNET("8864") "11090000000c"
                      "0101000001030004",
     HS_PACKET_OTHER},
    {"PPPoE version 2", 1,
     ETHERNET("8864") "21000007002f"
                      "0021" TCP_IPV4,
     HS_PACKET_MALFORMED},
    {"PPPoE shorter than IP", 1,
     ETHERNET("8864") "110000070010"
                      "0021" TCP_IPV4,
     HS_PACKET_MALFORMED},
    {"PPP control", 9,
     "ff03c021"
     "01010004",
     HS_PACKET_OTHER},
    {"HDLC keep-alive", 104,
     "8f008035"
     "00000002",
     HS_PACKET_OTHER},
    {"HDLC with a small type", 104,
     "0f000004"
     "aaaa03",
     HS_PACKET_OTHER},
    {"MPLS, neither IP nor ethernet", 1,
     ETHERNET("8847") "00010140"
                      "1000000000000000",
     HS_PACKET_OTHER},
    {"loopback, another family", 0, "07000000" TCP_IPV4, HS_PACKET_OTHER},
    {"cooked netlink", 113,
     "0004"
     "0338"
     "0000"
     "0000000000000000"
     "0800" TCP_IPV4,
     HS_PACKET_OTHER},
    {"cooked, an old 802.3", 113,
     "0000"
     "0001"
     "0006"
     "0200000000010000"
     "0001" TCP_IPV4,
     HS_PACKET_OTHER},
    {"NFLOG, an attribute of no length", 239,
     "02000001"
     "00000900" TCP_IPV4,
     HS_PACKET_MALFORMED},
    {"802.11 beacon", 105, "8000" TCP_IPV4 TCP_IPV4, HS_PACKET_OTHER},
    {"802.11 without data", 105, "4801" TCP_IPV4 TCP_IPV4, HS_PACKET_OTHER},
    {"802.11, encrypted", 105, "8841" TCP_IPV4 TCP_IPV4, HS_PACKET_OTHER},
    {"radiotap version 1", 127,
     "0100080000000000"
     "0801",
     HS_PACKET_MALFORMED},
    {"radiotap shorter than its header", 127,
     "0000040000000000"
     "0801",
     HS_PACKET_MALFORMED},
};

static void odd_frames_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odd_frames / sizeof odd_frames[0]; i++) {
        print_message("%s\n", odd_frames[i].name);
        hs_packet packet;
        assert_int_equal(read_hex(odd_frames[i].link, odd_frames[i].hex, &packet),
                         odd_frames[i].kind);
    }
}

/* LLC in a VLAN in LLC in a VLAN …: ends, and long before the stack does. */
static void links_do_not_nest_for_ever(void **state)
{
    (void)state;
    enum { ROUNDS = 20000, UNIT = 12 };
    static const uint8_t unit[UNIT] = {0xaa, 0xaa, 0x03, 0, 0, 0, 0x81, 0, 0, 5, 0x05, 0xdc};
    hex_frame deep = {malloc(14 + (size_t)ROUNDS * UNIT), 14 + (size_t)ROUNDS * UNIT};
    memset(deep.data, 2, 12);
    memcpy(deep.data + 12, "\x05\xdc", 2);
    for (size_t i = 0; i < ROUNDS; i++) {
        memcpy(deep.data + 14 + i * UNIT, unit, UNIT);
    }
    hs_packet packet;
    assert_int_equal(frame_read(1, &deep, &packet), HS_PACKET_OTHER);
    free(deep.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read_as_tshark_reads_them),
        cmocka_unit_test(every_cut_is_known_or_consistent),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(usual_frames_are_read_as_all_others),
        cmocka_unit_test(payload_is_borrowed),
        cmocka_unit_test(a_frame_may_be_moved),
        cmocka_unit_test(links_are_named_as_libpcap_does),
        cmocka_unit_test(an_unknown_link_is_said_to_be),
        cmocka_unit_test(no_bytes_are_a_cut_frame),
        cmocka_unit_test(odd_frames_are_told_apart),
        cmocka_unit_test(links_do_not_nest_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* QUIC packets: the RFCs' samples, every truncation, what the RFCs forbid, packet numbers, and
 * datagrams of several packets. */
#include "quic_samples.h"
#include "quic_support.h"
#include "wire/quic/packet.h"
#include "wire/quic/retry.h"

#define DCID "8394c8f03e515708"
#define SCID "f067a5502a4262b5"

static hs_result read_bytes(hs_bytes bytes, size_t dcid_len, hs_quic_packet *packet,
                            hs_fault *fault)
{
    hs_reader r;
    hs_reader_init(&r, bytes, fault, NULL);
    return hs_quic_read_packet(&r, dcid_len, packet);
}

/* A packet alone in its datagram; its bytes are to be freed. */
static hs_bytes read_hex(const char *hex, size_t dcid_len, hs_quic_packet *packet)
{
    hs_bytes bytes = wire_unhex(hex);
    hs_fault fault;
    assert_int_equal(read_bytes(bytes, dcid_len, packet, &fault), HS_OK);
    assert_ptr_equal(packet->bytes.data, bytes.data);
    assert_int_equal(packet->bytes.len, bytes.len);
    return bytes;
}

static void versions(void **state)
{
    (void)state;
    char text[HS_QUIC_VERSION_TEXT_SIZE];
    static const struct {
        uint32_t version;
        const char *text;
        const char *name;
        bool known;
    } rows[] = {
        {1, "v1", "v1", true},
        {0x6b3343cf, "v2", "v2", true},
        {0xff00001d, "draft-29", "draft-29", true},
        {0xff000022, "draft-34", "draft-34", true},
        {0xff00001c, "draft-28", NULL, false},
        {0xff000023, "draft-35", NULL, false},
        {0xff000005, "draft-05", NULL, false},
        {0xff000000, "0xff000000", NULL, false},
        {0xff020000, "0xff020000", NULL, false},
        {0x1a2a3a4a, "0x1a2a3a4a", "GREASE", false},
        {0xfafafafa, "0xfafafafa", "GREASE", false},
        {0x51303530, "0x51303530", NULL, false},
        {0, "0x00000000", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(hs_quic_version_text(rows[i].version, text), rows[i].text);
        assert_int_equal(hs_quic_version_is_known(rows[i].version), rows[i].known);
        const char *name = hs_quic_version_name(rows[i].version);
        if (rows[i].name) {
            assert_string_equal(name, rows[i].name);
        } else {
            assert_null(name);
        }
    }
    assert_true(hs_quic_version_is_reserved(0x0a0a0a0a));
    assert_false(hs_quic_version_is_reserved(0x0a0a0a0b));
}

static void long_packet_types(void **state)
{
    (void)state;
    static const uint8_t v1[] = {0, 1, 2, 3};
    static const uint8_t v2[] = {1, 2, 3, 0};
    static const char *const names[] = {"Initial", "0-RTT", "Handshake", "Retry"};
    for (uint8_t i = 0; i < 4; i++) {
        hs_quic_packet_type type = (hs_quic_packet_type)i;
        assert_int_equal(hs_quic_long_type_bits(HS_QUIC_V1, type), v1[i]);
        assert_int_equal(hs_quic_long_type_bits(HS_QUIC_DRAFT_29, type), v1[i]);
        assert_int_equal(hs_quic_long_type_bits(HS_QUIC_V2, type), v2[i]);
        assert_int_equal(hs_quic_long_type(HS_QUIC_V1, v1[i]), type);
        assert_int_equal(hs_quic_long_type(HS_QUIC_V2, v2[i]), type);
        assert_string_equal(hs_quic_packet_type_name(type), names[i]);
    }
    assert_string_equal(hs_quic_packet_type_name(HS_QUIC_1RTT), "1-RTT");
}

/* RFC 9001 A.2 and A.3, RFC 9369 A.2 and A.3. */
static void the_sample_initials(void **state)
{
    (void)state;
    static const struct {
        const char *packet;
        const char *header;
        uint32_t version;
        uint8_t first;
        const char *dcid;
        const char *scid;
        size_t number_offset;
        uint64_t length;
        unsigned number_len;
        uint32_t number;
    } rows[] = {
        {QUIC_V1_CLIENT_PACKET, QUIC_V1_CLIENT_HEADER, 1, 0xc0, DCID, "", 18, 1182, 4, 2},
        {QUIC_V1_SERVER_PACKET, QUIC_V1_SERVER_HEADER, 1, 0xcf, "", SCID, 18, 117, 2, 1},
        {QUIC_V2_CLIENT_PACKET, QUIC_V2_CLIENT_HEADER, HS_QUIC_V2, 0xd7, DCID, "", 18, 1182, 4, 2},
        {QUIC_V2_SERVER_PACKET, QUIC_V2_SERVER_HEADER, HS_QUIC_V2, 0xdc, "", SCID, 18, 117, 2, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_quic_packet packet;
        hs_bytes bytes = read_hex(rows[i].packet, 0, &packet);
        assert_int_equal(packet.type, HS_QUIC_INITIAL);
        assert_int_equal(packet.version, rows[i].version);
        assert_int_equal(packet.first, rows[i].first);
        assert_true(packet.fixed_bit);
        assert_bytes(packet.dcid, rows[i].dcid);
        assert_bytes(packet.scid, rows[i].scid);
        assert_int_equal(packet.token.len, 0);
        assert_int_equal(packet.packet_number_offset, rows[i].number_offset);
        assert_int_equal(packet.length, rows[i].length);
        assert_int_equal(packet.length_size, 2);
        assert_int_equal(packet.payload.len, rows[i].length);
        assert_null(hs_quic_packet_problem(&packet));
        wire_free(bytes);

        /* The header before protection, read on with its packet number, and written. */
        bytes = wire_unhex(rows[i].header);
        hs_fault fault;
        hs_reader r;
        hs_reader_init(&r, bytes, &fault, NULL);
        assert_int_equal(hs_quic_read_header(&r, 0, &packet), HS_OK);
        hs_quic_clear clear;
        assert_int_equal(hs_quic_read_clear(&r, packet.type, packet.first, &clear), HS_OK);
        assert_int_equal(hs_reader_finish(&r), HS_OK);
        assert_int_equal(clear.packet_number_len, rows[i].number_len);
        assert_int_equal(clear.packet_number, rows[i].number);
        assert_int_equal(clear.reserved, 0);
        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_OK);
        assert_bytes(hs_writer_bytes(&w), rows[i].header);
        for (size_t len = 0; len < bytes.len; len++) {
            hs_writer_init(&w, out, len);
            assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_LIMIT);
        }
        wire_free(bytes);
    }
}

/* RFC 9001 A.5 and RFC 9369 A.5. */
static void the_sample_short_header(void **state)
{
    (void)state;
    hs_quic_packet packet;
    hs_bytes bytes = read_hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb", 0, &packet);
    assert_int_equal(packet.type, HS_QUIC_1RTT);
    assert_int_equal(packet.packet_number_offset, 1);
    assert_int_equal(packet.payload.len, 20);
    assert_false(packet.spin_bit);
    assert_null(hs_quic_packet_problem(&packet));
    wire_free(bytes);

    bytes = wire_unhex("00bff4");
    hs_fault fault;
    hs_reader r;
    hs_quic_clear clear;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_quic_read_clear(&r, HS_QUIC_1RTT, 0x42, &clear), HS_OK);
    assert_int_equal(clear.packet_number_len, 3);
    assert_int_equal(clear.packet_number, 49140);
    assert_int_equal(hs_quic_packet_number_decode(654360563, clear.packet_number, 3), 654360564);
    uint8_t out[8];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_OK);
    assert_bytes(hs_writer_bytes(&w), "4200bff4");
    wire_free(bytes);
}

static void short_header_bits(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 0x80; first++) {
        uint8_t bytes[] = {(uint8_t)first, 0xaa, 0xbb, 1, 2, 3, 4};
        hs_fault fault;
        hs_reader r;
        hs_quic_packet packet;
        hs_quic_clear clear;
        hs_reader_init(&r, hs_bytes_of(bytes, sizeof bytes), &fault, NULL);
        assert_int_equal(hs_quic_read_header(&r, 2, &packet), HS_OK);
        assert_int_equal(packet.packet_number_offset, 3);
        assert_int_equal(packet.fixed_bit, first >> 6 & 1);
        assert_int_equal(packet.spin_bit, first >> 5 & 1);
        assert_int_equal(hs_quic_read_clear(&r, packet.type, packet.first, &clear), HS_OK);
        assert_int_equal(clear.reserved, first >> 3 & 3);
        assert_int_equal(clear.key_phase, first >> 2 & 1);
        assert_int_equal(clear.packet_number_len, (first & 3) + 1);
        uint8_t out[16];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_OK);
        assert_int_equal(w.len, 3 + clear.packet_number_len);
        assert_memory_equal(out, bytes, w.len);
    }
}

/* RFC 9001 A.4 and RFC 9369 A.4. */
static void the_sample_retries(void **state)
{
    (void)state;
    static const struct {
        const char *packet;
        const char *tag;
    } rows[] = {{QUIC_V1_RETRY, "04a265ba2eff4d829058fb3f0f2496ba"},
                {QUIC_V2_RETRY, "c8646ce8bfe33952d955543665dcc7b6"}};
    for (size_t i = 0; i < 2; i++) {
        hs_quic_packet packet;
        hs_bytes bytes = read_hex(rows[i].packet, 0, &packet);
        assert_int_equal(packet.type, HS_QUIC_RETRY);
        assert_bytes(packet.scid, SCID);
        assert_true(hs_bytes_are(packet.token, "token"));
        assert_bytes(packet.retry_tag, rows[i].tag);
        assert_int_equal(packet.packet_number_offset, 0);
        assert_null(hs_quic_packet_problem(&packet));

        uint8_t out[64];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_retry(&w, &packet), HS_OK);
        assert_bytes(hs_writer_bytes(&w), rows[i].packet);

        hs_bytes dcid = wire_unhex(DCID);
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_retry_pseudo_packet(&w, dcid, packet.bytes), HS_OK);
        assert_int_equal(w.len, 1 + 8 + 36 - 16);
        assert_int_equal(out[0], 8);
        assert_memory_equal(out + 1, dcid.data, 8);
        assert_memory_equal(out + 9, bytes.data, 20);
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_retry_pseudo_packet(&w, dcid, hs_bytes_of(out, 15)),
                         HS_INVALID);
        wire_free(dcid);

        packet.retry_tag.len = 15;
        assert_int_equal(hs_quic_write_retry(&w, &packet), HS_INVALID);
        packet.retry_tag.len = 0;
        packet.token.len = 0;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_retry(&w, &packet), HS_OK);
        assert_int_equal(w.len, 15);
        assert_string_equal(hs_quic_packet_problem(&packet), "the Retry has no token");
        packet.version = 0x1a2a3a4a;
        assert_int_equal(hs_quic_write_retry(&w, &packet), HS_INVALID);
        wire_free(bytes);
    }
}

static void version_negotiation(void **state)
{
    (void)state;
    static const uint32_t offered[] = {1, 0x6b3343cf, 0x1a2a3a4a};
    uint8_t id[255];
    memset(id, 0xab, sizeof id);
    uint8_t out[600];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_version_negotiation(&w, 0x2a, hs_bytes_of(id, 255),
                                                       hs_bytes_of(id, 0), offered, 3),
                     HS_OK);
    hs_quic_packet packet;
    hs_fault fault;
    assert_int_equal(read_bytes(hs_writer_bytes(&w), 0, &packet, &fault), HS_OK);
    assert_int_equal(packet.type, HS_QUIC_VERSION_NEGOTIATION);
    assert_int_equal(packet.first, 0xaa);
    assert_int_equal(packet.version, 0);
    assert_int_equal(packet.dcid.len, 255);
    assert_int_equal(packet.scid.len, 0);
    assert_int_equal(packet.bytes.len, w.len);
    assert_null(hs_quic_packet_problem(&packet));
    uint32_t version = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_true(hs_quic_next_version(&packet.versions, &version));
        assert_int_equal(version, offered[i]);
    }
    assert_false(hs_quic_next_version(&packet.versions, &version));
    /* A list that ends within a version, or is empty, is no Version Negotiation. */
    for (size_t len = 0; len < w.len; len++) {
        hs_bytes cut = wire_copy(hs_bytes_of(out, len));
        bool is_whole = len == w.len - 4 || len == w.len - 8;
        assert_int_equal(read_bytes(cut, 0, &packet, &fault), is_whole ? HS_OK : HS_NEED_MORE);
        wire_free(cut);
    }
    assert_int_equal(hs_quic_write_version_negotiation(&w, 0, hs_bytes_of(id, 0),
                                                       hs_bytes_of(id, 0), offered, 0),
                     HS_INVALID);
}

/* RFC 8999 5.1: of a version that is not known, connection IDs of any length. */
static void the_invariants_of_an_unknown_version(void **state)
{
    (void)state;
    hs_quic_packet packet;
    hs_bytes bytes = read_hex("8f"
                              "1a2a3a4a"
                              "15"
                              "000102030405060708090a0b0c0d0e0f1011121314"
                              "03aabbcc"
                              "deadbeef",
                              0, &packet);
    assert_int_equal(packet.type, HS_QUIC_UNKNOWN_VERSION);
    assert_int_equal(packet.version, 0x1a2a3a4a);
    assert_int_equal(packet.dcid.len, 21);
    assert_bytes(packet.scid, "aabbcc");
    assert_bytes(packet.payload, "deadbeef");
    assert_int_equal(packet.packet_number_offset, 0);
    assert_null(hs_quic_packet_problem(&packet));
    wire_free(bytes);
}

static void every_truncation_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t least; /* of the bytes that a packet may end in */
    } rows[] = {
        {QUIC_V1_SERVER_PACKET, 135},
        {QUIC_V2_CLIENT_PACKET, 1200},
        {QUIC_V1_RETRY, 31},                                /* without its token */
        {"c3000000010401020304000341424305aabbccddee", 21}, /* Initial with a token */
        {"d3000000010401020304000404aabbccdd", 16},         /* 0-RTT */
        {"e000000001000005aabbccddee", 13},                 /* Handshake */
        {"c31a2a3a4a0401020304000341424305", 11},           /* another version's */
        {"4faabbccdd", 4},                                  /* with a DCID of two bytes */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_bytes whole = wire_unhex(rows[i].hex);
        for (size_t len = 0; len <= whole.len; len++) {
            hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
            hs_quic_packet packet;
            hs_fault fault;
            hs_result result = read_bytes(cut, 2, &packet, &fault);
            if (result != (len < rows[i].least ? HS_NEED_MORE : HS_OK)) {
                fail_msg("row %zu in %zu bytes: %s", i, len, hs_result_text(result));
            }
            wire_free(cut);
        }
        wire_free(whole);
    }
}

static void what_no_packet_can_say(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *field;
    } bad[] = {
        {"c3000000011500", "Destination Connection ID Length"},
        {"c3000000010015", "Source Connection ID Length"},
        {"c36b3343cf15", "Destination Connection ID Length"},
        {"c300000001000000" /* no token */ "00", "Length"},
        {"e30000000100004000", "Length"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_bytes bytes = wire_unhex(bad[i].hex);
        hs_quic_packet packet;
        hs_fault fault;
        assert_int_equal(read_bytes(bytes, 0, &packet, &fault), HS_MALFORMED);
        assert_string_equal(fault.field, bad[i].field);
        wire_free(bytes);
    }
}

static void what_a_packet_may_not_say(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *problem;
    } bad[] = {
        {"e00000000100001300000000000000000000000000000000000000",
         "the packet is too short for a sample of header protection"},
        {"a0000000010000140000000000000000000000000000000000000000", "the fixed bit is 0"},
        {"000000000000000000000000000000000000000000", "the fixed bit is 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_quic_packet packet;
        hs_bytes bytes = read_hex(bad[i].hex, 0, &packet);
        assert_string_equal(hs_quic_packet_problem(&packet), bad[i].problem);
        wire_free(bytes);
    }
}

static void headers_that_cannot_be_written(void **state)
{
    (void)state;
    static const uint8_t id[21] = {0};
    const hs_quic_packet good = {.type = HS_QUIC_HANDSHAKE, .version = 1, .length = 20};
    const hs_quic_clear clear = {.packet_number_len = 2, .packet_number = 0xffff};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_header(&w, &good, &clear), HS_OK);
    hs_quic_packet bad[] = {good, good, good, good, good, good, good, good, good};
    bad[0].version = 0x1a2a3a4a;
    bad[1].dcid = hs_bytes_of(id, 21);
    bad[2].scid = hs_bytes_of(id, 21);
    bad[3].token = hs_bytes_of(id, 1);
    bad[4].length = 1;
    bad[5].length_size = 3;
    bad[6].length = 64, bad[6].length_size = 1;
    bad[7].type = HS_QUIC_RETRY;
    bad[8].length = UINT64_C(1) << 62;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hs_quic_write_header(&w, &bad[i], &clear), HS_INVALID);
    }
    const hs_quic_clear bad_clear[] = {{.packet_number_len = 0},
                                       {.packet_number_len = 5},
                                       {.packet_number_len = 1, .packet_number = 0x100},
                                       {.packet_number_len = 1, .reserved = 4}};
    for (size_t i = 0; i < sizeof bad_clear / sizeof bad_clear[0]; i++) {
        assert_int_equal(hs_quic_write_header(&w, &good, &bad_clear[i]), HS_INVALID);
    }
}

static void lengths_of_each_size(void **state)
{
    (void)state;
    static const unsigned sizes[] = {0, 1, 2, 4, 8};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hs_quic_packet packet = {.type = HS_QUIC_INITIAL,
                                 .version = HS_QUIC_V2,
                                 .fixed_bit = true,
                                 .length = 21,
                                 .length_size = sizes[i]};
        hs_quic_clear clear = {.packet_number_len = 4, .packet_number = 0x01020304};
        uint8_t out[64] = {0};
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_header(&w, &packet, &clear), HS_OK);
        hs_fault fault;
        assert_int_equal(read_bytes(hs_bytes_of(out, w.len + 17), 0, &packet, &fault), HS_OK);
        assert_int_equal(packet.length, 21);
        assert_int_equal(packet.length_size, sizes[i] ? sizes[i] : 1);
        assert_int_equal(packet.type, HS_QUIC_INITIAL);
    }
}

/* RFC 9000 A.2 and A.3, and the ends of the window. */
static void packet_numbers(void **state)
{
    (void)state;
    assert_int_equal(hs_quic_packet_number_encode_len(0xac5c02, 0xabe8b3), 2);
    assert_int_equal(hs_quic_packet_number_encode_len(0xace8fe, 0xabe8b3), 3);
    assert_int_equal(hs_quic_packet_number_decode(0xa82f30ea, 0x9b32, 2), 0xa82f9b32);

    const uint64_t none = HS_QUIC_NO_PACKET_NUMBER;
    assert_int_equal(hs_quic_packet_number_encode_len(0, none), 1);
    assert_int_equal(hs_quic_packet_number_encode_len(127, none), 1);
    assert_int_equal(hs_quic_packet_number_encode_len(128, none), 2);
    assert_int_equal(hs_quic_packet_number_encode_len(UINT64_C(0x7fffffff), none), 4);
    assert_int_equal(hs_quic_packet_number_encode_len(UINT64_C(0x80000000), none), 0);
    assert_int_equal(hs_quic_packet_number_encode_len(5, 5), 0);
    assert_int_equal(hs_quic_packet_number_decode(none, 0, 1), 0);
    assert_int_equal(hs_quic_packet_number_decode(none, 0xff, 1), 0xff);
    assert_int_equal(hs_quic_packet_number_decode(0xfe, 0x00, 1), 0x100);
    assert_int_equal(hs_quic_packet_number_decode(0x100, 0xff, 1), 0xff);
    const uint64_t last = (UINT64_C(1) << 62) - 1;
    assert_true(hs_quic_packet_number_decode(last - 1, 0xff, 1) == last);
    assert_true(hs_quic_packet_number_decode(last - 1, 0, 1) == last - 0xff);

    /* What is encoded in as many bytes as are needed is decoded as it was. */
    for (uint64_t acked = 0; acked < UINT64_C(1) << 61; acked = acked * 5 + 3) {
        for (uint64_t ahead = 1; ahead < UINT64_C(1) << 31; ahead = ahead * 3 + 1) {
            uint64_t full = acked + ahead;
            unsigned len = hs_quic_packet_number_encode_len(full, acked);
            assert_in_range(len, 1, 4);
            uint32_t truncated = (uint32_t)(full & ((UINT64_C(1) << (8 * len)) - 1));
            assert_true(hs_quic_packet_number_decode(acked, truncated, len) == full);
            assert_true(hs_quic_packet_number_decode(full - 1, truncated, len) == full);
        }
    }
}

/* Reads a datagram; returns how many packets it has. */
static size_t split(const char *hex, size_t dcid_len, hs_quic_packet_type *types,
                    hs_quic_datagram *datagram)
{
    hs_bytes bytes = wire_unhex(hex);
    hs_quic_packet packet;
    hs_quic_datagram_init(datagram, bytes, dcid_len);
    size_t total = 0;
    for (size_t i = 0; hs_quic_datagram_next(datagram, &packet); i++) {
        assert_true(i < 4);
        types[i] = packet.type;
        total += packet.bytes.len;
    }
    assert_false(hs_quic_datagram_next(datagram, &packet));
    assert_int_equal(total + datagram->trailing.len, bytes.len);
    assert_int_equal(datagram->trailing.len > 0, datagram->fault.result != HS_OK);
    wire_free(bytes);
    return datagram->count;
}

#define INITIAL "c300000001020102000002aabb"
#define HANDSHAKE "e3000000010201020003aabbcc"
#define ONE_RTT "430102aabbcc"

static void coalesced_packets(void **state)
{
    (void)state;
    hs_quic_packet_type types[4];
    hs_quic_datagram datagram;
    assert_int_equal(split(INITIAL HANDSHAKE ONE_RTT, 0, types, &datagram), 3);
    assert_int_equal(types[0], HS_QUIC_INITIAL);
    assert_int_equal(types[1], HS_QUIC_HANDSHAKE);
    assert_int_equal(types[2], HS_QUIC_1RTT);
    assert_int_equal(datagram.fault.result, HS_OK);
    assert_int_equal(split("", 0, types, &datagram), 0);
    assert_int_equal(datagram.fault.result, HS_OK);
    assert_int_equal(split(ONE_RTT, 2, types, &datagram), 1);
    /* A fixed bit of 0 is told apart from padding by the connection ID (RFC 9287 3). */
    assert_int_equal(split(HANDSHAKE "030102aabbcc", 0, types, &datagram), 2);
}

static void bytes_behind_the_packets(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t count;
        size_t trailing;
        const char *field;
    } rows[] = {
        {INITIAL "0000000000", 1, 5, "Destination Connection ID"},
        {INITIAL "00", 1, 1, "Destination Connection ID"},
        {INITIAL "c300000001020103000002aabb", 1, 13, "Destination Connection ID"},
        {INITIAL HANDSHAKE "c3000000", 2, 4, "Version"},
        {INITIAL "c3000000011500", 1, 7, "Destination Connection ID Length"},
        {"e300000001000003aabbcc0000", 1, 2, "Fixed Bit"},
        {"e300000001000009aabbcc", 0, 11, "Packet Number, Packet Payload"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_quic_packet_type types[4];
        hs_quic_datagram datagram;
        assert_int_equal(split(rows[i].hex, 0, types, &datagram), rows[i].count);
        assert_int_equal(datagram.trailing.len, rows[i].trailing);
        assert_string_equal(datagram.fault.field, rows[i].field);
    }
}

static void stateless_resets(void **state)
{
    (void)state;
    hs_bytes token;
    hs_bytes bytes = wire_unhex("4011223344"
                                "000102030405060708090a0b0c0d0e0f");
    assert_true(hs_quic_stateless_reset_token(bytes, &token));
    assert_bytes(token, "000102030405060708090a0b0c0d0e0f");
    assert_false(hs_quic_stateless_reset_token(hs_bytes_of(bytes.data, 20), &token));
    wire_free(bytes);
    hs_bytes initial = wire_unhex(QUIC_V1_SERVER_PACKET);
    assert_false(hs_quic_stateless_reset_token(initial, &token));
    wire_free(initial);
}

/* Each byte of a packet is in a note, and none outside of it. */
static void every_byte_is_noted(void **state)
{
    (void)state;
    static const char *const packets[] = {QUIC_V1_CLIENT_PACKET, QUIC_V2_RETRY, ONE_RTT,
                                          "80000000000001aa000000016b3343cf"};
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        hs_bytes bytes = wire_unhex(packets[i]);
        hs_note items[32];
        hs_notes notes = {.items = items, .capacity = 32};
        hs_fault fault;
        hs_reader r;
        hs_quic_packet packet;
        hs_reader_init(&r, bytes, &fault, &notes);
        assert_int_equal(hs_quic_read_packet(&r, 2, &packet), HS_OK);
        size_t at = 0;
        for (size_t n = 0; n < notes.count; n++) {
            if (items[n].kind != HS_NOTE_BLOCK) {
                assert_int_equal(items[n].offset, at);
                at += items[n].length;
            }
        }
        assert_int_equal(at, bytes.len);
        assert_string_equal(items[0].field, "header");
        assert_string_equal(items[1].meaning, hs_quic_packet_type_name(packet.type));
        wire_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(long_packet_types),
        cmocka_unit_test(the_sample_initials),
        cmocka_unit_test(the_sample_short_header),
        cmocka_unit_test(short_header_bits),
        cmocka_unit_test(the_sample_retries),
        cmocka_unit_test(version_negotiation),
        cmocka_unit_test(the_invariants_of_an_unknown_version),
        cmocka_unit_test(every_truncation_is_told),
        cmocka_unit_test(what_no_packet_can_say),
        cmocka_unit_test(what_a_packet_may_not_say),
        cmocka_unit_test(headers_that_cannot_be_written),
        cmocka_unit_test(lengths_of_each_size),
        cmocka_unit_test(packet_numbers),
        cmocka_unit_test(coalesced_packets),
        cmocka_unit_test(bytes_behind_the_packets),
        cmocka_unit_test(stateless_resets),
        cmocka_unit_test(every_byte_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Transport parameters: those of ngtcp2 and of RFC 9001's sample, each kind both ways, cut
 * anywhere, duplicates, and what RFC 9000 18.2 forbids; also where they stand in TLS. */
#include "quic_samples.h"
#include "quic_support.h"
#include "wire/quic/frame.h"
#include "wire/quic/packet.h"
#include "wire/quic/transport_parameters.h"
#include "wire/tls/extension_get.h"

/* As gtlsserver of ngtcp2 1.11 sent them, with a preferred address. */
#define SERVER                                                                                     \
    "001265acf406bce1bac2ebed1cfd9980b3f7d1e00210fa51a329da0e715f3bedd345d23c8bc40d3b7f000001"     \
    "11680000000000000000000000000000000000001270b77bed6e2715defc9a638856d512189bd403af3bad78"     \
    "ebd9e29507d64610046d570f12f40134c99d8574cb7a89f4cce06bdc5ad55706048004000007048004000004"     \
    "0480100000080240640901030104800075300e01076ab20011080000000100000001"

/* As gtlsclient of ngtcp2 1.11 sent them, after Version Negotiation. */
#define CLIENT                                                                                     \
    "0f11b94fe78e9128057924f12ef16f9d3c7ec305048100000007048100000004048180000009024064010480"     \
    "0075300e01076ab200110c00000001000000016b3343cf"

#define TOKEN16 "000102030405060708090a0b0c0d0e0f"

static hs_result read_bytes(hs_bytes bytes, hs_quic_transport_parameters *out, hs_notes *notes)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, notes);
    return hs_quic_read_transport_parameters(&r, out);
}

/* The only parameter of these bytes, which are to be freed. */
static hs_bytes read_one(const char *hex, hs_quic_parameter *parameter)
{
    hs_bytes bytes = wire_unhex(hex);
    hs_bytes left = bytes;
    assert_true(hs_quic_next_parameter(&left, parameter));
    assert_int_equal(left.len, 0);
    return bytes;
}

static uint64_t number(hs_bytes bytes, uint64_t id)
{
    uint64_t value = 0;
    assert_true(hs_quic_parameter_number(bytes, id, &value));
    return value;
}

static void those_of_a_server(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex(SERVER);
    hs_quic_transport_parameters all;
    assert_int_equal(read_bytes(bytes, &all, NULL), HS_OK);
    assert_int_equal(all.count, 13);
    assert_int_equal(all.malformed, 0);
    assert_int_equal(all.duplicates, 0);
    assert_int_equal(all.bytes.len, bytes.len);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_MAX_IDLE_TIMEOUT), 30000);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_BIDI), 100);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_INITIAL_MAX_STREAMS_UNI), 3);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_ACTIVE_CONNECTION_ID_LIMIT), 7);
    hs_quic_parameter p;
    assert_true(hs_quic_find_parameter(bytes, HS_QUIC_PARAMETER_ID_PREFERRED_ADDRESS, &p));
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    assert_memory_equal(p.preferred.ipv4, loopback, 4);
    assert_int_equal(p.preferred.ipv4_port, 4456);
    assert_int_equal(p.preferred.ipv6_port, 0);
    assert_int_equal(p.preferred.connection_id.len, 18);
    assert_int_equal(p.preferred.stateless_reset_token.len, 16);
    assert_true(hs_quic_find_parameter(bytes, HS_QUIC_PARAMETER_ID_GREASE_QUIC_BIT, &p));
    assert_int_equal(p.kind, HS_QUIC_PARAMETER_EMPTY);
    hs_bytes left = bytes;
    while (hs_quic_next_parameter(&left, &p)) {
        assert_null(hs_quic_parameter_problem(&p, true));
        const hs_quic_parameter_descriptor *d = hs_quic_parameter_descriptor_find(p.id);
        assert_non_null(d);
        if (d->is_server_only) {
            assert_string_equal(hs_quic_parameter_problem(&p, false),
                                "is not for a client to send");
        }
    }
    wire_free(bytes);
}

static void those_of_a_client(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex(CLIENT);
    hs_quic_transport_parameters all;
    assert_int_equal(read_bytes(bytes, &all, NULL), HS_OK);
    hs_quic_parameter p;
    assert_true(hs_quic_find_parameter(bytes, HS_QUIC_PARAMETER_ID_VERSION_INFORMATION, &p));
    assert_int_equal(p.versions.chosen, 1);
    uint32_t version = 0;
    assert_true(hs_quic_next_version(&p.versions.available, &version));
    assert_int_equal(version, 1);
    assert_true(hs_quic_next_version(&p.versions.available, &version));
    assert_int_equal(version, HS_QUIC_V2);
    assert_false(hs_quic_next_version(&p.versions.available, &version));
    for (hs_bytes left = bytes; hs_quic_next_parameter(&left, &p);) {
        assert_null(hs_quic_parameter_problem(&p, false));
    }
    /* What is absent has its default, or none. */
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_MAX_UDP_PAYLOAD_SIZE), 65527);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_ACK_DELAY_EXPONENT), 3);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_MAX_ACK_DELAY), 25);
    assert_int_equal(number(bytes, HS_QUIC_PARAMETER_ID_MAX_DATAGRAM_FRAME_SIZE), 0);
    assert_int_equal(number(hs_bytes_of("", 0), HS_QUIC_PARAMETER_ID_ACTIVE_CONNECTION_ID_LIMIT),
                     2);
    uint64_t value = 0;
    assert_false(hs_quic_parameter_number(bytes, HS_QUIC_PARAMETER_ID_MIN_ACK_DELAY, &value));
    assert_false(hs_quic_parameter_number(bytes, HS_QUIC_PARAMETER_ID_VERSION_INFORMATION, &value));
    wire_free(bytes);
}

/* All kinds are written as they were read. */
static void written_as_read(void **state)
{
    (void)state;
    static const char *const lists[] = {SERVER, CLIENT, "1b03aabbcc", "c017f7586d2cb57100",
                                        "601703abcdef"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        hs_bytes bytes = wire_unhex(lists[i]);
        uint8_t out[256];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        hs_quic_parameter p;
        for (hs_bytes left = bytes; hs_quic_next_parameter(&left, &p);) {
            assert_null(p.malformed);
            assert_int_equal(hs_quic_write_parameter(&w, &p), HS_OK);
        }
        assert_bytes(hs_writer_bytes(&w), lists[i]);
        wire_free(bytes);
    }
    uint8_t out[8];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_quic_write_parameter_number(&w, 4, 0x100), HS_OK);
    assert_int_equal(hs_quic_write_parameter_bytes(&w, 0x1b, hs_bytes_of("ab", 2)), HS_OK);
    assert_bytes(hs_writer_bytes(&w), "040241001b026162");
    assert_int_equal(hs_quic_write_parameter_number(&w, 4, 0), HS_LIMIT);
}

/* A tuple that is not whole is told, at whichever byte it ends; the whole ones before it stay. */
static void cut_anywhere(void **state)
{
    (void)state;
    hs_bytes whole = wire_unhex(SERVER);
    size_t ends = 0;
    for (size_t len = 0; len < whole.len; len++) {
        hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
        hs_quic_transport_parameters all;
        hs_result result = read_bytes(cut, &all, NULL);
        assert_int_equal(result, all.bytes.len == len ? HS_OK : HS_NEED_MORE);
        ends += result == HS_OK;
        wire_free(cut);
    }
    assert_int_equal(ends, 13);
    wire_free(whole);
}

static void values_of_a_wrong_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0100",                                           /* an integer of no bytes */
        "010140",                                         /* cut */
        "01020102",                                       /* with a byte more */
        "0c0100",                                         /* a flag with a value */
        "6ab20100",                                       /* grease_quic_bit */
        "0f15000102030405060708090a0b0c0d0e0f1011121314", /* a connection ID of 21 bytes */
        "020f000102030405060708090a0b0c0d0e",             /* a token of 15 bytes */
        "0211000102030405060708090a0b0c0d0e0f10",         /* of 17 */
        "0d00",                                           /* no preferred address */
        "0d2a7f00000111680000000000000000000000000000000000"
        "00020b" TOKEN16,   /* its connection ID is cut */
        "1103000000",       /* no chosen version */
        "1106000000010000", /* half an available one */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_quic_parameter p;
        hs_bytes bytes = read_one(bad[i], &p);
        if (!p.malformed) {
            fail_msg("%s is read", bad[i]);
        }
        assert_string_equal(hs_quic_parameter_problem(&p, true), p.malformed);
        /* It does not end the list, and is counted. */
        char hex[256];
        assert_true(strlen(bad[i]) < 200);
        strcpy(hex, bad[i]);
        strcat(hex, "04021001");
        hs_bytes list = wire_unhex(hex);
        hs_quic_transport_parameters all;
        assert_int_equal(read_bytes(list, &all, NULL), HS_OK);
        assert_int_equal(all.count, 2);
        assert_int_equal(all.malformed, 2); /* 1001 is no integer either */
        assert_int_equal(all.malformed_id, p.id);
        wire_free(list);
        wire_free(bytes);
    }
    uint64_t value = 0;
    hs_bytes bytes = wire_unhex("0302ffff");
    assert_false(
        hs_quic_parameter_number(bytes, HS_QUIC_PARAMETER_ID_MAX_UDP_PAYLOAD_SIZE, &value));
    wire_free(bytes);
}

static void what_the_rfc_forbids_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *problem; /* NULL: the limit itself may be */
    } rows[] = {
        {"030244af", "is below 1200"},
        {"030244b0", NULL},
        {"0808d000000000000001", "is above 2^60"},
        {"0808d000000000000000", NULL},
        {"0908d000000000000001", "is above 2^60"},
        {"0a0115", "is above 20"},
        {"0a0114", NULL},
        {"0b0480004000", "is not below 2^14"},
        {"0b027fff", NULL},
        {"0e0101", "is below 2"},
        {"0e0102", NULL},
        {"0d297f0000011168000000000000000000000000000000000000"
         "00" TOKEN16,
         "has a connection ID of not 1 to 20 bytes"},
        {"110400000000", "names version 0"},
        {"11080000000100000000", "names version 0"},
        {"110400000001", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hs_quic_parameter p;
        hs_bytes bytes = read_one(rows[i].hex, &p);
        const char *problem = hs_quic_parameter_problem(&p, true);
        if (rows[i].problem) {
            assert_non_null(problem);
            assert_string_equal(problem, rows[i].problem);
        } else {
            assert_null(problem);
        }
        wire_free(bytes);
    }
}

/* RFC 9368 4: a client has to offer the version that it chose; a server need not. */
static void a_client_offers_what_it_chose(void **state)
{
    (void)state;
    static const char *const without[] = {"110400000001", "1108000000016b3343cf"};
    hs_quic_parameter p;
    for (size_t i = 0; i < 2; i++) {
        hs_bytes bytes = read_one(without[i], &p);
        assert_null(hs_quic_parameter_problem(&p, true));
        assert_string_equal(hs_quic_parameter_problem(&p, false),
                            "has a chosen version that is not an available one");
        wire_free(bytes);
    }
    hs_bytes bytes = read_one("110c000000016b3343cf00000001", &p);
    assert_null(hs_quic_parameter_problem(&p, false));
    wire_free(bytes);
}

static void duplicates_are_told(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("010105"
                                "1b00"
                                "010106"
                                "1b00"
                                "4001014a");
    hs_quic_transport_parameters all;
    assert_int_equal(read_bytes(bytes, &all, NULL), HS_OK);
    assert_int_equal(all.count, 5);
    assert_int_equal(all.duplicates, 3);
    assert_int_equal(all.duplicate_id, 1);
    assert_int_equal(number(bytes, 1), 5);
    wire_free(bytes);

    /* As many as the extension can hold: bounded time, and what was not compared is counted. */
    static uint8_t many[65535];
    hs_writer w;
    hs_writer_init(&w, many, sizeof many);
    size_t written = 0;
    for (uint64_t id = 0x4000; id < 0x4000 + 5000; id++) {
        assert_int_equal(hs_quic_write_parameter_bytes(&w, id, hs_bytes_of("", 0)), HS_OK);
        written++;
    }
    assert_int_equal(hs_quic_write_parameter_bytes(&w, 0x4000, hs_bytes_of("", 0)), HS_OK);
    assert_int_equal(read_bytes(hs_writer_bytes(&w), &all, NULL), HS_OK);
    assert_int_equal(all.count, written + 1);
    assert_int_equal(all.duplicates, 1);
    assert_int_equal(all.unchecked, written - HS_QUIC_PARAMETERS_MAX);
}

static void parameters_that_cannot_be_written(void **state)
{
    (void)state;
    static const uint8_t some[300] = {0};
    const hs_quic_parameter bad[] = {
        {.id = 0, .kind = HS_QUIC_PARAMETER_CONNECTION_ID, .value = {some, 21}},
        {.id = 2, .kind = HS_QUIC_PARAMETER_TOKEN, .value = {some, 15}},
        {.id = 13, .kind = HS_QUIC_PARAMETER_PREFERRED_ADDRESS},
        {.id = 13,
         .kind = HS_QUIC_PARAMETER_PREFERRED_ADDRESS,
         .preferred = {.connection_id = {some, 256}, .stateless_reset_token = {some, 16}}},
        {.id = 17,
         .kind = HS_QUIC_PARAMETER_VERSION_INFORMATION,
         .versions = {.available = {some, 5}}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t out[400];
        hs_writer w;
        hs_writer_init(&w, out, sizeof out);
        assert_int_equal(hs_quic_write_parameter(&w, &bad[i]), HS_INVALID);
        assert_int_equal(w.len, 0);
    }
}

static void the_registry(void **state)
{
    (void)state;
    size_t count = 0;
    for (const hs_quic_parameter_descriptor *d; (d = hs_quic_parameter_descriptor_at(count));) {
        const hs_quic_parameter_descriptor *before = count > 0 ? hs_quic_parameter_descriptor_at(
                                                                     count - 1)
                                                               : NULL;
        assert_true(!before || before->id < d->id);
        assert_ptr_equal(hs_quic_parameter_descriptor_find(d->id), d);
        assert_false(hs_quic_parameter_is_reserved(d->id));
        count++;
    }
    assert_true(count > 30);
    assert_string_equal(hs_quic_parameter_name(0x0f), "initial_source_connection_id");
    assert_string_equal(hs_quic_parameter_name(0x20), "max_datagram_frame_size");
    assert_string_equal(hs_quic_parameter_name(0x2ab2), "grease_quic_bit");
    assert_string_equal(hs_quic_parameter_name(27), "GREASE");
    assert_string_equal(hs_quic_parameter_name(31 * 1000 + 27), "GREASE");
    assert_null(hs_quic_parameter_name(28));
    assert_null(hs_quic_parameter_descriptor_find(UINT64_MAX));
}

/* The ClientHello of RFC 9001's sample, in its CRYPTO frame, annotated down to the parameters. */
static void annotated_within_tls(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex(QUIC_V1_CLIENT_PAYLOAD);
    hs_fault fault;
    hs_reader r;
    hs_quic_frame frame;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_quic_read_frame(&r, &frame), HS_OK);
    static hs_note items[256];
    hs_notes notes = {.items = items, .capacity = 256};
    hs_reader_init(&r, frame.crypto.data, &fault, &notes);
    /* Type, length, version, random, empty session ID, two cipher suites, null compression. */
    (void)hs_read_bytes(&r, 4 + 2 + 32 + 1 + 2 + 4 + 2, "ClientHello up to its extensions");
    hs_tls_extensions extensions;
    hs_tls_extensions_read(&r, HS_TLS_IN_CLIENT_HELLO, &extensions);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    assert_int_equal(extensions.malformed, 0);
    hs_bytes body;
    assert_true(hs_tls_get_quic_transport_parameters(&extensions, &body));
    assert_int_equal(body.len, 0x32);
    assert_int_equal(number(body, HS_QUIC_PARAMETER_ID_MAX_IDLE_TIMEOUT), 30000);
    bool found = false;
    for (size_t i = 0; i + 4 < notes.count; i++) {
        if (strcmp(items[i].field, "max_idle_timeout") == 0) {
            found = true;
            assert_int_equal(items[i].kind, HS_NOTE_BLOCK);
            assert_string_equal(items[i + 1].meaning, "max_idle_timeout");
            assert_int_equal(items[i + 4].value, 30000);
        }
    }
    assert_true(found);
    wire_free(bytes);
}

/* A list that is no list does not end the ClientHello; its bytes stay as they were. */
static void broken_within_tls(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("0008"
                                "ffa50004"
                                "0104ffff");
    hs_note items[16];
    hs_notes notes = {.items = items, .capacity = 16};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, &notes);
    hs_tls_extensions extensions;
    hs_tls_extensions_read(&r, HS_TLS_IN_CLIENT_HELLO, &extensions);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    assert_int_equal(extensions.malformed, 1);
    assert_int_equal(extensions.malformed_type, 0xffa5);
    hs_tls_extension extension;
    assert_true(hs_tls_extension_find(&extensions, 0xffa5, &extension));
    assert_bytes(extension.data, "0104ffff");
    assert_string_equal(items[notes.count - 1].field, "extension_data");
    wire_free(bytes);
}

static void a_malformed_value_is_noted_raw(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("01020102"
                                "0c00");
    hs_note items[16];
    hs_notes notes = {.items = items, .capacity = 16};
    hs_quic_transport_parameters all;
    assert_int_equal(read_bytes(bytes, &all, &notes), HS_OK);
    /* Group, ID, length, value's block, the value; then the same of the second, which is empty. */
    assert_int_equal(notes.count, 9);
    assert_int_equal(items[4].kind, HS_NOTE_BYTES);
    assert_int_equal(items[4].length, 2);
    assert_int_equal(items[4].depth, 2);
    assert_non_null(items[4].meaning);
    assert_int_equal(items[5].depth, 0);
    assert_string_equal(items[5].field, "disable_active_migration");
    wire_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_a_server),
        cmocka_unit_test(those_of_a_client),
        cmocka_unit_test(written_as_read),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(values_of_a_wrong_form),
        cmocka_unit_test(what_the_rfc_forbids_is_told),
        cmocka_unit_test(a_client_offers_what_it_chose),
        cmocka_unit_test(duplicates_are_told),
        cmocka_unit_test(parameters_that_cannot_be_written),
        cmocka_unit_test(the_registry),
        cmocka_unit_test(annotated_within_tls),
        cmocka_unit_test(broken_within_tls),
        cmocka_unit_test(a_malformed_value_is_noted_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

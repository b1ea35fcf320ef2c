/* Records, the SSLv2 form of a ClientHello, alerts and change_cipher_spec. */
#include "tls_support.h"
#include "wire/tls/alert.h"
#include "wire/tls/record.h"

static hs_result read_record(hs_bytes bytes, hs_tls_record *out)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    return hs_tls_record_read(&r, out);
}

static hs_result read_record_hex(const char *hex)
{
    hs_bytes bytes = wire_unhex(hex);
    hs_tls_record record;
    hs_result result = read_record(bytes, &record);
    wire_free(bytes);
    return result;
}

static void a_record_is_read_and_written_back(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("15030300020228");
    hs_tls_record record;
    assert_int_equal(read_record(bytes, &record), HS_OK);
    assert_int_equal(record.type, HS_TLS_ALERT);
    assert_int_equal(record.legacy_record_version, HS_TLS_1_2);
    assert_int_equal(record.fragment.len, 2);
    uint8_t out[7];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_tls_record_write(&w, &record);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    assert_true(hs_bytes_equal(hs_writer_bytes(&w), bytes));
    wire_free(bytes);
}

static void a_cut_record_needs_more(void **state)
{
    (void)state;
    hs_bytes whole = wire_unhex("15030300020228");
    for (size_t len = 0; len < whole.len; len++) {
        hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
        hs_tls_record record;
        assert_int_equal(read_record(cut, &record), HS_NEED_MORE);
        wire_free(cut);
    }
    wire_free(whole);
}

static void what_is_no_record_is_told_at_once(void **state)
{
    (void)state;
    assert_int_equal(read_record_hex("48"), HS_MALFORMED);         /* "H" of HTTP */
    assert_int_equal(read_record_hex("13"), HS_MALFORMED);         /* 19 */
    assert_int_equal(read_record_hex("19"), HS_MALFORMED);         /* 25 */
    assert_int_equal(read_record_hex("160400"), HS_MALFORMED);     /* version 4.0 */
    assert_int_equal(read_record_hex("1603034801"), HS_MALFORMED); /* one byte too long */
    assert_int_equal(read_record_hex("1603034800"), HS_NEED_MORE); /* the longest */
    assert_int_equal(read_record_hex("1703030000"), HS_OK);        /* empty */
}

/* The size alone, against the reading of the header. */
static void the_size_is_that_of_the_header(void **state)
{
    (void)state;
    static const uint8_t types[] = {0, 19, 20, 21, 22, 23, 24, 25, 72, 255};
    static const uint8_t majors[] = {0, 2, 3, 4, 255};
    static const uint16_t lengths[] = {0, 1, 255, 256, 0x4000, 0x4800, 0x4801, 0xffff};
    for (size_t i = 0; i < sizeof types * sizeof majors; i++) {
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            const uint8_t header[HS_TLS_RECORD_HEADER] = {
                types[i / sizeof majors], majors[i % sizeof majors], 3, (uint8_t)(lengths[l] >> 8),
                (uint8_t)lengths[l]};
            for (size_t len = 0; len <= sizeof header; len++) {
                hs_bytes bytes = wire_copy(hs_bytes_of(header, len));
                hs_fault fault;
                hs_reader r;
                hs_tls_record record;
                uint16_t length = 0;
                hs_reader_init(&r, bytes, &fault, NULL);
                bool is_one = hs_tls_record_read_header(&r, &record, &length) == HS_OK;
                assert_int_equal(hs_tls_record_size(bytes),
                                 is_one ? HS_TLS_RECORD_HEADER + (size_t)length : 0);
                wire_free(bytes);
            }
        }
    }
}

static void several_records_follow_each_other(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("14030300010115030300020100");
    hs_fault fault;
    hs_reader r;
    hs_tls_record record;
    uint8_t type = 0;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_tls_record_read(&r, &record), HS_OK);
    assert_string_equal(hs_tls_content_type_name(record.type), "change_cipher_spec");
    hs_reader inner;
    hs_fault inner_fault;
    hs_reader_init(&inner, record.fragment, &inner_fault, NULL);
    assert_int_equal(hs_tls_change_cipher_spec_read(&inner, &type), HS_OK);
    assert_int_equal(type, 1);
    assert_int_equal(hs_tls_record_read(&r, &record), HS_OK);
    hs_tls_alert alert;
    hs_reader_init(&inner, record.fragment, &inner_fault, NULL);
    assert_int_equal(hs_tls_alert_read(&inner, &alert), HS_OK);
    assert_string_equal(hs_tls_alert_level_name(alert.level), "warning");
    assert_string_equal(hs_tls_alert_description_name(alert.description), "close_notify");
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    wire_free(bytes);
}

static void alerts_have_their_names(void **state)
{
    (void)state;
    static const struct {
        uint8_t number;
        const char *name;
    } known[] = {
        {10, "unexpected_message"},
        {40, "handshake_failure"},
        {42, "bad_certificate"},
        {45, "certificate_expired"},
        {48, "unknown_ca"},
        {70, "protocol_version"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {112, "unrecognized_name"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
        {121, "ech_required"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_string_equal(hs_tls_alert_description_name(known[i].number), known[i].name);
    }
    assert_null(hs_tls_alert_description_name(1));
    assert_null(hs_tls_alert_level_name(0));
    hs_tls_alert alert = {HS_TLS_ALERT_FATAL, HS_TLS_ALERT_ECH_REQUIRED};
    uint8_t out[2];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_tls_alert_write(&w, &alert);
    assert_memory_equal(out, "\x02\x79", 2);
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, hs_bytes_of(out, 1), &fault, NULL);
    assert_int_equal(hs_tls_alert_read(&r, &alert), HS_NEED_MORE);
}

/* The format of RFC 5246 E.2 with an SSLv2 cipher, a TLS one, and a challenge of 16 bytes. */
static const char ssl2_hello[] = "801f01030100060000001001008000002f"
                                 "000102030405060708090a0b0c0d0e0f";

static void an_ssl2_client_hello_is_recognised(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex(ssl2_hello);
    for (size_t len = 0; len < 5; len++) {
        assert_int_equal(hs_tls_ssl2_client_hello_detect(hs_bytes_of(bytes.data, len)),
                         HS_NEED_MORE);
    }
    assert_int_equal(hs_tls_ssl2_client_hello_detect(bytes), HS_OK);
    hs_note items[32];
    hs_notes notes = {.items = items, .capacity = 32};
    hs_fault fault;
    hs_reader r;
    hs_tls_ssl2_client_hello hello;
    hs_reader_init(&r, bytes, &fault, &notes);
    assert_int_equal(hs_tls_ssl2_client_hello_read(&r, &hello), HS_OK);
    assert_int_equal(hello.version, HS_TLS_1_0);
    assert_int_equal(hello.cipher_specs.len, 6);
    assert_int_equal(hello.session_id.len, 0);
    assert_int_equal(hello.challenge.len, 16);
    assert_string_equal(hs_tls_ssl2_cipher_name(0x010080), "SSL_CK_RC4_128_WITH_MD5");
    assert_string_equal(hs_tls_ssl2_cipher_name(0x00002f), "TLS_RSA_WITH_AES_128_CBC_SHA");
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_tls_ssl2_client_hello_write(&w, &hello);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    assert_true(hs_bytes_equal(hs_writer_bytes(&w), bytes));
    wire_free(bytes);
}

static void a_cut_ssl2_client_hello_needs_more(void **state)
{
    (void)state;
    hs_bytes whole = wire_unhex(ssl2_hello);
    for (size_t len = 0; len < whole.len; len++) {
        hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
        hs_fault fault;
        hs_reader r;
        hs_tls_ssl2_client_hello hello;
        hs_reader_init(&r, cut, &fault, NULL);
        assert_int_equal(hs_tls_ssl2_client_hello_read(&r, &hello), HS_NEED_MORE);
        wire_free(cut);
    }
    wire_free(whole);
}

static void other_bytes_are_no_ssl2_client_hello(void **state)
{
    (void)state;
    static const char *const others[] = {"16", "801f02", "801f010400", "00", "801f014854"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        hs_bytes bytes = wire_unhex(others[i]);
        assert_int_equal(hs_tls_ssl2_client_hello_detect(bytes), HS_MALFORMED);
        wire_free(bytes);
    }
    /* A cipher_spec_length that is no multiple of three. */
    hs_bytes bytes = wire_unhex("800b0103010002000000000001");
    hs_fault fault;
    hs_reader r;
    hs_tls_ssl2_client_hello hello;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_tls_ssl2_client_hello_read(&r, &hello), HS_MALFORMED);
    assert_string_equal(fault.field, "cipher_spec");
    wire_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_and_written_back),
        cmocka_unit_test(a_cut_record_needs_more),
        cmocka_unit_test(what_is_no_record_is_told_at_once),
        cmocka_unit_test(the_size_is_that_of_the_header),
        cmocka_unit_test(several_records_follow_each_other),
        cmocka_unit_test(alerts_have_their_names),
        cmocka_unit_test(an_ssl2_client_hello_is_recognised),
        cmocka_unit_test(a_cut_ssl2_client_hello_needs_more),
        cmocka_unit_test(other_bytes_are_no_ssl2_client_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

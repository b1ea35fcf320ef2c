/* The extensions: each shape from bytes and back, what is unknown or broken kept, and the getters.
 */
#include "tls_support.h"
#include "wire/tls/extension_get.h"

typedef struct body {
    uint16_t type;
    hs_tls_extension_context context;
    const char *hex;
    uint32_t number;
    size_t count;
} body;

#define CH HS_TLS_IN_CLIENT_HELLO
#define SH HS_TLS_IN_SERVER_HELLO
#define HRR HS_TLS_IN_HELLO_RETRY_REQUEST
#define EE HS_TLS_IN_ENCRYPTED_EXTENSIONS
#define CR HS_TLS_IN_CERTIFICATE_REQUEST
#define CT HS_TLS_IN_CERTIFICATE
#define NST HS_TLS_IN_NEW_SESSION_TICKET

/* One body of each form that the registry knows, made by its RFC. */
static const body bodies[] = {
    {HS_TLS_EXT_SERVER_NAME, CH, "0008000005612e636f6d", 0, 1},
    {HS_TLS_EXT_SERVER_NAME, EE, "", 0, 0},
    {HS_TLS_EXT_MAX_FRAGMENT_LENGTH, CH, "03", 3, 0},
    {HS_TLS_EXT_CLIENT_CERTIFICATE_URL, CH, "", 0, 0},
    {HS_TLS_EXT_TRUNCATED_HMAC, SH, "", 0, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CH, "0100000000", 1, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CH, "0100050003a1b2c30002ddee", 1, 1},
    {HS_TLS_EXT_STATUS_REQUEST, CH, "07aabb", 7, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CR, "", 0, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CR, "0100000000", 1, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CR, "00", 0, 0},
    {HS_TLS_EXT_STATUS_REQUEST, CT, "01000002aabb", 1, 0},
    {HS_TLS_EXT_CLIENT_AUTHZ, CH, "020001", 0, 2},
    {HS_TLS_EXT_CERT_TYPE, CH, "020100", 0, 2},
    {HS_TLS_EXT_CERT_TYPE, SH, "00", 0, 0},
    {HS_TLS_EXT_SUPPORTED_GROUPS, CH, "0006001d00170018", 0, 3},
    {HS_TLS_EXT_SUPPORTED_GROUPS, EE, "0002001d", 0, 1},
    {HS_TLS_EXT_EC_POINT_FORMATS, SH, "03000102", 0, 3},
    {HS_TLS_EXT_SRP, CH, "03626f62", 0, 0},
    {HS_TLS_EXT_SIGNATURE_ALGORITHMS, CH, "000404030804", 0, 2},
    {HS_TLS_EXT_SIGNATURE_ALGORITHMS, CR, "00020403", 0, 1},
    {HS_TLS_EXT_USE_SRTP, CH, "00040001000702aabb", 0, 2},
    {HS_TLS_EXT_HEARTBEAT, CH, "01", 1, 0},
    {HS_TLS_EXT_APPLICATION_LAYER_PROTOCOL_NEGOTIATION, CH, "000c02683208687474702f312e31", 0, 2},
    {HS_TLS_EXT_APPLICATION_LAYER_PROTOCOL_NEGOTIATION, EE, "0003026832", 0, 1},
    {HS_TLS_EXT_STATUS_REQUEST_V2, CH,
     "000e020004000000000100040000000"
     "0",
     0, 2},
    {HS_TLS_EXT_STATUS_REQUEST_V2, CH, "0005090002aabb", 0, 1},
    {HS_TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, CH, "", 0, 0},
    {HS_TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, CT, "00080002aabb0002ccdd", 0, 2},
    {HS_TLS_EXT_CLIENT_CERTIFICATE_TYPE, CH, "020200", 0, 2},
    {HS_TLS_EXT_SERVER_CERTIFICATE_TYPE, EE, "02", 2, 0},
    {HS_TLS_EXT_PADDING, CH, "000000", 0, 0},
    {HS_TLS_EXT_ENCRYPT_THEN_MAC, CH, "", 0, 0},
    {HS_TLS_EXT_EXTENDED_MASTER_SECRET, SH, "", 0, 0},
    {HS_TLS_EXT_TOKEN_BINDING, CH, "0100020200", 0x0100, 2},
    {HS_TLS_EXT_COMPRESS_CERTIFICATE, CH, "0400020001", 0, 2},
    {HS_TLS_EXT_RECORD_SIZE_LIMIT, CH, "4001", 0x4001, 0},
    {HS_TLS_EXT_DELEGATED_CREDENTIAL, CH, "00020403", 0, 1},
    {HS_TLS_EXT_DELEGATED_CREDENTIAL, CT, "000000640403000002aabb04030001cc", 100, 0},
    {HS_TLS_EXT_SESSION_TICKET, CH, "", 0, 0},
    {HS_TLS_EXT_SESSION_TICKET, CH, "aabbcc", 0, 0},
    {HS_TLS_EXT_PRE_SHARED_KEY, CH,
     "00080002aabb0000000a0004"
     "03010203",
     0, 1},
    {HS_TLS_EXT_PRE_SHARED_KEY, SH, "0001", 1, 0},
    {HS_TLS_EXT_EARLY_DATA, CH, "", 0, 0},
    {HS_TLS_EXT_EARLY_DATA, NST, "00004000", 0x4000, 0},
    {HS_TLS_EXT_SUPPORTED_VERSIONS, CH, "0403040303", 0, 2},
    {HS_TLS_EXT_SUPPORTED_VERSIONS, SH, "0304", 0x0304, 0},
    {HS_TLS_EXT_SUPPORTED_VERSIONS, HRR, "0304", 0x0304, 0},
    {HS_TLS_EXT_COOKIE, HRR, "0002aabb", 0, 0},
    {HS_TLS_EXT_PSK_KEY_EXCHANGE_MODES, CH, "0101", 0, 1},
    {HS_TLS_EXT_CERTIFICATE_AUTHORITIES, CR, "00040002aabb", 0, 1},
    {HS_TLS_EXT_OID_FILTERS, CR, "000702aabb0002ccdd", 0, 1},
    {HS_TLS_EXT_POST_HANDSHAKE_AUTH, CH, "", 0, 0},
    {HS_TLS_EXT_SIGNATURE_ALGORITHMS_CERT, CH, "00020403", 0, 1},
    {HS_TLS_EXT_KEY_SHARE, CH, "000c001d0002aabb00170002ccdd", 0, 2},
    {HS_TLS_EXT_KEY_SHARE, SH, "001d0002aabb", 29, 0},
    {HS_TLS_EXT_KEY_SHARE, HRR, "0018", 24, 0},
    {HS_TLS_EXT_TRANSPARENCY_INFO, CT, "00040002aabb", 0, 1},
    {HS_TLS_EXT_CONNECTION_ID, CH, "02aabb", 0, 0},
    {HS_TLS_EXT_EXTERNAL_ID_HASH, CH, "02aabb", 0, 0},
    {HS_TLS_EXT_EXTERNAL_SESSION_ID, CH, "02aabb", 0, 0},
    {HS_TLS_EXT_QUIC_TRANSPORT_PARAMETERS, CH, "01020304", 0, 0},
    {HS_TLS_EXT_TICKET_REQUEST, CH, "0201", 0x0201, 0},
    {HS_TLS_EXT_TICKET_REQUEST, EE, "02", 2, 0},
    {HS_TLS_EXT_DNSSEC_CHAIN, CH, "01bb", 443, 0},
    {HS_TLS_EXT_TLS_FLAGS, CH, "0101", 0, 0},
    {HS_TLS_EXT_NEXT_PROTOCOL_NEGOTIATION, CH, "", 0, 0},
    {HS_TLS_EXT_NEXT_PROTOCOL_NEGOTIATION, SH, "0268320161", 0, 2},
    {HS_TLS_EXT_APPLICATION_SETTINGS_OLD, CH, "0003026832", 0, 1},
    {HS_TLS_EXT_APPLICATION_SETTINGS, EE, "aabb", 0, 0},
    {HS_TLS_EXT_CHANNEL_ID, CH, "", 0, 0},
    {HS_TLS_EXT_TRUST_ANCHORS, CH, "000302aabb", 0, 1},
    {HS_TLS_EXT_ECH_OUTER_EXTENSIONS, CH, "02000d", 0, 1},
    {HS_TLS_EXT_ENCRYPTED_CLIENT_HELLO, CH, "0000010001050002aabb0003010203", 0, 0},
    {HS_TLS_EXT_ENCRYPTED_CLIENT_HELLO, CH, "01", 1, 0},
    {HS_TLS_EXT_ENCRYPTED_CLIENT_HELLO, HRR, "0102030405060708", 0, 0},
    {HS_TLS_EXT_ENCRYPTED_CLIENT_HELLO, EE, "0002aabb", 0, 0},
    {HS_TLS_EXT_RENEGOTIATION_INFO, SH, "00", 0, 0},
    {HS_TLS_EXT_RENEGOTIATION_INFO, CH, "02aabb", 0, 0},
};

static void bodies_are_read_and_written_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const body *b = &bodies[i];
        hs_tls_extension extension = {.type = b->type, .data = wire_unhex(b->hex)};
        hs_tls_extension_value value;
        const char *name = hs_tls_extension_name(b->type);
        if (!hs_tls_extension_has_format(b->type, b->context) ||
            hs_tls_extension_value_read(&extension, b->context, &value) != HS_OK) {
            fail_msg("%s \"%s\" is not read", name, b->hex);
        }
        if (value.number != b->number || value.count != b->count) {
            fail_msg("%s \"%s\": number %u, count %zu", name, b->hex, value.number, value.count);
        }
        uint8_t out[128];
        hs_writer w;
        hs_writer_init(&w, out, sizeof(out));
        hs_tls_extension_write(&w, b->type, b->context, &value);
        assert_int_equal(hs_writer_result(&w), HS_OK);
        hs_fault fault;
        hs_reader r;
        hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
        assert_int_equal(hs_read_u16(&r, "type"), b->type);
        assert_int_equal(hs_read_u16(&r, "length"), extension.data.len);
        if (!hs_bytes_equal(hs_read_rest(&r, "data"), extension.data)) {
            fail_msg("%s \"%s\" is written otherwise than read", name, b->hex);
        }
        wire_free(extension.data);
    }
}

/* The bodies without structure inside: any length is right. */
static bool has_any_length(const body *b)
{
    return b->type == HS_TLS_EXT_PADDING || b->type == HS_TLS_EXT_SESSION_TICKET ||
           b->type == HS_TLS_EXT_QUIC_TRANSPORT_PARAMETERS ||
           (b->type == HS_TLS_EXT_APPLICATION_SETTINGS && b->context == EE) ||
           (b->type == HS_TLS_EXT_STATUS_REQUEST && b->number != HS_TLS_STATUS_OCSP) ||
           b->type == HS_TLS_EXT_NEXT_PROTOCOL_NEGOTIATION;
}

static void a_cut_or_longer_body_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const body *b = &bodies[i];
        hs_bytes whole = wire_unhex(b->hex);
        for (size_t len = 0; len < whole.len && !has_any_length(b); len++) {
            if (b->type == HS_TLS_EXT_STATUS_REQUEST && b->context == CR && len == 0) {
                continue; /* may be empty */
            }
            hs_tls_extension cut = {.type = b->type,
                                    .data = wire_copy(hs_bytes_of(whole.data, len))};
            hs_tls_extension_value value;
            if (hs_tls_extension_value_read(&cut, b->context, &value) != HS_MALFORMED) {
                fail_msg("%s \"%s\" cut to %zu bytes", hs_tls_extension_name(b->type), b->hex, len);
            }
            wire_free(cut.data);
        }
        if (!has_any_length(b)) {
            uint8_t longer[64] = {0};
            assert_true(whole.len < sizeof(longer));
            if (whole.len > 0) {
                memcpy(longer, whole.data, whole.len);
            }
            hs_tls_extension extension = {.type = b->type,
                                          .data = hs_bytes_of(longer, whole.len + 1)};
            hs_tls_extension_value value;
            if (!(b->type == HS_TLS_EXT_STATUS_REQUEST && b->context == CR) &&
                hs_tls_extension_value_read(&extension, b->context, &value) != HS_MALFORMED) {
                fail_msg("%s \"%s\" with a byte more", hs_tls_extension_name(b->type), b->hex);
            }
        }
        wire_free(whole);
    }
}

/* A block from its hex, without the block's own length. */
static hs_tls_extensions read_block(hs_bytes bytes, hs_tls_extension_context context,
                                    hs_notes *notes, hs_result *result)
{
    static uint8_t out[512];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_block block = hs_write_open(&w, 2);
    hs_write_bytes(&w, bytes);
    hs_write_close(&w, block);
    hs_fault fault;
    hs_reader r;
    hs_tls_extensions extensions;
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, notes);
    hs_tls_extensions_read(&r, context, &extensions);
    *result = hs_reader_finish(&r);
    return extensions;
}

static void unknown_and_grease_are_kept_in_order(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("1a1a0000"
                                "fffe0003aabbcc"
                                "2a2a000100");
    hs_result result;
    hs_tls_extensions extensions = read_block(bytes, CH, NULL, &result);
    assert_int_equal(result, HS_OK);
    assert_int_equal(extensions.count, 3);
    assert_int_equal(extensions.malformed, 0);
    hs_tls_extension_iterator it = hs_tls_extensions_begin(&extensions);
    hs_tls_extension each;
    assert_true(hs_tls_extension_next(&it, &each));
    assert_int_equal(each.type, 0x1a1a);
    assert_int_equal(each.data.len, 0);
    assert_true(hs_tls_extension_next(&it, &each));
    assert_int_equal(each.type, 0xfffe);
    assert_int_equal(each.data.len, 3);
    assert_int_equal(each.index, 1);
    hs_tls_extension_value value;
    assert_int_equal(hs_tls_extension_value_read(&each, CH, &value), HS_OK);
    assert_int_equal(value.bytes.len, 3);
    assert_true(hs_tls_extension_next(&it, &each));
    assert_int_equal(each.type, 0x2a2a);
    assert_false(hs_tls_extension_next(&it, &each));
    wire_free(bytes);
}

static void a_broken_body_does_not_spoil_the_block(void **state)
{
    (void)state;
    /* An odd list of groups, then a sound SNI. */
    hs_bytes bytes = wire_unhex("000a00050003001d00"
                                "0000000a0008000005612e636f6d");
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = 64};
    hs_result result;
    hs_tls_extensions extensions = read_block(bytes, CH, &notes, &result);
    assert_int_equal(result, HS_OK);
    assert_int_equal(extensions.count, 2);
    assert_int_equal(extensions.malformed, 1);
    assert_int_equal(extensions.malformed_type, HS_TLS_EXT_SUPPORTED_GROUPS);
    assert_string_equal(extensions.fault.field, "named_group");
    hs_tls_u16_list groups;
    assert_false(hs_tls_get_supported_groups(&extensions, &groups));
    assert_true(hs_tls_has_extension(&extensions, HS_TLS_EXT_SUPPORTED_GROUPS));
    hs_bytes host_name;
    assert_true(hs_tls_get_host_name(&extensions, &host_name));
    assert_true(hs_bytes_are(host_name, "a.com"));
    /* The notes still cover every byte once. */
    size_t at = 0;
    assert_int_equal(notes.depth, 0);
    for (size_t i = 0; i < notes.count; i++) {
        if (items[i].kind != HS_NOTE_BLOCK) {
            assert_int_equal(items[i].offset, at);
            at += items[i].length;
        }
    }
    assert_int_equal(at, bytes.len + 2);
    wire_free(bytes);
}

static void a_broken_block_is_malformed(void **state)
{
    (void)state;
    static const char *const broken[] = {"00", "0000", "000000", "00000001", "1a1a0000ff"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        hs_bytes bytes = wire_unhex(broken[i]);
        hs_result result;
        (void)read_block(bytes, CH, NULL, &result);
        assert_int_equal(result, HS_MALFORMED);
        wire_free(bytes);
    }
}

static void forms_differ_by_place(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("003300020018002b00020304002c00030001aa");
    hs_result result;
    hs_tls_extensions extensions = read_block(bytes, HRR, NULL, &result);
    uint16_t number = 0;
    hs_bytes cookie;
    assert_int_equal(result, HS_OK);
    assert_true(hs_tls_get_selected_group(&extensions, &number, NULL));
    assert_int_equal(number, 24);
    assert_true(hs_tls_get_selected_version(&extensions, &number));
    assert_int_equal(number, HS_TLS_1_3);
    assert_true(hs_tls_get_cookie(&extensions, &cookie));
    assert_int_equal(cookie.len, 1);
    hs_tls_u16_list versions;
    hs_tls_key_share_list shares;
    assert_false(hs_tls_get_supported_versions(&extensions, &versions));
    assert_false(hs_tls_get_key_shares(&extensions, &shares));
    /* The same bytes in a ClientHello are broken. */
    extensions = read_block(bytes, CH, NULL, &result);
    assert_int_equal(result, HS_OK);
    assert_int_equal(extensions.malformed, 2);
    wire_free(bytes);
}

static void server_name_is_written_from_a_name(void **state)
{
    (void)state;
    hs_tls_extension_value value = {.bytes = hs_bytes_of("a.com", 5)};
    uint8_t out[32];
    hs_writer w;
    hs_writer_init(&w, out, sizeof(out));
    hs_tls_extension_write(&w, HS_TLS_EXT_SERVER_NAME, CH, &value);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    assert_int_equal(w.len, 14);
    assert_memory_equal(out,
                        "\0\0\0\x0a\0\x08\0\0\x05"
                        "a.com",
                        14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_read_and_written_back),
        cmocka_unit_test(a_cut_or_longer_body_is_malformed),
        cmocka_unit_test(unknown_and_grease_are_kept_in_order),
        cmocka_unit_test(a_broken_body_does_not_spoil_the_block),
        cmocka_unit_test(a_broken_block_is_malformed),
        cmocka_unit_test(forms_differ_by_place),
        cmocka_unit_test(server_name_is_written_from_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

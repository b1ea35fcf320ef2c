/* Every handshake message of the samples: what was read is written as it was, cut short it is never
 * taken for whole, and the notes cover each byte once. */
#include "tls_support.h"

static void samples_are_read_and_written_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        const tls_sample *sample = &tls_samples[i];
        hs_bytes bytes = wire_unhex(sample->hex);
        hs_tls_message message;
        hs_fault fault;
        if (tls_read_message(bytes, sample->version, sample->key_exchange, NULL, &fault,
                             &message) != HS_OK) {
            fail_msg("%s: %s: %s", sample->name, fault.field, fault.why);
        }
        uint8_t out[4096];
        hs_writer w;
        hs_writer_init(&w, out, sizeof(out));
        hs_tls_message_write(&w, &message);
        assert_int_equal(hs_writer_result(&w), HS_OK);
        if (!hs_bytes_equal(hs_writer_bytes(&w), bytes)) {
            fail_msg("%s: written otherwise than read", sample->name);
        }
        for (size_t room = 0; room < bytes.len; room++) {
            hs_writer_init(&w, out, room);
            hs_tls_message_write(&w, &message);
            assert_int_equal(hs_writer_result(&w), HS_LIMIT);
        }
        wire_free(bytes);
    }
}

static void every_truncation_needs_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        const tls_sample *sample = &tls_samples[i];
        hs_bytes whole = wire_unhex(sample->hex);
        for (size_t len = 0; len < whole.len; len++) {
            hs_bytes cut = wire_copy(hs_bytes_of(whole.data, len));
            hs_tls_message message;
            hs_fault fault;
            hs_result result = tls_read_message(cut, sample->version, sample->key_exchange, NULL,
                                                &fault, &message);
            if (result != HS_NEED_MORE) {
                fail_msg("%s cut to %zu bytes: %s", sample->name, len, hs_result_text(result));
            }
            wire_free(cut);
        }
        wire_free(whole);
    }
}

/* The bodies that may end early: hellos before their extensions, and what has no structure. */
static bool may_be_shorter(const hs_tls_message *message)
{
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        return !message->body.client_hello.extensions.present;
    case HS_TLS_HS_SERVER_HELLO:
        return !message->body.server_hello.extensions.present;
    case HS_TLS_HS_FINISHED:
        return true;
    default:
        return false;
    }
}

static void a_shorter_body_contradicts_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        const tls_sample *sample = &tls_samples[i];
        hs_bytes whole = wire_unhex(sample->hex);
        for (size_t len = HS_TLS_HANDSHAKE_HEADER; len < whole.len; len++) {
            uint8_t out[4096];
            hs_writer w;
            hs_writer_init(&w, out, sizeof(out));
            hs_tls_handshake shorter = {
                whole.data[0],
                {whole.data + HS_TLS_HANDSHAKE_HEADER, len - HS_TLS_HANDSHAKE_HEADER}};
            hs_tls_handshake_write(&w, &shorter);
            hs_bytes cut = wire_copy(hs_writer_bytes(&w));
            hs_tls_message message;
            hs_fault fault;
            hs_result result = tls_read_message(cut, sample->version, sample->key_exchange, NULL,
                                                &fault, &message);
            if (result != HS_MALFORMED && !(result == HS_OK && may_be_shorter(&message))) {
                fail_msg("%s with a body of %zu bytes: %s", sample->name, len,
                         hs_result_text(result));
            }
            wire_free(cut);
        }
        wire_free(whole);
    }
}

static void a_longer_body_contradicts_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        const tls_sample *sample = &tls_samples[i];
        hs_bytes whole = wire_unhex(sample->hex);
        if (whole.data[0] != HS_TLS_HS_FINISHED) {
            uint8_t out[4096];
            hs_writer w;
            hs_writer_init(&w, out, sizeof(out));
            hs_block block = hs_tls_handshake_open(&w, whole.data[0]);
            hs_write_bytes(&w, hs_bytes_of(whole.data + HS_TLS_HANDSHAKE_HEADER,
                                           whole.len - HS_TLS_HANDSHAKE_HEADER));
            hs_write_u8(&w, 0);
            hs_tls_handshake_close(&w, block);
            hs_tls_message message;
            hs_fault fault;
            hs_result result = tls_read_message(hs_writer_bytes(&w), sample->version,
                                                sample->key_exchange, NULL, &fault, &message);
            if (result != HS_MALFORMED) {
                fail_msg("%s with a byte more: %s", sample->name, hs_result_text(result));
            }
        }
        wire_free(whole);
    }
}

static void notes_cover_every_byte_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < TLS_SAMPLE_COUNT; i++) {
        const tls_sample *sample = &tls_samples[i];
        hs_bytes bytes = wire_unhex(sample->hex);
        hs_note items[2048];
        hs_notes notes = {.items = items, .capacity = 2048};
        hs_tls_message message;
        hs_fault fault;
        assert_int_equal(tls_read_message(bytes, sample->version, sample->key_exchange, &notes,
                                          &fault, &message),
                         HS_OK);
        assert_int_equal(notes.dropped, 0);
        assert_int_equal(notes.depth, 0);
        size_t at = 0;
        for (size_t n = 0; n < notes.count; n++) {
            assert_non_null(items[n].field);
            assert_true(items[n].offset + items[n].length <= bytes.len);
            if (items[n].kind != HS_NOTE_BLOCK) {
                if (items[n].offset != at) {
                    fail_msg("%s: %s at %zu, not %zu", sample->name, items[n].field,
                             items[n].offset, at);
                }
                at += items[n].length;
            }
        }
        assert_int_equal(at, bytes.len);
        wire_free(bytes);
    }
}

static void too_few_notes_change_nothing(void **state)
{
    (void)state;
    const tls_sample *sample = tls_sample_named("chromium ClientHello");
    hs_bytes bytes = wire_unhex(sample->hex);
    for (size_t capacity = 0; capacity < 100; capacity++) {
        hs_note items[100];
        hs_notes notes = {.items = items, .capacity = capacity};
        hs_tls_message message;
        hs_fault fault;
        assert_int_equal(
            tls_read_message(bytes, HS_TLS_1_3, HS_TLS_KX_ANY, &notes, &fault, &message), HS_OK);
        assert_int_equal(notes.count, capacity);
        assert_true(notes.dropped > 0);
    }
    wire_free(bytes);
}

static void names_are_the_rfcs(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex(tls_sample_named("1.3 HelloRetryRequest")->hex);
    hs_fault fault;
    hs_reader r;
    hs_tls_handshake message;
    hs_reader_init(&r, bytes, &fault, NULL);
    assert_int_equal(hs_tls_handshake_read(&r, &message), HS_OK);
    assert_string_equal(hs_tls_handshake_name(&message), "HelloRetryRequest");
    assert_string_equal(hs_tls_handshake_type_name(message.msg_type), "ServerHello");
    message.body.len = 10;
    assert_string_equal(hs_tls_handshake_name(&message), "ServerHello");
    assert_string_equal(hs_tls_handshake_type_name(HS_TLS_HS_END_OF_EARLY_DATA), "EndOfEarlyData");
    assert_null(hs_tls_handshake_type_name(99));
    wire_free(bytes);
}

static void a_type_without_a_parser_is_kept(void **state)
{
    (void)state;
    hs_bytes bytes = wire_unhex("63000003aabbcc");
    hs_tls_message message;
    hs_fault fault;
    assert_int_equal(tls_read_message(bytes, HS_TLS_1_2, HS_TLS_KX_NONE, NULL, &fault, &message),
                     HS_OK);
    assert_int_equal(message.msg_type, 0x63);
    assert_int_equal(message.body.raw.len, 3);
    wire_free(bytes);
}

static void key_exchanges_without_a_suite_stay_raw(void **state)
{
    (void)state;
    const tls_sample *sample = tls_sample_named("1.2 ServerKeyExchange ECDHE");
    hs_bytes bytes = wire_unhex(sample->hex);
    hs_tls_message message;
    hs_fault fault;
    assert_int_equal(tls_read_message(bytes, HS_TLS_1_2, HS_TLS_KX_NONE, NULL, &fault, &message),
                     HS_OK);
    assert_int_equal(message.body.server_key_exchange.form, HS_TLS_SKE_RAW);
    assert_int_equal(message.body.server_key_exchange.raw.len, bytes.len - HS_TLS_HANDSHAKE_HEADER);
    wire_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read_and_written_back),
        cmocka_unit_test(every_truncation_needs_more),
        cmocka_unit_test(a_shorter_body_contradicts_itself),
        cmocka_unit_test(a_longer_body_contradicts_itself),
        cmocka_unit_test(notes_cover_every_byte_once),
        cmocka_unit_test(too_few_notes_change_nothing),
        cmocka_unit_test(names_are_the_rfcs),
        cmocka_unit_test(a_type_without_a_parser_is_kept),
        cmocka_unit_test(key_exchanges_without_a_suite_stay_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

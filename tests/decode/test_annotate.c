/* Every field of a message with its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/annotate.h"
#include "kit.h"
#include "wire/tls/names.h"

enum { NOTES_MAX = 4096 };

static hs_note items[NOTES_MAX];

static const hs_note *find(const hs_notes *notes, const char *field)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (strcmp(notes->items[i].field, field) == 0) {
            return &notes->items[i];
        }
    }
    return NULL;
}

/* Every byte of the message lies under a note that is not a block. */
static void assert_covered(const hs_event *event, const hs_notes *notes)
{
    uint8_t *seen = calloc(1, event->raw.len);
    assert_non_null(seen);
    for (size_t i = 0; i < notes->count; i++) {
        const hs_note *note = &notes->items[i];
        assert_true(note->offset <= event->raw.len);
        assert_true(note->length <= event->raw.len - note->offset);
        if (note->kind != HS_NOTE_BLOCK) {
            memset(seen + note->offset, 1, note->length);
        }
    }
    for (size_t i = 0; i < event->raw.len; i++) {
        if (!seen[i]) {
            fail_msg("%s: byte %zu of %zu has no note", event->name, i, event->raw.len);
        }
    }
    free(seen);
}

static void every_tls_message(void **state)
{
    (void)state;
    static const char *const files[] = {
        "tls13_client_auth.tls", "tls13_hrr.tls",   "tls13_early_data.tls", "tls13_key_update.tls",
        "tls12_client_auth.tls", "tls12_ocsp.tls",  "tls12_dhe.tls",        "tls12_rsa.tls",
        "tls10_cbc.tls",         "gnutls_tls13.tls"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        kit_recording *recording = kit_load(files[i]);
        hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
        size_t annotated = 0;
        for (const hs_event *event = trace->events; event; event = event->next) {
            if (event->layer != HS_LAYER_TLS) {
                continue;
            }
            hs_notes notes = {.items = items, .capacity = NOTES_MAX};
            hs_fault fault;
            assert_int_equal(hs_annotate(trace, event, &notes, &fault), HS_OK);
            assert_int_equal(notes.dropped, 0);
            assert_true(notes.count > 0);
            assert_covered(event, &notes);
            annotated++;
        }
        assert_true(annotated > 6);
        hs_trace_free(trace);
        kit_recording_free(recording);
    }
}

static void fields_have_names_and_meanings(void **state)
{
    (void)state;
    kit_recording *recording = kit_load("tls13_aes256.tls");
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    hs_notes notes = {.items = items, .capacity = NOTES_MAX};
    assert_int_equal(hs_annotate(trace, kit_event(trace, "ServerHello", 0), &notes, NULL), HS_OK);
    const hs_note *note = find(&notes, "cipher_suite");
    assert_non_null(note);
    assert_int_equal(note->value, 0x1302);
    assert_string_equal(note->meaning, "TLS_AES_256_GCM_SHA384");
    assert_int_equal(note->length, 2);

    notes = (hs_notes){.items = items, .capacity = NOTES_MAX};
    assert_int_equal(hs_annotate(trace, kit_event(trace, "Alert", 0), &notes, NULL), HS_OK);
    assert_int_equal(notes.count, 2);
    hs_trace_free(trace);
    kit_recording_free(recording);
}

static void what_cannot_be_annotated(void **state)
{
    (void)state;
    hs_trace trace = {0};
    hs_event event = {.layer = HS_LAYER_TLS, .type = 22 << 8 | 1, .name = "ClientHello"};
    hs_notes notes = {.items = items, .capacity = NOTES_MAX};
    hs_fault fault;
    assert_int_equal(hs_annotate(&trace, &event, &notes, &fault), HS_INVALID);
    static const uint8_t cut[] = {1, 0, 0, 40, 3, 3, 7, 7};
    event.raw = (hs_bytes){cut, sizeof cut};
    assert_int_equal(hs_annotate(&trace, &event, &notes, &fault), HS_MALFORMED);
    assert_non_null(fault.field);
    event.type = 99 << 8;
    assert_int_equal(hs_annotate(&trace, &event, &notes, &fault), HS_INVALID);
}

static void application_messages(void **state)
{
    (void)state;
    kit_recording *recording = kit_recording_new();
    static const char head[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    uint8_t *bytes = malloc(sizeof head);
    assert_non_null(bytes);
    memcpy(bytes, head, sizeof head);
    kit_add(recording, HS_CLIENT, (hs_bytes){bytes, sizeof head - 1});
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_NONE});
    assert_non_null(trace->events);
    hs_notes notes = {.items = items, .capacity = NOTES_MAX};
    assert_int_equal(hs_annotate(trace, trace->events, &notes, NULL), HS_OK);
    assert_true(notes.count > 3);
    hs_trace_free(trace);
    kit_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tls_message),
        cmocka_unit_test(fields_have_names_and_meanings),
        cmocka_unit_test(what_cannot_be_annotated),
        cmocka_unit_test(application_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

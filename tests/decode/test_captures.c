/* Other people's captures against what tshark makes of them. They are not part of this project:
 * HS_CAPTURES, or ../shared/captures beside it, says where they are; without them nothing is
 * tested, and said so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>

#include "base/reader.h"
#include "capture_file.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

enum { PATH_SIZE = 1024, LIST_SIZE = 4096 };

static char folder[PATH_SIZE];

static bool find_folder(void)
{
    const char *named = getenv("HS_CAPTURES");
    snprintf(folder, sizeof folder - 64, "%s", named ? named : SOURCE_DIR "/../shared/captures");
    char expected[PATH_SIZE + 16];
    snprintf(expected, sizeof expected, "%.900s/expected", folder);
    DIR *dir = opendir(expected);
    if (dir) {
        closedir(dir);
    }
    return dir != NULL;
}

static const char *text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void assert_text(const char *what, const char *got, const char *want)
{
    if (want && (!got || strcmp(got, want) != 0)) {
        fail_msg("%s: %s instead of %s", what, got ? got : "nothing", want);
    }
}

/* "C:ClientHello S:ServerHello": what crossed in the clear or was decrypted. */
static void list_of_trace(const hs_trace *trace, hs_side side, char out[LIST_SIZE])
{
    size_t len = 0;
    out[0] = 0;
    for (const hs_event *event = trace->events; event; event = event->next) {
        uint8_t type = (uint8_t)(event->type >> 8);
        bool is_message = event->layer == HS_LAYER_TLS && event->bytes > 0 &&
                          strcmp(event->name, "encrypted record") != 0 &&
                          strcmp(event->name, "incomplete") != 0;
        bool counts = type == HS_TLS_HANDSHAKE || type == HS_TLS_ALERT ||
                      type == HS_TLS_CHANGE_CIPHER_SPEC;
        if (event->from == side && is_message && counts && len < LIST_SIZE - 64) {
            const char *name = type == HS_TLS_CHANGE_CIPHER_SPEC ? "CCS" : event->name;
            len += (size_t)snprintf(out + len, LIST_SIZE - len, "%s ", name);
        }
    }
}

static void list_of_row(const json_t *row, hs_side side, char out[LIST_SIZE])
{
    size_t i;
    size_t len = 0;
    const json_t *item;
    out[0] = 0;
    json_array_foreach(json_object_get(row, "messages"), i, item)
    {
        const char *message = json_string_value(item);
        if (message[0] == (side == HS_CLIENT ? 'C' : 'S') && !strstr(message, "enc") &&
            !strstr(message, "Enc") && len < LIST_SIZE - 64) {
            len += (size_t)snprintf(out + len, LIST_SIZE - len, "%s ", message + 2);
        }
    }
    /* EncryptedExtensions has Enc in its name too. */
}

static bool has_keys(const json_t *row)
{
    return json_is_true(json_object_get(row, "decrypted"));
}

static void compare_messages(const json_t *row, const hs_trace *trace)
{
    for (int side = 0; side < 2; side++) {
        char got[LIST_SIZE];
        char want[LIST_SIZE];
        list_of_trace(trace, side == 0 ? HS_CLIENT : HS_SERVER, got);
        list_of_row(row, side == 0 ? HS_CLIENT : HS_SERVER, want);
        char *encrypted = strstr(got, "EncryptedExtensions ");
        if (encrypted) {
            size_t len = strlen("EncryptedExtensions ");
            memmove(encrypted, encrypted + len, strlen(encrypted + len) + 1);
        }
        assert_string_equal(got, want);
    }
}

static void compare_certificates(const json_t *row, const hs_trace *trace)
{
    size_t i;
    const json_t *item;
    const json_t *list = json_object_get(json_object_get(row, "certs"), "S");
    if (kit_detail(kit_event(trace, "Certificate", 0), "not_x509")) {
        return; /* tshark shows as much of a broken one as it can */
    }
    if (json_array_size(list) > 0) {
        assert_int_equal(trace->certificate_count, json_array_size(list));
    }
    json_array_foreach(list, i, item)
    {
        const hs_certificate *certificate = &trace->certificates[i];
        assert_text("sha256", certificate->sha256, text_of(item, "sha256"));
        /* tshark shows the zero that only keeps the number positive. */
        const char *serial = text_of(item, "serial");
        bool has_zero = serial && strncmp(serial, "00", 2) == 0 && strlen(serial) > 2;
        assert_text("serial", certificate->serial, has_zero ? serial + 2 : serial);
    }
}

static void version_text(uint16_t version, char out[32])
{
    if (version >> 8 == 0x7f) {
        snprintf(out, 32, "TLS1.3-draft%d", version & 0xff);
    } else if (version == HS_TLS_SSLV3) {
        snprintf(out, 32, "SSL3.0");
    } else {
        snprintf(out, 32, "TLS1.%d", version - HS_TLS_1_0);
    }
}

static void compare_facts(const json_t *row, const hs_trace *trace)
{
    const hs_tls_facts *t = &trace->tls;
    char text[32];
    assert_text("ja3", t->ja3, text_of(row, "ja3"));
    assert_text("ja4", t->ja4, text_of(row, "ja4"));
    assert_text("ja3s", t->ja3s, text_of(row, "ja3s"));
    assert_text("server_name", t->server_name, text_of(row, "sni"));
    assert_text("alpn", t->alpn, text_of(row, "alpn_selected"));
    if (text_of(row, "version")) {
        version_text(t->version, text);
        assert_text("version", text, text_of(row, "version"));
        snprintf(text, sizeof text, "%04x", t->cipher);
        assert_text("cipher", text, text_of(row, "cipher"));
        assert_int_equal(t->hello_retry_request == HS_YES,
                         json_is_true(json_object_get(row, "hrr")));
    }
    if (text_of(row, "group")) {
        snprintf(text, sizeof text, "%04x", t->group);
        assert_text("group", text, text_of(row, "group"));
    }
    /* tshark knows resumption of TLS 1.3 alone. */
    if (t->version == HS_TLS_1_3 && json_is_boolean(json_object_get(row, "resumed"))) {
        assert_int_equal(t->resumed, json_is_true(json_object_get(row, "resumed")));
    }
}

static void add_keys(kit_recording *recording, const char *capture)
{
    char path[PATH_SIZE + 512];
    char line[512];
    snprintf(path, sizeof path, "%.900s/pcap/%.256s.keylog", folder, capture);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        kit_add_key(recording, line);
    }
    if (file) {
        fclose(file);
    }
}

/* Whether this row is of the kind that can be compared, and was. */
static bool compare(const char *capture, const json_t *row)
{
    char path[PATH_SIZE + 512];
    const char *kind = text_of(row, "kind");
    /* That draft's ServerHello says 0x0304 and has another form: tshark shows nonsense for it. */
    if (strstr(capture, "tls13_draft14")) {
        return false;
    }
    if (!kind || strcmp(kind, "tls") != 0 || json_is_true(json_object_get(row, "midstream")) ||
        json_array_size(json_object_get(row, "client_hellos")) == 0) {
        return false;
    }
    snprintf(path, sizeof path, "%.900s/pcap/%.256s", folder, capture);
    kit_recording *recording = capture_connection(path, text_of(row, "client"),
                                                  text_of(row, "server"));
    if (!recording) {
        return false;
    }
    add_keys(recording, capture);
    hs_trace *trace = kit_decode(recording, (kit_way){.keys = KIT_KEYS_FIRST});
    bool is_tls = trace->tls.present; /* else it is STARTTLS or a proxy's, and ended before TLS */
    if (is_tls) {
        print_message("%s %s\n", capture, text_of(row, "client"));
        compare_facts(row, trace);
        if (has_keys(row) || trace->tls.version != HS_TLS_1_3) {
            compare_certificates(row, trace);
        }
        compare_messages(row, trace);
        kit_assert_same_every_way(recording);
    }
    hs_trace_free(trace);
    kit_recording_free(recording);
    return is_tls;
}

static size_t compare_file(const char *name)
{
    char path[PATH_SIZE + 512];
    char capture[256];
    size_t compared = 0;
    snprintf(path, sizeof path, "%.900s/expected/%.256s", folder, name);
    snprintf(capture, sizeof capture, "%.*s", (int)(strlen(name) - strlen(".jsonl")), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) >= 0) {
        json_t *row = json_loads(line, 0, NULL);
        compared += row && compare(capture, row);
        json_decref(row);
    }
    free(line);
    fclose(file);
    return compared;
}

static void captures(void **state)
{
    (void)state;
    if (!find_folder()) {
        print_message("skipped: no captures in %s\n", folder);
        skip();
    }
    char path[PATH_SIZE + 16];
    size_t compared = 0;
    struct dirent **names = NULL;
    snprintf(path, sizeof path, "%.900s/expected", folder);
    int count = scandir(path, &names, NULL, alphasort);
    assert_true(count > 0);
    const char *only = getenv("ONLY");
    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, ".jsonl") && (!only || strstr(names[i]->d_name, only))) {
            compared += compare_file(names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    print_message("%zu connections compared\n", compared);
    assert_true(compared > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(captures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

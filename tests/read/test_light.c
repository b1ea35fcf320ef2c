/* The light mode tells of each connection what the full one does, as far as a line and the summary
 * need it: for every capture of tests/captures, with its key log and without, and for those in the
 * folder HS_FOREIGN (other people's, not part of this project), where there is one. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <handshake/handshake.h>

#include "../cmocka_headers.h"

enum { PATH_MAX_HERE = 1024, TEXT_MAX_HERE = 2048 };

/* A connection as text, to be compared. */
typedef struct told {
    char **texts;
    size_t count;
} told;

static void add_text(char *out, size_t *len, const char *name, const char *text)
{
    *len += (size_t)snprintf(out + *len, TEXT_MAX_HERE - *len, "%s=%s ", name, text ? text : "-");
    assert_true(*len < TEXT_MAX_HERE);
}

static void add_number(char *out, size_t *len, const char *name, int64_t number)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    add_text(out, len, name, digits);
}

static void add_ends(char *out, size_t *len, const hs_trace *t)
{
    add_number(out, len, "at", t->at);
    add_text(out, len, "client", t->capture.client_address);
    add_number(out, len, "client_port", t->capture.client_port);
    add_text(out, len, "server", t->target.address);
    add_number(out, len, "port", t->target.port);
    add_text(out, len, "scheme", t->target.scheme);
    add_text(out, len, "host", t->target.host);
    add_number(out, len, "first_packet", (int64_t)t->capture.first_packet);
    add_number(out, len, "packets", (int64_t)t->capture.packets);
    add_number(out, len, "missing", (int64_t)t->capture.missing_bytes);
    add_number(out, len, "truncated", (int64_t)t->capture.truncated_packets);
    add_number(out, len, "midstream", t->capture.midstream);
    add_text(out, len, "ended", t->tcp.ended);
}

static void add_tls(char *out, size_t *len, const hs_tls_facts *tls)
{
    add_number(out, len, "tls", tls->present);
    add_number(out, len, "version", tls->version);
    add_number(out, len, "cipher", tls->has_cipher ? tls->cipher : -1);
    add_number(out, len, "group", tls->group);
    add_text(out, len, "name", tls->server_name);
    add_text(out, len, "alpn", tls->alpn);
    add_number(out, len, "resumed", tls->resumed);
    add_number(out, len, "retry", tls->hello_retry_request);
    add_number(out, len, "early", tls->early_data);
    add_number(out, len, "alert", tls->has_alert ? tls->alert_description : -1);
}

static void add_rest(char *out, size_t *len, const hs_trace *t)
{
    add_number(out, len, "failure", t->failure.cls);
    add_text(out, len, "message", t->failure.message);
    add_number(out, len, "elapsed", t->failure.cls ? t->failure.elapsed : 0);
    add_number(out, len, "http", t->http.present ? t->http.status : -1);
    add_number(out, len, "websocket", t->websocket.present ? t->websocket.status : -1);
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        add_number(out, len, "phase", t->phases[i].present);
        add_number(out, len, "start", t->phases[i].start.at);
        add_number(out, len, "end", t->phases[i].end.at);
        add_number(out, len, "trips", t->phases[i].round_trips);
    }
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        add_number(out, len, "mark", t->milestones[i].at);
    }
}

static void on_connection(void *context, const hs_trace *trace)
{
    told *all = context;
    char text[TEXT_MAX_HERE];
    size_t len = 0;
    add_ends(text, &len, trace);
    add_tls(text, &len, &trace->tls);
    add_rest(text, &len, trace);
    all->texts = realloc(all->texts, (all->count + 1) * sizeof *all->texts);
    assert_non_null(all->texts);
    all->texts[all->count] = strdup(text);
    assert_non_null(all->texts[all->count]);
    all->count++;
}

static told tell(const char *path, const char *keylog, bool light)
{
    told all = {.count = 0};
    hs_capture_options options;
    hs_capture *capture;
    hs_problem problem;
    hs_capture_options_init(&options);
    options.files = &path;
    options.file_count = 1;
    options.keylog = keylog;
    options.light = light;
    options.keep_events = !light;
    options.connection = on_connection;
    options.context = &all;
    assert_int_equal(hs_capture_new(&options, &capture, &problem), HS_OK);
    hs_result result = hs_capture_run(capture, &problem);
    assert_true(result == HS_OK || result == HS_INVALID);
    hs_capture_free(capture);
    return all;
}

/* Where the first field begins that differs; the end where none does. */
static size_t first_difference(const char *a, const char *b)
{
    size_t field = 0;
    size_t at = 0;
    for (; a[at] != '\0' && a[at] == b[at]; at++) {
        field = a[at] == ' ' ? at + 1 : field;
    }
    return a[at] == b[at] ? at : field;
}

static size_t compare(const char *path, const char *keylog)
{
    told full = tell(path, keylog, false);
    told light = tell(path, keylog, true);
    size_t count = full.count;
    if (light.count != count) {
        fail_msg("%s: %zu connections, %zu light", path, count, light.count);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = first_difference(full.texts[i], light.texts[i]);
        if (full.texts[i][at] != '\0') {
            fail_msg("%s, connection %zu: full %.200s, light %.200s", path, i, full.texts[i] + at,
                     light.texts[i] + at);
        }
        free(full.texts[i]);
        free(light.texts[i]);
    }
    free(full.texts);
    free(light.texts);
    return count;
}

static bool has_ending(const char *name, const char *ending)
{
    size_t len = strlen(name);
    return len > strlen(ending) && strcmp(name + len - strlen(ending), ending) == 0;
}

static bool is_capture(const char *name)
{
    return has_ending(name, ".pcap") || has_ending(name, ".pcapng") || has_ending(name, ".cap") ||
           has_ending(name, ".pcap.gz") || has_ending(name, ".pcapng.gz");
}

/* The key log has the capture's name up to its first dot. */
static bool find_keylog(const char *folder, const char *name, char out[PATH_MAX_HERE])
{
    int stem = (int)strcspn(name, ".");
    snprintf(out, PATH_MAX_HERE, "%s/%.*s.keylog", folder, stem, name);
    return access(out, R_OK) == 0;
}

static size_t compare_folder(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry;
         entry = readdir(directory)) {
        char path[PATH_MAX_HERE];
        char keylog[PATH_MAX_HERE];
        if (!is_capture(entry->d_name)) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count += compare(path, NULL);
        if (find_keylog(folder, entry->d_name, keylog)) {
            count += compare(path, keylog);
        }
    }
    if (directory) {
        closedir(directory);
    }
    return count;
}

static void captures_of_the_project(void **state)
{
    (void)state;
    unsetenv("SSLKEYLOGFILE");
    assert_true(compare_folder(HS_LAB) > 50);
}

static void captures_of_others(void **state)
{
    (void)state;
    unsetenv("SSLKEYLOGFILE");
    if (compare_folder(HS_FOREIGN) == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_of_the_project),
        cmocka_unit_test(captures_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

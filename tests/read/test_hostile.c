/* Whole captures, cut and changed: no result but a result, and no more memory than was allowed.
 *
 * The captures are the seeds of fuzz/corpus, each with every cut and change; those in the folder
 * HS_CAPTURES (other people's, not part of this project) get a few of each, or with
 * HS_HOSTILE=all as many as the seeds. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <handshake/handshake.h>

#include "../cmocka_headers.h"

enum {
    CUTS = 200,
    CHANGES = 1000,
    CUTS_FEW = 5,
    CHANGES_FEW = 10,
    CHANGED_BYTES = 16,
    MEMORY = 8 << 20,
    FILE_LARGEST = 1 << 20,
};

typedef struct run {
    FILE *out;
    uint64_t connections;
} run;

static void on_connection(void *context, const hs_trace *trace)
{
    static const hs_report_options options = {.events = true};
    run *r = context;
    r->connections++;
    assert_int_equal(hs_report_json(trace, &options, r->out), HS_OK);
}

/* Reads the file `fd` as the program does; gives how many connections there were. */
static uint64_t read_once(int fd, bool light)
{
    char path[64];
    const char *files[] = {path};
    run r = {.out = fopen("/dev/null", "we")};
    hs_capture_options options;
    hs_capture *capture;
    hs_problem problem;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hs_capture_options_init(&options);
    options.files = files;
    options.file_count = 1;
    options.memory_limit = MEMORY;
    options.light = light;
    options.keep_events = options.findings = !light;
    options.connection = on_connection;
    options.context = &r;
    assert_non_null(r.out);
    assert_int_equal(hs_capture_new(&options, &capture, &problem), HS_OK);
    hs_result result = hs_capture_run(capture, &problem);
    assert_true(result == HS_OK || result == HS_INVALID);
    assert_true(hs_capture_count(capture).memory_peak <= MEMORY);
    hs_capture_free(capture);
    fclose(r.out);
    return r.connections;
}

static uint64_t read_bytes(const uint8_t *data, size_t len, bool light)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    uint64_t connections = read_once(fd, light);
    close(fd);
    return connections;
}

/* xorshift: the same changes each time */
static uint32_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 16);
}

static void change(const uint8_t *data, size_t len, uint8_t *copy, uint64_t *seed)
{
    memcpy(copy, data, len);
    uint32_t count = 1 + next_random(seed) % CHANGED_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        copy[next_random(seed) % len] = (uint8_t)next_random(seed);
    }
}

static void try_file(const char *folder, const char *name, size_t cuts, size_t changes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    uint8_t *data = malloc(FILE_LARGEST);
    uint8_t *copy = malloc(FILE_LARGEST);
    uint64_t seed = 88172645463325252;
    assert_true(file && data && copy);
    size_t len = fread(data, 1, FILE_LARGEST, file);
    fclose(file);
    (void)read_bytes(data, len, false);
    for (size_t i = 0; i < cuts; i++) {
        (void)read_bytes(data, len * i / cuts, i % 2 == 0);
    }
    for (size_t i = 0; i < changes && len > 0; i++) {
        change(data, len, copy, &seed);
        (void)read_bytes(copy, len, i % 2 == 0);
    }
    free(data);
    free(copy);
}

/* Every regular file in the folder; -1 where there is none. */
static int try_folder(const char *folder, size_t cuts, size_t changes)
{
    int count = 0;
    DIR *directory = opendir(folder);
    if (!directory) {
        return -1;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (entry->d_name[0] != '.' && !(dot && strcmp(dot, ".keylog") == 0)) {
            try_file(folder, entry->d_name, cuts, changes);
            count++;
        }
    }
    closedir(directory);
    return count;
}

static void test_seeds(void **state)
{
    (void)state;
    assert_true(try_folder(HS_SEEDS, CUTS, CHANGES) > 3);
}

static void test_foreign(void **state)
{
    char folder[4096];
    const char *captures = getenv("HS_CAPTURES");
    const char *how = getenv("HS_HOSTILE");
    bool all = how && strcmp(how, "all") == 0;
    (void)state;
    snprintf(folder, sizeof folder, "%s/pcap", captures ? captures : HS_FOREIGN);
    if (try_folder(folder, all ? CUTS : CUTS_FEW, all ? CHANGES : CHANGES_FEW) < 0) {
        printf("no folder of captures (HS_CAPTURES, or ../shared/captures)\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

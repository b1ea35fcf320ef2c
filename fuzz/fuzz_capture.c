/* The whole path: a capture file of any kind in, records and text out, with little memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <handshake/handshake.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 4 << 20 };

static FILE *out;

static void on_connection(void *context, const hs_trace *trace)
{
    const hs_report_options *options = context;
    if (hs_report_json(trace, options, out) != HS_OK ||
        hs_report_text(trace, options, out) != HS_OK) {
        abort();
    }
    /* A light trace has no events to write. */
    hs_result result = hs_report_qlog(trace, out);
    if (result != HS_OK && result != HS_INVALID) {
        abort();
    }
}

static void read_file(const char *path, bool light)
{
    hs_report_options report = {.events = true, .verbosity = 2};
    hs_capture_options options;
    hs_capture *capture;
    hs_problem problem;
    hs_capture_options_init(&options);
    options.files = &path;
    options.file_count = 1;
    options.memory_limit = MEMORY;
    options.light = light;
    options.keep_events = options.keep_bytes = options.findings = !light;
    options.connection = on_connection;
    options.context = &report;
    if (hs_capture_new(&options, &capture, &problem) != HS_OK) {
        return;
    }
    hs_result result = hs_capture_run(capture, &problem);
    if (result != HS_OK && result != HS_INVALID) {
        abort();
    }
    hs_capture_free(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    if (!out) {
        out = fopen("/dev/null", "we");
    }
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || !out || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_file(path, false);
    read_file(path, true);
    close(fd);
    return 0;
}

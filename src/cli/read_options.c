/* The table of the options of `handshake read`, and the setters of those that are checked as they
 * are read. */
#include "cli/read_options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DURATION_MAX_SECONDS = 366 * 86400, MEMORY_LEAST = 1 << 20 };

#define MILLISECONDS_MAX 86400e3
#define AT(field) offsetof(hs_read_settings, field)

/* A number of bytes, with K, M or G for powers of 1024. */
static hs_result set_size(void *field, const char *argument, hs_problem *problem)
{
    static const char units[] = "KMG";
    char *end;
    errno = 0;
    unsigned long long value = strtoull(argument, &end, 10);
    bool valid = argument[0] >= '0' && argument[0] <= '9' && errno == 0;
    if (valid && *end != '\0') {
        const char *unit = strchr(units, *end & ~0x20);
        unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
        valid = unit && end[1] == '\0' && value <= SIZE_MAX >> shift;
        value <<= valid ? shift : 0;
    }
    if (!valid || value < MEMORY_LEAST || value > SIZE_MAX / 2) {
        snprintf(problem->text, sizeof problem->text,
                 "'%.80s' is not a size of 1M or more, such as 64M or 2G", argument);
        return HS_INVALID;
    }
    *(size_t *)field = (size_t)value;
    return HS_OK;
}

static hs_result set_milliseconds(void *field, const char *argument, hs_problem *problem)
{
    char *end;
    double value = strtod(argument, &end);
    if (end == argument || *end != '\0' || !isfinite(value) || value < 0 ||
        value > MILLISECONDS_MAX) {
        snprintf(problem->text, sizeof problem->text, "'%.80s' is not a number of milliseconds",
                 argument);
        return HS_INVALID;
    }
    *(hs_time *)field = (hs_time)llround(value * (double)HS_MILLISECOND);
    return HS_OK;
}

const hs_option hs_read_option_table[] = {
    {.group = "Live capture",
     .letter = 'i',
     .name = "interface",
     .argument = "DEV",
     .help = "capture on device DEV ('any' for all) until Ctrl-C",
     .kind = HS_OPTION_TEXT,
     .offset = AT(capture.device)},
    {.name = "filter",
     .argument = "BPF",
     .help = "capture only what matches: 'tcp port 443' (pcap-filter(7))",
     .kind = HS_OPTION_TEXT,
     .offset = AT(capture.filter)},
    {.name = "duration",
     .argument = "S",
     .help = "end after S seconds",
     .kind = HS_OPTION_SECONDS,
     .offset = AT(capture.duration),
     .min = 1,
     .max = DURATION_MAX_SECONDS * HS_SECOND},

    {.group = "Which connections",
     .name = "host",
     .argument = "H",
     .help = "of this address (either end) or server name",
     .kind = HS_OPTION_TEXT,
     .offset = AT(capture.host)},
    {.name = "port",
     .argument = "P",
     .help = "of this port (either end)",
     .kind = HS_OPTION_INTEGER,
     .offset = AT(capture.port),
     .max = UINT16_MAX},
    {.name = "failed",
     .help = "those that failed",
     .kind = HS_OPTION_FLAG,
     .offset = AT(capture.failed)},
    {.name = "slower-than",
     .argument = "MS",
     .help = "those that were ready, or failed, after more than MS milliseconds",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(capture.slower_than),
     .set = set_milliseconds},
    {.letter = 'c',
     .name = "count",
     .argument = "N",
     .help = "end after N of them",
     .kind = HS_OPTION_INTEGER,
     .offset = AT(count),
     .min = 1,
     .max = INT32_MAX},

    {.group = "Decoding",
     .name = "keylog",
     .argument = "FILE",
     .help = "TLS secrets to decrypt with ($SSLKEYLOGFILE); pcapng may bring its own",
     .kind = HS_OPTION_TEXT,
     .offset = AT(capture.keylog)},
    {.name = "memory",
     .argument = "SIZE",
     .help = "for all connections under way together (default: 256M)",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(capture.memory_limit),
     .set = set_size},
    {.name = "no-sandbox",
     .help = "where the kernel cannot confine the process: read all the same",
     .kind = HS_OPTION_FLAG,
     .offset = AT(no_sandbox)},

    {.group = "Output",
     .letter = 'v',
     .name = "verbose",
     .help = "with every message that crossed the wire; -vv with every field and its bytes",
     .kind = HS_OPTION_COUNT,
     .offset = AT(verbosity)},
    {.name = "json",
     .help = "one record a line (schema handshake/1)",
     .kind = HS_OPTION_FLAG,
     .offset = AT(json)},
    {.name = "events",
     .help = "with --json: also the messages",
     .kind = HS_OPTION_FLAG,
     .offset = AT(events)},
    {.letter = 'o',
     .name = "output",
     .argument = "FILE",
     .help = "write to FILE instead of stdout",
     .kind = HS_OPTION_TEXT,
     .offset = AT(output)},
    {.name = "pcap",
     .argument = "FILE",
     .help = "write the packets of these handshakes to FILE (pcapng)",
     .kind = HS_OPTION_TEXT,
     .offset = AT(capture.pcap)},
    {.name = "embed-secrets",
     .help = "with --pcap: with the TLS secrets of these connections in it",
     .kind = HS_OPTION_FLAG,
     .offset = AT(capture.embed_secrets)},
    {0},
};

void hs_read_settings_init(hs_read_settings *settings)
{
    *settings = (hs_read_settings){.count = 0};
    hs_capture_options_init(&settings->capture);
}

void hs_read_settings_finish(hs_read_settings *settings, const hs_operands *files)
{
    hs_capture_options *capture = &settings->capture;
    capture->files = (const char *const *)files->items;
    capture->file_count = files->count;
    capture->count = (uint64_t)settings->count;
    capture->keep_events = settings->verbosity > 0 || settings->events;
    capture->keep_bytes = settings->verbosity > 1 && !settings->json;
    capture->light = settings->verbosity == 0 && !settings->json;
    capture->findings = settings->verbosity > 0 || settings->json;
}

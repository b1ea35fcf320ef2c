#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "findings/findings.h"
#include "read/capture_state.h"
#include "read/confine.h"
#include "read/filter.h"

/* Somebody waits for the line of a live connection. */
static const hs_time live_linger = HS_SECOND;

void hs_capture_options_init(hs_capture_options *options)
{
    *options = (hs_capture_options){.port = -1, .slower_than = HS_TIME_NONE};
}

hs_time hs_capture_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * HS_SECOND + now.tv_nsec;
}

void hs_capture_trouble(hs_capture *capture, const char *format, ...)
{
    char line[600];
    if (capture->options.trouble) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        capture->options.trouble(capture->options.context, line);
    }
}

void hs_capture_free(hs_capture *capture)
{
    if (capture) {
        hs_flows_free(capture->flows);
        hs_capture_close(capture);
        free(capture);
    }
}

hs_result hs_capture_new(const hs_capture_options *options, hs_capture **out, hs_problem *problem)
{
    problem->text[0] = '\0';
    *out = NULL;
    hs_capture *capture = calloc(1, sizeof *capture);
    if (!capture) {
        return HS_NO_MEMORY;
    }
    capture->options = *options;
    capture->secrets.fd = -1;
    capture->spool_fd = -1;
    capture->deadline = HS_TIME_NONE;
    hs_result result = hs_capture_open(capture, problem);
    if (result != HS_OK) {
        hs_capture_free(capture);
        return result;
    }
    *out = capture;
    return HS_OK;
}

/* OpenSSL opens its configuration and chooses its code at the first use. */
static void warm_up_crypto(void)
{
    static const char *const digests[] = {"MD5", "SHA1", "SHA256", "SHA384"};
    uint8_t digest[EVP_MAX_MD_SIZE];
    (void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
                                  OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
                              NULL);
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        (void)EVP_Q_digest(NULL, digests[i], NULL, "", 0, digest, NULL);
    }
}

hs_result hs_capture_confine(hs_capture *capture, hs_problem *problem)
{
    hs_result result = HS_OK;
    warm_up_crypto();
    if (capture->options.device) {
        result = hs_confine_privileges(problem);
    }
    return result == HS_OK ? hs_confine_calls(problem) : result;
}

void hs_capture_stop(hs_capture *capture)
{
    capture->stop = 1;
}

/* ---- connections that are over */

static void fail(hs_capture *capture, hs_result result)
{
    if (capture->result == HS_OK) {
        capture->result = result;
    }
    capture->stop = 1;
}

static void give_out(hs_capture *capture, hs_trace *trace)
{
    const hs_capture_options *options = &capture->options;
    if (options->findings && hs_findings_run(trace) != HS_OK) {
        trace->incomplete = true;
    }
    hs_result result = hs_capture_select(capture, trace);
    if (result != HS_OK) {
        fail(capture, result);
    }
    if (options->connection) {
        options->connection(options->context, trace);
    }
    capture->given++;
    if (options->count > 0 && capture->given == options->count) {
        capture->enough = true;
        capture->stop = 1;
    }
}

static void on_connection(void *context, hs_trace *trace)
{
    hs_capture *capture = context;
    if (!capture->enough && hs_filter_wants(&capture->options, trace)) {
        give_out(capture, trace);
    }
    hs_trace_free(trace);
}

/* ---- flows */

/* Where no secrets can come, nothing needs to wait for them. */
static const hs_keylog *keylog_of(const hs_capture *capture)
{
    bool may_be_any = capture->brings_secrets || capture->secrets.fd >= 0 ||
                      hs_keylog_count(capture->keylog) > 0;
    return may_be_any ? capture->keylog : NULL;
}

/* A file of secrets is read before the packets are, unless they come at the same time. */
static bool is_keylog_complete(const hs_capture *capture)
{
    return !capture->brings_secrets && !capture->device;
}

static hs_result begin_flows(hs_capture *capture)
{
    const hs_capture_options *options = &capture->options;
    /* The packets of a connection are told by its states, its secrets by its ClientHello. */
    bool light = options->light && !options->keep_events && !options->findings && !options->pcap;
    hs_flows_config config = {.memory_limit = options->memory_limit,
                              .linger = options->device ? live_linger : 0,
                              .seed = {capture->seed[0], capture->seed[1]},
                              .light = light,
                              .keep_events = options->keep_events,
                              .keep_bytes = options->keep_bytes,
                              .keylog = keylog_of(capture),
                              .keylog_complete = is_keylog_complete(capture),
                              .file = capture->name,
                              .chunks = capture->chunks,
                              .connection = on_connection,
                              .context = capture};
    capture->flows = hs_flows_new(&config);
    capture->last_at = INT64_MIN;
    return capture->flows ? HS_OK : HS_NO_MEMORY;
}

static void end_flows(hs_capture *capture)
{
    if (!capture->flows) {
        return;
    }
    hs_flows_finish(capture->flows);
    hs_flows_counters flows = hs_flows_count(capture->flows);
    hs_capture_counters *sum = &capture->counters;
    sum->packets += flows.packets;
    sum->tcp_packets += flows.tcp_packets;
    sum->udp_packets += flows.udp_packets;
    sum->other_packets += flows.other_packets;
    sum->truncated_packets += flows.truncated_packets;
    sum->malformed_packets += flows.malformed_packets;
    sum->unknown_link_packets += flows.unknown_link_packets;
    sum->fragments += flows.fragments;
    sum->fragments_dropped += flows.fragments_dropped;
    sum->connections += flows.connections;
    sum->evicted += flows.evicted;
    if (flows.memory_peak > sum->memory_peak) {
        sum->memory_peak = flows.memory_peak;
    }
    hs_flows_free(capture->flows);
    capture->flows = NULL;
}

/* Files that follow each other in time are one capture in parts; else they have nothing to do with
 * each other. */
static hs_result continue_flows(hs_capture *capture, int64_t at)
{
    if (capture->number == 1 && capture->flows && at < capture->last_at) {
        end_flows(capture);
    }
    if (!capture->flows) {
        return begin_flows(capture);
    }
    if (capture->number == 1) {
        hs_flows_set_file(capture->flows, capture->name);
        hs_flows_set_keylog(capture->flows, keylog_of(capture), is_keylog_complete(capture));
    }
    return HS_OK;
}

/* ---- packets */

/* Several packets take about as long as memory that is not in the cache. */
static void expect_packets(const hs_capture *capture)
{
    enum { SOON = 12, NEXT = 6 };
    const hs_ahead_item *soon = hs_ahead_peek(capture->ahead, SOON);
    const hs_ahead_item *next = hs_ahead_peek(capture->ahead, NEXT);
    hs_flows_expect(capture->flows, soon ? &soon->input : NULL, next ? &next->input : NULL);
}

static hs_result take_packet(hs_capture *capture, hs_ahead_item *read)
{
    capture->number++;
    hs_result result = continue_flows(capture, read->at);
    if (result != HS_OK) {
        return result;
    }
    if (read->at > capture->last_at) {
        capture->last_at = read->at;
    }
    expect_packets(capture);
    result = hs_flows_take(capture->flows, &read->input, read->at, capture->number);
    if (result != HS_OK) {
        capture->counters.untracked++;
    }
    return hs_capture_spool(capture, &read->item);
}

static void secrets_added(hs_capture *capture, hs_result result)
{
    if (result != HS_OK && !capture->keylog_full) {
        capture->keylog_full = true;
        hs_capture_trouble(capture, "'%.300s': not all of the TLS secrets could be kept",
                           capture->name);
    }
}

static int64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * HS_SECOND + now.tv_nsec;
}

/* A device's connections and their secrets come at the same time. */
static void poll_live(hs_capture *capture, bool is_quiet)
{
    if (is_quiet && capture->flows) {
        hs_flows_advance(capture->flows, wall_clock());
    }
    if (capture->deadline != HS_TIME_NONE && hs_capture_now() >= capture->deadline) {
        capture->stop = 1;
    }
    if (capture->secrets.fd >= 0) {
        secrets_added(capture, hs_secrets_file_poll(&capture->secrets, capture->keylog));
    }
}

static hs_result read_source(hs_capture *capture, hs_source *source, bool is_file)
{
    hs_result result = HS_OK;
    hs_ahead_item *read;
    capture->number = 0;
    capture->brings_secrets = hs_source_brings_secrets(source);
    hs_ahead_begin(capture->ahead, source, is_file);
    while (result == HS_OK && !capture->stop) {
        result = hs_ahead_next(capture->ahead, &read);
        if (result == HS_OK && read->is_packet) {
            result = take_packet(capture, read);
        } else if (result != HS_OK || read->item.event == HS_SOURCE_END) {
            break;
        } else if (read->item.event == HS_SOURCE_SECRETS) {
            secrets_added(capture, hs_keylog_add_text(capture->keylog, read->item.secrets, NULL));
        }
        if (source == capture->device) {
            poll_live(capture, read->item.event == HS_SOURCE_QUIET);
        }
    }
    hs_ahead_end(capture->ahead);
    return result;
}

/* What could not be read of a source is said in one line. */
static void close_source(hs_capture *capture, hs_source *source)
{
    capture->counters.bad_blocks += source->bad_blocks;
    if (source->is_no_capture) {
        capture->counters.files_unread++;
        hs_capture_trouble(capture, "'%.300s': %s", capture->name, source->damage);
        return;
    }
    capture->counters.files_read++;
    if (source->damage[0] != '\0') {
        hs_capture_trouble(capture, "'%.300s': damaged after packet %" PRIu64 ": %s", capture->name,
                           capture->number, source->damage);
    }
    if (source->bad_blocks > 0) {
        hs_capture_trouble(capture, "'%.300s': %" PRIu64 " malformed block%s passed over",
                           capture->name, source->bad_blocks,
                           source->bad_blocks == 1 ? " was" : "s were");
    }
}

static hs_result read_file(hs_capture *capture, size_t index)
{
    hs_source *source;
    capture->name = hs_capture_file_name(capture->options.files[index]);
    hs_result result = hs_source_file(capture->inputs[index], &source);
    if (result != HS_OK) {
        return result;
    }
    result = read_source(capture, source, hs_input_can_rewind(capture->inputs[index]));
    close_source(capture, source);
    hs_source_free(source);
    return result;
}

static hs_result read_device(hs_capture *capture)
{
    capture->name = capture->options.device;
    if (capture->options.duration > 0) {
        capture->deadline = hs_capture_now() + capture->options.duration;
    }
    hs_result result = read_source(capture, capture->device, false);
    close_source(capture, capture->device);
    capture->counters.kernel_dropped = hs_source_dropped(capture->device);
    return result;
}

hs_result hs_capture_run(hs_capture *capture, hs_problem *problem)
{
    hs_result result = HS_OK;
    problem->text[0] = '\0';
    if (capture->device) {
        result = read_device(capture);
    }
    for (size_t i = 0; i < capture->input_count && result == HS_OK && !capture->stop; i++) {
        result = read_file(capture, i);
    }
    end_flows(capture);
    if (result == HS_OK) {
        result = capture->result;
    }
    if (result == HS_OK) {
        result = hs_capture_write(capture, problem);
    }
    if (result == HS_OK && capture->counters.files_read == 0 &&
        capture->counters.files_unread > 0) {
        result = HS_INVALID;
    }
    return result;
}

hs_capture_counters hs_capture_count(const hs_capture *capture)
{
    return capture->counters;
}

#include "explain/perform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "findings/findings.h"
#include "lab/counters.h"
#include "net/file.h"

enum { TEXT_LENGTH = 128, MEMORY_LIMIT = 32 * 1024 * 1024, FILE_NAME_MAX = 32 };

/* Long enough that the SYN is sent again. */
#define SILENCE_TIMEOUT (HS_SECOND + HS_SECOND / 2)

#define HOST "localhost"
#define OTHER_HOST "elsewhere.example"

/* --- one connection --- */

static int make_packet_file(char name[FILE_NAME_MAX])
{
    int fd = memfd_create("handshake-packets", MFD_CLOEXEC);
    (void)snprintf(name, FILE_NAME_MAX, "/proc/self/fd/%d", fd);
    return fd;
}

static void set_options(const hs_stage *stage, const hs_act *act, bool packets, hs_probe_options *o)
{
    hs_probe_options_init(o);
    o->family = 4;
    o->cacert = stage->ca_file;
    o->tls_max = act->tls_max;
    o->http_version = act->http_version;
    o->alpn = act->alpn;
    o->resume = act->resume;
    o->early_data = act->early_data;
    o->hello_retry = act->hello_retry;
    o->tcp_fastopen = act->tcp_fastopen;
    o->keep_events = true;
    o->keep_bytes = true;
    o->embed_secrets = packets;
    if (act->fault == HS_ACT_WRONG_NAME) {
        o->server_name = OTHER_HOST;
    }
    if (act->fault == HS_ACT_SILENT) {
        o->connect_timeout = SILENCE_TIMEOUT;
    }
}

static hs_result connect_once(hs_performance *p, const hs_stage *stage, const hs_act *act,
                              bool packets, hs_problem *problem)
{
    const size_t index = p->story.act_count;
    const int port = hs_stage_port(stage, act);
    hs_probe_options options;
    hs_prober *prober = NULL;
    char url[TEXT_LENGTH];
    char resolve[TEXT_LENGTH];
    char file[FILE_NAME_MAX];
    const char *const resolves[] = {resolve};
    (void)snprintf(url, sizeof url, "%s://" HOST ":%d/", act->scheme, port);
    (void)snprintf(resolve, sizeof resolve, HOST ":%d:%s", port, hs_stage_address(stage));
    set_options(stage, act, packets, &options);
    options.resolve = resolves;
    options.resolve_count = 1;
    if (packets) {
        p->packets[index] = make_packet_file(file);
        options.pcap = file;
    }
    hs_result result = hs_prober_new(&options, &prober, problem);
    if (result == HS_OK) {
        result = hs_prober_run(prober, url, &p->traces[index], problem);
    }
    hs_prober_free(prober);
    return result;
}

/* --- what the kernel says of SYN cookies --- */

static hs_result read_counters(const hs_stage *stage, hs_listen_counters *counters,
                               hs_problem *problem)
{
    hs_result result = hs_namespaces_enter(&stage->far_end.namespaces, HS_SIDE_SERVER);
    if (result == HS_OK) {
        result = hs_listen_counters_read(counters);
    }
    int os_errno = errno;
    if (hs_namespaces_enter(&stage->far_end.namespaces, HS_SIDE_CLIENT) != HS_OK ||
        result != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "the server's counters: %s", strerror(os_errno));
    }
    return HS_OK;
}

static const char *count_text(hs_arena *arena, const hs_listen_counters *before,
                              const hs_listen_counters *after, hs_listen_counter counter)
{
    if (after->values[counter] < 0 || before->values[counter] < 0) {
        return NULL;
    }
    long long count = after->values[counter] - before->values[counter];
    return hs_arena_printf(arena, "The server's kernel has counted %s %lld: %s.",
                           hs_listen_counter_name(counter), count,
                           hs_listen_counter_meaning(counter));
}

static const hs_event *find_event(const hs_trace *trace, const char *name)
{
    for (const hs_event *e = trace->events; e; e = e->next) {
        if (e->name && strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

static bool find_number(const hs_event *event, const char *key, int64_t *number)
{
    for (const hs_detail *d = event ? event->details : NULL; d; d = d->next) {
        if (strcmp(d->key, key) == 0 && !d->text) {
            *number = d->number;
            return true;
        }
    }
    return false;
}

/* Linux keeps what the client offered in the timestamp's lowest bits: four of the window scale, one
 * each of SACK and ECN. Told only where they agree with the SYN: else they are something else. */
static const char *timestamp_text(hs_arena *arena, const hs_trace *trace)
{
    enum { SCALE_MASK = 0xf, SACK_BIT = 0x10, ECN_BIT = 0x20 };
    int64_t timestamp;
    const hs_tcp_side *client = &trace->tcp.client;
    if (!client->seen || !find_number(find_event(trace, "SYN-ACK"), "ts", &timestamp)) {
        return NULL;
    }
    int scale = (int)(timestamp & SCALE_MASK);
    bool sack = timestamp & SACK_BIT;
    bool ecn = timestamp & ECN_BIT;
    if (scale != client->window_scale || sack != (client->sack == HS_YES) ||
        ecn != (client->ecn == HS_YES)) {
        return NULL;
    }
    return hs_arena_printf(arena,
                           "The lowest bits of the SYN-ACK's timestamp %lld hold what the SYN has "
                           "offered, and the client gives them back: window scale %d, SACK %s, ECN "
                           "%s.",
                           (long long)timestamp, scale, sack ? "yes" : "no", ecn ? "yes" : "no");
}

static const char *seen_text(hs_seen seen)
{
    return seen == HS_YES ? "yes" : seen == HS_NO ? "no" : "unknown";
}

static const char *force_text(hs_arena *arena, const hs_trace *trace)
{
    const hs_tcp_facts *tcp = &trace->tcp;
    return hs_arena_printf(arena,
                           "In force on this connection, as the client's kernel says: window "
                           "scaling %s, SACK %s, timestamps %s.",
                           seen_text(tcp->window_scale), seen_text(tcp->sack),
                           seen_text(tcp->timestamps));
}

/* The state of the table is the one that the path sees. Where the kernel has counted a cookie on
 * its way out and in, the server had no connection in between. */
static const char *state_text(const hs_listen_counters *before, const hs_listen_counters *after)
{
    static const hs_listen_counter wanted[] = {HS_COUNTER_SYNCOOKIES_SENT,
                                               HS_COUNTER_SYNCOOKIES_RECV};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (before->values[wanted[i]] < 0 ||
            after->values[wanted[i]] <= before->values[wanted[i]]) {
            return NULL;
        }
    }
    return "So the server was in SYN-RECEIVED only as the path sees it. It kept no connection in "
           "that state: it stayed in LISTEN, and made one, at once ESTABLISHED, when the cookie "
           "came back.";
}

static void tell_cookies(hs_arena *arena, const hs_trace *trace, const hs_listen_counters *before,
                         const hs_listen_counters *after,
                         const char *remarks[HS_STORY_REMARKS_MAX + 1])
{
    const char *const all[] = {count_text(arena, before, after, HS_COUNTER_SYNCOOKIES_SENT),
                               count_text(arena, before, after, HS_COUNTER_SYNCOOKIES_RECV),
                               state_text(before, after), timestamp_text(arena, trace),
                               force_text(arena, trace)};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]) {
            remarks[count++] = all[i];
        }
    }
}

static void tell_fast_open(hs_arena *arena, const hs_trace *trace,
                           const char *remarks[HS_STORY_REMARKS_MAX + 1])
{
    static const char used[] = "cookie_used";
    hs_seen taken = trace->tcp.syn_data_acknowledged;
    const char *client = trace->tcp.client.fast_open;
    if (taken != HS_UNSEEN && client && strcmp(client, used) == 0) {
        remarks[0] = hs_arena_printf(arena, "The client's kernel says that data in the SYN was %s.",
                                     taken == HS_YES ? "acknowledged" : "not acknowledged");
    }
}

/* --- the acts --- */

static hs_result perform_act(hs_performance *p, hs_stage *stage, const hs_topic *topic,
                             const hs_act *act, bool packets, hs_problem *problem)
{
    const char *remarks[HS_STORY_REMARKS_MAX + 1] = {NULL};
    const size_t index = p->story.act_count;
    hs_listen_counters before = {{0}};
    hs_listen_counters after = {{0}};
    bool has_counters = topic->syn_cookies && !stage->is_loopback;
    hs_result result = hs_stage_set_act(stage, act, problem);
    if (result == HS_OK && has_counters) {
        result = read_counters(stage, &before, problem);
    }
    if (result == HS_OK) {
        result = connect_once(p, stage, act, packets, problem);
    }
    if (result == HS_OK && has_counters) {
        result = read_counters(stage, &after, problem);
    }
    if (result != HS_OK) {
        return result;
    }
    if (has_counters) {
        tell_cookies(p->story.arena, p->traces[index], &before, &after, remarks);
    }
    if (act->tcp_fastopen) {
        tell_fast_open(p->story.arena, p->traces[index], remarks);
    }
    return hs_story_add(&p->story, act, p->traces[index], remarks);
}

hs_result hs_perform(hs_performance *performance, hs_stage *stage, const hs_topic *topic,
                     bool packets, hs_problem *problem)
{
    *performance = (hs_performance){.story = {.topic = topic,
                                              .arena = hs_arena_new(NULL, MEMORY_LIMIT),
                                              .where = stage->where}};
    if (!performance->story.arena) {
        return HS_NO_MEMORY;
    }
    hs_result result = hs_stage_set_topic(stage, topic, problem);
    for (size_t i = 0; result == HS_OK && i < hs_topic_act_count(topic); i++) {
        if (!stage->is_loopback || !topic->acts[i].needs_namespaces) {
            result = perform_act(performance, stage, topic, &topic->acts[i], packets, problem);
        }
    }
    return result;
}

void hs_performance_free(hs_performance *performance)
{
    for (size_t i = 0; i < HS_STORY_ACTS_MAX; i++) {
        hs_trace_free(performance->traces[i]);
        if (performance->packets[i] > 0) {
            close(performance->packets[i]);
        }
    }
    hs_arena_free(performance->story.arena);
}

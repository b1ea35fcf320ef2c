#include "explain/perform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "explain/remarks.h"
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

/* --- the acts --- */

static void forget(hs_performance *p, size_t index)
{
    hs_trace_free(p->traces[index]);
    p->traces[index] = NULL;
    if (p->packets[index] > 0) {
        close(p->packets[index]);
        p->packets[index] = 0;
    }
}

/* An act of which nothing could be seen is left out. */
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
        hs_remark_cookies(p->story.arena, p->traces[index], &before, &after, remarks);
    }
    if (act->tcp_fastopen) {
        hs_remark_fast_open(p->story.arena, p->traces[index], remarks);
    }
    if (stage->is_loopback) {
        hs_remark_packets(p->traces[index], remarks);
    }
    result = hs_story_add(&p->story, act, p->traces[index], remarks);
    if (result == HS_OK && p->story.acts[index].step_count == 0) {
        p->story.act_count = index;
        forget(p, index);
    }
    return result;
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
    if (result == HS_OK && performance->story.act_count == 0) {
        return hs_problem_set(
            problem, HS_SYSTEM,
            "this topic is about packets of TCP, which this user may not capture");
    }
    return result;
}

void hs_performance_free(hs_performance *performance)
{
    for (size_t i = 0; i < HS_STORY_ACTS_MAX; i++) {
        forget(performance, i);
    }
    hs_arena_free(performance->story.arena);
}

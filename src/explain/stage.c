#include "explain/stage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time_text.h"
#include "lab/path.h"
#include "net/file.h"

enum {
    DELAY_MS = 10,    /* each way: above what a busy machine adds, and nobody waits for it */
    DISCARD_PORT = 9, /* nobody listens there */
    ALWAYS = 2,       /* tcp_syncookies: for every SYN */
    PLAIN_CLOCK = 2,  /* tcp_timestamps: without a random offset, so that its bits can be read */
};

static hs_result open_namespaces(hs_stage *stage, int parent, hs_problem *problem)
{
    const hs_far_end_options options = {.path = {.delay = DELAY_MS * HS_MILLISECOND, .seed = 1},
                                        .family = 4};
    char delay[HS_TIME_TEXT_MAX];
    hs_result result = hs_far_end_open(&stage->far_end, &options, parent, problem);
    if (result != HS_OK) {
        return result;
    }
#define HS_X(service, port) stage->ports[HS_SERVICE_##service] = port;
    HS_FAR_END_PORT_MAP(HS_X)
#undef HS_X
    stage->retry_port = HS_FAR_END_RETRY_PORT;
    stage->refused_port = DISCARD_PORT;
    memcpy(stage->ca_file, stage->far_end.ca_file, sizeof stage->ca_file);
    (void)snprintf(stage->where, sizeof stage->where,
                   "in private namespaces (%s), on a path of %s ms each way",
                   hs_namespace_way_name(stage->far_end.namespaces.way),
                   hs_time_ms(options.path.delay, delay));
    return HS_OK;
}

hs_result hs_stage_open(hs_stage *stage, const char *folder, int parent, hs_problem *problem)
{
    *stage = (hs_stage){.is_loopback = folder != NULL, .ca = -1};
    hs_result result = folder ? hs_stage_open_loopback(stage, folder, problem)
                              : open_namespaces(stage, parent, problem);
    if (result != HS_OK) {
        hs_stage_close(stage);
    }
    return result;
}

void hs_stage_close(hs_stage *stage)
{
    for (size_t i = 0; i < HS_FAR_END_SERVERS; i++) {
        hs_child_end(&stage->servers[i]);
    }
    if (!stage->is_loopback) {
        (void)!hs_far_end_close(&stage->far_end, NULL);
    }
    if (stage->ca >= 0) {
        close(stage->ca);
        stage->ca = -1;
    }
}

static hs_result enter(const hs_stage *stage, hs_lab_side side, hs_problem *problem)
{
    return hs_namespaces_enter(&stage->far_end.namespaces, side) == HS_OK
               ? HS_OK
               : hs_problem_set(problem, HS_SYSTEM, "setns: %s", strerror(errno));
}

hs_result hs_stage_set_topic(hs_stage *stage, const hs_topic *topic, hs_problem *problem)
{
    if (!topic->syn_cookies || stage->is_loopback) {
        return HS_OK;
    }
    hs_result result = enter(stage, HS_SIDE_SERVER, problem);
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/tcp_syncookies", ALWAYS, problem);
    }
    if (result == HS_OK) {
        result = hs_namespaces_set("ipv4/tcp_timestamps", PLAIN_CLOCK, problem);
    }
    return result == HS_OK ? enter(stage, HS_SIDE_CLIENT, problem) : result;
}

static hs_result silence(hs_stage *stage, hs_problem *problem)
{
    enum { HOST_LENGTH = 32 };
    hs_result result = enter(stage, HS_SIDE_SERVER, problem);
    if (result == HS_OK) {
        result = hs_path_route(HS_LAB_CLIENT_IPV4, HOST_LENGTH, NULL, problem);
    }
    return result == HS_OK ? enter(stage, HS_SIDE_CLIENT, problem) : result;
}

hs_result hs_stage_set_act(hs_stage *stage, const hs_act *act, hs_problem *problem)
{
    if (stage->is_loopback) {
        return HS_OK;
    }
    hs_result result = hs_namespaces_set("ipv4/tcp_timestamps", act->no_timestamps ? 0 : 1,
                                         problem);
    return result == HS_OK && act->fault == HS_ACT_SILENT ? silence(stage, problem) : result;
}

const char *hs_stage_address(const hs_stage *stage)
{
    return stage->is_loopback ? "127.0.0.1" : HS_LAB_SERVER_IPV4;
}

int hs_stage_port(const hs_stage *stage, const hs_act *act)
{
    if (act->fault == HS_ACT_REFUSED) {
        return stage->refused_port;
    }
    return act->retry ? stage->retry_port : stage->ports[act->service];
}

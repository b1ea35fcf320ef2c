/* Where a topic's connections are made: private namespaces with the lab server at the far end, or a
 * server on loopback. For a process that was started for it. */
#ifndef HS_EXPLAIN_STAGE_H
#define HS_EXPLAIN_STAGE_H

#include "explain/topics.h"
#include "lab/far_end.h"

enum { HS_STAGE_TEXT_MAX = 160 };

typedef struct hs_stage {
    bool is_loopback;
    hs_far_end far_end;
    hs_child server; /* on loopback */
    int ports[HS_SERVICE_COUNT];
    int retry_port;
    int refused_port;
    int ca; /* on loopback: a file in memory */
    char ca_file[HS_FAR_END_PATH_MAX];
    char where[HS_STAGE_TEXT_MAX]; /* in words */
} hs_stage;

/* HS_SYSTEM with `problem` filled. `parent` is hs_child_body's `fd`. */
HS_CHECKED hs_result hs_stage_open(hs_stage *stage, bool loopback, int parent, hs_problem *problem);
void hs_stage_close(hs_stage *stage);

/* What the topic or the act asks of the kernel; HS_SYSTEM with `problem` filled. */
HS_CHECKED hs_result hs_stage_set_topic(hs_stage *stage, const hs_topic *topic,
                                        hs_problem *problem);
HS_CHECKED hs_result hs_stage_set_act(hs_stage *stage, const hs_act *act, hs_problem *problem);

/* The address that the act's host name has here, and the port. */
const char *hs_stage_address(const hs_stage *stage);
int hs_stage_port(const hs_stage *stage, const hs_act *act);

#endif

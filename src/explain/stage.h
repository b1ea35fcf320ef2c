/* Where a topic's connections are made: private namespaces with the lab server at the far end, or a
 * server on loopback. For a process that was started for it. */
#ifndef HS_EXPLAIN_STAGE_H
#define HS_EXPLAIN_STAGE_H

#include "explain/topics.h"
#include "lab/far_end.h"

enum { HS_STAGE_TEXT_MAX = 160, HS_STAGE_FOLDER_MAX = 512 };

typedef struct hs_stage {
    bool is_loopback;
    hs_far_end far_end;
    hs_child servers[HS_FAR_END_SERVERS]; /* on loopback; the second one's QUIC asks for Retry */
    int ports[HS_SERVICE_COUNT];
    int retry_port;
    int refused_port;
    int ca; /* on loopback: a file in memory */
    char ca_file[HS_FAR_END_PATH_MAX];
    char where[HS_STAGE_TEXT_MAX]; /* in words */
} hs_stage;

/* HS_SYSTEM with `problem` filled. `folder` is one of hs_stage_folder_make, and makes the stage on
 * loopback; NULL: in namespaces. `parent` is hs_child_body's `fd`. */
HS_CHECKED hs_result hs_stage_open(hs_stage *stage, const char *folder, int parent,
                                   hs_problem *problem);
void hs_stage_close(hs_stage *stage);

/* stage_loopback.c: where the servers on loopback keep their keys while they start. Who makes it
 * removes it, for whatever has ended the stage's process. */
HS_CHECKED hs_result hs_stage_folder_make(char out[HS_STAGE_FOLDER_MAX], hs_problem *problem);
void hs_stage_folder_remove(const char *name);
HS_CHECKED hs_result hs_stage_open_loopback(hs_stage *stage, const char *folder,
                                            hs_problem *problem);

/* What the topic or the act asks of the kernel; HS_SYSTEM with `problem` filled. */
HS_CHECKED hs_result hs_stage_set_topic(hs_stage *stage, const hs_topic *topic,
                                        hs_problem *problem);
HS_CHECKED hs_result hs_stage_set_act(hs_stage *stage, const hs_act *act, hs_problem *problem);

/* The address that the act's host name has here, and the port. */
const char *hs_stage_address(const hs_stage *stage);
int hs_stage_port(const hs_stage *stage, const hs_act *act);

#endif

/* Makes the connections of a topic and tells them as a story. */
#ifndef HS_EXPLAIN_PERFORM_H
#define HS_EXPLAIN_PERFORM_H

#include "explain/stage.h"
#include "explain/story.h"

typedef struct hs_performance {
    hs_story story;
    hs_trace *traces[HS_STORY_ACTS_MAX];
    int packets[HS_STORY_ACTS_MAX]; /* files in memory; 0: none */
} hs_performance;

/* `packets`: the packets are wanted as well. HS_SYSTEM and HS_INVALID with `problem` filled. */
HS_CHECKED hs_result hs_perform(hs_performance *performance, hs_stage *stage, const hs_topic *topic,
                                bool packets, hs_problem *problem);
void hs_performance_free(hs_performance *performance);

#endif

/* Stories told from traces that were not made for it: by hand, and recorded. */
#ifndef HS_TESTS_EXPLAIN_STORIES_H
#define HS_TESTS_EXPLAIN_STORIES_H

#include "explain/story.h"

typedef struct hs_test_story {
    hs_story story;
    hs_topic topic;
    hs_trace *trace; /* NULL of one that was recorded: it lives as long as the call */
} hs_test_story;

/* A story of one act, told in full; ended by hs_test_story_end. */
void hs_test_story_begin(hs_test_story *test, const hs_trace *trace, hs_act_part part);
void hs_test_story_end(hs_test_story *test);

/* Calls `tell` with each connection of a file of tests/captures, and its keys where there are. */
void hs_test_each_connection(const char *file, void (*tell)(void *context, const hs_trace *trace),
                             void *context);
extern const char *const hs_test_captures[]; /* ends with NULL */

#endif

/* The process that makes and tells a topic, and its answer. */
#include "explain/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/perform.h"
#include "net/clock.h"
#include "net/file.h"

enum { DEADLINE_SECONDS = 60, ANSWER_MAX = 64 * 1024 * 1024 };

typedef struct task {
    const hs_topic *topic;
    const hs_explain_options *options;
    char folder[HS_STAGE_FOLDER_MAX]; /* on loopback; empty in namespaces */
    const char *because;              /* loopback, and not namespaces */
} task;

enum { PART_COUNT = 3 };

/* What stands before the text, the page and the packets. */
typedef struct head {
    hs_result result;
    hs_problem problem;
    bool has_no_stage; /* it failed before the first connection */
    size_t lengths[PART_COUNT];
} head;

/* --- in the child --- */

static hs_result put_text(const task *t, const hs_performance *p, FILE *out)
{
    return t->options->json ? hs_story_json(&p->story, out)
                            : hs_story_text(&p->story, &t->options->report, out);
}

static hs_result put_page(const task *t, const hs_performance *p, FILE *out)
{
    return t->options->page ? hs_story_html(&p->story, out) : HS_OK;
}

/* All packets, a section behind the other (pcapng allows it). */
static hs_result put_packets(const task *t, const hs_performance *p, FILE *out)
{
    uint8_t bytes[BUFSIZ];
    for (size_t i = 0; t->options->packets && i < HS_STORY_ACTS_MAX; i++) {
        ssize_t got = 0;
        if (p->packets[i] <= 0 || lseek(p->packets[i], 0, SEEK_SET) != 0) {
            continue;
        }
        while ((got = read(p->packets[i], bytes, sizeof bytes)) > 0) {
            if (fwrite(bytes, 1, (size_t)got, out) != (size_t)got) {
                return HS_NO_MEMORY;
            }
        }
    }
    return HS_OK;
}

static hs_explained *part_of(hs_explanation *e, size_t index)
{
    hs_explained *const parts[PART_COUNT] = {&e->text, &e->page, &e->packets};
    return parts[index];
}

static hs_result make(const task *t, const hs_performance *p, hs_explanation *e)
{
    static hs_result (*const put[PART_COUNT])(const task *t, const hs_performance *p,
                                              FILE *out) = {put_text, put_page, put_packets};
    hs_result result = HS_OK;
    for (size_t i = 0; result == HS_OK && i < PART_COUNT; i++) {
        hs_explained *part = part_of(e, i);
        FILE *out = open_memstream(&part->bytes, &part->len);
        result = out ? put[i](t, p, out) : HS_NO_MEMORY;
        if (out && fclose(out) != 0) {
            result = HS_NO_MEMORY;
        }
    }
    return result;
}

static void answer(int parent, head *h, hs_explanation *e)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        h->lengths[i] = h->result == HS_OK ? part_of(e, i)->len : 0;
    }
    hs_result result = hs_child_write(parent, h, sizeof *h);
    for (size_t i = 0; result == HS_OK && i < PART_COUNT; i++) {
        result = hs_child_write(parent, part_of(e, i)->bytes, h->lengths[i]);
    }
}

static void body(void *context, int parent)
{
    const task *t = context;
    head h;
    hs_stage stage;
    hs_performance performance;
    hs_explanation explanation;
    memset(&h, 0, sizeof h);
    memset(&performance, 0, sizeof performance);
    memset(&explanation, 0, sizeof explanation);
    h.result = hs_stage_open(&stage, t->folder[0] != '\0' ? t->folder : NULL, parent, &h.problem);
    h.has_no_stage = h.result != HS_OK;
    if (h.result == HS_OK) {
        h.result = hs_perform(&performance, &stage, t->topic, t->options->packets, &h.problem);
        performance.story.because = t->because;
        hs_stage_close(&stage);
    }
    if (h.result == HS_OK) {
        h.result = make(t, &performance, &explanation);
    }
    answer(parent, &h, &explanation);
    hs_performance_free(&performance);
    hs_explanation_free(&explanation);
}

/* --- in the parent --- */

static hs_result take(const hs_child *child, hs_explained *part, size_t len, hs_time deadline,
                      bool (*is_stopped)(void))
{
    if (len > ANSWER_MAX) {
        return HS_LIMIT;
    }
    part->bytes = malloc(len + 1);
    if (!part->bytes) {
        return HS_NO_MEMORY;
    }
    part->bytes[len] = '\0';
    part->len = len;
    return hs_child_read(child, part->bytes, len, deadline, is_stopped);
}

static hs_result read_answer(const hs_child *child, bool (*is_stopped)(void), head *h,
                             hs_explanation *out)
{
    const hs_time deadline = hs_clock_monotonic() + DEADLINE_SECONDS * HS_SECOND;
    hs_result result = hs_child_read(child, h, sizeof *h, deadline, is_stopped);
    for (size_t i = 0; result == HS_OK && h->result == HS_OK && i < PART_COUNT; i++) {
        result = take(child, part_of(out, i), h->lengths[i], deadline, is_stopped);
    }
    return result;
}

static hs_result run(task *t, bool (*is_stopped)(void), head *h, hs_explanation *out,
                     hs_problem *problem)
{
    hs_child child;
    *h = (head){.result = HS_OK};
    if (hs_child_start(&child, body, t) != HS_OK) {
        return hs_problem_set(problem, HS_SYSTEM, "fork: %s", strerror(errno));
    }
    hs_result result = read_answer(&child, is_stopped, h, out);
    hs_child_end(&child);
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "%s",
                              result == HS_LIMIT ? "it took too long, and was ended"
                                                 : "its process ended without a result");
    }
    *problem = h->problem;
    return h->result;
}

hs_result hs_explain(const hs_topic *topic, const hs_explain_options *options,
                     bool (*is_stopped)(void), hs_explanation *out, hs_problem *problem)
{
    task t = {.topic = topic, .options = options};
    head h;
    *out = (hs_explanation){0};
    hs_result result = run(&t, is_stopped, &h, out, problem);
    if (result == HS_OK || !h.has_no_stage) {
        return result;
    }
    if (topic->needs_namespaces) {
        hs_problem why = *problem;
        return hs_problem_set(problem, result, "this topic needs private namespaces: %.400s",
                              why.text);
    }
    hs_problem because = *problem;
    t.because = because.text;
    hs_explanation_free(out);
    result = hs_stage_folder_make(t.folder, problem);
    if (result == HS_OK) {
        result = run(&t, is_stopped, &h, out, problem);
        hs_stage_folder_remove(t.folder);
    }
    if (result != HS_OK && result != HS_LIMIT) {
        hs_problem why = *problem;
        return hs_problem_set(problem, result, "%.200s; %.300s", why.text, because.text);
    }
    return result;
}

void hs_explanation_free(hs_explanation *explanation)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        free(part_of(explanation, i)->bytes);
    }
    *explanation = (hs_explanation){0};
}

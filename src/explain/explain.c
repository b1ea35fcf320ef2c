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

/* What stands before the text and the packets. */
typedef struct head {
    hs_result result;
    hs_problem problem;
    bool has_no_stage; /* it failed before the first connection */
    size_t len;
    size_t packets_len;
} head;

/* --- in the child --- */

static hs_result render(const hs_story *story, const hs_explain_options *options, FILE *out)
{
    switch (options->form) {
    case HS_EXPLAIN_JSON:
        return hs_story_json(story, out);
    case HS_EXPLAIN_HTML:
        return hs_story_html(story, out);
    default:
        return hs_story_text(story, &options->report, out);
    }
}

/* All packets, a section behind the other (pcapng allows it). */
static hs_result gather(const hs_performance *p, FILE *out)
{
    uint8_t bytes[BUFSIZ];
    for (size_t i = 0; i < HS_STORY_ACTS_MAX; i++) {
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

static hs_result make(const task *t, const hs_performance *p, hs_explanation *out)
{
    FILE *text = open_memstream(&out->text, &out->len);
    hs_result result = text ? render(&p->story, t->options, text) : HS_NO_MEMORY;
    if (text && fclose(text) != 0) {
        result = HS_NO_MEMORY;
    }
    if (result != HS_OK || !t->options->packets) {
        return result;
    }
    FILE *packets = open_memstream(&out->packets, &out->packets_len);
    result = packets ? gather(p, packets) : HS_NO_MEMORY;
    if (packets && fclose(packets) != 0) {
        result = HS_NO_MEMORY;
    }
    return result;
}

static void body(void *context, int parent)
{
    const task *t = context;
    head h;
    hs_stage stage;
    hs_performance performance;
    hs_explanation explanation = {0};
    memset(&h, 0, sizeof h);
    memset(&performance, 0, sizeof performance);
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
    h.len = h.result == HS_OK ? explanation.len : 0;
    h.packets_len = h.result == HS_OK ? explanation.packets_len : 0;
    if (hs_child_write(parent, &h, sizeof h) == HS_OK &&
        hs_child_write(parent, explanation.text, h.len) == HS_OK) {
        (void)!hs_child_write(parent, explanation.packets, h.packets_len);
    }
    hs_performance_free(&performance);
    hs_explanation_free(&explanation);
}

/* --- in the parent --- */

static hs_result take(const hs_child *child, char **text, size_t len, hs_time deadline,
                      bool (*is_stopped)(void))
{
    if (len > ANSWER_MAX) {
        return HS_LIMIT;
    }
    *text = malloc(len + 1);
    if (!*text) {
        return HS_NO_MEMORY;
    }
    (*text)[len] = '\0';
    return hs_child_read(child, *text, len, deadline, is_stopped);
}

static hs_result read_answer(const hs_child *child, bool (*is_stopped)(void), head *h,
                             hs_explanation *out)
{
    const hs_time deadline = hs_clock_monotonic() + DEADLINE_SECONDS * HS_SECOND;
    hs_result result = hs_child_read(child, h, sizeof *h, deadline, is_stopped);
    if (result != HS_OK || h->result != HS_OK) {
        return result;
    }
    out->len = h->len;
    out->packets_len = h->packets_len;
    result = take(child, &out->text, h->len, deadline, is_stopped);
    return result == HS_OK ? take(child, &out->packets, h->packets_len, deadline, is_stopped)
                           : result;
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
    free(explanation->text);
    free(explanation->packets);
    *explanation = (hs_explanation){0};
}

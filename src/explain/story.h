/* A story: what a topic's connections were, message by message, as data for every renderer.
 *
 * It is made from traces. Values are those of the traces; what is said of them comes from the
 * tables of lore.h. A story is in one arena and borrows the traces.
 */
#ifndef HS_EXPLAIN_STORY_H
#define HS_EXPLAIN_STORY_H

#include <handshake/report.h>
#include <handshake/trace.h>

#include "base/arena.h"
#include "decode/tcp_machine.h"
#include "explain/topics.h"
#include "report/page.h"

typedef struct hs_story_field {
    const char *name;
    const char *value;
    const char *meaning;   /* NULL: none is known */
    const char *reference; /* NULL */
    bool is_taught;        /* the meaning was told before */
} hs_story_field;

typedef enum hs_machine { HS_MACHINE_TCP, HS_MACHINE_TLS, HS_MACHINE_COUNT } hs_machine;

/* One side's step from a state to the next. */
typedef struct hs_story_move {
    hs_machine machine;
    hs_side side;
    const char *from;
    const char *to;
    const char *cause; /* "receives SYN-ACK" */
} hs_story_move;

/* How much of a message somebody on the path can read. */
typedef enum hs_sight {
    HS_SIGHT_PLAIN,   /* all of it */
    HS_SIGHT_INITIAL, /* all of it, once QUIC's Initial protection is taken off */
    HS_SIGHT_SEALED,  /* its size and time */
} hs_sight;

enum { HS_STORY_FIELDS_MAX = 24, HS_STORY_MOVES_MAX = 8 };

typedef struct hs_story_step {
    const hs_event *event; /* NULL: an acknowledgment, of which only its effect is known */
    hs_side from;
    hs_layer layer;
    const char *name;
    hs_time at;               /* since the first packet; HS_TIME_NONE unknown */
    hs_time since;            /* since the step before */
    double at_round_trips;    /* -1 unknown */
    double since_round_trips; /* -1 unknown */
    bool begins_flight;       /* another side, or another time, than the step before */
    bool is_brief;            /* one line: the topic is about something else */
    bool is_taught;           /* why it is sent was told before */
    hs_sight sight;
    size_t bytes;
    const char *why; /* NULL: nothing is known of it */
    const char *reference;
    hs_story_field fields[HS_STORY_FIELDS_MAX];
    size_t field_count;
    hs_story_move moves[HS_STORY_MOVES_MAX];
    size_t move_count;
} hs_story_step;

/* What would save a round trip. */
typedef struct hs_story_saving {
    const char *text;
    int round_trips; /* 0: none, or not for this connection */
    hs_time time;    /* that they took here; HS_TIME_NONE unknown */
} hs_story_saving;

typedef struct hs_story_act {
    const hs_act *act;
    const hs_trace *trace;
    hs_story_step *steps;
    size_t step_count;
    size_t before; /* messages that came before the first one told, and were left out */
    size_t behind; /* and behind the last one */
    const char *const *remarks; /* what was observed beside the messages */
    size_t remark_count;
    const char *const *missing; /* names that were expected and not observed */
    size_t missing_count;
    const char *const *sights; /* sentences: what somebody on the path sees */
    size_t sight_count;
    const hs_story_saving *savings;
    size_t saving_count;
    hs_time ready;       /* until the application could send; HS_TIME_NONE unknown */
    const char *outcome; /* the same as a sentence; NULL */
} hs_story_act;

enum { HS_STORY_ACTS_MAX = 4, HS_STORY_REMARKS_MAX = 8 };

typedef struct hs_story {
    const hs_topic *topic;
    hs_arena *arena;
    const char
        *where; /* "in private namespaces (user namespace), on a path of 10.000 ms each way" */
    const char *because; /* NULL, or why it is loopback */
    hs_story_act acts[HS_STORY_ACTS_MAX];
    size_t act_count;
} hs_story;

/* Adds an act told from `trace`, which must live as long; `remarks` end with NULL, or are NULL.
 * HS_NO_MEMORY. */
HS_CHECKED hs_result hs_story_add(hs_story *story, const hs_act *act, const hs_trace *trace,
                                  const char *const *remarks);

/* When the connection began: its first packet, or connect() where packets were not seen. */
hs_time hs_story_start(const hs_trace *trace);
/* A time since then; HS_TIME_NONE unknown. */
hs_time hs_story_since_start(const hs_trace *trace, hs_time at);

/* story_fields.c */
void hs_story_tell_fields(hs_story *story, const hs_trace *trace, hs_story_step *step);
/* story_outcome.c: what is missing, what else was observed, and how it ended; `others` as
 * hs_story_add's `remarks`. */
void hs_story_tell_outcome(hs_story *story, hs_story_act *act, const char *const *others);
/* story_moves.c: which states the steps of an act lead through. */
void hs_story_tell_moves(hs_story *story, hs_story_act *act);
/* story_sights.c, story_savings.c */
void hs_story_tell_sights(hs_story *story, hs_story_act *act);
void hs_story_tell_savings(hs_story *story, hs_story_act *act);

/* "in plain", … */
const char *hs_sight_name(hs_sight sight);
/* "Saves 1 round trip, which took 20.088 ms here."; NULL where it saves none. */
const char *hs_story_saving_text(const hs_story_saving *saving, char *out, size_t size);

enum { HS_STORY_WAIT_MAX = 48 };
/* A wait on a path whose round trip is not known. */
#define HS_STORY_LONG (100 * HS_MILLISECOND)
/* "1.00 round trips later" where an answer came, "53.863 ms later" else; NULL: not worth telling.
 */
const char *hs_story_wait_text(const hs_story_step *step, char out[HS_STORY_WAIT_MAX]);

#define HS_STORY_PREPARES "The connection before it, which brought the ticket, is not told."

/* story_states.c */
const char *hs_machine_name(hs_machine machine);
const char *hs_machine_reference(hs_machine machine);
/* Whether this act has moves of this machine. */
bool hs_story_has_machine(const hs_story_act *act, hs_machine machine);
/* The state in which this side is before the first move that is told; NULL: it never moves. */
const char *hs_story_first_state(const hs_story_act *act, hs_machine machine, hs_side side);
/* The `index`th state that this side comes to in this step; NULL: there are not so many. */
const char *hs_story_state(const hs_story_step *step, hs_machine machine, hs_side side,
                           size_t index);
/* Whether this side's TCP took this rule. */
bool hs_story_took(const hs_story_act *act, hs_side side, const hs_tcp_rule *rule);

/* story_text_states.c */
void hs_story_text_states(hs_page *page, const hs_story_act *act, hs_machine machine);
void hs_story_text_machine(hs_page *page, const hs_story_act *act);

/* One renderer a file. HS_SYSTEM after a write error, HS_NO_MEMORY. */
HS_CHECKED hs_result hs_story_text(const hs_story *story, const hs_report_options *options,
                                   FILE *out);
HS_CHECKED hs_result hs_story_html(const hs_story *story, FILE *out);
HS_CHECKED hs_result hs_story_json(const hs_story *story, FILE *out);

#endif

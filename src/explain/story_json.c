/* A story as one JSON object, with the record of each connection as `probe --json` prints it. */
#include <jansson.h>
#include <stdlib.h>

#include "base/time_text.h"
#include "explain/story.h"

static double milliseconds(hs_time time)
{
    return (double)time / (double)HS_MILLISECOND;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text) {
        json_object_set_new(object, key, json_string(text));
    }
}

static json_t *list_of(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(items[i]));
    }
    return list;
}

static const char *side_name(hs_side side)
{
    return side == HS_CLIENT ? "client" : "server";
}

static json_t *step_object(const hs_story_step *step)
{
    json_t *object = json_object();
    json_t *fields = json_array();
    json_t *moves = json_array();
    set_text(object, "from", side_name(step->from));
    set_text(object, "layer", hs_layer_name(step->layer));
    set_text(object, "name", step->name);
    if (step->at != HS_TIME_NONE) {
        json_object_set_new(object, "at_ms", json_real(milliseconds(step->at)));
    }
    if (step->at_round_trips >= 0) {
        json_object_set_new(object, "at_round_trips", json_real(step->at_round_trips));
    }
    json_object_set_new(object, "bytes", json_integer((json_int_t)step->bytes));
    set_text(object, "seen", hs_sight_name(step->sight));
    set_text(object, "why", step->why);
    set_text(object, "reference", step->reference);
    for (size_t i = 0; i < step->field_count; i++) {
        json_t *field = json_object();
        set_text(field, "name", step->fields[i].name);
        set_text(field, "value", step->fields[i].value);
        set_text(field, "meaning", step->fields[i].meaning);
        set_text(field, "reference", step->fields[i].reference);
        json_array_append_new(fields, field);
    }
    for (size_t i = 0; i < step->move_count; i++) {
        json_t *move = json_object();
        set_text(move, "machine", hs_machine_name(step->moves[i].machine));
        set_text(move, "side", side_name(step->moves[i].side));
        set_text(move, "from", step->moves[i].from);
        set_text(move, "to", step->moves[i].to);
        set_text(move, "cause", step->moves[i].cause);
        json_array_append_new(moves, move);
    }
    json_object_set_new(object, "fields", fields);
    json_object_set_new(object, "moves", moves);
    return object;
}

static json_t *record_of(const hs_trace *trace)
{
    const hs_report_options options = {.events = true};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    json_t *record = NULL;
    if (out) {
        hs_result result = hs_report_json(trace, &options, out);
        if (fclose(out) == 0 && result == HS_OK) {
            record = json_loads(text, 0, NULL);
        }
    }
    free(text);
    return record;
}

static json_t *savings_of(const hs_story_act *act)
{
    json_t *list = json_array();
    for (size_t i = 0; i < act->saving_count; i++) {
        const hs_story_saving *saving = &act->savings[i];
        json_t *object = json_object();
        set_text(object, "text", saving->text);
        json_object_set_new(object, "round_trips", json_integer(saving->round_trips));
        if (saving->time != HS_TIME_NONE) {
            json_object_set_new(object, "ms", json_real(milliseconds(saving->time)));
        }
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *act_object(const hs_story_act *act)
{
    json_t *object = json_object();
    json_t *steps = json_array();
    set_text(object, "title", act->act->title);
    set_text(object, "intro", act->act->intro);
    for (size_t i = 0; i < act->step_count; i++) {
        json_array_append_new(steps, step_object(&act->steps[i]));
    }
    json_object_set_new(object, "steps", steps);
    if (act->ready != HS_TIME_NONE) {
        json_object_set_new(object, "ready_ms", json_real(milliseconds(act->ready)));
    }
    set_text(object, "outcome", act->outcome);
    json_object_set_new(object, "missing", list_of(act->missing, act->missing_count));
    json_object_set_new(object, "observed", list_of(act->remarks, act->remark_count));
    json_object_set_new(object, "path_sees", list_of(act->sights, act->sight_count));
    json_object_set_new(object, "savings", savings_of(act));
    json_object_set_new(object, "record", record_of(act->trace));
    return object;
}

hs_result hs_story_json(const hs_story *story, FILE *out)
{
    json_t *object = json_object();
    json_t *acts = json_array();
    set_text(object, "schema", "handshake-explain/1");
    set_text(object, "topic", story->topic->name);
    set_text(object, "title", story->topic->title);
    set_text(object, "intro", story->topic->intro);
    set_text(object, "where", story->where);
    set_text(object, "because", story->because);
    for (size_t i = 0; i < story->act_count; i++) {
        json_array_append_new(acts, act_object(&story->acts[i]));
    }
    json_object_set_new(object, "acts", acts);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    if (!text) {
        return HS_NO_MEMORY;
    }
    fprintf(out, "%s\n", text);
    free(text);
    return ferror(out) ? HS_SYSTEM : HS_OK;
}

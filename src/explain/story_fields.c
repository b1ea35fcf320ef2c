/* The fields of a message, each with its meaning. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes_text.h"
#include "decode/annotate.h"
#include "explain/lore.h"
#include "explain/story.h"
#include "report/text_parts.h"

enum { NOTES_MAX = 512, HEX_SHOWN = 8 };

/* What is told is told once, in all acts; a step in brief tells nothing. */
static bool was_meant(const hs_story *story, const char *meaning)
{
    for (size_t a = 0; a < story->act_count; a++) {
        const hs_story_act *act = &story->acts[a];
        for (const hs_story_step *s = act->steps; s < act->steps + act->step_count; s++) {
            for (size_t f = 0; f < s->field_count && !s->is_brief; f++) {
                if (s->fields[f].meaning == meaning) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void add_field(const hs_story *story, const hs_trace *trace, hs_story_step *step,
                      const char *name, const char *value)
{
    if (step->field_count == HS_STORY_FIELDS_MAX || !value) {
        return;
    }
    const hs_lore_field *lore = hs_lore_find_field(trace, step->event, name);
    step->fields[step->field_count++] = (hs_story_field){
        .name = name,
        .value = value,
        .meaning = lore ? lore->meaning : NULL,
        .reference = lore ? lore->reference : NULL,
        .is_taught = lore && was_meant(story, lore->meaning)};
}

static const char *hex_of(hs_arena *arena, hs_bytes bytes)
{
    hs_bytes shown = {bytes.data, bytes.len < HEX_SHOWN ? bytes.len : HEX_SHOWN};
    return hs_arena_printf(arena, "%s%s (%zu bytes)", hs_arena_hex(arena, shown),
                           bytes.len > HEX_SHOWN ? "…" : "", bytes.len);
}

/* Fields that are not among the details which a line of the ladder has room for. */
static void add_raw_fields(hs_story *story, const hs_trace *trace, hs_story_step *step)
{
    static const char *const wanted[] = {"random", "verify_data"};
    hs_note *items = NULL;
    const hs_event *event = step->event;
    if (event->layer != HS_LAYER_TLS || event->raw.len == 0 ||
        !(items = calloc(NOTES_MAX, sizeof *items))) {
        return;
    }
    hs_notes notes = {.items = items, .capacity = NOTES_MAX};
    if (hs_annotate(trace, event, &notes, NULL) == HS_OK) {
        for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
            for (size_t i = 0; i < notes.count; i++) {
                const hs_note *note = &items[i];
                if (note->kind != HS_NOTE_UINT && strcmp(note->field, wanted[w]) == 0) {
                    const hs_bytes bytes = {event->raw.data + note->offset, note->length};
                    add_field(story, trace, step, wanted[w], hex_of(story->arena, bytes));
                    break;
                }
            }
        }
    }
    free(items);
}

void hs_story_tell_fields(hs_story *story, const hs_trace *trace, hs_story_step *step)
{
    for (const hs_detail *d = step->event->details; d; d = d->next) {
        char number[HS_DETAIL_TEXT_MAX];
        add_field(story, trace, step, d->key,
                  hs_arena_text(story->arena, hs_text_detail(trace, step->event, d, number)));
    }
    add_raw_fields(story, trace, step);
}

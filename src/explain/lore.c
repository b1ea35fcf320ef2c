/* Looks the tables up. */
#include "explain/lore.h"

#include <string.h>

static bool is_after(const hs_trace *trace, const hs_event *event, const char *name)
{
    for (const hs_event *e = trace->events; e && e != event; e = e->next) {
        if (e->layer == event->layer && e->name && strcmp(e->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_field(const hs_event *event, const char *name)
{
    for (const hs_detail *d = event->details; d; d = d->next) {
        if (strcmp(d->key, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool may_send(hs_lore_sender sender, hs_side from)
{
    return sender == HS_LORE_EITHER || (sender == HS_LORE_CLIENT) == (from == HS_CLIENT);
}

const hs_lore_message *hs_lore_find_message(const hs_trace *trace, const hs_event *event)
{
    for (size_t i = 0; event->name && i < hs_lore_message_count; i++) {
        const hs_lore_message *row = &hs_lore_messages[i];
        if (row->layer == event->layer && strcmp(row->name, event->name) == 0 &&
            may_send(row->sender, event->from) &&
            (row->version == 0 || row->version == trace->tls.version) &&
            (!row->after || is_after(trace, event, row->after)) &&
            (!row->with || has_field(event, row->with))) {
            return row;
        }
    }
    return NULL;
}

const hs_lore_field *hs_lore_find_field(const hs_trace *trace, const hs_event *event,
                                        const char *name)
{
    for (size_t i = 0; i < hs_lore_field_count; i++) {
        const hs_lore_field *row = &hs_lore_fields[i];
        if (row->layer == event->layer && strcmp(row->name, name) == 0 &&
            may_send(row->sender, event->from) &&
            (row->version == 0 || row->version == trace->tls.version) &&
            (!row->message || (event->name && strcmp(row->message, event->name) == 0))) {
            return row;
        }
    }
    return NULL;
}

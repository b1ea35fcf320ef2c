/* What is taught: of each message why it is sent and by whom, of each field what it is for. The
 * tables hold no value of any connection; values come from a trace. */
#ifndef HS_EXPLAIN_LORE_H
#define HS_EXPLAIN_LORE_H

#include <stddef.h>

#include <handshake/trace.h>

typedef enum hs_lore_sender { HS_LORE_CLIENT, HS_LORE_SERVER, HS_LORE_EITHER } hs_lore_sender;

typedef struct hs_lore_message {
    hs_layer layer;
    const char *name;
    hs_lore_sender sender; /* who may send it in this meaning */
    uint16_t version;      /* of TLS; 0: in all */
    const char *after;     /* only behind a message of this name; NULL: anywhere */
    const char *with;      /* only with a field of this name; NULL: with any */
    const char *why;
    const char *reference;
} hs_lore_message;

typedef struct hs_lore_field {
    hs_layer layer;
    hs_lore_sender sender;
    uint16_t version;    /* of TLS; 0: in all */
    const char *message; /* NULL: of any of this layer */
    const char *name;
    const char *meaning;
    const char *reference;
} hs_lore_field;

extern const hs_lore_message hs_lore_messages[];
extern const size_t hs_lore_message_count;
extern const hs_lore_field hs_lore_fields[];
extern const size_t hs_lore_field_count;

/* What is known of a message of this trace, or of a field of it; NULL: nothing. */
const hs_lore_message *hs_lore_find_message(const hs_trace *trace, const hs_event *event);
const hs_lore_field *hs_lore_find_field(const hs_trace *trace, const hs_event *event,
                                        const char *name);

#endif

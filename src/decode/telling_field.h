/* Which fields of a request or response tell something about a connection. */
#ifndef HS_DECODE_TELLING_FIELD_H
#define HS_DECODE_TELLING_FIELD_H

#include <handshake/trace.h>

/* The field's name in lower case, static, where it is to become a detail of the event; else NULL:
 * the field tells nothing, or the event has many details already (a head may repeat a field without
 * end). Names are matched in any case. */
const char *hs_telling_field(const hs_event *event, hs_bytes name);

#endif

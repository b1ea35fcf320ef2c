/* The connections whose packets are to be written back: by their ends, and the time of their
 * handshakes. */
#ifndef HS_READ_SELECTION_H
#define HS_READ_SELECTION_H

#include <stdbool.h>

#include <handshake/trace.h>

#include "read/source.h"

typedef struct hs_selection hs_selection;

enum { HS_SELECTION_MAX = 1 << 20 };

/* NULL when out of memory. */
hs_selection *hs_selection_new(void);
void hs_selection_free(hs_selection *selection);

/* HS_LIMIT: there are as many as can be kept. HS_INVALID: the trace does not tell its ends. */
HS_CHECKED hs_result hs_selection_add(hs_selection *selection, const hs_trace *trace);
bool hs_selection_is_empty(const hs_selection *selection);
/* Whether the packet belongs to a handshake that was added. A fragment belongs to those of its
 * two addresses. */
bool hs_selection_has(const hs_selection *selection, const hs_source_item *packet);

#endif

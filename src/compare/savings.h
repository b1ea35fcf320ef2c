/* What would make connecting to this target faster, measured where both ends of it are rows. */
#ifndef HS_COMPARE_SAVINGS_H
#define HS_COMPARE_SAVINGS_H

#include <handshake/compare.h>

/* Fills `savings` from the rows; `last` has the newest run of each way that is measured, whose
 * findings tell what else costs round trips. */
void hs_savings_find(hs_comparison *comparison, const hs_trace *const last[HS_WAY_COUNT]);

#endif

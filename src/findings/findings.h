/* What is worth knowing about a handshake: one table of rules, each a judgement over a trace. */
#ifndef HS_FINDINGS_FINDINGS_H
#define HS_FINDINGS_FINDINGS_H

#include <handshake/trace.h>

/* Looks at the finished `trace` through every rule and appends what they say to trace->findings,
 * the gravest first and else in the table's order. HS_NO_MEMORY or HS_LIMIT: the trace's arena is
 * full; what was found until then is kept. */
HS_CHECKED hs_result hs_findings_run(hs_trace *trace);

#endif

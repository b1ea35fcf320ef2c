/* Explains a topic by a real handshake, made on the spot in private namespaces, or on loopback
 * where the kernel permits none. */
#ifndef HS_EXPLAIN_EXPLAIN_H
#define HS_EXPLAIN_EXPLAIN_H

#include <handshake/report.h>

#include "explain/topics.h"

typedef struct hs_explain_options {
    bool json;                /* in place of text */
    hs_report_options report; /* colour and width of the text */
    bool page;                /* a page is wanted as well */
    bool packets;             /* and the connections' packets */
} hs_explain_options;

typedef struct hs_explained {
    char *bytes; /* malloc'ed, with a NUL behind them; NULL where not asked for */
    size_t len;
} hs_explained;

typedef struct hs_explanation {
    hs_explained text; /* or JSON */
    hs_explained page;
    hs_explained packets; /* pcapng with the secrets in it, a section for each connection told */
} hs_explanation;

/* HS_SYSTEM with `problem` filled where it cannot be made here; HS_LIMIT where `is_stopped` (may be
 * NULL) became true. Nothing is left behind in any case. */
HS_CHECKED hs_result hs_explain(const hs_topic *topic, const hs_explain_options *options,
                                bool (*is_stopped)(void), hs_explanation *out, hs_problem *problem);
void hs_explanation_free(hs_explanation *explanation);

#endif

/* Explains a topic by a real handshake, made on the spot in private namespaces, or on loopback
 * where the kernel permits none. */
#ifndef HS_EXPLAIN_EXPLAIN_H
#define HS_EXPLAIN_EXPLAIN_H

#include <handshake/report.h>

#include "explain/topics.h"

typedef enum hs_explain_form { HS_EXPLAIN_TEXT, HS_EXPLAIN_JSON, HS_EXPLAIN_HTML } hs_explain_form;

typedef struct hs_explain_options {
    hs_explain_form form;
    hs_report_options report; /* colour and width of the text */
    bool packets;             /* the connections' packets are wanted as well */
} hs_explain_options;

typedef struct hs_explanation {
    char *text; /* in the form that was asked for */
    size_t len;
    char *packets; /* pcapng with the secrets in it, a section for each connection told */
    size_t packets_len;
} hs_explanation;

/* HS_SYSTEM with `problem` filled where it cannot be made here; HS_LIMIT where `is_stopped` (may be
 * NULL) became true. Nothing is left behind in any case. */
HS_CHECKED hs_result hs_explain(const hs_topic *topic, const hs_explain_options *options,
                                bool (*is_stopped)(void), hs_explanation *out, hs_problem *problem);
void hs_explanation_free(hs_explanation *explanation);

#endif

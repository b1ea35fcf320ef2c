/* The parts of the text report, each in the file that its comment names. */
#ifndef HS_REPORT_TEXT_PARTS_H
#define HS_REPORT_TEXT_PARTS_H

#include <handshake/trace.h>

#include "report/page.h"

enum { HS_LABEL_COLUMN = 2, HS_TEXT_COLUMN = 15 };

/* text.c: begins a labelled row; what follows hangs at HS_TEXT_COLUMN. */
void hs_text_row(hs_page *page, hs_tone tone, const char *label);

void hs_text_phases(hs_page *page, const hs_trace *trace); /* text_phases.c */
void hs_text_negotiated(hs_page *page, const hs_trace *trace,
                        hs_phase phase);                         /* text_negotiated.c */
void hs_text_certificates(hs_page *page, const hs_trace *trace); /* text_certificates.c */
void hs_text_failure(hs_page *page, const hs_trace *trace);      /* text_verdict.c */
void hs_text_findings(hs_page *page, const hs_trace *trace, hs_severity least);
void hs_text_ladder(hs_page *page, const hs_trace *trace, bool fields); /* ladder.c */
/* A detail's value: its text, or its number in `out`. TCP's numbers count from the initial ones. */
enum { HS_DETAIL_TEXT_MAX = 32 };
const char *hs_text_detail(const hs_trace *trace, const hs_event *event, const hs_detail *detail,
                           char out[HS_DETAIL_TEXT_MAX]);
void hs_text_capture(hs_page *page, const hs_trace *trace, bool states); /* text_capture.c */
/* fields.c: every field of one message; `indent` is the column of its offsets. */
HS_CHECKED hs_result hs_text_fields(hs_page *page, const hs_trace *trace, const hs_event *event);

#endif

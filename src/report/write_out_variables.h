/* The table of --write-out variables. */
#ifndef HS_REPORT_WRITE_OUT_VARIABLES_H
#define HS_REPORT_WRITE_OUT_VARIABLES_H

#include <stdio.h>

#include <handshake/trace.h>

typedef enum hs_variable_kind {
    HS_VARIABLE_TIME,   /* seconds from the start, as hs_variable_microseconds has it */
    HS_VARIABLE_NUMBER, /* at least `digits` digits */
    HS_VARIABLE_TEXT,   /* "" where there is none */
    HS_VARIABLE_BLOCK,  /* writes itself; no part of %{json} */
    HS_VARIABLE_STDOUT,
    HS_VARIABLE_STDERR,
    HS_VARIABLE_ONERROR,
} hs_variable_kind;

typedef struct hs_variable {
    const char *name;
    hs_variable_kind kind;
    hs_milestone milestone; /* HS_VARIABLE_TIME; HS_MILESTONE_COUNT: always 0 */
    int digits;             /* HS_VARIABLE_NUMBER */
    int64_t (*number)(const hs_trace *trace);
    const char *(*text)(const hs_trace *trace);
    hs_result (*write)(const hs_trace *trace, FILE *out);
} hs_variable;

/* Ends with a row without a name. */
extern const hs_variable hs_variables[];

/* 0 where the point was not reached, as curl has it. */
int64_t hs_variable_microseconds(const hs_trace *trace, const hs_variable *variable);

/* In write_out_blocks.c: the chain in words and PEM; every variable as one JSON object. */
HS_CHECKED hs_result hs_write_out_certs(const hs_trace *trace, FILE *out);
HS_CHECKED hs_result hs_write_out_json(const hs_trace *trace, FILE *out);

#endif

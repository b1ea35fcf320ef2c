/* --write-out: walks the format once and hands its pieces to a small sink, so that checking and
 * writing cannot differ. */
#include <inttypes.h>
#include <string.h>

#include <handshake/report.h>

#include "report/write_out_variables.h"

enum { NAME_MAX_LEN = 63 };

typedef struct writer {
    const hs_trace *trace; /* NULL: only check */
    FILE *out;             /* where pieces go now */
    FILE *standard;        /* where %{stdout} goes back to */
    bool stopped;          /* by %{onerror} */
    hs_result result;
} writer;

static const hs_variable *find_variable(const char *name, size_t len)
{
    for (const hs_variable *variable = hs_variables; variable->name; variable++) {
        if (strlen(variable->name) == len && memcmp(variable->name, name, len) == 0) {
            return variable;
        }
    }
    return NULL;
}

static void put_text(writer *w, const char *text, size_t len)
{
    if (w->trace && !w->stopped) {
        fwrite(text, 1, len, w->out);
    }
}

static void put_time(const writer *w, const hs_variable *variable)
{
    int64_t microseconds = hs_variable_microseconds(w->trace, variable);
    fprintf(w->out, "%" PRId64 ".%06" PRId64, microseconds / 1000000, microseconds % 1000000);
}

static void put_variable(writer *w, const hs_variable *variable)
{
    if (!w->trace || w->stopped) {
        return;
    }
    const char *text;
    switch (variable->kind) {
    case HS_VARIABLE_TIME:
        put_time(w, variable);
        break;
    case HS_VARIABLE_NUMBER:
        fprintf(w->out, "%0*" PRId64, variable->digits, variable->number(w->trace));
        break;
    case HS_VARIABLE_TEXT:
        text = variable->text(w->trace);
        fputs(text ? text : "", w->out);
        break;
    case HS_VARIABLE_BLOCK:
        w->result = variable->write(w->trace, w->out);
        break;
    case HS_VARIABLE_STDOUT:
        w->out = w->standard;
        break;
    case HS_VARIABLE_STDERR:
        w->out = stderr;
        break;
    case HS_VARIABLE_ONERROR:
        w->stopped = w->trace->failure.cls == HS_FAILURE_NONE;
        break;
    }
}

static hs_result refuse(char unknown[64], const char *name, size_t len)
{
    if (unknown) {
        size_t kept = len < NAME_MAX_LEN ? len : NAME_MAX_LEN;
        memcpy(unknown, name, kept);
        unknown[kept] = '\0';
    }
    return HS_INVALID;
}

/* At a '%'; gives what follows, or NULL where a variable is refused. */
static const char *percent(writer *w, const char *at, char unknown[64])
{
    if (at[1] == '%') {
        put_text(w, at, 1);
        return at + 2;
    }
    /* %header{…}, %output{…} and %time{…} are curl's too, and show what a handshake does not. */
    size_t word = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz");
    const char *end = at[1 + word] == '{' ? strchr(at, '}') : NULL;
    if (!end) {
        put_text(w, at, 1);
        return at + 1;
    }
    const char *name = at + 2 + word;
    const hs_variable *variable = word == 0 ? find_variable(name, (size_t)(end - name)) : NULL;
    if (!variable) {
        const char *from = word == 0 ? name : at + 1;
        w->result = refuse(unknown, from, (size_t)(end - from) + (word == 0 ? 0 : 1));
        return NULL;
    }
    put_variable(w, variable);
    return end + 1;
}

static const char *backslash(writer *w, const char *at)
{
    switch (at[1]) {
    case 'n':
        put_text(w, "\n", 1);
        return at + 2;
    case 'r':
        put_text(w, "\r", 1);
        return at + 2;
    case 't':
        put_text(w, "\t", 1);
        return at + 2;
    case '\0':
        put_text(w, at, 1);
        return at + 1;
    default:
        put_text(w, at, 2);
        return at + 2;
    }
}

static hs_result walk(writer *w, const char *format, char unknown[64])
{
    const char *at = format;
    while (at && *at != '\0' && w->result == HS_OK) {
        if (*at == '%') {
            at = percent(w, at, unknown);
        } else if (*at == '\\') {
            at = backslash(w, at);
        } else {
            size_t len = strcspn(at, "%\\");
            put_text(w, at, len);
            at += len;
        }
    }
    if (w->result == HS_OK && w->trace && ferror(w->standard)) {
        return HS_SYSTEM;
    }
    return w->result;
}

hs_result hs_report_write_out_check(const char *format, char unknown[64])
{
    writer w = {.result = HS_OK};
    return walk(&w, format, unknown);
}

hs_result hs_report_write_out(const hs_trace *trace, const char *format, FILE *out,
                              char unknown[64])
{
    hs_result result = hs_report_write_out_check(format, unknown);
    if (result != HS_OK) {
        return result;
    }
    writer w = {.trace = trace, .out = out, .standard = out, .result = HS_OK};
    return walk(&w, format, unknown);
}

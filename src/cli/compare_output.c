#include <errno.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/terminal.h"

enum { EXIT_NOT_CONNECTED = 7 };

/* All that can be wrong with a file is found before anything is measured. */
static bool open_file(const hs_compare_printer *p, const char *option, const char *name,
                      FILE **file)
{
    if (name) {
        *file = fopen(name, "we");
    }
    if (name && !*file) {
        (void)hs_command_fail(p->command, "%s: '%s': %s", option, name, strerror(errno));
        return false;
    }
    return true;
}

bool hs_compare_printer_open(hs_compare_printer *p, const hs_command *command,
                             const hs_compare_output *output, int rounds)
{
    *p = (hs_compare_printer){
        .command = command, .output = *output, .out = stdout, .rounds = rounds};
    if (!open_file(p, "--output", output->file, &p->out) ||
        !open_file(p, "--html", output->html, &p->html) ||
        !open_file(p, "--svg", output->svg, &p->svg)) {
        return false;
    }
    hs_terminal_report_options(p->out, &p->report);
    return true;
}

static void clear_progress(hs_compare_printer *p)
{
    if (p->is_live) {
        fputs("\r\033[K", stderr);
        p->is_live = false;
    }
}

static void show_progress(hs_compare_printer *p, const hs_compare_event *event)
{
    if (!hs_is_terminal(stderr) || (p->output.json && hs_is_terminal(p->out))) {
        return;
    }
    clear_progress(p);
    if (event->round == 0) {
        fprintf(stderr, "a first look: %s", hs_way_title(event->way));
    } else {
        fprintf(stderr, "round %d of %d: %s", event->round, p->rounds, hs_way_title(event->way));
    }
    p->is_live = true;
}

void hs_compare_run_done(void *printer, const hs_compare_event *event)
{
    hs_compare_printer *p = printer;
    if (p->output.json && p->result == HS_OK) {
        hs_report_options report = p->report;
        report.way = hs_way_name(event->way);
        report.round = event->round;
        p->result = hs_report_json(event->trace, &report, p->out);
        /* So that whoever reads sees each run when it is done, and is missed when gone. */
        if (p->result == HS_OK && fflush(p->out) != 0) {
            p->result = HS_SYSTEM;
        }
        if (p->result != HS_OK && p->comparer) {
            hs_comparer_stop(p->comparer);
        }
    }
    show_progress(p, event);
}

/* Whether the way is what the target's own URL asks for: that its port takes TCP says nothing of
 * https://. */
static bool is_of_the_target(const hs_comparison *comparison, const hs_compare_row *row)
{
    const char *end = strstr(comparison->target, "://");
    return end &&
           strncmp(row->url, comparison->target, (size_t)(end - comparison->target) + 1) == 0;
}

/* Of the first way that failed, where none of the target's own works. */
static int exit_status(const hs_comparison *comparison)
{
    const hs_failure_descriptor *failure = NULL;
    for (int way = HS_WAY_COUNT - 1; way >= 0; way--) {
        const hs_compare_row *row = &comparison->rows[way];
        if (row->state == HS_WAY_MEASURED && is_of_the_target(comparison, row)) {
            return HS_EXIT_OK;
        }
        if (row->failure != HS_FAILURE_NONE) {
            failure = hs_failure_describe(row->failure);
        }
    }
    return failure ? failure->exit_status : EXIT_NOT_CONNECTED;
}

int hs_compare_print(hs_compare_printer *p, const hs_comparison *comparison)
{
    clear_progress(p);
    if (p->result == HS_OK) {
        p->result = p->output.json ? hs_compare_json(comparison, p->out)
                                   : hs_compare_text(comparison, &p->report, p->out);
    }
    return exit_status(comparison);
}

void hs_compare_draw(hs_compare_printer *p, const hs_comparison *comparison,
                     const hs_compare_series *series)
{
    if (p->html && p->result == HS_OK) {
        p->result = hs_compare_html(comparison, series, p->html);
    }
    if (p->svg && p->result == HS_OK) {
        hs_result result = hs_compare_svg(comparison, series, p->svg);
        if (result == HS_INVALID) {
            (void)hs_command_fail(p->command, "--svg: nothing was measured, so '%s' is empty",
                                  p->output.svg);
        } else {
            p->result = result;
        }
    }
}

static int close_file(const hs_compare_printer *p, FILE *file, const char *option, const char *name,
                      int status)
{
    if (!file) {
        return status;
    }
    bool is_broken = ferror(file) != 0;
    if (fclose(file) != 0 || is_broken) {
        return hs_command_fail(p->command, "%s: '%s' could not be written: %s", option, name,
                               strerror(errno));
    }
    return status;
}

int hs_compare_printer_close(hs_compare_printer *p, int status)
{
    clear_progress(p);
    if (p->result == HS_NO_MEMORY) {
        status = hs_command_fail(p->command, "%s", hs_result_text(p->result));
    }
    status = close_file(p, p->html, "--html", p->output.html, status);
    status = close_file(p, p->svg, "--svg", p->output.svg, status);
    return p->out == stdout ? hs_command_finish(p->command, status)
                            : close_file(p, p->out, "--output", p->output.file, status);
}

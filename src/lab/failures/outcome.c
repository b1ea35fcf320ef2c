/* An outcome on its way from one process to another. */
#include <stdlib.h>

#include "lab/failures/experiment.h"

hs_result hs_failure_outcome_write(int fd, const hs_failure_outcome *outcome)
{
    hs_result result = hs_child_write(fd, outcome, sizeof *outcome);
    if (result == HS_OK) {
        result = hs_child_write(fd, outcome->text, outcome->text_len);
    }
    return result == HS_OK ? hs_child_write(fd, outcome->record, outcome->record_len) : result;
}

static hs_result read_text(const hs_child *child, size_t len, hs_time deadline, char **text)
{
    *text = NULL;
    if (len == 0) {
        return HS_OK;
    }
    *text = calloc(1, len + 1);
    return *text ? hs_child_read(child, *text, len, deadline, NULL) : HS_NO_MEMORY;
}

void hs_failure_outcome_free(hs_failure_outcome *outcome)
{
    free(outcome->text);
    free(outcome->record);
    outcome->text = outcome->record = NULL;
}

hs_result hs_failure_outcome_read(const hs_child *child, hs_time deadline, bool (*is_stopped)(void),
                                  hs_failure_outcome *outcome)
{
    char *text = NULL;
    char *record = NULL;
    hs_result result = hs_child_read(child, outcome, sizeof *outcome, deadline, is_stopped);
    if (result == HS_OK) {
        result = read_text(child, outcome->text_len, deadline, &text);
    }
    if (result == HS_OK) {
        result = read_text(child, outcome->record_len, deadline, &record);
    }
    /* What came was the other process's pointers. */
    outcome->text = text;
    outcome->record = record;
    if (result != HS_OK) {
        hs_failure_outcome_free(outcome);
    }
    return result;
}

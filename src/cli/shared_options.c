#include "cli/shared_options.h"

#include <stdio.h>
#include <string.h>

enum { NAME_LONGEST = 253 };

hs_result hs_option_set_server_name(void *field, const char *argument, hs_problem *problem)
{
    size_t len = strlen(argument);
    if (len == 0 || len > NAME_LONGEST || argument[strcspn(argument, " /\t\n\r")] != '\0') {
        snprintf(problem->text, sizeof problem->text, "'%.80s' is not a host name", argument);
        return HS_INVALID;
    }
    *(const char **)field = argument;
    return HS_OK;
}

#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool hs_is_terminal(FILE *out)
{
    return isatty(fileno(out)) == 1;
}

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return (!no_color || no_color[0] == '\0') && terminal && strcmp(terminal, "dumb") != 0;
}

void hs_terminal_report_options(FILE *out, hs_report_options *options)
{
    struct winsize size = {0};
    bool is_terminal = hs_is_terminal(out);
    if (is_terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
        options->width = size.ws_col;
    }
    options->color = is_terminal && wants_color();
}

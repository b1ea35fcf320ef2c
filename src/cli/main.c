/* The program: finds the subcommand in the table and runs it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/suggest.h"

static const hs_command *const commands[] = {
    &hs_command_probe, &hs_command_compare, &hs_command_read,    &hs_command_serve,
    &hs_command_lab,   &hs_command_audit,   &hs_command_explain, NULL};

static const hs_command *find_command(const char *name)
{
    for (const hs_command *const *command = commands; *command; command++) {
        if (strcmp((*command)->name, name) == 0) {
            return *command;
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *nearest = NULL;
    int best = 0;
    for (const hs_command *const *command = commands; *command; command++) {
        int distance = hs_suggest_distance(name, (*command)->name);
        if (distance >= 0 && (!nearest || distance < best)) {
            nearest = (*command)->name;
            best = distance;
        }
    }
    return hs_command_fail(NULL, "'%s': no such %s%s%s; --help lists the commands", name,
                           name[0] == '-' ? "option" : "command", nearest ? ", perhaps " : "",
                           nearest ? nearest : "");
}

static int show_help(int argc, char **argv)
{
    const hs_command *command = argc > 2 ? find_command(argv[2]) : NULL;
    if (argc > 2 && !command) {
        return unknown_command(argv[2]);
    }
    if (command) {
        hs_help_command(command, stdout);
    } else {
        hs_help_program(commands, stdout);
    }
    return hs_command_finish(NULL, HS_EXIT_OK);
}

/* A daemon or cron may have closed stdin, stdout or stderr. Whatever is opened next would take that
 * place: the event loop, say, or a socket that then gets the report. So /dev/null takes it, opened
 * the wrong way round, so that use of it is still an error. */
static bool hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!hold_standard_streams()) {
        return HS_EXIT_USAGE;
    }
    /* Peers close connections, and what was begun is tidied up: no write may end the program. That
     * the reader of stdout went away is a write error (hs_command_broken_output). */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        hs_help_program(commands, stderr);
        return HS_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return show_help(argc, argv);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("handshake %s\n", hs_version());
        return hs_command_finish(NULL, HS_EXIT_OK);
    }
    const hs_command *command = find_command(argv[1]);
    if (!command) {
        return unknown_command(argv[1]);
    }
    return command->run(command, argc - 1, argv + 1);
}

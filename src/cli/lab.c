/* `handshake lab`: finds the experiment in the table and runs it. Each is a command of its own, one
 * file with one row here. */
#include <string.h>

#include "cli/command.h"

static const hs_command *const experiments[] = {&hs_command_lab_compare, &hs_command_lab_failures,
                                                &hs_command_lab_synflood, NULL};

/* Behind the "lab " of the command's name. */
static const char *name_of(const hs_command *experiment)
{
    return strchr(experiment->name, ' ') + 1;
}

static int run(const hs_command *command, int argc, char **argv)
{
    if (argc > 1 && argv[1][0] != '-') {
        for (const hs_command *const *one = experiments; *one; one++) {
            if (strcmp(argv[1], name_of(*one)) == 0) {
                return (*one)->run(*one, argc - 1, argv + 1);
            }
        }
        return hs_command_fail(command, "'%s': no such experiment; --help lists them", argv[1]);
    }
    /* An experiment's options stand behind its name, so here is none but --help. */
    hs_operands operands;
    int status;
    char nothing;
    if (!hs_command_parse(command, argc < 2 ? argc : 2, argv, &nothing, &operands, &status)) {
        return status;
    }
    return hs_command_fail(command, "%s is missing; --help lists them", command->operands);
}

static const hs_option options[] = {{0}};

static const hs_exit exits[] = {
    {"0", "done"},
    {"2", "usage error, or this system permits no such namespaces"},
    {"other", "that of the experiment"},
    {0},
};

static const hs_example examples[] = {
    {"handshake lab synflood", "what a SYN flood does, with and without SYN cookies"},
    {"handshake lab failures", "how each failure looks, and that it is told apart"},
    {"handshake lab synflood --help", "its options"},
    {0},
};

const hs_command hs_command_lab = {
    .name = "lab",
    .operands = "EXPERIMENT",
    .summary = "experiments inside private network namespaces",
    .description = "Each experiment makes a client and a server in network namespaces of its own, "
                   "joined by virtual links. Nothing of this host's network is touched or reached, "
                   "no target can be named, and nothing is left behind however it ends. It needs "
                   "root, or a kernel that allows user namespaces.",
    .operands_min = 1,
    .operands_max = 1,
    .options = options,
    .exits = exits,
    .examples = examples,
    .experiments = experiments,
    .run = run,
};

/* The option parser: one loop over argv, driven by a command's const table.
 *
 * As getopt_long users expect: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, bundled letters, `--`
 * ends options, operands may stand anywhere. An error is one line and nothing has been started.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <handshake/time.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/suggest.h"

typedef struct parser {
    const hs_command *command;
    char **argv;
    int argc;
    int next; /* index of the argument to look at */
    char *settings;
    hs_operands *operands;
    int *status;
} parser;

enum { MESSAGE_MAX = 1024 };

int hs_command_fail(const hs_command *command, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fprintf(stderr, "handshake%s%s: ", command ? " " : "", command ? command->name : "");
    /* What was typed is quoted in it: one line it stays, and no terminal is driven by it. */
    for (const unsigned char *at = (const unsigned char *)message; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f) {
            fprintf(stderr, "\\x%02x", *at);
        } else {
            fputc(*at, stderr);
        }
    }
    fputc('\n', stderr);
    return HS_EXIT_USAGE;
}

/* The write that failed may be long ago, and its errno lost: the pipe still tells. */
static bool has_reader_left(int os_errno)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return os_errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0);
}

int hs_command_broken_output(const hs_command *command)
{
    int os_errno = errno;
    if (has_reader_left(os_errno)) {
        return HS_EXIT_SIGNAL + SIGPIPE;
    }
    return hs_command_fail(command, "stdout: %s",
                           os_errno != 0 ? strerror(os_errno) : "the output could not be written");
}

int hs_command_finish(const hs_command *command, int status)
{
    errno = 0;
    bool failed_before = ferror(stdout) != 0;
    return fflush(stdout) != 0 || failed_before ? hs_command_broken_output(command) : status;
}

static hs_result set_integer(const hs_option *option, void *field, const char *argument,
                             hs_problem *problem)
{
    char *end;
    errno = 0;
    long long value = strtoll(argument, &end, 10);
    if (end == argument || *end != '\0' || errno != 0 || value < option->min ||
        value > option->max) {
        snprintf(problem->text, sizeof problem->text, "'%s' is not a number from %lld to %lld",
                 argument, (long long)option->min, (long long)option->max);
        return HS_INVALID;
    }
    int number = (int)value;
    memcpy(field, &number, sizeof number);
    return HS_OK;
}

static hs_result set_seconds(const hs_option *option, void *field, const char *argument,
                             hs_problem *problem)
{
    char *end;
    /* Only plain decimals: strtod would also take "inf", "nan" and hexadecimal. */
    bool plain = argument[0] != '\0' && argument[strspn(argument, "0123456789.")] == '\0';
    double seconds = plain ? strtod(argument, &end) : 0;
    if (!plain || end == argument || *end != '\0') {
        snprintf(problem->text, sizeof problem->text, "'%s' is not a number of seconds", argument);
        return HS_INVALID;
    }
    double nanoseconds = round(seconds * (double)HS_SECOND);
    if (nanoseconds < (double)option->min || nanoseconds > (double)option->max) {
        snprintf(problem->text, sizeof problem->text, "'%s' is not from %g to %g seconds", argument,
                 (double)option->min / (double)HS_SECOND, (double)option->max / (double)HS_SECOND);
        return HS_INVALID;
    }
    hs_time value = (hs_time)nanoseconds;
    memcpy(field, &value, sizeof value);
    return HS_OK;
}

static hs_result set_list(hs_text_list *list, const char *argument, hs_problem *problem)
{
    if (list->count == HS_TEXT_LIST_MAX) {
        snprintf(problem->text, sizeof problem->text, "given more than %d times", HS_TEXT_LIST_MAX);
        return HS_INVALID;
    }
    list->items[list->count++] = argument;
    return HS_OK;
}

static hs_result set_option(const hs_option *option, char *settings, const char *argument,
                            hs_problem *problem)
{
    void *field = settings + option->offset;
    switch (option->kind) {
    case HS_OPTION_FLAG:
        *(bool *)field = true;
        return HS_OK;
    case HS_OPTION_COUNT:
        *(int *)field += 1;
        return HS_OK;
    case HS_OPTION_CONSTANT:
        *(int *)field = option->value;
        return HS_OK;
    case HS_OPTION_INTEGER:
        return set_integer(option, field, argument, problem);
    case HS_OPTION_SECONDS:
        return set_seconds(option, field, argument, problem);
    case HS_OPTION_TEXT:
        *(const char **)field = argument;
        return HS_OK;
    case HS_OPTION_LIST:
        return set_list(field, argument, problem);
    case HS_OPTION_CUSTOM:
        return option->set(field, argument, problem);
    }
    return HS_INVALID;
}

static bool is_end(const hs_option *option)
{
    return option->name == NULL && option->letter == 0;
}

static const hs_option *find_letter(const hs_command *command, char letter)
{
    for (const hs_option *option = command->options; !is_end(option); option++) {
        if (option->letter == letter) {
            return option;
        }
    }
    return NULL;
}

static const hs_option *find_name(const hs_command *command, const char *name, size_t len)
{
    for (const hs_option *option = command->options; !is_end(option); option++) {
        if (option->name && strncmp(option->name, name, len) == 0 && option->name[len] == '\0') {
            return option;
        }
    }
    return NULL;
}

static const char *nearest_name(const hs_command *command, const char *word)
{
    const char *nearest = NULL;
    int best = 0;
    for (const hs_option *option = command->options; !is_end(option); option++) {
        int distance = option->name ? hs_suggest_distance(word, option->name) : -1;
        if (distance >= 0 && (!nearest || distance < best)) {
            nearest = option->name;
            best = distance;
        }
    }
    return nearest;
}

/* `shown` is the option as it was typed. */
static bool apply(parser *p, const hs_option *option, const char *shown, const char *argument)
{
    hs_problem problem = {""};
    if (set_option(option, p->settings, argument, &problem) == HS_OK) {
        return true;
    }
    *p->status = hs_command_fail(p->command, "%s: %s", shown, problem.text);
    return false;
}

static bool missing_argument(parser *p, const hs_option *option, const char *shown)
{
    *p->status = hs_command_fail(p->command, "%s: its argument (%s) is missing", shown,
                                 option->argument);
    return false;
}

static bool unknown_name(parser *p, const char *name, size_t len)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)len, name);
    const char *nearest = nearest_name(p->command, word);
    *p->status = hs_command_fail(p->command, "--%.*s: no such option%s%s; --help lists them",
                                 (int)len, name, nearest ? ", perhaps --" : "",
                                 nearest ? nearest : "");
    return false;
}

static bool parse_long(parser *p, const char *name)
{
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const hs_option *option = find_name(p->command, name, len);
    if (!option) {
        return unknown_name(p, name, len);
    }
    char shown[64];
    snprintf(shown, sizeof shown, "--%s", option->name);
    if (!option->argument) {
        if (equals) {
            *p->status = hs_command_fail(p->command, "%s: takes no argument", shown);
            return false;
        }
        return apply(p, option, shown, NULL);
    }
    if (equals) {
        return apply(p, option, shown, equals + 1);
    }
    if (p->next == p->argc) {
        return missing_argument(p, option, shown);
    }
    return apply(p, option, shown, p->argv[p->next++]);
}

static bool parse_letters(parser *p, const char *letters)
{
    for (const char *letter = letters; *letter != '\0'; letter++) {
        char shown[3] = {'-', *letter, '\0'};
        const hs_option *option = find_letter(p->command, *letter);
        if (!option) {
            *p->status = hs_command_fail(
                p->command, "%s: no such option in '-%s'; --help lists them", shown, letters);
            return false;
        }
        if (!option->argument) {
            if (!apply(p, option, shown, NULL)) {
                return false;
            }
            continue;
        }
        if (letter[1] != '\0') {
            return apply(p, option, shown, letter + 1);
        }
        if (p->next == p->argc) {
            return missing_argument(p, option, shown);
        }
        return apply(p, option, shown, p->argv[p->next++]);
    }
    return true;
}

static bool parse_all(parser *p)
{
    bool options_ended = false;
    while (p->next < p->argc) {
        char *argument = p->argv[p->next++];
        if (options_ended || argument[0] != '-' || argument[1] == '\0') {
            p->operands->items[p->operands->count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            options_ended = true;
        } else if (strcmp(argument, "--help") == 0 ||
                   (strcmp(argument, "-h") == 0 && !find_letter(p->command, 'h'))) {
            hs_help_command(p->command, stdout);
            *p->status = hs_command_finish(p->command, HS_EXIT_OK);
            return false;
        } else if (!(argument[1] == '-' ? parse_long(p, argument + 2)
                                        : parse_letters(p, argument + 1))) {
            return false;
        }
    }
    return true;
}

bool hs_command_parse(const hs_command *command, int argc, char **argv, void *settings,
                      hs_operands *operands, int *status)
{
    operands->items = argv + 1;
    operands->count = 0;
    parser p = {command, argv, argc, 1, settings, operands, status};
    if (!parse_all(&p)) {
        return false;
    }
    if (operands->count < command->operands_min) {
        *status = hs_command_fail(command, "%s is missing; --help says more", command->operands);
        return false;
    }
    if (operands->count > command->operands_max) {
        *status = hs_command_fail(command, "'%s': one argument too many",
                                  operands->items[command->operands_max]);
        return false;
    }
    return true;
}

/* Help text from a command's tables: usage, options by group with their texts in one column,
 * examples. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

enum { HELP_WIDTH = 92, OPTION_COLUMN = 27, EXIT_COLUMN = 11 };

/* Columns, not bytes: the bytes that continue a UTF-8 character take no room. */
static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        columns += ((unsigned char)text[i] & 0xc0U) != 0x80U;
    }
    return columns;
}

/* Writes `text` from column `at`, broken between words, continued at column `indent`. */
static void put_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
    size_t column = at;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        size_t width = columns_of(text, len);
        if (column > indent && column + 1 + width > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, len, out);
        column += width;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void put_option(FILE *out, const hs_option *option)
{
    char left[80];
    int used = 0;
    if (option->letter != 0) {
        used = snprintf(left, sizeof left, "  -%c%s", option->letter, option->name ? ", " : "");
    } else {
        used = snprintf(left, sizeof left, "      ");
    }
    snprintf(left + used, sizeof left - (size_t)used, "%s%s%s%s", option->name ? "--" : "",
             option->name ? option->name : "", option->argument ? " " : "",
             option->argument ? option->argument : "");
    size_t width = columns_of(left, strlen(left));
    fputs(left, out);
    if (width + 2 > OPTION_COLUMN) {
        fprintf(out, "\n%*s", OPTION_COLUMN, "");
    } else {
        fprintf(out, "%*s", (int)(OPTION_COLUMN - width), "");
    }
    put_wrapped(out, option->help, OPTION_COLUMN, OPTION_COLUMN);
}

void hs_help_command(const hs_command *command, FILE *out)
{
    fprintf(out, "Usage: handshake %s [OPTION]…%s%s\n\n%s\n", command->name,
            command->operands[0] != '\0' ? " " : "", command->operands, command->summary);
    if (command->description) {
        fputc('\n', out);
        put_wrapped(out, command->description, 0, 0);
    }
    if (command->experiments) {
        fputs("\nExperiments\n", out);
    }
    for (const hs_command *const *one = command->experiments; one && *one; one++) {
        fprintf(out, "  %-10s %s\n", strchr((*one)->name, ' ') + 1, (*one)->summary);
    }
    if (command->experiments) {
        fputc('\n', out);
    }
    for (const hs_option *option = command->options; option->name || option->letter; option++) {
        if (option->group) {
            fprintf(out, "\n%s\n", option->group);
        }
        if (option->help) {
            put_option(out, option);
        }
    }
    fputs("      --help               this text\n", out);
    if (command->exits) {
        fputs("\nExit status\n", out);
    }
    for (const hs_exit *one = command->exits; one && one->status; one++) {
        fprintf(out, "  %-8s ", one->status);
        put_wrapped(out, one->meaning, EXIT_COLUMN, EXIT_COLUMN);
    }
    if (command->examples && command->examples->command) {
        fputs("\nExamples\n", out);
    }
    for (const hs_example *example = command->examples; example && example->command; example++) {
        fprintf(out, "  %s\n      %s\n", example->command, example->what);
    }
}

void hs_help_program(const hs_command *const *commands, FILE *out)
{
    fputs("Usage: handshake COMMAND [OPTION]…\n\n"
          "Shows, times, explains and tests the handshakes with which connections begin.\n\n"
          "Commands\n",
          out);
    for (const hs_command *const *command = commands; *command; command++) {
        fprintf(out, "  %-10s %s\n", (*command)->name, (*command)->summary);
    }
    fputs("\n'handshake COMMAND --help' tells a command's options; 'handshake --version' the "
          "version.\n",
          out);
}

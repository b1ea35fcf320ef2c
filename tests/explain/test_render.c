/* The renderers of a story. The page is read by check_stories.py, which takes it from this program:
 *
 *   test_render html|names SAMPLE|CAPTURE
 */
#include "../cmocka_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "../report/samples.h"
#include "base/bytes_text.h"
#include "stories.h"

static const hs_act_part parts[] = {HS_ACT_WHOLE, HS_ACT_OPENING, HS_ACT_CLOSING, HS_ACT_ABOVE_TCP};
enum { PART_COUNT = sizeof parts / sizeof parts[0] };

/* --- each story there is --- */

typedef struct visit {
    void (*look)(const hs_story *story, void *context);
    void *context;
    size_t connection;
} visit;

static void tell_parts(void *context, const hs_trace *trace)
{
    const visit *v = context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        hs_test_story test;
        hs_test_story_begin(&test, trace, parts[i]);
        v->look(&test.story, v->context);
        hs_test_story_end(&test);
    }
}

static void each_story(void (*look)(const hs_story *story, void *context), void *context)
{
    visit v = {look, context, 0};
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        hs_trace *trace = sample->make();
        tell_parts(&v, trace);
        hs_trace_free(trace);
    }
    for (size_t i = 0; hs_test_captures[i]; i++) {
        hs_test_each_connection(hs_test_captures[i], tell_parts, &v);
    }
}

/* --- text --- */

static size_t columns(const char *line, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return count;
}

static char *text_of(const hs_story *story, const hs_report_options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(hs_story_text(story, options, out), HS_OK);
    fclose(out);
    return text;
}

/* Nothing that could drive a terminal, no blanks at a line's end, no line beyond the page. */
static void check_plain(const hs_story *story, void *context)
{
    const size_t width = *(const size_t *)context;
    const hs_report_options options = {.width = (int)width};
    char *text = text_of(story, &options);
    size_t start = 0;
    for (size_t i = 0; text[i] != '\0';) {
        if (text[i] == '\n') {
            assert_true(i == start || text[i - 1] != ' ');
            assert_true(columns(text + start, i - start) <= width);
            start = ++i;
            continue;
        }
        size_t len = hs_printable_length((hs_bytes){(const uint8_t *)text + i, strlen(text + i)});
        assert_true(len > 0);
        i += len;
    }
    assert_true(text[0] != '\0' && text[strlen(text) - 1] == '\n');
    for (size_t i = 0; i < story->acts[0].step_count; i++) {
        const char *name = story->acts[0].steps[i].name;
        assert_true(strchr(name, '\n') || strstr(text, name));
    }
    free(text);
}

static void text_keeps_the_page(void **state)
{
    (void)state;
    static const size_t widths[] = {80, 100, 200};
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        size_t width = widths[w];
        each_story(check_plain, &width);
    }
}

static void check_color(const hs_story *story, void *context)
{
    (void)context;
    const hs_report_options with = {.width = 100, .color = true};
    const hs_report_options without = {.width = 100};
    char *plain = text_of(story, &without);
    char *colored = text_of(story, &with);
    char *to = colored;
    assert_non_null(strstr(colored, "\033["));
    for (const char *from = colored; *from != '\0';) {
        if (*from == '\033') {
            from = strchr(from, 'm') + 1;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    assert_string_equal(colored, plain);
    free(plain);
    free(colored);
}

static void color_adds_codes_alone(void **state)
{
    (void)state;
    each_story(check_color, NULL);
}

/* --- JSON --- */

static void check_json(const hs_story *story, void *context)
{
    (void)context;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(hs_story_json(story, out), HS_OK);
    fclose(out);
    assert_true(size > 0 && text[size - 1] == '\n' && strchr(text, '\n') == text + size - 1);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    const json_t *act = json_array_get(json_object_get(root, "acts"), 0);
    const json_t *steps = json_object_get(act, "steps");
    assert_int_equal(json_array_size(steps), story->acts[0].step_count);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(act, "record"), "schema")),
        "handshake/1");
    for (size_t i = 0; i < story->acts[0].step_count; i++) {
        const json_t *step = json_array_get(steps, i);
        assert_string_equal(json_string_value(json_object_get(step, "name")),
                            story->acts[0].steps[i].name);
        assert_int_equal(json_array_size(json_object_get(step, "fields")),
                         story->acts[0].steps[i].field_count);
    }
    json_decref(root);
    free(text);
}

static void json_is_whole(void **state)
{
    (void)state;
    each_story(check_json, NULL);
}

/* --- errors --- */

static void check_full(const hs_story *story, void *context)
{
    FILE *full = context;
    const hs_report_options options = {.width = 100};
    assert_int_equal(hs_story_text(story, &options, full), HS_SYSTEM);
    clearerr(full);
    assert_int_equal(hs_story_json(story, full), HS_SYSTEM);
    clearerr(full);
    assert_int_equal(hs_story_html(story, full), HS_SYSTEM);
    clearerr(full);
}

static void write_errors_are_told(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    each_story(check_full, full);
    fclose(full);
}

/* --- for check_stories.py --- */

static void print_html(const hs_story *story, void *context)
{
    (void)context;
    if (story->acts[0].act->part == HS_ACT_WHOLE && hs_story_html(story, stdout) != HS_OK) {
        exit(1);
    }
    fputc('\0', stdout);
}

static void put_hex(const char *text)
{
    for (; *text; text++) {
        printf("%02x", (unsigned char)*text);
    }
    printf("\n");
}

/* Names and values of everything that the page must have, in hex. */
static void print_names(const hs_story *story, void *context)
{
    (void)context;
    const hs_story_act *act = &story->acts[0];
    for (size_t i = 0; act->act->part == HS_ACT_WHOLE && i < act->step_count; i++) {
        put_hex(act->steps[i].name);
        for (size_t f = 0; f < act->steps[i].field_count; f++) {
            put_hex(act->steps[i].fields[f].value);
        }
    }
    fputc('\0', stdout);
}

static int print(const char *what, const char *name)
{
    visit v = {strcmp(what, "html") == 0 ? print_html : print_names, NULL, 0};
    for (const hs_sample *sample = hs_samples; sample->name; sample++) {
        if (strcmp(sample->name, name) == 0) {
            hs_trace *trace = sample->make();
            tell_parts(&v, trace);
            hs_trace_free(trace);
            return 0;
        }
    }
    hs_test_each_connection(name, tell_parts, &v);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_keeps_the_page),
        cmocka_unit_test(color_adds_codes_alone),
        cmocka_unit_test(json_is_whole),
        cmocka_unit_test(write_errors_are_told),
    };
    if (argc == 3) {
        return print(argv[1], argv[2]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

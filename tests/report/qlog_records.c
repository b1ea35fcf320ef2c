#include "qlog_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <handshake/report.h>

char *qlog_text(const hs_trace *trace)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(hs_report_qlog(trace, out), HS_OK);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

static void check_header(const json_t *header)
{
    const json_t *trace = json_object_get(header, "trace");
    const json_t *vantage = json_object_get(trace, "vantage_point");
    const json_t *fields = json_object_get(trace, "common_fields");
    assert_string_equal(qlog_member(header, "file_schema"), "urn:ietf:params:qlog:file:sequential");
    assert_string_equal(qlog_member(header, "serialization_format"), "application/qlog+json-seq");
    assert_true(json_array_size(json_object_get(trace, "event_schemas")) > 0);
    assert_string_equal(qlog_member(fields, "time_format"), "relative_to_epoch");
    assert_non_null(json_object_get(json_object_get(fields, "reference_time"), "epoch"));
    assert_string_not_equal(qlog_member(vantage, "type"), "");
}

static double check_event(const json_t *event, double before)
{
    const json_t *time = json_object_get(event, "time");
    const char *name = qlog_member(event, "name");
    assert_true(json_is_number(time) && json_number_value(time) >= before);
    assert_true(json_is_object(json_object_get(event, "data")));
    assert_true(strncmp(name, "quic:", 5) == 0 || strncmp(name, "http3:", 6) == 0 ||
                strncmp(name, "handshake:", 10) == 0);
    return json_number_value(time);
}

json_t *qlog_records(const hs_trace *trace)
{
    char *text = qlog_text(trace);
    json_t *records = json_array();
    double before = -1e300;
    for (char *at = text; *at != '\0';) {
        char *end = strchr(at, '\n');
        assert_true(*at == 0x1e && end);
        *end = '\0';
        json_t *record = json_loads(at + 1, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(record);
        if (json_array_size(records) == 0) {
            check_header(record);
        } else {
            before = check_event(record, before);
        }
        json_array_append_new(records, record);
        at = end + 1;
    }
    free(text);
    return records;
}

json_t *qlog_data(const json_t *records, const char *name, size_t nth)
{
    for (size_t i = 1; i < json_array_size(records); i++) {
        const json_t *event = json_array_get(records, i);
        if (strcmp(qlog_member(event, "name"), name) == 0 && nth-- == 0) {
            return json_object_get(event, "data");
        }
    }
    return NULL;
}

size_t qlog_count(const json_t *records, const char *name)
{
    size_t count = 0;
    while (qlog_data(records, name, count)) {
        count++;
    }
    return count;
}

json_t *qlog_frame(const json_t *records, const char *type, size_t nth)
{
    for (size_t i = 1; i < json_array_size(records); i++) {
        const json_t *data = json_object_get(json_array_get(records, i), "data");
        const json_t *frames = json_object_get(data, "frames");
        for (size_t j = 0; j < json_array_size(frames); j++) {
            json_t *frame = json_array_get(frames, j);
            if (strcmp(qlog_member(frame, "frame_type"), type) == 0 && nth-- == 0) {
                return frame;
            }
        }
    }
    return NULL;
}

const char *qlog_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

json_int_t qlog_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

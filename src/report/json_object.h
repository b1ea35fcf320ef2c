/* A JSON object in the making: what is unseen is left out, and one flag tells at the end whether
 * memory ran out anywhere. */
#ifndef HS_REPORT_JSON_OBJECT_H
#define HS_REPORT_JSON_OBJECT_H

#include <jansson.h>
#include <stdio.h>

#include <handshake/trace.h>

typedef struct hs_json {
    bool failed;
} hs_json;

json_t *hs_json_object(hs_json *json);
json_t *hs_json_array(hs_json *json);
/* Takes `value` over; NULL counts as out of memory. */
void hs_json_set(hs_json *json, json_t *object, const char *key, json_t *value);
void hs_json_append(hs_json *json, json_t *array, json_t *value);
/* As hs_json_set, if the object has any member; else drops it. */
void hs_json_set_nonempty(hs_json *json, json_t *object, const char *key, json_t *value);

void hs_json_text(hs_json *json, json_t *object, const char *key, const char *text); /* not NULL */
void hs_json_integer(hs_json *json, json_t *object, const char *key, int64_t value);
void hs_json_bool(hs_json *json, json_t *object, const char *key, bool value);
void hs_json_seen(hs_json *json, json_t *object, const char *key, hs_seen seen); /* not HS_UNSEEN */
/* Milliseconds with microsecond digits; not HS_TIME_NONE. */
void hs_json_ms(hs_json *json, json_t *object, const char *key, hs_time time);

/* With three digits; left out where it is NAN. */
void hs_json_ratio(hs_json *json, json_t *object, const char *key, double value);
json_t *hs_json_string(const char *text);
/* Writes the object on one line and drops it. HS_NO_MEMORY where making it failed anywhere;
 * HS_SYSTEM after a write error. */
HS_CHECKED hs_result hs_json_write(const hs_json *json, json_t *object, FILE *out);

#endif

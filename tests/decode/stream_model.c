#include "stream_model.h"

#include <string.h>

void stream_model_init(stream_model *model)
{
    memset(model, 0, sizeof *model);
    model->latest = HS_TIME_NONE;
}

static void take_bytes(void *context, hs_bytes bytes, hs_time at)
{
    stream_model *model = context;
    if (bytes.len == 0 || at < model->latest || model->given_end + bytes.len > MODEL_MAX) {
        model->is_wrong = true;
        return;
    }
    model->latest = at;
    memcpy(model->given + model->given_end, bytes.data, bytes.len);
    memset(model->is_given + model->given_end, 1, bytes.len);
    model->given_end += bytes.len;
}

static void take_gap(void *context, uint64_t length, hs_time at)
{
    stream_model *model = context;
    if (length == 0 || at < model->latest || model->given_end + length > MODEL_MAX) {
        model->is_wrong = true;
        return;
    }
    model->latest = at;
    model->given_end += length;
    model->gaps += length;
}

hs_tcp_sink stream_model_sink(stream_model *model)
{
    return (hs_tcp_sink){.bytes = take_bytes, .gap = take_gap, .context = model};
}

void stream_model_add(stream_model *model, uint64_t offset, hs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint64_t at = offset + i;
        if (!model->is_there[at]) {
            model->is_there[at] = true;
            model->bytes[at] = bytes.data[i];
        } else if (model->bytes[at] != bytes.data[i]) {
            model->conflicts++;
        }
    }
    if (bytes.len > 0 && offset + bytes.len > model->end) {
        model->end = offset + bytes.len;
    }
}

bool stream_model_agrees(const stream_model *model)
{
    if (model->is_wrong) {
        return false;
    }
    for (uint64_t i = 0; i < model->given_end; i++) {
        if (model->is_given[i] && (!model->is_there[i] || model->given[i] != model->bytes[i])) {
            return false;
        }
    }
    return true;
}

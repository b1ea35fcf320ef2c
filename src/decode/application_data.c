/* Bytes of no protocol that is decoded: one event for each turn of a direction. */
#include "decode/application_state.h"

bool hs_app_data_step(hs_application *app, hs_app_side *side)
{
    (void)app;
    size_t len = hs_buffer_bytes(&side->buffer).len;
    if (len == 0) {
        return false;
    }
    if (!side->run.is_open) {
        hs_app_run_begin(side, HS_LAYER_DATA, 0, "data");
    }
    hs_app_run_take(side, len);
    return true;
}

void hs_app_data_finish(hs_application *app, hs_app_side *side)
{
    if (!side->run.is_open) {
        return;
    }
    hs_event *event = hs_app_run_end(app, side);
    hs_app_add_bytes(app, event, "text", hs_app_run_kept(side), HS_APP_TEXT_MAX);
    if (side->fault.result != HS_OK) {
        hs_app_add_fault(app, event, &side->fault);
        side->fault.result = HS_OK;
    }
}

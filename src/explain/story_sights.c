/* What somebody on the path sees, from which messages crossed encrypted. */
#include <string.h>

#include "explain/story.h"

enum { SENTENCES_MAX = 10, NAMES_MAX = 1024 };

typedef struct sentences {
    hs_story *story;
    const char **items;
    size_t count;
} sentences;

static void say(sentences *s, const char *text)
{
    if (s->items && text && s->count < SENTENCES_MAX) {
        s->items[s->count++] = text;
    }
}

/* The names of the messages of this sight, each once, as a list. False: there is none. */
static bool names_of(const hs_story_act *act, hs_sight sight, char out[NAMES_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < act->step_count; i++) {
        const char *name = act->steps[i].name;
        bool is_new = act->steps[i].sight == sight;
        for (size_t j = 0; is_new && j < i; j++) {
            is_new = act->steps[j].sight != sight || strcmp(act->steps[j].name, name) != 0;
        }
        size_t needed = strlen(name) + 2;
        if (is_new && len + needed < NAMES_MAX) {
            len += (size_t)snprintf(out + len, NAMES_MAX - len, "%s%s", len > 0 ? ", " : "", name);
        }
    }
    return len > 0;
}

static size_t bytes_of(const hs_story_act *act, hs_sight sight, size_t *count)
{
    size_t bytes = 0;
    *count = 0;
    for (size_t i = 0; i < act->step_count; i++) {
        if (act->steps[i].sight == sight) {
            bytes += act->steps[i].bytes;
            (*count)++;
        }
    }
    return bytes;
}

static const char *readable_value(const hs_story_act *act, hs_layer layer, const char *name,
                                  const char **message)
{
    for (size_t i = 0; i < act->step_count; i++) {
        const hs_story_step *step = &act->steps[i];
        for (size_t f = 0; step->sight != HS_SIGHT_SEALED && f < step->field_count; f++) {
            if (step->layer == layer && strcmp(step->fields[f].name, name) == 0) {
                *message = step->name;
                return step->fields[f].value;
            }
        }
    }
    return NULL;
}

/* What gives the most away. */
static void tell_values(sentences *s, const hs_story_act *act)
{
    static const struct {
        hs_layer layer;
        const char *name;
        const char *format;
    } telling[] = {
        {HS_LAYER_TLS, "server_name", "They learn whom the client wants: %s (%s)."},
        {HS_LAYER_TLS, "alpn", "They learn which application protocol is offered: %s (%s)."},
        {HS_LAYER_TLS, "subject", "They learn whose certificate it is: %s (%s)."},
        {HS_LAYER_TLS, "psk_identities",
         "They see that the client was here before: tickets presented, %s (%s). A ticket that is "
         "used twice would link the two connections."},
        {HS_LAYER_HTTP, "target", "They learn what is asked for: %s (%s)."},
    };
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        const char *message = NULL;
        const char *value = readable_value(act, telling[i].layer, telling[i].name, &message);
        if (value) {
            /* The formats stand above, with two strings each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            say(s, hs_arena_printf(s->story->arena, telling[i].format, value, message));
#pragma GCC diagnostic pop
        }
    }
}

static void tell_connection_id(sentences *s, const hs_story_act *act)
{
    const char *id = act->trace->quic.server_cid;
    if (id) {
        say(s, hs_arena_printf(s->story->arena,
                               "Whatever address the client has, they can follow the connection by "
                               "the server's connection ID, %s, until the client takes another one "
                               "(RFC 9000 9.5).",
                               id));
    }
}

static bool has_step(const hs_story_act *act, const char *name)
{
    for (size_t i = 0; i < act->step_count; i++) {
        if (strcmp(act->steps[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_layer(const hs_story_act *act, hs_layer layer)
{
    for (size_t i = 0; i < act->step_count; i++) {
        if (act->steps[i].layer == layer) {
            return true;
        }
    }
    return false;
}

static bool has_plain_alert(const hs_story_act *act)
{
    for (size_t i = 0; i < act->step_count; i++) {
        if (act->steps[i].sight == HS_SIGHT_PLAIN && strcmp(act->steps[i].name, "Alert") == 0) {
            return true;
        }
    }
    return false;
}

/* What they could do about it. */
static void tell_powers(sentences *s, const hs_story_act *act, bool has_secrets)
{
    const bool is_done = act->trace->failure.cls == HS_FAILURE_NONE;
    if (!has_secrets) {
        say(s, "Nothing of this was encrypted: whoever stands on the path can read all of it, "
               "change it, and forge packets of either side.");
        if (has_step(act, "SYN-ACK")) {
            say(s,
                "Who does not stand there sees none of it. To answer the SYN-ACK in the client's "
                "name they would have to guess y, a number of 32 bits (RFC 9293 3.4.1).");
        }
        return;
    }
    if (is_done && has_step(act, "Finished")) {
        say(s, "Finished covers the TLS handshake from the first ClientHello on: whoever changes a "
               "message of it is found out, whether it was readable or not.");
        if (has_layer(act, HS_LAYER_TCP)) {
            say(s, "It does not cover TCP's own packets: options can be taken out of a SYN, and a "
                   "forged RST ends the connection (RFC 9293 3.5.3).");
        }
    }
    if (has_plain_alert(act)) {
        say(s, "The Alert crossed in plain, so whoever stands on the path could have made it.");
    }
}

void hs_story_tell_sights(hs_story *story, hs_story_act *act)
{
    sentences s = {story, hs_arena_alloc(story->arena, SENTENCES_MAX * sizeof *s.items), 0};
    char names[NAMES_MAX];
    size_t count;
    if (names_of(act, HS_SIGHT_PLAIN, names)) {
        say(&s, hs_arena_printf(story->arena, "In plain: %s.", names));
    }
    if (names_of(act, HS_SIGHT_INITIAL, names)) {
        say(&s, hs_arena_printf(story->arena,
                                "Readable to whoever takes Initial protection off, whose keys come "
                                "from the connection ID that the client's first packet was sent "
                                "to: %s.",
                                names));
    }
    tell_values(&s, act);
    tell_connection_id(&s, act);
    size_t bytes = bytes_of(act, HS_SIGHT_SEALED, &count);
    if (names_of(act, HS_SIGHT_SEALED, names)) {
        say(&s, hs_arena_printf(story->arena,
                                "Encrypted, so that only sizes and times show: %zu message%s, %zu "
                                "bytes (%s).",
                                count, count == 1 ? "" : "s", bytes, names));
    }
    tell_powers(&s, act, count > 0);
    if (act->trace->tls.early_data == HS_EARLY_DATA_ACCEPTED) {
        say(&s, "The first flight can be recorded and sent again: the server has to see to it that "
                "early data does no harm when it is repeated (RFC 8446 8).");
    }
    act->sights = s.items;
    act->sight_count = s.count;
}

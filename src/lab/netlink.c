#include "lab/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 32 * 1024, ANSWER_SECONDS = 5, ALIGNMENT = 4 };

static void pad(hs_writer *w)
{
    while (w->len % ALIGNMENT != 0 && !w->overflow) {
        hs_write_u8(w, 0);
    }
}

void hs_netlink_begin(hs_netlink_message *message, uint16_t type, uint16_t flags,
                      const void *header, size_t size)
{
    const struct nlmsghdr start = {.nlmsg_type = type,
                                   .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK)};
    hs_writer_init(&message->w, message->room, sizeof message->room);
    hs_write_bytes(&message->w, hs_bytes_of(&start, sizeof start));
    hs_write_bytes(&message->w, hs_bytes_of(header, size));
    pad(&message->w);
}

size_t hs_netlink_open(hs_netlink_message *message, uint16_t attribute, hs_bytes header)
{
    size_t at = message->w.len;
    const struct nlattr start = {.nla_type = attribute};
    hs_write_bytes(&message->w, hs_bytes_of(&start, sizeof start));
    hs_write_bytes(&message->w, header);
    return at;
}

/* The length counts the header, and not what pads the attribute. */
void hs_netlink_close(hs_netlink_message *message, size_t nest)
{
    hs_writer *w = &message->w;
    if (!w->overflow) {
        uint16_t length = (uint16_t)(w->len - nest);
        memcpy(w->data + nest + offsetof(struct nlattr, nla_len), &length, sizeof length);
    }
    pad(w);
}

void hs_netlink_put(hs_netlink_message *message, uint16_t attribute, hs_bytes value)
{
    hs_netlink_close(message, hs_netlink_open(message, attribute, value));
}

void hs_netlink_put_u32(hs_netlink_message *message, uint16_t attribute, uint32_t value)
{
    hs_netlink_put(message, attribute, hs_bytes_of(&value, sizeof value));
}

void hs_netlink_put_text(hs_netlink_message *message, uint16_t attribute, const char *text)
{
    hs_netlink_put(message, attribute, hs_bytes_of(text, strlen(text) + 1));
}

hs_result hs_netlink_finish(hs_netlink_message *message, hs_bytes *bytes)
{
    hs_writer *w = &message->w;
    hs_result result = hs_writer_result(w);
    if (result != HS_OK) {
        return result;
    }
    uint32_t length = (uint32_t)w->len;
    memcpy(w->data + offsetof(struct nlmsghdr, nlmsg_len), &length, sizeof length);
    *bytes = hs_writer_bytes(w);
    return HS_OK;
}

int hs_netlink_socket(int protocol)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    return fd;
}

static bool is_end(const struct nlmsghdr *header, hs_bytes body, hs_netlink_answer *answer)
{
    if (header->nlmsg_type != NLMSG_ERROR && header->nlmsg_type != NLMSG_DONE) {
        return false;
    }
    int32_t error = 0;
    if (body.len >= sizeof error) {
        memcpy(&error, body.data, sizeof error);
    }
    answer->error = error < 0 ? -error : 0;
    answer->is_over = true;
    return true;
}

hs_result hs_netlink_read(hs_bytes bytes, hs_netlink_answer *answer)
{
    *answer = (hs_netlink_answer){.messages = 0};
    while (bytes.len > 0 && !answer->is_over) {
        struct nlmsghdr header;
        if (bytes.len < sizeof header) {
            return HS_MALFORMED;
        }
        memcpy(&header, bytes.data, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.len) {
            return HS_MALFORMED;
        }
        hs_bytes body = hs_bytes_of(bytes.data + sizeof header, header.nlmsg_len - sizeof header);
        if (!is_end(&header, body, answer)) {
            answer->messages++;
        }
        size_t step = (header.nlmsg_len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        step = step > bytes.len ? bytes.len : step;
        bytes = hs_bytes_of(bytes.data + step, bytes.len - step);
    }
    return HS_OK;
}

hs_result hs_netlink_count(int fd, hs_netlink_message *message, uint64_t *count)
{
    hs_bytes bytes;
    hs_result result = hs_netlink_finish(message, &bytes);
    if (result != HS_OK) {
        return result;
    }
    if (send(fd, bytes.data, bytes.len, 0) < 0) {
        return HS_SYSTEM;
    }
    *count = 0;
    uint8_t room[ANSWER_MAX];
    for (hs_netlink_answer answer = {.is_over = false}; !answer.is_over;) {
        ssize_t got = recv(fd, room, sizeof room, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return HS_SYSTEM;
        }
        result = hs_netlink_read(hs_bytes_of(room, (size_t)got), &answer);
        if (result != HS_OK) {
            return result;
        }
        *count += answer.messages;
        if (answer.error != 0) {
            errno = answer.error;
            return HS_SYSTEM;
        }
    }
    return HS_OK;
}

hs_result hs_netlink_ask(int fd, hs_netlink_message *message)
{
    uint64_t count;
    return hs_netlink_count(fd, message, &count);
}

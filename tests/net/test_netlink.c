#include "../cmocka_headers.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink.h"

static void a_message_has_its_lengths_and_padding(void **state)
{
    (void)state;
    const struct ifinfomsg link = {.ifi_index = 7};
    hs_netlink_request m;
    hs_netlink_begin(&m, RTM_NEWLINK, NLM_F_CREATE, &link, sizeof link);
    hs_netlink_put_text(&m, IFLA_IFNAME, "ab");
    size_t nest = hs_netlink_open(&m, IFLA_LINKINFO, (hs_bytes){NULL, 0});
    hs_netlink_put_text(&m, IFLA_INFO_KIND, "veth");
    hs_netlink_put_u32(&m, IFLA_INFO_DATA, 0x01020304);
    hs_netlink_close(&m, nest);
    hs_bytes bytes;
    assert_int_equal(hs_netlink_finish(&m, &bytes), HS_OK);

    struct nlmsghdr header;
    memcpy(&header, bytes.data, sizeof header);
    /* 16 + 16, then 4 + "ab\0" padded, then 4 + (4 + "veth\0" padded) + (4 + 4) */
    assert_int_equal(bytes.len, 32 + 8 + 4 + 12 + 8);
    assert_int_equal(header.nlmsg_len, bytes.len);
    assert_int_equal(header.nlmsg_type, RTM_NEWLINK);
    assert_int_equal(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
    const struct nlattr *attributes[4];
    const size_t at[4] = {32, 40, 44, 56};
    const uint16_t types[4] = {IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA};
    const uint16_t lengths[4] = {7, 24, 9, 8};
    for (int i = 0; i < 4; i++) {
        attributes[i] = (const struct nlattr *)(const void *)(bytes.data + at[i]);
        assert_int_equal(attributes[i]->nla_type, types[i]);
        assert_int_equal(attributes[i]->nla_len, lengths[i]);
    }
    assert_memory_equal(bytes.data + 36, "ab\0\0", 4);
    assert_memory_equal(bytes.data + 48, "veth\0\0\0\0", 8);
}

static void a_message_too_long_is_refused(void **state)
{
    (void)state;
    const struct ifinfomsg link = {.ifi_index = 7};
    static uint8_t value[HS_NETLINK_REQUEST_MAX];
    hs_netlink_request m;
    hs_bytes bytes;
    hs_netlink_begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
    size_t nest = hs_netlink_open(&m, IFLA_LINKINFO, (hs_bytes){NULL, 0});
    hs_netlink_put(&m, IFLA_INFO_DATA, (hs_bytes){value, sizeof value});
    hs_netlink_close(&m, nest);
    assert_int_equal(hs_netlink_finish(&m, &bytes), HS_LIMIT);
}

static void add(hs_writer *w, const void *data, size_t len)
{
    hs_write_bytes(w, hs_bytes_of(data, len));
    while (w->len % 4 != 0) {
        hs_write_u8(w, 0);
    }
}

static void messages_are_taken_apart(void **state)
{
    static const char route[] = "twelve bytes";
    const int32_t error = -EPERM;
    struct nlmsghdr header = {
        .nlmsg_len = sizeof header + 11, .nlmsg_type = RTM_NEWROUTE, .nlmsg_seq = 9};
    uint8_t room[128];
    hs_writer w;
    hs_fault fault;
    hs_reader r;
    hs_netlink_message got;
    (void)state;
    hs_writer_init(&w, room, sizeof room);
    add(&w, &header, sizeof header);
    add(&w, route, 11);
    header.nlmsg_type = NLMSG_ERROR;
    header.nlmsg_len = sizeof header + sizeof error;
    add(&w, &header, sizeof header);
    add(&w, &error, sizeof error);
    hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
    assert_int_equal(hs_netlink_message_read(&r, &got), HS_OK);
    assert_int_equal(got.type, RTM_NEWROUTE);
    assert_int_equal(got.sequence, 9);
    assert_int_equal(got.payload.len, 11);
    assert_memory_equal(got.payload.data, route, 11);
    assert_int_equal(hs_netlink_message_read(&r, &got), HS_OK);
    assert_int_equal(hs_netlink_error_read(got.payload), EPERM);
    assert_int_equal(hs_reader_finish(&r), HS_OK);
    /* Padding after the last one may be missing. */
    for (size_t len = 0; len < sizeof header + 11; len++) {
        hs_reader_init(&r, hs_bytes_of(room, len), &fault, NULL);
        assert_int_equal(hs_netlink_message_read(&r, &got), HS_NEED_MORE);
    }
    for (uint32_t length = 0; length < sizeof header; length++) {
        memcpy(room, &length, sizeof length);
        hs_reader_init(&r, hs_writer_bytes(&w), &fault, NULL);
        assert_int_equal(hs_netlink_message_read(&r, &got), HS_MALFORMED);
    }
}

static void errors_need_a_number(void **state)
{
    const int32_t none = 0;
    const int32_t positive = 1;
    const int32_t least = INT32_MIN;
    (void)state;
    assert_int_equal(hs_netlink_error_read(hs_bytes_of(&none, sizeof none)), 0);
    assert_int_equal(hs_netlink_error_read(hs_bytes_of(&none, 3)), -1);
    assert_int_equal(hs_netlink_error_read(hs_bytes_of(&positive, sizeof positive)), -1);
    assert_int_equal(hs_netlink_error_read(hs_bytes_of(&least, sizeof least)), -1);
}

static hs_result count_link(void *context, const hs_netlink_message *message)
{
    int *links = context;
    struct ifinfomsg link;
    assert_int_equal(message->type, RTM_NEWLINK);
    assert_true(message->payload.len > sizeof link);
    memcpy(&link, message->payload.data, sizeof link);
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, message->payload, &fault, NULL);
    (void)hs_read_bytes(&r, sizeof link, "struct ifinfomsg");
    hs_netlink_attribute a;
    while (hs_netlink_attribute_next(&r, &a)) {
        *links += a.type == IFLA_IFNAME && strcmp((const char *)a.value.data, "lo") == 0;
    }
    assert_int_equal(hs_reader_result(&r), HS_OK);
    return HS_OK;
}

static hs_result refuse(void *context, const hs_netlink_message *message)
{
    (void)context;
    (void)message;
    return HS_LIMIT;
}

/* Every network has its loopback. */
static void the_kernel_answers(void **state)
{
    (void)state;
    const struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
    hs_netlink_request request;
    int links = 0;
    hs_netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
    assert_int_equal(hs_netlink_ask_once(NETLINK_ROUTE, &request, count_link, &links), HS_OK);
    assert_int_equal(links, 1);
    hs_netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
    assert_int_equal(hs_netlink_ask_once(NETLINK_ROUTE, &request, refuse, NULL), HS_LIMIT);
}

static void the_kernels_refusal_is_an_errno(void **state)
{
    (void)state;
    const struct ifinfomsg none = {.ifi_family = AF_UNSPEC, .ifi_index = INT32_MAX};
    hs_netlink_request request;
    hs_netlink_begin(&request, RTM_GETLINK, 0, &none, sizeof none);
    errno = 0;
    assert_int_equal(hs_netlink_ask_once(NETLINK_ROUTE, &request, NULL, NULL), HS_SYSTEM);
    assert_int_equal(errno, ENODEV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_its_lengths_and_padding),
        cmocka_unit_test(a_message_too_long_is_refused),
        cmocka_unit_test(messages_are_taken_apart),
        cmocka_unit_test(errors_need_a_number),
        cmocka_unit_test(the_kernel_answers),
        cmocka_unit_test(the_kernels_refusal_is_an_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

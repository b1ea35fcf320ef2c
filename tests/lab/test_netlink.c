#include "../cmocka_headers.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lab/netlink.h"

static void a_message_has_its_lengths_and_padding(void **state)
{
    (void)state;
    const struct ifinfomsg link = {.ifi_index = 7};
    hs_netlink_message m;
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
    static uint8_t value[HS_NETLINK_MESSAGE_MAX];
    hs_netlink_message m;
    hs_bytes bytes;
    hs_netlink_begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
    size_t nest = hs_netlink_open(&m, IFLA_LINKINFO, (hs_bytes){NULL, 0});
    hs_netlink_put(&m, IFLA_INFO_DATA, (hs_bytes){value, sizeof value});
    hs_netlink_close(&m, nest);
    assert_int_equal(hs_netlink_finish(&m, &bytes), HS_LIMIT);
}

/* Two messages of a dump, and its end. */
static size_t make_dump(uint8_t *room, int32_t error)
{
    size_t len = 0;
    for (int i = 0; i < 3; i++) {
        struct nlmsghdr header = {.nlmsg_len = sizeof header + 5, .nlmsg_type = RTM_NEWLINK};
        if (i == 2) {
            header.nlmsg_len = sizeof header + sizeof error;
            header.nlmsg_type = NLMSG_DONE;
        }
        memcpy(room + len, &header, sizeof header);
        if (i == 2) {
            memcpy(room + len + sizeof header, &error, sizeof error);
        }
        len += i == 2 ? sizeof header + sizeof error : sizeof header + 8;
    }
    return len;
}

static void an_answer_is_counted_to_its_end(void **state)
{
    (void)state;
    uint8_t room[128] = {0};
    hs_netlink_answer answer;
    size_t len = make_dump(room, 0);
    assert_int_equal(hs_netlink_read((hs_bytes){room, len}, &answer), HS_OK);
    assert_int_equal(answer.messages, 2);
    assert_true(answer.is_over);
    assert_int_equal(answer.error, 0);
    len = make_dump(room, -17);
    assert_int_equal(hs_netlink_read((hs_bytes){room, len}, &answer), HS_OK);
    assert_int_equal(answer.error, 17);
}

static void every_truncation_is_malformed_or_not_over(void **state)
{
    (void)state;
    uint8_t room[128] = {0};
    size_t len = make_dump(room, 0);
    for (size_t cut = 0; cut < len; cut++) {
        hs_netlink_answer answer;
        hs_result result = hs_netlink_read((hs_bytes){room, cut}, &answer);
        assert_true(result == HS_MALFORMED || !answer.is_over);
    }
}

static void a_length_below_the_header_is_malformed(void **state)
{
    (void)state;
    uint8_t room[32] = {0};
    hs_netlink_answer answer;
    for (uint32_t length = 0; length < sizeof(struct nlmsghdr); length++) {
        memcpy(room, &length, sizeof length);
        assert_int_equal(hs_netlink_read((hs_bytes){room, sizeof room}, &answer), HS_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_its_lengths_and_padding),
        cmocka_unit_test(a_message_too_long_is_refused),
        cmocka_unit_test(an_answer_is_counted_to_its_end),
        cmocka_unit_test(every_truncation_is_malformed_or_not_over),
        cmocka_unit_test(a_length_below_the_header_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Headers and parsing for the hand-written twins: what an experienced XDP author keeps in a file of his own.
 *
 * The cursor is a pointer; each step checks its bytes before it reads them. VLAN tags (two at most), IPv4 options and
 * IPv6 extension headers (eight at most) are walked, fragments that are not the first have no transport header: as
 * the xdpl programs beside have it.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_ARP 0x0806
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define ETH_P_QINQ1 0x9100

#define IPPROTO_HOPOPTS 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_AH 51
#define IPPROTO_ICMPV6 58
#define IPPROTO_DSTOPTS 60
#define IPPROTO_SCTP 132
#define IPPROTO_MH 135
#define IPPROTO_HIP 139
#define IPPROTO_SHIM6 140

/* Not packed, and addresses in half words: packet data starts 2-aligned, so clang may load whole words. */
struct mac {
	__u16 half[3];
};

struct ethhdr {
	struct mac dst;
	struct mac src;
	__be16 type;
};

struct vlanhdr {
	__be16 tci;
	__be16 type;
};

struct iphdr {
	__u8 ihl : 4, version : 4;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 src;
	__be32 dst;
};

struct in6 {
	__be32 word[4];
};

struct ip6hdr {
	__be32 flow;
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6 src;
	struct in6 dst;
};

struct tcphdr {
	__be16 src;
	__be16 dst;
	__be32 seq;
	__be32 ack_seq;
	__u8 res : 4, doff : 4;
	__u8 flags;
	__be16 window;
	__sum16 check;
	__be16 urg;
};

struct udphdr {
	__be16 src;
	__be16 dst;
	__be16 len;
	__sum16 check;
};

#define IP_OFFSET bpf_htons(0x1fff)

/* The IPv4 or IPv6 packet behind up to two VLAN tags. Returns the EtherType, 0 when the packet is cut short. */
static __always_inline __be16 parse_link(void *data, void *end, void **payload)
{
	struct ethhdr *eth = data;
	void *next = eth + 1;

	if (next > end)
		return 0;
	__be16 type = eth->type;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlanhdr *vlan = next;

		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD) && type != bpf_htons(ETH_P_QINQ1))
			break;
		if ((void *)(vlan + 1) > end)
			return 0;
		type = vlan->type;
		next = vlan + 1;
	}
	*payload = next;
	return type;
}

static __always_inline struct iphdr *parse_ip(void *at, void *end)
{
	struct iphdr *ip = at;

	if ((void *)(ip + 1) > end || ip->ihl < 5)
		return NULL;
	return ip;
}

static __always_inline struct ip6hdr *parse_ip6(void *at, void *end)
{
	struct ip6hdr *ip6 = at;

	if ((void *)(ip6 + 1) > end)
		return NULL;
	return ip6;
}

/* What an IPv4 packet carries; NULL in a fragment that is not the first. */
static __always_inline void *ip_payload(struct iphdr *ip, __u8 *protocol)
{
	if (ip->frag_off & IP_OFFSET)
		return NULL;
	*protocol = ip->protocol;
	return (void *)ip + ip->ihl * 4;
}

/* What an IPv6 packet carries behind its extension headers; NULL where they are cut short and in later fragments. */
static __always_inline void *ip6_payload(struct ip6hdr *ip6, void *end, __u8 *protocol)
{
	void *next = ip6 + 1;
	__u8 type = ip6->nexthdr;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 8; i++) {
		__u8 *ext = next;

		switch (type) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case IPPROTO_HIP:
		case IPPROTO_SHIM6:
			if ((void *)(ext + 2) > end)
				return NULL;
			type = ext[0];
			next = ext + (ext[1] + 1) * 8;
			break;
		case IPPROTO_FRAGMENT:
			if ((void *)(ext + 8) > end || *(__be16 *)(ext + 2) & bpf_htons(0xfff8))
				return NULL;
			type = ext[0];
			next = ext + 8;
			break;
		case IPPROTO_AH:
			if ((void *)(ext + 12) > end)
				return NULL;
			type = ext[0];
			next = ext + (ext[1] + 2) * 4;
			break;
		default:
			goto out;
		}
	}
out:
	*protocol = type;
	/* The verifier now knows the cursor in as many ways as there are ways through the loop; told only how far it can
	 * be, it goes through what follows once. */
	return (void *)ip6 + ((next - (void *)ip6) & 0x7fff);
}

static __always_inline struct tcphdr *parse_tcp(void *at, void *end)
{
	struct tcphdr *tcp = at;

	if ((void *)(tcp + 1) > end || tcp->doff < 5)
		return NULL;
	return tcp;
}

static __always_inline struct udphdr *parse_udp(void *at, void *end)
{
	struct udphdr *udp = at;

	if ((void *)(udp + 1) > end)
		return NULL;
	return udp;
}

/* The transport header of either family. */
static __always_inline void *parse_transport(void *data, void *end, __u8 *protocol)
{
	void *next;
	__be16 type = parse_link(data, end, &next);

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = parse_ip(next, end);

		return ip ? ip_payload(ip, protocol) : NULL;
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		struct ip6hdr *ip6 = parse_ip6(next, end);

		return ip6 ? ip6_payload(ip6, end, protocol) : NULL;
	}
	return NULL;
}

/* ---- checksums (RFC 1624) ---- */

/* The complement of a sum below 2^34: after two steps it is at most 0x10004, after three it has 16 bits. */
static __always_inline __sum16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline __sum16 replace4(__sum16 check, __be32 from, __be32 to)
{
	return fold((__u64)(__u16)~check + (__u32)~from + to);
}

/* One hop less: TTL is the high byte of its half word, so the sum falls by 0x0100 and the checksum rises by as much. */
static __always_inline void decrease_ttl(struct iphdr *ip)
{
	__u32 check = (__u16)ip->check;

	check += (__u16)bpf_htons(0x0100);
	ip->check = (__sum16)(check + (check >= 0xffff));
	ip->ttl--;
}

#include "packet.h"

const volatile __u8 allowSsh = 0;

struct lpm4 { __u32 length; __be32 addr; };
struct lpm6 { __u32 length; struct in6 addr; };

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm4);
	__type(value, __u64);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm6);
	__type(value, __u64);
} blocked6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, __u64);
} byPort SEC(".maps");

static __always_inline int home4(__u32 addr)
{
	return (addr >> 24) == 10 || (addr >> 20) == 0xac1 || (addr >> 16) == 0xc0a8;
}

static __always_inline int home6(struct in6 *addr)
{
	__u32 first = bpf_ntohl(addr->word[0]);

	return (first >> 25) == 0xfc >> 1 || (first >> 22) == 0xfe80 >> 6;
}

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;
	__be16 type = parse_link(data, end, &next);
	__u8 protocol;
	int home;
	__u64 *count;

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = parse_ip(next, end);

		if (!ip)
			return XDP_PASS;
		struct lpm4 key = { 32, ip->src };

		count = bpf_map_lookup_elem(&blocked, &key);
		if (count)
			goto drop;
		home = home4(bpf_ntohl(ip->src));
		next = ip_payload(ip, &protocol);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		struct ip6hdr *ip6 = parse_ip6(next, end);

		if (!ip6)
			return XDP_PASS;
		struct lpm6 key = { 128, ip6->src };

		count = bpf_map_lookup_elem(&blocked6, &key);
		if (count)
			goto drop;
		home = home6(&ip6->src);
		next = ip6_payload(ip6, end, &protocol);
	} else {
		return XDP_PASS;
	}
	if (!next || protocol != IPPROTO_TCP)
		return XDP_PASS;

	struct tcphdr *tcp = parse_tcp(next, end);

	if (!tcp)
		return XDP_PASS;
	__u16 port = bpf_ntohs(tcp->dst);

	count = bpf_map_lookup_elem(&byPort, &port);
	if (count) {
		*count += 1;
	} else {
		__u64 one = 1;

		bpf_map_update_elem(&byPort, &port, &one, BPF_ANY);
	}
	if (port == 22)
		return allowSsh || home ? XDP_PASS : XDP_DROP;
	if (port == 23 || port == 2323 || (port >= 6000 && port <= 6063))
		return XDP_DROP;
	return XDP_PASS;
drop:
	__sync_fetch_and_add(count, 1);
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";

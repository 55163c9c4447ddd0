#include "packet.h"

enum kind { KIND_TCP, KIND_UDP, KIND_SCTP, KIND_ICMP, KIND_ICMPV6, KIND_IPV4, KIND_IPV6, KIND_ARP, KIND_OTHER };

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 9);
	__type(key, __u32);
	__type(value, struct traffic);
} stats SEC(".maps");

static __always_inline __u32 transport(void *at, void *end, __u8 protocol, __u32 other, __u8 icmp, __u32 icmp_kind)
{
	if (!at)
		return other;
	if (protocol == IPPROTO_TCP)
		return parse_tcp(at, end) ? KIND_TCP : other;
	if (protocol == IPPROTO_UDP)
		return at + 8 <= end ? KIND_UDP : other;
	if (protocol == IPPROTO_SCTP)
		return at + 12 <= end ? KIND_SCTP : other;
	if (protocol == icmp)
		return at + 4 <= end ? icmp_kind : other;
	return other;
}

static __always_inline __u32 classify(void *data, void *end)
{
	void *next;
	__be16 type = parse_link(data, end, &next);
	__u8 protocol;

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = parse_ip(next, end);

		if (!ip)
			return KIND_OTHER;
		next = ip_payload(ip, &protocol);
		return transport(next, end, protocol, KIND_IPV4, IPPROTO_ICMP, KIND_ICMP);
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		struct ip6hdr *ip6 = parse_ip6(next, end);

		if (!ip6)
			return KIND_OTHER;
		next = ip6_payload(ip6, end, &protocol);
		return transport(next, end, protocol, KIND_IPV6, IPPROTO_ICMPV6, KIND_ICMPV6);
	}
	if (type == bpf_htons(ETH_P_ARP) && next + 28 <= end)
		return KIND_ARP;
	return KIND_OTHER;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 kind = classify(data, end);
	struct traffic *traffic = bpf_map_lookup_elem(&stats, &kind);

	if (traffic) {
		traffic->packets++;
		traffic->bytes += end - data;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
